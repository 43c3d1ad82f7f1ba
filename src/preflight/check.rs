//! What a preflight says: a check for each thing that a job needs, and what comes of all of them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::account::Unknown;
use crate::arn::Arn;
use crate::finding::{Evidence, Remedy, RemedyKind};

/// The version of this form.
pub const SCHEMA_VERSION: u32 = 1;

/// Would a labeling job work?
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// The version of this form.
    pub schema_version: u32,
    /// The job's name.
    pub job: String,
    /// The file that the request came from.
    pub file: String,
    /// Where the job would be made.
    pub region: String,
    /// The worst of its checks.
    pub verdict: Verdict,
    /// What was checked, field by field.
    pub checks: Vec<Check>,
    /// What the reader should know beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What a check comes to. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The job would fail, or could not be made.
    Fail,
    /// It hangs on a fact that is missing.
    Unknown,
    /// It would work.
    Pass,
}

/// One thing that a job needs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The field of the request that makes it necessary, by its path.
    pub field: String,
    /// Who must be allowed to do it; absent where nobody in particular must.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub principal: Option<Arn>,
    /// The action; absent where it is no matter of permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The ARN or `s3://` URI, or what the field says.
    pub resource: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, in one line.
    pub reason: String,
    /// The statements that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What to do, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedy: Vec<Remedy>,
}

impl Preflight {
    /// Adds a check.
    pub fn add(&mut self, check: Check) {
        self.verdict = self.verdict.min(check.verdict);
        self.checks.push(check);
    }
}

impl Check {
    /// A check that is no matter of permissions.
    #[must_use]
    pub fn new(field: &str, resource: impl Into<String>, verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            principal: None,
            action: None,
            resource: resource.into(),
            verdict,
            reason: reason.into(),
            evidence: vec![],
            remedy: vec![],
        }
    }

    /// It passes.
    #[must_use]
    pub fn pass(field: &str, resource: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(field, resource, Verdict::Pass, reason)
    }

    /// It fails.
    #[must_use]
    pub fn fail(field: &str, resource: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(field, resource, Verdict::Fail, reason)
    }

    /// It hangs on a fact that is missing.
    #[must_use]
    pub fn unknown(field: &str, resource: impl Into<String>, gap: &Unknown) -> Self {
        Self::new(field, resource, Verdict::Unknown, gap.to_string())
    }

    /// Somebody must be allowed an action.
    #[must_use]
    pub fn of(mut self, principal: &Arn, action: &str) -> Self {
        self.principal = Some(principal.clone());
        self.action = Some(action.to_owned());
        self
    }

    /// Adds something to do.
    #[must_use]
    pub fn remedy(mut self, kind: RemedyKind, summary: impl Into<String>) -> Self {
        self.remedy.push(Remedy { summary: summary.into(), kind });
        self
    }
}
