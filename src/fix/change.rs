//! A change to an account, as data.
//!
//! Each change holds the whole of what it puts in place, so that it can be spelled for any tool, and applied to an
//! account in memory, without looking anything up.

use schemars::JsonSchema;
use serde::Serialize;

use crate::account::CorsRule;
use crate::arn::Arn;
use crate::policy::Document;

/// One change. Documents and rules are whole: what was there before, with what is added.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// An inline policy of a role, user or group, new or in place of the one of that name.
    PutInlinePolicy {
        /// The role, user or group.
        #[schemars(with = "String")]
        identity: Arn,
        /// The policy's name: `[\w+=,.@-]{1,128}`.
        name: String,
        /// Its text.
        #[schemars(with = "serde_json::Value")]
        document: Document,
    },
    /// A new default version of a managed policy of the account's own.
    PutPolicyVersion {
        /// The policy.
        #[schemars(with = "String")]
        policy: Arn,
        /// Its text.
        #[schemars(with = "serde_json::Value")]
        document: Document,
    },
    /// A role's trust policy.
    PutTrustPolicy {
        /// The role.
        #[schemars(with = "String")]
        role: Arn,
        /// Its text.
        #[schemars(with = "serde_json::Value")]
        document: Document,
    },
    /// A bucket's CORS configuration.
    PutBucketCors {
        /// The bucket.
        #[schemars(with = "String")]
        bucket: Arn,
        /// Its rules.
        rules: Vec<CorsRule>,
    },
    /// A KMS key's policy; its name is always `default`.
    PutKeyPolicy {
        /// The key.
        #[schemars(with = "String")]
        key: Arn,
        /// Its text.
        #[schemars(with = "serde_json::Value")]
        document: Document,
    },
}

impl Change {
    /// What is changed.
    #[must_use]
    pub fn resource(&self) -> &Arn {
        match self {
            Self::PutInlinePolicy { identity, .. } => identity,
            Self::PutPolicyVersion { policy, .. } => policy,
            Self::PutTrustPolicy { role, .. } => role,
            Self::PutBucketCors { bucket, .. } => bucket,
            Self::PutKeyPolicy { key, .. } => key,
        }
    }
}
