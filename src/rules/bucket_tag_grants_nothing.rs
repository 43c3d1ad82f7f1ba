//! `bucket-tag-grants-nothing`: see its page, `bucket_tag_grants_nothing.md`.

use std::collections::BTreeSet;

use super::rule::{Check, Checked, Rule, Scale};
use super::{bucket_out_of_reach, views};
use crate::account::{Bucket, Unknown};
use crate::evaluation::bucket::BucketReach;
use crate::evaluation::wording::{Sentence, quoted};
use crate::evaluation::{Evaluator, Remedy, Unmet};
use crate::finding::{Documented, Finding, RuleId, Severity};
use crate::labeling::{ExecutionRole, Use, promising_tag};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketTagGrantsNothing,
    summary: "the bucket is tagged for SageMaker, but the managed policy's rule is on the tags of objects, for reading alone",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("bucket_tag_grants_nothing.md"),
    check: Check::Bucket(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, bucket: &'a Bucket) -> Checked {
    if evaluator.execution_roles.is_empty() {
        return evaluator.all_known().map(|()| None);
    }
    let Some((key, value)) = promising_tag(bucket.tags.known()?) else { return Ok(None) };
    let mut misled = vec![];
    let mut by_tag = BTreeSet::new();
    let mut unmet: Vec<Unmet> = vec![];
    // A role of which it is not known whether it is an execution role could be misled too.
    let mut open = evaluator.all_known().err();
    for role in &evaluator.execution_roles {
        match is_misled(evaluator, role, bucket) {
            Ok(None) => {}
            Ok(Some(reach)) => {
                misled.push(role.role.arn.name());
                by_tag.extend(views::grants(&reach.whole.checks).into_iter().filter(|(_, open)| *open));
                unmet.extend(reach.unmet(role, &bucket.arn));
            }
            Err(unknown) => open = open.or(Some(unknown)),
        }
    }
    if misled.is_empty() {
        return open.map_or(Ok(None), Err);
    }
    misled.sort_unstable();
    let sentence = Sentence::plain(format!(
        "its tag `{key}={value}` allows no role access; it counts as a tag of objects, not of buckets: {}",
        quoted(misled)
    ));
    let mut finding = Finding::new(RULE.id, Severity::Medium, None, Some(&bucket.arn), sentence);
    finding.region = bucket.region.known().ok().cloned();
    finding.documented = Some(Documented::by(None, Some((key, value))));
    for (reason, _) in by_tag {
        finding = finding.evidence(&reason, "wants the tag on the object, and allows s3:GetObject alone");
    }
    let tag = Remedy::TagObjects { key: "s3:ExistingObjectTag/SageMaker".to_owned(), wanted: vec!["true".to_owned()] };
    Ok(Some(finding.because(unmet).fix(tag)))
}

/// Has a role an object-tag rule, and no way to this bucket?
fn is_misled<'a>(
    evaluator: &Evaluator<'a>,
    role: &ExecutionRole<'a>,
    bucket: &Bucket,
) -> Result<Option<BucketReach<'a>>, Unknown> {
    if !role.limits.iter().any(|limits| !limits.object_tags.is_empty()) {
        return role.missing.clone().map_or(Ok(None), Err);
    }
    let usage = if role.uses_bucket(bucket) { Use::Used } else { Use::Intended };
    let reach = evaluator.reach(role, bucket, usage);
    Ok(bucket_out_of_reach::is_out_of_reach(&reach)?.then_some(reach))
}
