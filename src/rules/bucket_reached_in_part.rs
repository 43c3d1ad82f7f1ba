//! `bucket-reached-in-part`: see its page, `bucket_reached_in_part.md`.

use super::{Check, Pair, Rule, Scale, in_bucket, list};
use crate::access::Coverage;
use crate::account::{Bucket, Unknown};
use crate::finding::{Effective, Finding, RemedyKind, RuleId};
use crate::labeling::reach::Granted;
use crate::labeling::{ExecutionRole, Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketReachedInPart,
    summary: "a grant reaches into the bucket but not to all that is needed: some keys, or some of the actions",
    severity: Scale::ByUse,
    page: include_str!("bucket_reached_in_part.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: true, together }),
};

fn found<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Result<bool, Unknown> {
    setup.judge(role, bucket, usage).is_lacking_where(&Granted::Yes)
}

fn finding<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let reach = setup.reach(role, bucket, usage);
    let (name, who) = (bucket.arn.name(), role.role.arn.name());
    let mut finding = in_bucket::finding(&RULE, role, bucket, usage, &reach, String::new());
    let used = in_bucket::needed_by(&reach, |judged| judged.lacking).map_or(String::new(), |used| format!("; {used}"));
    finding.message = format!(
        "`{who}` reaches `{name}` only in part: {}{used}",
        finding.effective.as_ref().map_or(String::new(), parts)
    );
    for (reason, open) in in_bucket::grants(&reach.whole.answers) {
        finding =
            finding.evidence(&reason, if open { "grants some of it, under a condition" } else { "grants some of it" });
    }
    let what = in_bucket::lacking(&reach, bucket);
    let instead = if reach.is_whole() {
        "; if labeling needs no more of it, name the URIs in a `[[workload]]` of gt-audit.toml"
    } else {
        ""
    };
    finding.remedy(RemedyKind::Policy, format!("add an inline policy to `{who}` that allows {what}{instead}"))
}

/// What is allowed and what is not: by the actions, and where one is allowed only somewhere, with a URI of each kind.
fn parts(effective: &Effective) -> String {
    let of = |coverage: &[Coverage]| -> Vec<&str> {
        let actions = effective.actions.iter().filter(|(_, c)| coverage.contains(c));
        actions.map(|(action, _)| action.as_str()).collect()
    };
    let (all, some) = (of(&[Coverage::All]), of(&[Coverage::Some]));
    let none = of(&[Coverage::None, Coverage::Denied]);
    let said = [(all, "everywhere"), (some, "at some keys"), (none, "nowhere")];
    let said = said.iter().filter(|(actions, _)| !actions.is_empty());
    let actions: Vec<String> = said.map(|(actions, whither)| format!("{} {whither}", list(actions))).collect();
    let examples = match (&effective.allowed_example, &effective.denied_example) {
        (Some(allowed), Some(denied)) => format!(" (`{allowed}` is allowed, `{denied}` is not)"),
        (None, Some(denied)) => format!(" (`{denied}` is not allowed)"),
        _ => String::new(),
    };
    format!("{}{examples}", list(actions))
}

fn together(role: &ExecutionRole<'_>, count: usize) -> String {
    let (buckets, them) = if count == 1 { ("bucket", "it") } else { ("buckets", "them") };
    format!(
        "`{}` reaches {count} {buckets} that nothing shows to be used for labeling, and may not do with {them} all that a \
         labeling job does",
        role.role.arn.name()
    )
}
