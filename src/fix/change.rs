//! A change to an account, as data.
//!
//! Each change holds the whole of what it puts in place, so that it can be spelled for any tool, and applied to an
//! account in memory, without looking anything up.

use serde::Serialize;

use crate::account::CorsRule;
use crate::arn::Arn;
use crate::policy::Document;

/// One change. Documents and rules are whole: what was there before, with what is added.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// An inline policy of a role, user or group, new or in place of the one of that name.
    PutInlinePolicy {
        /// The role, user or group.
        identity: Arn,
        /// The policy's name: `[\w+=,.@-]{1,128}`.
        name: String,
        /// Its text.
        document: Document,
    },
    /// A new default version of a managed policy of the account's own.
    PutPolicyVersion {
        /// The policy.
        policy: Arn,
        /// Its text.
        document: Document,
    },
    /// A role's trust policy.
    PutTrustPolicy {
        /// The role.
        role: Arn,
        /// Its text.
        document: Document,
    },
    /// A bucket's CORS configuration.
    PutBucketCors {
        /// The bucket.
        bucket: Arn,
        /// Its rules.
        rules: Vec<CorsRule>,
    },
    /// A KMS key's policy; its name is always `default`.
    PutKeyPolicy {
        /// The key.
        key: Arn,
        /// Its text.
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
