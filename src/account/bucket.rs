//! A bucket, and what is asked of it where it may have to do with labeling.

use serde::{Deserialize, Serialize};

use super::{Fact, Tags, Unknown};
use crate::arn::Arn;
use crate::policy::Document;

/// An S3 bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", remote = "Self")]
pub struct Bucket {
    /// `arn:aws:s3:::NAME`.
    pub arn: Arn,
    /// Where it is.
    pub region: Fact<String>,
    /// The bucket's own tags (not those of its objects).
    pub tags: Fact<Tags>,
    /// The bucket policy, if it has one. This and all that follows is asked only of buckets that may have to do with
    /// labeling.
    pub policy: Fact<Option<Document>>,
    /// What browsers may do across origins; empty without a configuration.
    #[serde(default = "cors_not_asked")]
    pub cors: Fact<Vec<CorsRule>>,
    /// How new objects are encrypted by default.
    #[serde(default = "encryption_not_asked")]
    pub encryption: Fact<Option<Encryption>>,
    /// Do the bucket's own tags count in policies?
    #[serde(default = "abac_not_asked")]
    pub abac: Fact<bool>,
}

/// A rule of a bucket's CORS configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct CorsRule {
    /// Headers of a preflight request that are let through, with `*`.
    pub allowed_headers: Vec<String>,
    /// `GET`, `HEAD`, `PUT` …
    pub allowed_methods: Vec<String>,
    /// Origins, with `*`.
    pub allowed_origins: Vec<String>,
    /// Headers of the answer that a page may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember it, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<i32>,
}

/// A bucket's default encryption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Encryption {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`, or what a newer AWS says.
    pub algorithm: String,
    /// The key's id, ARN or alias; without one, the key that AWS manages for S3.
    pub key: Option<String>,
    /// Does a bucket key stand for the key? Then the encryption context is the bucket, else the object.
    pub bucket_key: bool,
}

fn not_asked<T>(action: &str, bucket: &str) -> Fact<T> {
    Fact::Unknown(Unknown::not_asked(action, bucket))
}

fn cors_not_asked() -> Fact<Vec<CorsRule>> {
    not_asked(CORS, "*")
}

fn encryption_not_asked() -> Fact<Option<Encryption>> {
    not_asked(ENCRYPTION, "*")
}

fn abac_not_asked() -> Fact<bool> {
    not_asked(ABAC, "*")
}

const CORS: &str = "s3:GetBucketCORS";
const ENCRYPTION: &str = "s3:GetEncryptionConfiguration";
const ABAC: &str = "s3:GetBucketAbac";

impl Bucket {
    /// A bucket of which only the name is known.
    #[must_use]
    pub fn not_asked(arn: Arn) -> Self {
        let bucket = arn.as_str();
        Self {
            region: not_asked("s3:GetBucketLocation", bucket),
            tags: not_asked("s3:GetBucketTagging", bucket),
            policy: not_asked("s3:GetBucketPolicy", bucket),
            cors: not_asked(CORS, bucket),
            encryption: not_asked(ENCRYPTION, bucket),
            abac: not_asked(ABAC, bucket),
            arn,
        }
    }
}
