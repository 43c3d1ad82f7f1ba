//! What closes findings about a bucket: what is lacking of its objects, and what browsers lack.

use super::asked::On;
use super::cure::{Cure, Target, Wish};
use crate::account::Bucket;
use crate::arn::Arn;
use crate::finding::Finding;
use crate::labeling::reach::BucketReach;
use crate::labeling::uses::Extent;
use crate::labeling::{ExecutionRole, Setup, Use};
use crate::rules::{bucket_tag_grants_nothing, bucket_without_cors};

/// A role must reach what it needs of the buckets of a finding.
pub(super) fn reached(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    let Some(role) = finding.principal.as_ref().and_then(|arn| setup.execution_role(arn.as_str())) else { return cure };
    let usage = finding.usage.unwrap_or(Use::Other);
    for bucket in about(setup, finding) {
        need(&mut cure, role, bucket, &setup.reach(role, bucket, usage));
    }
    cure
}

/// Every role that a bucket's tag misleads must reach it.
pub(super) fn reached_without_tag(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    for bucket in about(setup, finding) {
        for role in &setup.execution_roles {
            match bucket_tag_grants_nothing::is_misled(setup, role, bucket) {
                Ok(None) => {}
                Ok(Some(_)) => {
                    let usage = setup.use_of_bucket(role, bucket).unwrap_or(Use::Other);
                    need(&mut cure, role, bucket, &setup.reach(role, bucket, usage));
                }
                Err(gap) => drop(cure.open.insert(gap)),
            }
        }
    }
    cure
}

/// Browsers must see what a bucket holds.
pub(super) fn seen_by_browsers(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = Cure::default();
    for bucket in about(setup, finding) {
        for browsers in bucket_without_cors::browsers(setup, bucket) {
            cure.want(Target::Cors(bucket.arn.clone()), Wish::Rules(browsers));
        }
    }
    cure
}

/// The buckets that a finding is about.
fn about<'a>(setup: &Setup<'a>, finding: &Finding) -> Vec<&'a Bucket> {
    let arns = finding.resource.iter().chain(finding.resources.iter());
    arns.filter_map(|arn: &Arn| setup.bucket(arn.resource()).ok().flatten()).collect()
}

/// What a role needs of a bucket: at each URI in use what is lacking there, else of the whole bucket.
fn need(cure: &mut Cure, role: &ExecutionRole<'_>, bucket: &Bucket, reach: &BucketReach<'_>) {
    let who = &role.role.arn;
    for needed in &reach.needed {
        let on = match &needed.area.extent {
            Extent::Object(object) => On::exactly(object),
            Extent::Below(prefix) => On::Below(prefix.clone()),
        };
        needed.answers.iter().for_each(|judged| cure.need(who, judged, on.clone(), &[]));
    }
    if reach.is_whole() {
        let on = On::Below(format!("{}/", bucket.arn));
        reach.whole.answers.iter().for_each(|judged| cure.need(who, judged, on.clone(), &[]));
    }
}
