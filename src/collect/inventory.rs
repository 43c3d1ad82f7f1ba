//! The two rounds of collecting: what there is, and what is worth a call of its own.
//!
//! Knows which questions depend on which answers, and asks the others at the same time.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join3};

use super::aws::Aws;
use super::gate::each;
use super::{iam, lambda, regions, s3, sagemaker, tagging};
use crate::account::{Account, Bucket, Fact, Gap, Organization, Regional, Wanted};
use crate::arn::Arn;

/// Everything there is in the account, with its tags and without what would cost a call for each resource.
pub async fn inventory(aws: &Aws) -> Account {
    let mut gaps = vec![];
    let audited = regions::audited(aws, &mut gaps).await;

    let jobs = async {
        let jobs = each(audited.clone(), async |region| {
            let jobs = sagemaker::labeling_jobs(aws, &region).await;
            (region, jobs)
        });
        jobs.await.into_iter().collect::<BTreeMap<_, _>>()
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
    let ((alias, iam), (buckets, mut regions), jobs) = join3(Box::pin(iam), Box::pin(resources), Box::pin(jobs)).await;
    for (region, (jobs, too_many)) in jobs {
        gaps.extend(too_many);
        if let Some(regional) = regions.get_mut(&region) {
            regional.labeling_jobs = jobs;
        }
    }
    Account {
        id: aws.account.clone(),
        partition: aws.partition().to_owned(),
        alias,
        caller: aws.caller.clone(),
        organization: Organization::NotAsked,
        iam,
        buckets,
        objects: BTreeMap::new(),
        regions,
        gaps,
    }
}

/// Asks for what is wanted of single buckets and functions, and puts it into the account: the answer or the gap.
pub async fn details(aws: &Aws, account: &mut Account, wanted: &Wanted) {
    let places = |arns: &BTreeSet<Arn>| -> Vec<(Arn, String)> {
        let buckets = account.buckets.known().into_iter().flatten().filter(|bucket| arns.contains(&bucket.arn));
        buckets.map(|bucket| (bucket.arn.clone(), region_of(bucket, aws))).collect()
    };
    let tags = each(places(&wanted.bucket_tags), async |(arn, region)| {
        let tags = s3::tags(aws, &arn, &region).await;
        (arn, tags)
    });
    let bucket_policies = each(places(&wanted.buckets), async |(arn, region)| {
        let policy = s3::policy(aws, &arn, &region).await;
        (arn, policy)
    });
    let function_policies = each(wanted.functions.iter().cloned(), async |arn| {
        let policy = lambda::policy(aws, &arn).await;
        (arn, policy)
    });
    let (tags, bucket_policies, function_policies) = Box::pin(join3(tags, bucket_policies, function_policies)).await;

    if let Fact::Known(buckets) = &mut account.buckets {
        tagging::put(buckets, tags, |bucket| (&bucket.arn, &mut bucket.tags));
        tagging::put(buckets, bucket_policies, |bucket| (&bucket.arn, &mut bucket.policy));
    }
    let mut function_policies: BTreeMap<Arn, _> = function_policies.into_iter().collect();
    for functions in account.regions.values_mut().filter_map(|regional| match &mut regional.functions {
        Fact::Known(functions) => Some(functions),
        Fact::Unknown(_) => None,
    }) {
        for function in functions {
            if let Some(policy) = function_policies.remove(&function.arn) {
                function.policy = policy;
            }
        }
    }
    forget_deleted(account);
}

/// What was listed and is gone when it is asked about was deleted in between: it is not there, and not unknown.
fn forget_deleted(account: &mut Account) {
    let gone = |gap: Option<Gap>| gap.is_some_and(|gap| gap.code == "NoSuchBucket");
    if let Fact::Known(buckets) = &mut account.buckets {
        buckets.retain(|bucket| !gone(bucket.tags.known().err()) && !gone(bucket.policy.known().err()));
    }
    let gone = |gap: Option<Gap>| gap.is_some_and(|gap| gap.code == "NoSuchEntity");
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
