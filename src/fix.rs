//! The smallest changes that close the findings of an audit, each proved. Nothing is ever applied to an account.
//!
//! What closes a finding, the finding itself says: its fixes have goals. All that is wanted of one identity becomes one
//! inline policy, of one resource one policy or one list of rules ([`draft`]). Then the account as it would be is audited
//! again, and what is allowed there is held against what was asked ([`proof`]). What is not proved is not offered: the
//! reason is.

mod actions;
mod allowed;
mod apply;
mod change;
mod cli;
mod cloudformation;
mod cors;
mod documents;
mod draft;
mod effect;
mod guard;
mod hcl;
mod label;
mod plan;
mod proof;
mod quota;
mod resource_policy;
pub mod spell;
mod spelling;

mod terraform;
pub mod text;
mod yaml;

use schemars::JsonSchema;
use serde::Serialize;

use crate::arn::Arn;
use crate::evaluation::Unmet;
use crate::finding::{ReportedUnknown, RuleId};

pub use apply::{NotThere, apply};
pub use change::Change;
pub use effect::{IntendedEffect, Rejected};
pub use plan::{Misnamed, Selection, plan, plan_by_whole_audits};
pub use proof::{Proof, Prover};

pub use crate::evaluation::goal::{Grant, POLICY_NAME};

/// What closes the findings that are meant.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The version of this form: 1.
    pub schema_version: u32,
    /// The account's twelve digits.
    pub account: String,
    /// What the reader should know of all of it, each in one sentence.
    pub notes: Vec<String>,
    /// The findings, those together that are closed together; what can be changed first.
    pub mends: Vec<Mend>,
    /// How many facts the audit lacks, so that there may be findings that it could not decide.
    pub missing_facts: usize,
}

/// Findings that are closed together, and how; or why not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mend {
    /// The role, user or group that all of them are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub principal: Option<Arn>,
    /// The resource that all of them are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub resource: Option<Arn>,
    /// The findings.
    pub findings: Vec<Meant>,
    /// The changes; none, where none is proved.
    pub changes: Vec<Change>,
    /// Where there is none because the changes of other mends close these findings together: what those change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub closed_by: Vec<Arn>,
    /// What was proved of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Why there is no change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_change: Option<String>,
    /// Why the findings are there, and what would remain with the changes.
    pub causes: Vec<Unmet>,
    /// The facts that must be known first.
    pub unknown: Vec<ReportedUnknown>,
    /// What else to do, or what to do instead.
    pub advice: Vec<String>,
}

/// A finding that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Meant {
    /// Its fingerprint.
    pub id: String,
    /// The rule's id.
    pub rule: RuleId,
    /// The identity that is concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub principal: Option<Arn>,
    /// The resource; absent where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub resource: Option<Arn>,
    /// What it says.
    pub message: String,
}
