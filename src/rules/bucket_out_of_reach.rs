//! `bucket-out-of-reach`: see its page, `bucket_out_of_reach.md`.

use super::rule::{Check, Pair, Rule, Scale};
use super::views;
use crate::account::{Bucket, Unknown};
use crate::evaluation::Evaluator;
use crate::evaluation::bucket::{BucketReach, Granted};
use crate::evaluation::check::AccessCheck;
use crate::evaluation::wording::{Sentence, counted, quoted};
use crate::finding::{Finding, RuleId};
use crate::labeling::{self, ExecutionRole, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketOutOfReach,
    summary: "the bucket's name has no token of the role's managed policy and no other grant reaches into it",
    severity: Scale::ByUse,
    page: include_str!("bucket_out_of_reach.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: true, together }),
};

/// Nothing but token-in-key and object-tag rules reaches into the bucket, and something that is needed lies beyond them.
/// Without a policy that goes by names there is no limit for a name to miss, unless the bucket is used.
fn found<'a>(
    evaluator: &Evaluator<'a>,
    role: &ExecutionRole<'a>,
    bucket: &Bucket,
    usage: Use,
) -> Result<bool, Unknown> {
    if usage != Use::Used && !role.goes_by_names(|l| &l.bucket_tokens)? {
        return Ok(false);
    }
    is_out_of_reach(&evaluator.judge(role, bucket, usage))
}

/// Is a bucket out of reach?
///
/// # Errors
///
/// When that depends on something that is not known.
pub(super) fn is_out_of_reach(reach: &BucketReach<'_>) -> Result<bool, Unknown> {
    reach.is_not_granted_where(&Granted::No)
}

fn finding<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let reach = evaluator.reach(role, bucket, usage);
    let used = views::needed_by(&reach, |check| check.not_granted);
    let why = format!(" access; {}{used}", why(role, bucket, &reach.whole.checks));
    let sentence = Sentence::around("no identity-based policy allows ", why);
    let mut finding = views::of_bucket(&RULE, role, bucket, usage, &reach, sentence);
    for (reason, open) in views::grants(&reach.whole.checks) {
        let note = if open { "allows reading tagged objects alone" } else { "allows keys with a token alone" };
        finding = finding.evidence(&reason, note);
    }
    finding.because(reach.unmet(role, &bucket.arn))
}

/// Why the documented limits do not let the role in, and what they leave.
fn why(role: &ExecutionRole<'_>, bucket: &Bucket, whole: &[AccessCheck]) -> String {
    let policies = quoted(role.policies_with(|l| &l.bucket_tokens));
    let name = match labeling::mention_in_bucket(bucket) {
        _ if policies.is_empty() => return "no policy of it names the bucket".to_owned(),
        Some(mention) => format!("the name has `{}`, which is no token of {policies}", mention.found),
        None => format!("the name has no token of {policies}"),
    };
    let granting = || whole.iter().flat_map(|check| check.answer.granting());
    let (keys, tags) = (granting().any(|clause| !clause.open), granting().any(|clause| clause.open));
    match (keys, tags) {
        (true, true) => format!("{name}, so only keys with a token and reads of tagged objects are allowed"),
        (true, false) => format!("{name}, so only keys with a token are allowed"),
        (false, true) => format!("{name}, so only reads of tagged objects are allowed"),
        (false, false) => name,
    }
}

fn together(role: &ExecutionRole<'_>, count: usize) -> Sentence {
    let policies = quoted(role.policies_with(|l| &l.bucket_tokens));
    let buckets = counted(count, "bucket");
    Sentence::around(
        "no identity-based policy allows ",
        format!(" access to {buckets} not known to be used for labeling; their names have no token of {policies}"),
    )
}
