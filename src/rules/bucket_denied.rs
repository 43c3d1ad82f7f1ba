//! `bucket-denied`: see its page, `bucket_denied.md`.

use std::collections::BTreeSet;

use super::{Check, Pair, Rule, Scale, in_bucket, in_role, list};
use crate::account::{Bucket, Unknown};
use crate::finding::{Finding, RemedyKind, RuleId};
use crate::labeling::reach::Judged;
use crate::labeling::{ExecutionRole, Setup, Use};
use crate::policy::decide::Reason;

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketDenied,
    summary: "an explicit deny (bucket policy, boundary, SCP, inline) stops the role, or a boundary or SCP lets nothing through",
    severity: Scale::ByUse,
    page: include_str!("bucket_denied.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: true, together }),
};

fn found<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Result<bool, Unknown> {
    setup.judge(role, bucket, usage).is_stopped()
}

fn finding<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let reach = setup.reach(role, bucket, usage);
    let (name, who) = (bucket.arn.name(), role.role.arn.name());
    let is_stopped = |judged: &Judged| judged.stopped && !(reach.is_whole() && judged.allows_some());
    let stopped: Vec<&Judged> = reach.judged().filter(|judged| is_stopped(judged)).collect();
    let actions: BTreeSet<&str> = stopped.iter().map(|judged| judged.answer.action()).collect();
    let denying: BTreeSet<Reason> = stopped.iter().flat_map(|judged| judged.denying()).collect();
    let by = in_role::why(&stopped);
    let used = in_bucket::needed_by(&reach, is_stopped).map_or(String::new(), |used| format!("; {used}"));
    let message = format!("`{who}` is stopped at {} in `{name}`: {by}{used}", list(&actions));
    let mut finding = in_bucket::finding(&RULE, role, bucket, usage, &reach, message);
    for reason in &denying {
        finding = finding.evidence(reason, "refuses it, whatever else allows it");
    }
    let through = in_role::let_through(&stopped, &role.role.arn, &list(actions));
    through.into_iter().fold(finding, |finding, summary| finding.remedy(RemedyKind::Policy, summary))
}

fn together(role: &ExecutionRole<'_>, count: usize) -> String {
    let buckets = if count == 1 { "bucket" } else { "buckets" };
    format!("`{}` is stopped at {count} {buckets} that nothing shows to be used for labeling", role.role.arn.name())
}
