//! The rounds of collecting: what there is, and what of it is worth a call of its own.
//!
//! Knows which questions depend on which answers, and asks the others at the same time. What is worth a call is decided
//! elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use futures_util::future::{join, join3, join4};

use super::aws::Aws;
use super::gate::each;
use super::{iam, kms, lambda, organizations, regions, s3, s3_details, sagemaker, tagging};
use crate::account::{Account, Bucket, Fact, Regional, Unknown, Wanted};
use crate::arn::Arn;

/// How often what was learned may make more of it wanted: a bucket names its key, and a key names nothing.
const ROUNDS: usize = 4;

/// Everything there is in the account, with its tags and without what would cost a call for each resource.
pub async fn inventory(aws: &Aws) -> Account {
    let mut gaps = vec![];
    let audited = regions::audited(aws, &mut gaps).await;

    let labeling = async {
        let regions = each(audited.clone(), async |region| {
            let labeling = sagemaker::region(aws, &region).await;
            (region, labeling)
        });
        regions.await.into_iter().collect::<BTreeMap<_, _>>()
    };
    let functions = each(audited.clone(), async |region| {
        let functions = lambda::functions(aws, &region).await;
        (region, Regional { functions, ..Regional::not_asked() })
    });
    let iam = async { join(iam::alias(aws), iam::iam(aws, &mut gaps)).await };
    let resources = async {
        let (mut buckets, regions) = join(s3::buckets(aws), functions).await;
        let mut regions: BTreeMap<_, _> = regions.into_iter().collect();
        tagging::tag(aws, &mut buckets, &mut regions).await;
        (buckets, regions)
    };
    let organization = organizations::organization(aws);
    let ((alias, iam), (buckets, mut regions), labeling, (organization, organization_id)) =
        join4(Box::pin(iam), Box::pin(resources), Box::pin(labeling), Box::pin(organization)).await;
    for (region, (labeling, too_many)) in labeling {
        gaps.extend(too_many);
        if let Some(regional) = regions.get_mut(&region) {
            let functions = mem::replace(regional, labeling).functions;
            regional.functions = functions;
        }
    }
    Account {
        id: aws.account.clone(),
        partition: aws.partition().to_owned(),
        alias,
        caller: aws.caller.clone(),
        organization,
        organization_id,
        iam,
        buckets,
        objects: BTreeMap::new(),
        regions,
        gaps,
    }
}

/// Asks for what is wanted, and for what is wanted because of the answers, until nothing is.
pub async fn complete(aws: &Aws, account: &mut Account, wanted: impl Fn(&Account) -> Wanted) {
    let mut asked = Wanted::default();
    for _ in 0..ROUNDS {
        let new = wanted(account).beyond(&asked);
        if new.is_empty() {
            break;
        }
        details(aws, account, &new).await;
        asked.extend(new);
    }
}

/// Asks for what is wanted of single resources, and puts it into the account: the answer or the gap.
pub async fn details(aws: &Aws, account: &mut Account, wanted: &Wanted) {
    let places = |arns: &BTreeSet<Arn>| -> Vec<(Arn, String)> {
        let buckets = account.buckets.known().into_iter().flatten().filter(|bucket| arns.contains(&bucket.arn));
        buckets.map(|bucket| (bucket.arn.clone(), region_of(bucket, aws))).collect()
    };
    let tags = each(places(&wanted.bucket_tags), async |(arn, region)| {
        let tags = s3::tags(aws, &arn, &region).await;
        (arn, tags)
    });
    let buckets = each(places(&wanted.buckets), async |(arn, region)| {
        let details = s3_details::details(aws, &arn, &region).await;
        (arn, details)
    });
    let objects = each(wanted.objects.iter().cloned(), async |(region, arn)| {
        let tags = s3_details::object_tags(aws, &arn, &region).await;
        (arn, tags)
    });
    let functions = each(wanted.functions.iter().cloned(), async |arn| {
        let policy = lambda::policy(aws, &arn).await;
        (arn, policy)
    });
    // In a region that is not audited, there is no place for a key.
    let keys = wanted.keys.iter().filter(|(region, name)| account.regions.contains_key(region) && !name.is_empty());
    let keys = each(keys.cloned().collect::<Vec<_>>(), async |(region, name)| {
        let key = kms::key(aws, &region, &name).await;
        (region, name, key)
    });
    let of_buckets = async { join3(tags, buckets, objects).await };
    let ((tags, buckets, objects), functions, keys) =
        join3(Box::pin(of_buckets), Box::pin(functions), Box::pin(keys)).await;

    if let Fact::Known(all) = &mut account.buckets {
        tagging::put(all, tags, |bucket| (&bucket.arn, &mut bucket.tags));
        let mut details: BTreeMap<Arn, _> = buckets.into_iter().collect();
        for bucket in all {
            if let Some(details) = details.remove(&bucket.arn) {
                details.put(bucket);
            }
        }
    }
    account.objects.extend(objects);
    for (region, name, key) in keys {
        if let Some(regional) = account.regions.get_mut(&region) {
            regional.keys.insert(name, key);
        }
    }
    let mut functions: BTreeMap<Arn, _> = functions.into_iter().collect();
    for all in account.regions.values_mut().filter_map(|regional| match &mut regional.functions {
        Fact::Known(all) => Some(all),
        Fact::Unknown(_) => None,
    }) {
        for function in all {
            if let Some(policy) = functions.remove(&function.arn) {
                function.policy = policy;
            }
        }
    }
    forget_deleted(account);
}

/// What was listed and is gone when it is asked about was deleted in between: it is not there, and not unknown.
fn forget_deleted(account: &mut Account) {
    if let Fact::Known(buckets) = &mut account.buckets {
        buckets.retain(|bucket| {
            let Bucket { arn: _, region: _, tags, policy, cors, encryption, abac } = bucket;
            let gaps = [
                tags.known().err(),
                policy.known().err(),
                cors.known().err(),
                encryption.known().err(),
                abac.known().err(),
            ];
            !gaps.iter().flatten().any(|gap| gap.code() == "NoSuchBucket")
        });
    }
    let gone = |gap: Option<Unknown>| gap.is_some_and(|gap| gap.code() == "NoSuchEntity");
    if let Fact::Known(roles) = &mut account.iam.roles {
        roles.retain(|role| !gone(role.tags.known().err()) && !gone(role.grants.attached.known().err()));
    }
    if let Fact::Known(users) = &mut account.iam.users {
        users.retain(|user| !gone(user.tags.known().err()) && !gone(user.grants.attached.known().err()));
    }
    if let Fact::Known(groups) = &mut account.iam.groups {
        groups.retain(|group| !gone(group.grants.attached.known().err()));
    }
}

/// A bucket whose region is unknown is asked for at home; S3 says where else to ask.
fn region_of(bucket: &Bucket, aws: &Aws) -> String {
    bucket.region.known().unwrap_or(&aws.home).clone()
}
