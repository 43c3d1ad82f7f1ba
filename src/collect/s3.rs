//! S3: buckets, where they are, and their tags.
//!
//! Knows that a bucket is asked in its own region and follows S3 when it says that a bucket is elsewhere. What costs more
//! calls for each bucket is asked in `s3_details`.

use std::collections::BTreeSet;
use std::future::Future;

use aws_sdk_s3::types::{Bucket as Listed, BucketLocationConstraint as Location};

use super::aws::Aws;
use super::calls::{Call, GET_BUCKET_LOCATION, GET_BUCKET_TAGGING, LIST_BUCKETS};
use super::gate::{Page, each, pages};
use super::refusal::{AwsError, Failure, Refusal, malformed};
use crate::account::{Bucket, Fact, Tags, Unknown};
use crate::arn::Arn;

/// What one page holds at most. Without a number S3 pages nothing and names no regions.
const MOST: i32 = 1000;

/// Where a bucket is that has no location: S3 was there first.
const FIRST_REGION: &str = "us-east-1";

/// Every bucket, by name; tags and policy are not asked for here.
pub(super) async fn buckets(aws: &Aws) -> Fact<Vec<Bucket>> {
    let home = aws.s3(&aws.home);
    let listed = pages(&LIST_BUCKETS, async |token| {
        let request = home.list_buckets().max_buckets(MOST).set_continuation_token(token).send();
        let page = aws.gate.ask(&LIST_BUCKETS, &aws.home, "*", request).await?;
        Ok(Page::new(page.buckets, page.continuation_token))
    });
    let named =
        listed.await.and_then(|listed| listed.into_iter().map(named_bucket).collect::<Result<Vec<_>, Unknown>>());
    match named {
        Ok(named) => {
            let buckets = each(named, async |(name, region)| located(aws, &name, region).await);
            let mut buckets = buckets.await;
            buckets.sort_by(|a, b| a.arn.cmp(&b.arn));
            Fact::Known(buckets)
        }
        Err(gap) => Fact::Unknown(gap),
    }
}

/// The account's own buckets of these names, each asked for by itself; a name that is not there is nobody's or another
/// account's.
pub(super) async fn named(aws: &Aws, names: &BTreeSet<String>) -> Fact<Vec<Bucket>> {
    let home = aws.s3(&aws.home);
    let found = each(names.clone(), async |wanted| {
        let listed = pages(&LIST_BUCKETS, async |token| {
            let request = home.list_buckets().prefix(&wanted).max_buckets(MOST).set_continuation_token(token).send();
            let page = aws.gate.ask(&LIST_BUCKETS, &aws.home, "*", request).await?;
            Ok(Page::new(page.buckets, page.continuation_token))
        });
        let listed = listed.await?.into_iter().find(|bucket| bucket.name.as_deref() == Some(wanted.as_str()));
        match listed.map(named_bucket).transpose()? {
            Some((name, region)) => Ok(Some(located(aws, &name, region).await)),
            None => Ok(None),
        }
    });
    let found: Result<Vec<_>, Unknown> = found.await.into_iter().collect();
    found.map(|buckets| buckets.into_iter().flatten().collect()).into()
}

/// Its name, and the region if the list says it.
fn named_bucket(listed: Listed) -> Result<(String, Option<String>), Unknown> {
    let name = listed.name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| malformed(LIST_BUCKETS.action, "*", "a bucket has no name"))?;
    Ok((name, listed.bucket_region))
}

async fn located(aws: &Aws, name: &str, region: Option<String>) -> Bucket {
    let arn = Arn::bucket(aws.partition(), name);
    let region = match region {
        Some(region) => Fact::Known(region),
        None => location(aws, &arn).await.into(),
    };
    Bucket { region, ..Bucket::not_asked(arn) }
}

async fn location(aws: &Aws, arn: &Arn) -> Result<String, Unknown> {
    let answer = in_its_region(aws, &GET_BUCKET_LOCATION, arn, &aws.home, |s3| {
        s3.get_bucket_location().bucket(arn.resource()).send()
    });
    Ok(match answer.await?.location_constraint {
        None => FIRST_REGION.to_owned(),
        Some(location) if location.as_str().is_empty() => FIRST_REGION.to_owned(),
        Some(Location::Eu) => "eu-west-1".to_owned(),
        Some(location) => location.as_str().to_owned(),
    })
}

/// The tags that the bucket itself has now.
pub(super) async fn tags(aws: &Aws, bucket: &Arn, region: &str) -> Fact<Tags> {
    let answer = in_its_region(aws, &GET_BUCKET_TAGGING, bucket, region, |s3| {
        s3.get_bucket_tagging().bucket(bucket.resource()).send()
    });
    match answer.await {
        Ok(answer) => Fact::Known(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect()),
        Err(absent) if absent.is("NoSuchTagSet") => Fact::Known(Tags::new()),
        Err(refused) => Fact::Unknown(refused.into()),
    }
}

/// Asks S3 about a bucket, or an object in one, in the region where it should be, and once more where S3 says that it is.
pub(super) async fn in_its_region<T, E, R>(
    aws: &Aws,
    call: &'static Call,
    resource: &Arn,
    region: &str,
    request: impl Fn(aws_sdk_s3::Client) -> R,
) -> Result<T, Refusal>
where
    E: AwsError,
    R: Future<Output = Result<T, Failure<E>>>,
{
    let ask = async |region: &str| {
        // An emulator is one server for all regions.
        let place = if aws.gate.is_emulated(call.service) { &aws.home } else { region };
        aws.gate.ask(call, place, resource.as_str(), request(aws.s3(region))).await
    };
    match ask(region).await {
        Err(Refusal { bucket_region: Some(other), .. }) if *other != *region => ask(&other).await,
        answer => answer,
    }
}
