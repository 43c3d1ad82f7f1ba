//! A KMS key that something of labeling names.

use serde::{Deserialize, Serialize};

use super::Fact;
use crate::arn::Arn;
use crate::policy::Document;
use crate::policy::grant::Grant;

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Key {
    /// `arn:aws:kms:REGION:ACCOUNT:key/ID`.
    pub arn: Arn,
    /// `CUSTOMER`, or `AWS` for a key that AWS manages.
    pub manager: String,
    /// `Enabled`, `Disabled`, `PendingDeletion` …
    pub state: String,
    /// The key policy; not asked of a key that AWS manages.
    pub policy: Fact<Document>,
    /// The key's grants, by id; not asked of a key that AWS manages.
    pub grants: Fact<Vec<Grant>>,
}
