//! A question and its decision, as plain data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::arn::Arn;
use crate::evaluation::{Fix, Unmet};
use crate::finding::ReportedUnknown;
use crate::policy::decide::Reason;

/// The version of the JSON form; it changes when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// A question about one resource.
#[derive(Debug, Clone)]
pub struct Question {
    /// The action, as IAM names it: `s3:PutObject`.
    pub action: String,
    /// What it is done to.
    pub resource: Arn,
    /// Context keys of the request with their values; none: the request does not have the key.
    pub context: Vec<(String, Vec<String>)>,
    /// Is the request Ground Truth's own? Else a role that SageMaker may assume is taken to be used by it.
    pub by_ground_truth: bool,
}

/// A question with its decision.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// Changes when a field changes its meaning.
    pub schema_version: u32,
    /// Who asks.
    #[schemars(with = "String")]
    pub principal: Arn,
    /// For what.
    pub action: String,
    /// Of what.
    #[schemars(with = "String")]
    pub resource: Arn,
    /// What is decided.
    pub decision: Decision,
    /// The statements that allow it, where it is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Reason>,
    /// Why it is not allowed.
    pub causes: Vec<Unmet>,
    /// What the decision depends on, where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<ReportedUnknown>,
    /// Statements that allow the action on other resources alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// What each kind of policy says, in AWS's order.
    pub layers: Vec<Said>,
    /// What to do, best first.
    pub fixes: Vec<Fix>,
}

impl Decided {
    /// What a script is told: 0 it is allowed, 1 it is not, 3 that is not known.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.decision {
            Decision::Allowed => 0,
            Decision::ImplicitDeny | Decision::ExplicitDeny => 1,
            Decision::Undecided => 3,
        }
    }
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// No policy allows it.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
    /// It depends on something that is not known.
    Undecided,
}

/// A statement that allows the action on other resources.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Elsewhere {
    /// Where it stands.
    pub statement: Reason,
    /// The resources that it names.
    pub patterns: Vec<String>,
    /// Are they those that it leaves out?
    pub but: bool,
}

/// What one kind of policy says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Said {
    /// `explicit deny`, `service control policies` …
    pub layer: &'static str,
    /// In a few words.
    pub says: String,
    /// Is it what decides?
    pub decides: bool,
}
