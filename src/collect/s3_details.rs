//! S3: what is asked of single buckets and objects where it may have to do with labeling.
//!
//! Knows what S3 calls an absence: no policy, no CORS configuration, no default encryption, no such object.

use std::future::Future;

use aws_sdk_s3::types::{BucketAbacStatus, CorsRule as Rule, ServerSideEncryptionRule};
use futures_util::future::join4;

use super::aws::Aws;
use super::calls::{GET_BUCKET_ABAC, GET_BUCKET_CORS, GET_BUCKET_ENCRYPTION, GET_BUCKET_POLICY, GET_OBJECT_TAGGING};
use super::document;
use super::refusal::{Refusal, malformed};
use super::s3::in_its_region;
use crate::account::{Bucket, CorsRule, Encryption, Fact, Tags, Unknown};
use crate::arn::Arn;
use crate::policy::Document;

/// The details of one bucket.
pub(super) struct Details {
    policy: Fact<Option<Document>>,
    cors: Fact<Vec<CorsRule>>,
    encryption: Fact<Option<Encryption>>,
    abac: Fact<bool>,
}

impl Details {
    /// Puts them where they belong.
    pub(super) fn put(self, bucket: &mut Bucket) {
        bucket.policy = self.policy;
        bucket.cors = self.cors;
        bucket.encryption = self.encryption;
        bucket.abac = self.abac;
    }
}

/// All of them.
pub(super) async fn details(aws: &Aws, bucket: &Arn, region: &str) -> Details {
    let (policy, cors, encryption, abac) = join4(
        policy(aws, bucket, region),
        cors(aws, bucket, region),
        encryption(aws, bucket, region),
        abac(aws, bucket, region),
    )
    .await;
    Details { policy, cors, encryption, abac }
}

/// The bucket's policy, if it has one.
async fn policy(aws: &Aws, bucket: &Arn, region: &str) -> Fact<Option<Document>> {
    let answer = in_its_region(aws, &GET_BUCKET_POLICY, bucket, region, |s3| {
        s3.get_bucket_policy().bucket(bucket.resource()).send()
    });
    match found(&["NoSuchBucketPolicy"], answer).await {
        Ok(Some(answer)) => {
            document::of_resource(GET_BUCKET_POLICY.action, bucket, "bucket policy", answer.policy.as_deref())
        }
        Ok(None) => Fact::Known(None),
        Err(gap) => Fact::Unknown(gap),
    }
}

async fn cors(aws: &Aws, bucket: &Arn, region: &str) -> Fact<Vec<CorsRule>> {
    let answer = in_its_region(aws, &GET_BUCKET_CORS, bucket, region, |s3| {
        s3.get_bucket_cors().bucket(bucket.resource()).send()
    });
    let answer = found(&["NoSuchCORSConfiguration"], answer).await;
    let rules = answer.map(|answer| answer.and_then(|answer| answer.cors_rules).unwrap_or_default());
    rules.map(|rules| rules.into_iter().map(cors_rule).collect()).into()
}

fn cors_rule(rule: Rule) -> CorsRule {
    CorsRule {
        allowed_headers: rule.allowed_headers.unwrap_or_default(),
        allowed_methods: rule.allowed_methods,
        allowed_origins: rule.allowed_origins,
        expose_headers: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds,
    }
}

async fn encryption(aws: &Aws, bucket: &Arn, region: &str) -> Fact<Option<Encryption>> {
    let answer = in_its_region(aws, &GET_BUCKET_ENCRYPTION, bucket, region, |s3| {
        s3.get_bucket_encryption().bucket(bucket.resource()).send()
    });
    let absent = ["ServerSideEncryptionConfigurationNotFoundError"];
    let answer = found(&absent, answer).await;
    let rules = answer.map(|answer| answer.and_then(|answer| answer.server_side_encryption_configuration));
    rules.map(|rules| rules.and_then(|rules| rules.rules.into_iter().find_map(default_encryption))).into()
}

fn default_encryption(rule: ServerSideEncryptionRule) -> Option<Encryption> {
    let default = rule.apply_server_side_encryption_by_default?;
    Some(Encryption {
        algorithm: default.sse_algorithm.as_str().to_owned(),
        key: default.kms_master_key_id.filter(|key| !key.is_empty()),
        bucket_key: rule.bucket_key_enabled.unwrap_or_default(),
    })
}

/// Does the bucket's own tags count in policies? The question is younger (2025-11) than most of what speaks S3.
async fn abac(aws: &Aws, bucket: &Arn, region: &str) -> Fact<bool> {
    let answer = in_its_region(aws, &GET_BUCKET_ABAC, bucket, region, |s3| {
        s3.get_bucket_abac().bucket(bucket.resource()).send()
    });
    let answer = found(&[], answer).await;
    let status = answer.map(|answer| answer.and_then(|answer| answer.abac_status).and_then(|abac| abac.status));
    let enabled = status.and_then(|status| match status {
        Some(BucketAbacStatus::Enabled) => Ok(true),
        // It is off until somebody sets it.
        Some(BucketAbacStatus::Disabled) | None => Ok(false),
        Some(other) => {
            let problem = format!("`{}` is no status that this build knows", other.as_str());
            Err(malformed(GET_BUCKET_ABAC.action, bucket.as_str(), &problem))
        }
    });
    enabled.into()
}

/// The tags of an object; none of one that is not there.
pub(super) async fn object_tags(aws: &Aws, object: &Arn, region: &str) -> Fact<Option<Tags>> {
    let Some((bucket, key)) = object.resource().split_once('/') else {
        return Fact::Unknown(malformed(GET_OBJECT_TAGGING.action, object.as_str(), "it is no object"));
    };
    let answer = in_its_region(aws, &GET_OBJECT_TAGGING, object, region, |s3| {
        s3.get_object_tagging().bucket(bucket).key(key).send()
    });
    let answer = found(&["NoSuchKey", "NoSuchBucket"], answer).await;
    let tags = answer.map(|answer| answer.map(|answer| answer.tag_set));
    tags.map(|tags| tags.map(|tags| tags.into_iter().map(|tag| (tag.key, tag.value)).collect())).into()
}

/// The answer, or nothing where S3 says with one of these codes that there is none.
async fn found<T>(absent: &[&str], answer: impl Future<Output = Result<T, Refusal>>) -> Result<Option<T>, Unknown> {
    match answer.await {
        Ok(answer) => Ok(Some(answer)),
        Err(refused) if absent.contains(&refused.code.as_str()) => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}
