//! Which facts that cost a call of their own may matter to the audit.

use super::needs::{OUTPUT_KEY, VOLUME_KEY, What};
use super::uses::{Extent, Uses};
use super::workload::Workload;
use super::{LabelingContext, Use, labeling_tag};
use crate::access::{Access, Ask};
use crate::account::{Account, Wanted};
use crate::knowledge::limits::object_tags;

/// The facts that cost a call for each resource, and which of them may matter: those of resources that somebody uses,
/// whose names or tags speak of labeling or which a policy of an execution role names; of all, when all are wanted. Asked
/// again when they are there: an answer may show that another fact matters.
#[must_use]
pub fn wanted(account: &Account, workloads: &[Workload], all: bool) -> Wanted {
    let access = Access::new(account);
    let uses = Uses::of(account, workloads);
    let context = LabelingContext::new(&access, &uses);
    let roles = &context.execution_roles;
    let mut wanted = Wanted::default();
    for bucket in account.buckets.known().into_iter().flatten() {
        if bucket.tags.known().is_ok_and(|tags| labeling_tag(tags).is_some()) {
            wanted.bucket_tags.insert(bucket.arn.clone());
        }
        if all || roles.iter().any(|role| context.use_of_bucket(role, bucket) != Ok(Use::Other)) {
            wanted.buckets.insert(bucket.arn.clone());
        }
        let encryption = bucket.encryption.known().ok().and_then(Option::as_ref);
        if let (Ok(region), Some(key)) = (bucket.region.known(), encryption.and_then(|e| e.key.as_ref())) {
            wanted.keys.insert((region.clone(), key.clone()));
        }
    }
    for function in account.regions.values().filter_map(|region| region.functions.known().ok()).flatten() {
        if all || roles.iter().any(|role| context.use_of_function(role, function) != Ok(Use::Other)) {
            wanted.functions.insert(function.arn.clone());
        }
    }
    for job in &uses.jobs {
        for need in job.needs.iter().filter(|need| matches!(need.field, OUTPUT_KEY | VOLUME_KEY)) {
            if let What::UseKey(key) | What::GrantKey(key) = &need.what {
                wanted.keys.insert((job.region.to_owned(), key.clone()));
            }
        }
    }
    tagged_objects(&context, &mut wanted);
    wanted
}

/// The objects that a role may read if they have the right tag.
fn tagged_objects(context: &LabelingContext<'_>, wanted: &mut Wanted) {
    for role in &context.execution_roles {
        for (name, areas) in role.uses.into_iter().flat_map(|uses| &uses.buckets) {
            // Without the bucket's policy it is too early to say.
            let Some(bucket) = context.bucket(name).ok().flatten().filter(|b| b.policy.if_asked().is_some()) else {
                continue;
            };
            let Ok(region) = bucket.region.known() else { continue };
            let objects = areas.iter().filter_map(|area| match &area.extent {
                Extent::Object(object) => Some(object),
                Extent::Below(_) => None,
            });
            for object in objects {
                let answer = context.access.decide(
                    role.role,
                    &Ask::of_ground_truth("s3:GetObject").of("bucket policy", &bucket.policy),
                    object,
                );
                if answer.granting().any(|clause| clause.open && object_tags(&clause.residual).is_some()) {
                    wanted.objects.insert((region.clone(), object.clone()));
                }
            }
        }
    }
}
