//! What is not known of resources of another account.

use crate::account::{Call, Unknown};
use crate::arn::Arn;

/// The policy of a resource of another account.
pub(super) fn unread(resource: &Arn) -> Unknown {
    let action = match resource.service() {
        "s3" => "s3:GetBucketPolicy",
        "lambda" => "lambda:GetPolicy",
        "sns" => "sns:GetTopicAttributes",
        "sqs" => "sqs:GetQueueAttributes",
        _ => "a policy of another account",
    };
    Unknown::OtherAccount(Call::new(action, resource.as_str()))
}
