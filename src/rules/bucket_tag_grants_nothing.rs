//! `bucket-tag-grants-nothing`: see its page, `bucket_tag_grants_nothing.md`.

use std::collections::BTreeSet;

use super::{Check, Checked, Rule, Scale, bucket_out_of_reach, in_bucket, quoted};
use crate::account::{Bucket, Unknown};
use crate::finding::{Documented, Finding, RemedyKind, RuleId, Severity};
use crate::labeling::reach::BucketReach;
use crate::labeling::{ExecutionRole, Setup, Use, promising_tag};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketTagGrantsNothing,
    summary: "the bucket is tagged for SageMaker, but the managed policy's rule is on the tags of objects, for reading alone",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("bucket_tag_grants_nothing.md"),
    check: Check::Bucket(check),
};

fn check<'a>(setup: &Setup<'a>, bucket: &'a Bucket) -> Checked {
    if setup.execution_roles.is_empty() {
        return setup.all_known().map(|()| None);
    }
    let Some((key, value)) = promising_tag(bucket.tags.known()?) else { return Ok(None) };
    let mut misled = vec![];
    let mut by_tag = BTreeSet::new();
    // A role of which it is not known whether it is an execution role could be misled too.
    let mut open = setup.all_known().err();
    for role in &setup.execution_roles {
        match is_misled(setup, role, bucket) {
            Ok(None) => {}
            Ok(Some(reach)) => {
                misled.push(role.role.arn.name());
                by_tag.extend(in_bucket::grants(&reach.whole.answers).into_iter().filter(|(_, open)| *open));
            }
            Err(gap) => open = open.or(Some(gap)),
        }
    }
    if misled.is_empty() {
        return open.map_or(Ok(None), Err);
    }
    misled.sort_unstable();
    let name = bucket.arn.name();
    let roles = quoted(misled);
    let message =
        format!("`{name}` is tagged `{key}={value}`, and a bucket's tag opens it to no role: {roles} cannot reach it");
    let mut finding = Finding::new(RULE.id, Severity::Medium, None, Some(&bucket.arn), message);
    finding.region = bucket.region.known().ok().cloned();
    finding.documented = Some(Documented::by(None, Some((key, value))));
    for (reason, _) in by_tag {
        finding = finding.evidence(&reason, "asks for the tag on the object, and grants s3:GetObject alone");
    }
    Ok(Some(
        finding
            .remedy(RemedyKind::Policy, format!("grant the bucket in an inline policy of {roles}: objects below `{}/*`", bucket.arn))
            .remedy(
                RemedyKind::Tag,
                "or, where the role only reads, tag every input object `SageMaker=true`: manifest, template and label categories too",
            ),
    ))
}

/// Has a role an object-tag rule, and no way to this bucket?
///
/// # Errors
///
/// When that hangs on something.
pub(crate) fn is_misled<'a>(
    setup: &Setup<'a>,
    role: &ExecutionRole<'a>,
    bucket: &Bucket,
) -> Result<Option<BucketReach<'a>>, Unknown> {
    if !role.limits.iter().any(|limits| !limits.object_tags.is_empty()) {
        return role.missing.clone().map_or(Ok(None), Err);
    }
    let usage = setup.use_of_bucket(role, bucket)?;
    let reach = setup.judge(role, bucket, usage);
    match (bucket_out_of_reach::is_out_of_reach(&reach)?, &setup.uses.incomplete) {
        // Whatever uses it may use but what is in reach.
        (true, Some(gap)) if usage != Use::Used => Err(gap.clone()),
        (misled, _) => Ok(misled.then_some(reach)),
    }
}
