//! Who labels, and the flow definitions of Augmented AI, which work like labeling jobs without end.

use serde::{Deserialize, Serialize};

use super::Fact;
use crate::arn::Arn;

/// A private work team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Workteam {
    /// `arn:aws:sagemaker:REGION:ACCOUNT:workteam/private-crowd/NAME`.
    pub arn: Arn,
    /// The workforce it is of.
    pub workforce: Option<String>,
    /// The topic that tells its members of new work.
    pub topic: Option<String>,
}

/// The private workforce of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Workforce {
    /// `arn:aws:sagemaker:REGION:ACCOUNT:workforce/NAME`.
    pub arn: Arn,
    /// `Active`, `Initializing`, `Failed` …
    pub status: Option<String>,
    /// From where workers may come; everywhere when it is empty.
    pub cidrs: Vec<String>,
    /// The VPC they work in, if they must.
    pub vpc: Option<String>,
}

/// A flow definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowDefinition {
    /// `arn:aws:sagemaker:REGION:ACCOUNT:flow-definition/NAME`.
    pub arn: Arn,
    /// `Active`, `Failed` …
    pub status: String,
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
    /// The key of the answers; an empty text is none.
    pub key: Option<String>,
    /// Who works.
    pub workteam: Option<String>,
}
