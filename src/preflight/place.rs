//! A job that is asked for, put into the account as if it had been made: so it is judged like any other.

use super::request::Asked;
use crate::account::{Account, Fact, LabelingJob, Regional, Wanted};
use crate::arn::Arn;
use crate::labeling;
use crate::uri::S3Uri;

/// The status of a job that was not made.
const REQUESTED: &str = "Requested";

/// The region in which a job would be made: where AWS says it is; else the only one that the account was asked about; else
/// its work team's; else the account's first.
#[must_use]
pub fn region(account: &Account, asked: &Asked) -> String {
    let regions: Vec<&String> = account.regions.keys().collect();
    let only = match regions.as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    };
    let first = || regions.first().map(|region| (*region).clone()).unwrap_or_default();
    asked.region.clone().or(only).or_else(|| region_of_team(asked)).unwrap_or_else(first)
}

fn region_of_team(asked: &Asked) -> Option<String> {
    let team = Arn::parse(asked.request.human_task_config.workteam_arn.as_deref()?).ok()?;
    (!team.region().is_empty()).then(|| team.region().to_owned())
}

/// The regions of jobs that AWS describes: there they are. A request does not say where it would be made.
#[must_use]
pub fn regions(asked: &[Asked]) -> Vec<String> {
    let mut regions: Vec<String> = asked.iter().filter_map(|asked| asked.region.clone()).collect();
    regions.sort();
    regions.dedup();
    regions
}

/// Where a job's manifest is, if it has one.
#[must_use]
pub fn manifest(asked: &Asked) -> Option<S3Uri> {
    let source = asked.request.input_config.data_source.s3_data_source.as_ref()?;
    S3Uri::parse(source.manifest_s3_uri.as_deref()?).ok()
}

/// The ARN that a job would have.
#[must_use]
pub fn arn(account: &Account, asked: &Asked, region: &str) -> Arn {
    Arn::of(&account.partition, "sagemaker", region, &account.id, &format!("labeling-job/{}", asked.name))
}

/// The account with these jobs in it, and with no other jobs or flow definitions: what else runs in it is not asked.
#[must_use]
pub fn placed(account: &Account, asked: &[Asked]) -> Account {
    let mut placed = account.clone();
    for regional in placed.regions.values_mut() {
        regional.labeling_jobs = Fact::Known(vec![]);
        regional.flow_definitions = Fact::Known(vec![]);
    }
    for asked in asked {
        let region = region(account, asked);
        let job = LabelingJob {
            arn: arn(account, asked, &region),
            status: REQUESTED.to_owned(),
            created: String::new(),
            failure: None,
            request: Fact::Known(asked.request.clone()),
        };
        let regional = placed.regions.entry(region).or_insert_with(|| Regional {
            labeling_jobs: Fact::Known(vec![]),
            flow_definitions: Fact::Known(vec![]),
            ..Regional::not_asked()
        });
        if let Fact::Known(jobs) = &mut regional.labeling_jobs {
            jobs.push(job);
        }
    }
    placed
}

/// The details that the jobs depend on, beside those of `beyond`, the places of their objects: no other bucket or function
/// matters.
#[must_use]
pub fn wanted(account: &Account, asked: &[Asked], beyond: &[S3Uri]) -> Wanted {
    let placed = placed(account, asked);
    let mut wanted = labeling::wanted(&placed, &[], false);
    let mut concerns = labeling::concerns(&placed);
    concerns.buckets.extend(beyond.iter().map(|uri| uri.bucket.clone()));
    wanted.bucket_tags.clear();
    let all = account.buckets.known().into_iter().flatten().map(|bucket| &bucket.arn);
    wanted.buckets = all.filter(|arn| concerns.buckets.contains(arn.resource())).cloned().collect();
    let all = account.regions.values().flat_map(|region| region.functions.known().into_iter().flatten());
    let named = all.map(|function| &function.arn).filter(|arn| concerns.functions.contains(arn));
    wanted.functions = named.cloned().collect();
    wanted
}
