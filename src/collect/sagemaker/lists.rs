//! What all lists of SageMaker have in common.

use crate::collect::aws::Aws;

/// What one page holds at most.
pub(super) const MOST: i32 = 100;

/// Everything of one kind in a region: the region is what tells one list from another.
pub(super) fn all(aws: &Aws, region: &str, kind: &str) -> String {
    format!("arn:{}:sagemaker:{region}:{}:{kind}/*", aws.partition(), aws.account)
}
