//! `bucket-reached-in-part`: see its page, `bucket_reached_in_part.md`.

use super::rule::{Check, Pair, Rule, Scale};
use super::views;
use crate::access::Coverage;
use crate::account::{Bucket, Unknown};
use crate::evaluation::bucket::Granted;
use crate::evaluation::wording::{Sentence, counted, list};
use crate::evaluation::{Evaluator, Remedy, RemedyKind};
use crate::finding::{Effective, Finding, RuleId};
use crate::labeling::{ExecutionRole, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketReachedInPart,
    summary: "a grant reaches into the bucket but not to all that is needed: some keys, or some of the actions",
    severity: Scale::ByUse,
    page: include_str!("bucket_reached_in_part.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: true, together }),
};

fn found<'a>(
    evaluator: &Evaluator<'a>,
    role: &ExecutionRole<'a>,
    bucket: &Bucket,
    usage: Use,
) -> Result<bool, Unknown> {
    evaluator.judge(role, bucket, usage).is_not_granted_where(&Granted::Yes)
}

fn finding<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let reach = evaluator.reach(role, bucket, usage);
    let used = views::needed_by(&reach, |check| check.not_granted);
    let parts = parts(&views::effective(&reach, bucket));
    let sentence = Sentence::around("policies allow ", format!(" only a part of it; {parts}{used}"));
    let mut finding = views::of_bucket(&RULE, role, bucket, usage, &reach, sentence);
    for (reason, open) in views::grants(&reach.whole.checks) {
        let note = if open { "allows some of it, under a condition" } else { "allows some of it" };
        finding = finding.evidence(&reason, note);
    }
    let finding = finding.because(reach.unmet(role, &bucket.arn));
    if !reach.is_whole() {
        return finding;
    }
    let summary =
        Sentence::plain("if labeling needs no more of it, name the URIs in a `[[workload]]` of gt-audit.toml");
    finding.fix(Remedy::Advice { kind: RemedyKind::Request, summary })
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

fn together(_: &ExecutionRole<'_>, count: usize) -> Sentence {
    let buckets = counted(count, "bucket");
    Sentence::around(
        "policies allow ",
        format!(" only a part of what a labeling job does in {buckets} not known to be used for labeling"),
    )
}
