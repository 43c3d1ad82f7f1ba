//! `bucket-out-of-reach`: see its page, `bucket_out_of_reach.md`.

use std::collections::BTreeSet;

use super::{Check, Pair, Rule, Scale, in_bucket, quoted, quoted_or};
use crate::access::Answer;
use crate::account::{Bucket, Unknown};
use crate::arn::Arn;
use crate::finding::{Finding, RemedyKind, RuleId};
use crate::knowledge::limits::{self, object_tags};
use crate::labeling::reach::{BucketReach, Granted, Judged, reaches_into};
use crate::labeling::{self, ExecutionRole, Setup, Use};
use crate::policy::Effect;
use crate::policy::layers::Layer;

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketOutOfReach,
    summary: "the bucket's name carries no token of the role's managed policy and no other grant reaches into it",
    severity: Scale::ByUse,
    page: include_str!("bucket_out_of_reach.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: true, together }),
};

/// Nothing but token-in-key and object-tag rules reaches into the bucket, and something that is needed lies beyond them.
/// Without a policy that goes by names there is no limit for a name to miss, unless the bucket is used.
fn found<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Result<bool, Unknown> {
    if usage != Use::Used && !role.goes_by_names(|l| &l.bucket_tokens)? {
        return Ok(false);
    }
    is_out_of_reach(&setup.judge(role, bucket, usage))
}

/// Is a bucket out of reach?
///
/// # Errors
///
/// When that hangs on something.
pub(super) fn is_out_of_reach(reach: &BucketReach<'_>) -> Result<bool, Unknown> {
    reach.is_lacking_where(&Granted::No)
}

fn finding<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let reach = setup.reach(role, bucket, usage);
    let (name, who, policies) = (bucket.arn.name(), role.role.arn.name(), policies(role));
    let spelled = match labeling::mention_in_bucket(bucket) {
        _ if policies.is_empty() => format!("no policy of `{who}` names `{name}`"),
        Some(mention) if mention.found == mention.word => {
            format!("`{name}` carries `{}`, which is no token of {policies}", mention.found)
        }
        Some(mention) => format!("`{name}` is spelled with `{}`, which is no token of {policies}", mention.found),
        None => format!("`{name}` carries no token of {policies}"),
    };
    let grant = if bucket.policy.if_asked().is_some() { "grant" } else { "identity policy" };
    let used = in_bucket::needed_by(&reach, |judged| judged.lacking).map_or(String::new(), |used| format!("; {used}"));
    let message = format!(
        "{spelled}, and no other {grant} of `{who}` reaches into it: {}{used}",
        what_is_left(&reach.whole.answers)
    );
    let mut finding = in_bucket::finding(&RULE, role, bucket, usage, &reach, message);
    for (reason, open) in in_bucket::grants(&reach.whole.answers) {
        finding = finding
            .evidence(&reason, if open { "reads tagged objects alone" } else { "reaches keys with a token alone" });
    }
    // Bucket names are of small letters, and `aws-glue` is no word of labeling.
    let words = &limits::labeling_tokens().bucket;
    let tokens = role.tokens(|l| &l.bucket_tokens).unwrap_or_default();
    let tokens: Vec<&str> = tokens.into_iter().filter(|token| words.iter().any(|word| word == token)).collect();
    finding = finding.remedy(
        RemedyKind::Policy,
        format!(
            "add an inline policy to `{who}` that allows {}, and s3:ListBucket and s3:GetBucketLocation on `{arn}`{}",
            in_bucket::lacking(&reach, bucket),
            match boundary(role, &reach.whole.answers, bucket) {
                Some(boundary) => format!(", and let its boundary `{}` through too", boundary.name()),
                None => String::new(),
            },
            arn = bucket.arn
        ),
    );
    if tokens.is_empty() {
        return finding;
    }
    finding
        .remedy(RemedyKind::Rename, format!("or keep the data in a bucket whose name contains {}", quoted_or(tokens)))
}

fn together(role: &ExecutionRole<'_>, count: usize) -> String {
    let (buckets, carry) = if count == 1 { ("bucket", "carries") } else { ("buckets", "carry") };
    format!(
        "{count} {buckets} that nothing shows to be used for labeling {carry} no token of {}, and no other identity \
         policy of `{}` reaches into them",
        policies(role),
        role.role.arn.name()
    )
}

fn policies(role: &ExecutionRole<'_>) -> String {
    quoted(role.policies_with(|l| &l.bucket_tokens))
}

/// What the managed policies leave of a bucket whose name carries no token.
fn what_is_left(whole: &[Judged]) -> String {
    let answers = || whole.iter().map(|judged| &judged.answer);
    let open = answers().flat_map(Answer::granting).filter(|clause| clause.open);
    let tags: BTreeSet<_> = open.filter_map(|clause| object_tags(&clause.residual)).flatten().collect();
    let read = if tags.is_empty() {
        String::new()
    } else {
        let tags = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value));
        format!("reads only objects tagged {}", quoted_or(tags))
    };
    let keys = answers().flat_map(Answer::granting).any(|clause| !clause.open);
    match (keys, read.as_str()) {
        (true, "") => "it reaches only keys that carry a token".to_owned(),
        (true, read) => format!("it reaches only keys that carry a token and {read}"),
        (false, "") => "it reaches no object there".to_owned(),
        (false, read) => format!("it {read}"),
    }
}

/// The permissions boundary that a new grant for the bucket would not get through.
fn boundary<'a>(role: &ExecutionRole<'a>, whole: &[Judged], bucket: &Bucket) -> Option<&'a Arn> {
    let boundary = role.role.boundary.known().ok()?.as_ref()?;
    let lets_through = |judged: &Judged| {
        let mut limits = judged.answer.clauses().filter(|c| c.layer == Layer::Boundary && c.effect == Effect::Allow);
        limits.any(|clause| !clause.open && reaches_into(clause, &bucket.arn))
    };
    (!whole.iter().all(lets_through)).then_some(boundary)
}
