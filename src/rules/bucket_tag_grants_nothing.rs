//! `bucket-tag-grants-nothing`: see its page, `bucket_tag_grants_nothing.md`.

use std::collections::BTreeSet;

use super::{Check, Checked, Rule, Scale, bucket_out_of_reach, quoted};
use crate::account::Bucket;
use crate::finding::{Documented, Finding, RemedyKind, Severity};
use crate::labeling::{Setup, labeling_tag};

pub(super) const RULE: Rule = Rule {
    id: "bucket-tag-grants-nothing",
    summary: "the bucket is tagged for SageMaker, but the managed policy's rule is on the tags of objects, for reading alone",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("bucket_tag_grants_nothing.md"),
    check: Check::Bucket(check),
};

fn check(setup: &Setup<'_>, bucket: &Bucket) -> Checked {
    let tags = bucket.tags.known()?;
    let Some((key, value)) = labeling_tag(tags) else { return Ok(None) };
    let mut misled = vec![];
    let mut by_tag = BTreeSet::new();
    for role in &setup.execution_roles {
        if !role.limits.iter().any(|limits| !limits.object_tags.is_empty()) {
            match &role.missing {
                Some(gap) => return Err(gap.clone()),
                None => continue,
            }
        }
        let usage = setup.use_of_bucket(role, bucket)?;
        let answers = setup.objects(role, bucket, usage);
        if bucket_out_of_reach::is_out_of_reach(&answers, bucket)? {
            misled.push(role.role.arn.name());
            by_tag.extend(bucket_out_of_reach::grants(&answers).into_iter().filter(|(_, open)| *open));
        }
    }
    if misled.is_empty() {
        // A role of which it is not known whether it is an execution role could be misled too.
        return setup.all_known().map(|()| None);
    }
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
