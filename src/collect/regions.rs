//! Which regions are audited.
//!
//! Knows the Account service and, for an account that may not ask it, which regions AWS enables by itself. Has never
//! heard of what exists in a region.

use std::collections::BTreeSet;

use aws_sdk_account::types::RegionOptStatus;

use super::aws::Aws;
use super::calls::LIST_REGIONS;
use super::gate::{Page, pages};
use crate::account::Unknown;

/// The regions that need no opting in, by partition: those launched before 2019-03-20, and all of the US government's
/// and China's (AWS Account Management Reference Guide, `manage-acct-regions`, 2026-11). What an account has opted in to
/// beyond them is not known when the Account service refuses to say.
const ENABLED_BY_DEFAULT: [(&str, &[&str]); 3] = [
    (
        "aws",
        &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];

/// The regions to audit: those that were named, and with `--all-regions` all that the account has enabled.
pub(super) async fn audited(aws: &Aws, gaps: &mut Vec<Unknown>) -> BTreeSet<String> {
    let mut regions = aws.regions.clone();
    if aws.all_regions {
        match enabled(aws).await {
            Ok(enabled) => regions.extend(enabled),
            Err(gap) => {
                gaps.push(gap);
                let known = ENABLED_BY_DEFAULT.iter().filter(|(partition, _)| *partition == aws.partition());
                regions.extend(known.flat_map(|(_, regions)| *regions).map(ToString::to_string));
            }
        }
    }
    regions
}

async fn enabled(aws: &Aws) -> Result<Vec<String>, Unknown> {
    let service = aws.account_service();
    let regions = pages(&LIST_REGIONS, async |token| {
        let request = service
            .list_regions()
            .max_results(50)
            .region_opt_status_contains(RegionOptStatus::Enabled)
            .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
            .set_next_token(token);
        let page = aws.gate.ask(&LIST_REGIONS, &aws.home, "*", request.send()).await?;
        Ok(Page::new(page.regions, page.next_token))
    })
    .await?;
    Ok(regions.into_iter().filter_map(|region| region.region_name).collect())
}
