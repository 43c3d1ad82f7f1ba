//! What of Ground Truth's console is open to an identity: plain data.

use schemars::JsonSchema;
use serde::Serialize;

use crate::arn::Arn;
use crate::policy::decide::Reason;

/// Who may create labeling jobs, and what of the console is open to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConsoleIdentity {
    /// The role, user or group.
    #[schemars(with = "String")]
    pub arn: Arn,
    /// Each capability, in the order in which the console asks for them.
    pub capabilities: Vec<Capability>,
}

/// Something that people do in the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Capability {
    /// `private-workforce`
    pub name: &'static str,
    /// How much of it is allowed.
    pub state: CapabilityState,
    /// The actions that are not allowed, where some are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
    /// The statements that allow what is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Reason>,
}

/// How much of a capability is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CapabilityState {
    /// Every action.
    Complete,
    /// Some.
    Incomplete,
    /// None.
    None,
    /// That is not known.
    Unknown,
}
