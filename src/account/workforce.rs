//! Who labels, and the flow definitions of Augmented AI, which work like labeling jobs without end.

use serde::{Deserialize, Serialize};

use super::Fact;
use crate::arn::Arn;

/// A private work team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Workteam {
    /// `arn:aws:sagemaker:REGION:ACCOUNT:workteam/private-crowd/NAME`.
    pub arn: Arn,
}

/// A flow definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct FlowDefinition {
    /// `arn:aws:sagemaker:REGION:ACCOUNT:flow-definition/NAME`.
    pub arn: Arn,
    /// What it uses; the list does not say it, so each is described.
    pub settings: Fact<FlowSettings>,
}

/// What a flow definition uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FlowSettings {
    /// The execution role.
    pub role: String,
    /// Where the answers go: an `s3://` URI.
    pub output: Option<String>,
}
