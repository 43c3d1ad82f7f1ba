//! What an organization's policies say of an account.

use serde::{Deserialize, Serialize};

use super::{Fact, Unknown};
use crate::arn::Arn;
use crate::policy::Document;

/// What is known of the organization. Most accounts may not ask it: that is no gap of the audit, and the report says
/// once that *allowed* means as far as this account's own policies go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Organization {
    /// It was not asked for.
    #[default]
    NotAsked,
    /// There is none, or one whose policies do not bind the account: it only shares the bill, or the account manages it.
    Free,
    /// Its policies.
    Policies(ControlPolicies),
    /// It does not tell this account.
    Unread(Unknown),
}

/// The policies that an organization sets above an account, level by level: the root, each unit, the account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlPolicies {
    /// Service control policies; no level at all where the organization has not enabled them.
    pub scps: Vec<Vec<ControlPolicy>>,
    /// Resource control policies; no level at all where the organization has not enabled them.
    pub rcps: Vec<Vec<ControlPolicy>>,
}

/// A policy of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlPolicy {
    /// `arn:aws:organizations::ACCOUNT:policy/…`.
    pub arn: Arn,
    /// What people call it.
    pub name: String,
    /// What it says.
    pub document: Fact<Document>,
}
