//! `bucket-denied`: see its page, `bucket_denied.md`.

use super::rule::{Check, Pair, Rule, Scale};
use super::views;
use crate::account::{Bucket, Unknown};
use crate::evaluation::wording::{self, Sentence};
use crate::evaluation::{Evaluator, Unmet};
use crate::finding::{Finding, RuleId};
use crate::labeling::{ExecutionRole, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketDenied,
    summary: "an explicit deny (bucket policy, boundary, SCP, inline) applies to the role, or a boundary or SCP does not allow it",
    severity: Scale::ByUse,
    page: include_str!("bucket_denied.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: true, together }),
};

fn found<'a>(
    evaluator: &Evaluator<'a>,
    role: &ExecutionRole<'a>,
    bucket: &Bucket,
    usage: Use,
) -> Result<bool, Unknown> {
    evaluator.judge(role, bucket, usage).is_blocked()
}

fn finding<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let reach = evaluator.reach(role, bucket, usage);
    let names = reach.names(role);
    let required = reach.required(&role.role.arn, &bucket.arn).into_iter();
    let blocked = required.filter(|(_, check)| reach.counts_as_blocked(check));
    let unmet: Vec<Unmet> = blocked.flat_map(|(requirement, check)| check.unmet(&requirement, &names)).collect();
    let used = views::needed_by(&reach, |check| reach.counts_as_blocked(check));
    let sentence = wording::blocked(&unmet).and(&used);
    views::of_bucket(&RULE, role, bucket, usage, &reach, sentence).because(unmet)
}

fn together(_: &ExecutionRole<'_>, count: usize) -> Sentence {
    let buckets = wording::counted(count, "bucket");
    Sentence::around(
        "explicit deny or no permissions boundary or SCP that allows ",
        format!(" access to {buckets} not known to be used for labeling"),
    )
}
