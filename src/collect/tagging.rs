//! The tags of buckets and functions, from the index that the Resource Groups Tagging API keeps in each region.
//!
//! A hundred resources a page instead of a call for each. What is not in the index has no tags; the index lags behind,
//! so that a tag a finding rests on is confirmed later. Where the index is refused, or breaks in the middle, each
//! bucket and function of the region is asked for its tags itself; so is all, where the indexes of an
//! endpoint that is not Amazon's hold nothing at all.

use std::collections::{BTreeMap, BTreeSet};

use super::aws::Aws;
use super::calls::GET_RESOURCES;
use super::gate::{Page, each, pages};
use super::refusal::is_final;
use super::{lambda, s3};
use crate::account::{Bucket, Fact, Function, Regional, Tags, Unknown};
use crate::arn::Arn;

/// What one page holds at most.
const MOST: i32 = 100;

/// The kinds of resource that are asked for. `s3` and not `s3:bucket`: a filter that is too wide costs a page, one that
/// is too narrow would make every bucket look untagged.
const BUCKETS: &str = "s3";
const FUNCTIONS: &str = "lambda:function";

/// The tags of one region's resources, by ARN.
type Index = BTreeMap<String, Tags>;

/// The index of each region that was asked, or why there is none.
type Indexes = BTreeMap<String, Result<Index, Unknown>>;

/// Puts their tags to the buckets and functions.
pub(super) async fn tag(aws: &Aws, buckets: &mut Fact<Vec<Bucket>>, regions: &mut BTreeMap<String, Regional>) {
    let indexes = indexes(aws, buckets, regions).await;
    if let Fact::Known(buckets) = buckets {
        let tags = each(buckets.iter(), async |bucket| tags_of_bucket(aws, bucket, &indexes).await).await;
        put(buckets, tags, |bucket| (&bucket.arn, &mut bucket.tags));
    }
    for (region, regional) in regions {
        if let Fact::Known(functions) = &mut regional.functions {
            let index = indexes.get(region);
            let tags = each(functions.iter(), async |function| tags_of_function(aws, function, region, index).await);
            let tags = tags.await;
            put(functions, tags, |function| (&function.arn, &mut function.tags));
        }
    }
}

/// An index for each region that has buckets, and for each whose functions are audited.
async fn indexes(aws: &Aws, buckets: &Fact<Vec<Bucket>>, regions: &BTreeMap<String, Regional>) -> Indexes {
    let mut wanted: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    for region in buckets.known().into_iter().flatten().filter_map(|bucket| bucket.region.known().ok()) {
        wanted.entry(region).or_default().insert(BUCKETS);
    }
    for (region, _) in
        regions.iter().filter(|(_, regional)| regional.functions.known().is_ok_and(|all| !all.is_empty()))
    {
        wanted.entry(region).or_default().insert(FUNCTIONS);
    }
    let indexes = each(wanted, async |(region, kinds)| (region.to_owned(), index(aws, region, &kinds).await));
    let indexes: Indexes = indexes.await.into_iter().collect();
    // An emulator's index that holds nothing at all is no witness: LocalStack's does, whatever is tagged.
    if aws.gate.is_emulated("Resource Groups Tagging API") && indexes.values().flatten().all(BTreeMap::is_empty) {
        BTreeMap::new()
    } else {
        indexes
    }
}

async fn index(aws: &Aws, region: &str, kinds: &BTreeSet<&'static str>) -> Result<Index, Unknown> {
    let tagging = aws.tagging(region);
    let resources = pages(&GET_RESOURCES, async |token| {
        let kinds = kinds.iter().map(ToString::to_string).collect();
        let request = tagging.get_resources().set_resource_type_filters(Some(kinds)).resources_per_page(MOST);
        let page = aws.gate.ask(&GET_RESOURCES, region, "*", request.set_pagination_token(token).send()).await?;
        Ok(Page::new(page.resource_tag_mapping_list, page.pagination_token))
    })
    .await?;
    let mut index = Index::new();
    for resource in resources {
        let tags = resource.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
        index.entry(resource.resource_arn.unwrap_or_default()).or_default().extend(tags);
    }
    Ok(index)
}

async fn tags_of_bucket(aws: &Aws, bucket: &Bucket, indexes: &Indexes) -> (Arn, Fact<Tags>) {
    let index = bucket.region.known().ok().and_then(|region| indexes.get(region));
    let tags = match index.and_then(|index| indexed(index, &bucket.arn)) {
        Some(tags) => tags,
        None => s3::tags(aws, &bucket.arn, bucket.region.known().unwrap_or(&aws.home)).await,
    };
    (bucket.arn.clone(), tags)
}

async fn tags_of_function(
    aws: &Aws,
    function: &Function,
    region: &str,
    index: Option<&Result<Index, Unknown>>,
) -> (Arn, Fact<Tags>) {
    let tags = match index.and_then(|index| indexed(index, &function.arn)) {
        Some(tags) => tags,
        None => lambda::tags(aws, &function.arn, region).await,
    };
    (function.arn.clone(), tags)
}

/// What the index says of a resource; nothing where the resource is to be asked itself.
fn indexed(index: &Result<Index, Unknown>, resource: &Arn) -> Option<Fact<Tags>> {
    match index {
        Ok(index) => Some(Fact::Known(index.get(resource.as_str()).cloned().unwrap_or_default())),
        Err(gap) if is_final(gap) => Some(Fact::Unknown(gap.clone())),
        Err(_) => None,
    }
}

/// Puts what was found, in whatever order, where it belongs.
pub(super) fn put<R, T>(resources: &mut [R], found: Vec<(Arn, T)>, place: impl Fn(&mut R) -> (&Arn, &mut T)) {
    let mut found: BTreeMap<Arn, T> = found.into_iter().collect();
    for resource in resources {
        let (arn, fact) = place(resource);
        if let Some(new) = found.remove(arn) {
            *fact = new;
        }
    }
}
