//! `bucket-out-of-reach`: see its page, `bucket_out_of_reach.md`.

use std::collections::BTreeSet;

use super::{Check, Checked, Rule, Scale, list, quoted, quoted_or};
use crate::access::{Answer, Coverage};
use crate::account::{Bucket, Gap};
use crate::arn::Arn;
use crate::finding::{Documented, Effective, Finding, RemedyKind};
use crate::knowledge::limits::{self, carried, object_tags};
use crate::labeling::{self, ExecutionRole, OBJECT_ACTIONS, Setup, is_for_bucket, reaches_into};
use crate::policy::Effect;
use crate::policy::decide::Reason;
use crate::policy::layers::{Layer, Verdict};
use crate::policy::reach::Origin;

pub(super) const RULE: Rule = Rule {
    id: "bucket-out-of-reach",
    summary: "the bucket's name carries no token of the role's managed policy and no other grant reaches into it",
    severity: Scale::ByUse,
    page: include_str!("bucket_out_of_reach.md"),
    check: Check::RoleAndBucket(check, together),
};

fn check<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket) -> Checked {
    let tokens = role.tokens(|l| &l.bucket_tokens)?;
    if tokens.is_empty() {
        // Without a policy that goes by names there is no limit for the name to miss.
        return Ok(None);
    }
    let usage = setup.use_of_bucket(role, bucket)?;
    let answers = setup.objects(role, bucket, usage);
    if !is_out_of_reach(&answers, bucket)? {
        return Ok(None);
    }
    let (name, who, policies) = (bucket.arn.name(), role.role.arn.name(), policies(role));
    let spelled = match labeling::mention_in_bucket(bucket) {
        Some(mention) if mention.found == mention.word => {
            format!("`{name}` carries `{}`, which is no token of {policies}", mention.found)
        }
        Some(mention) => format!("`{name}` is spelled with `{}`, which is no token of {policies}", mention.found),
        None => format!("`{name}` carries no token of {policies}"),
    };
    let grant = if bucket.policy.if_asked().is_some() { "grant" } else { "identity policy" };
    let message = format!("{spelled}, and no other {grant} of `{who}` reaches into it: {}", what_is_left(&answers));
    let mut finding =
        Finding::new(RULE.id, RULE.severity.severity(usage), Some(&role.role.arn), Some(&bucket.arn), message);
    finding.usage = Some(usage);
    finding.region = bucket.region.known().ok().cloned();
    finding.documented = documented(role, bucket);
    finding.effective = Some(effective(&answers, bucket));
    for (reason, open) in grants(&answers) {
        finding = finding
            .evidence(&reason, if open { "reads tagged objects alone" } else { "reaches keys with a token alone" });
    }
    // Bucket names are of small letters, and `aws-glue` is no word of labeling.
    let words = &limits::labeling_tokens().bucket;
    let tokens = tokens.into_iter().filter(|token| words.iter().any(|word| word == token));
    Ok(Some(
        finding
            .remedy(
                RemedyKind::Policy,
                format!(
                    "add an inline policy to `{who}` that allows {} on `{arn}/*`, and s3:ListBucket and \
                     s3:GetBucketLocation on `{arn}`{}",
                    list(OBJECT_ACTIONS),
                    match boundary(role, &answers, bucket) {
                        Some(boundary) => format!(", and let its boundary `{}` through too", boundary.name()),
                        None => String::new(),
                    },
                    arn = bucket.arn
                ),
            )
            .remedy(
                RemedyKind::Rename,
                format!("or keep the data in a bucket whose name contains {}", quoted_or(tokens)),
            ),
    ))
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
fn what_is_left(answers: &[Answer]) -> String {
    let open = answers.iter().flat_map(Answer::granting).filter(|clause| clause.open);
    let tags: BTreeSet<_> = open.filter_map(|clause| object_tags(&clause.residual)).flatten().collect();
    let read = if tags.is_empty() {
        String::new()
    } else {
        let tags = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value));
        format!(" and reads only objects tagged {}", quoted_or(tags))
    };
    format!("it reaches only keys that carry a token{read}")
}

/// Does nothing but token-in-key and object-tag rules reach into the bucket? A grant that a boundary takes away again, and
/// a deny, are another rule's business.
pub(super) fn is_out_of_reach(answers: &[Answer], bucket: &Bucket) -> Result<bool, Gap> {
    if matches!(coverage(answers), Coverage::All | Coverage::Denied) {
        return Ok(false);
    }
    let mut open = None;
    for answer in answers {
        open = open.or_else(|| answer.too_entangled());
        for clause in answer.granting() {
            let by_tag = clause.open && object_tags(&clause.residual).is_some();
            if (!clause.open && reaches_into(clause, &bucket.arn)) || (by_tag && is_for_bucket(clause, &bucket.arn)) {
                return Ok(false);
            }
            if clause.open && !by_tag {
                open = open.or_else(|| Some(answer.gap_of(clause)));
            }
        }
    }
    open.map_or(Ok(true), Err)
}

fn coverage(answers: &[Answer]) -> Coverage {
    Coverage::of(answers.iter().flat_map(Answer::verdicts))
}

/// The permissions boundary that a new grant for the bucket would not get through.
fn boundary<'a>(role: &ExecutionRole<'a>, answers: &[Answer], bucket: &Bucket) -> Option<&'a Arn> {
    let boundary = role.role.boundary.known().ok()?.as_ref()?;
    let lets_through = |answer: &Answer| {
        let mut limits = answer.clauses().filter(|c| c.layer == Layer::Boundary && c.effect == Effect::Allow);
        limits.any(|clause| !clause.open && reaches_into(clause, &bucket.arn))
    };
    (!answers.iter().all(lets_through)).then_some(boundary)
}

/// What names and tags alone say: a token in the name, or a bucket tag that names SageMaker.
fn documented(role: &ExecutionRole<'_>, bucket: &Bucket) -> Option<Documented> {
    let token = carried(role.documented.iter().flat_map(|l| &l.bucket_tokens), bucket.arn.name());
    let tag = bucket.tags.known().ok().and_then(labeling::promising_tag);
    (!role.documented.is_empty()).then(|| Documented::by(token, tag))
}

fn effective(answers: &[Answer], bucket: &Bucket) -> Effective {
    let all = format!("arn:{}:s3:::", bucket.arn.partition());
    let example = |verdicts: &[Verdict]| {
        answers.iter().find_map(|answer| answer.example(verdicts)).map(|arn| arn.replacen(&all, "s3://", 1))
    };
    Effective {
        coverage: coverage(answers),
        actions: answers.iter().map(|answer| (answer.action().to_owned(), answer.coverage())).collect(),
        allowed_example: example(&[Verdict::Allowed]),
        denied_example: example(&[Verdict::ImplicitlyDenied, Verdict::Denied, Verdict::ExplicitlyDenied]),
    }
}

/// The statements that reach some of it, each once, and whether they hang on a condition.
pub(super) fn grants(answers: &[Answer]) -> BTreeSet<(Reason, bool)> {
    let clauses = answers.iter().flat_map(Answer::granting);
    clauses
        .filter_map(|clause| match &clause.origin {
            Origin::Statement(reason) => Some((reason.clone(), clause.open)),
            Origin::Missing(_) => None,
        })
        .collect()
}
