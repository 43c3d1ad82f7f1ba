//! What a preflight says: a check for each thing that a job needs, and what comes of all of them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::account::Unknown;
use crate::arn::Arn;
use crate::evaluation::job::{JobCheck, Topic};
use crate::evaluation::wording::{self, Who};
use crate::evaluation::{Evaluation, Fix, Outcome, Unmet, fixes};
use crate::finding::{Evidence, ReportedUnknown};

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
    /// It depends on a fact that is missing.
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
    /// Who must be allowed to do it; absent where no principal in particular must.
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
    /// Why it fails, as data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Unmet>,
    /// What to do, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
    /// What is missing to know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<ReportedUnknown>,
    /// The statements that decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
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
            causes: vec![],
            fixes: vec![],
            unknown: None,
            evidence: vec![],
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

    /// It depends on a fact that is missing.
    #[must_use]
    pub fn unknown(field: &str, resource: impl Into<String>, unknown: &Unknown) -> Self {
        let check = Self::new(field, resource, Verdict::Unknown, unknown.to_string());
        Self { unknown: Some(ReportedUnknown::from(unknown)), ..check }
    }

    /// A principal must be allowed an action.
    #[must_use]
    pub fn of(mut self, principal: &Arn, action: &str) -> Self {
        self.principal = Some(principal.clone());
        self.action = Some(action.to_owned());
        self
    }

    /// A requirement, and what came of it. `holds`: what is said where it is met and no statement had to allow it.
    #[must_use]
    pub fn evaluated(evaluation: &Evaluation, holds: &str) -> Self {
        let Evaluation { requirement, outcome } = evaluation;
        let resource = wording::resource(&requirement.on);
        let check = match outcome {
            Outcome::Met { by } => {
                let mut policies: Vec<String> = vec![];
                for policy in by.iter().map(|reason| format!("`{}`", reason.policy)) {
                    if !policies.contains(&policy) {
                        policies.push(policy);
                    }
                }
                let reason = match (holds, policies.as_slice()) {
                    ("", []) => "allowed".to_owned(),
                    ("", policies) => format!("by {}", policies.join(", ")),
                    (holds, _) => holds.to_owned(),
                };
                let allows = |reason: &_| Evidence { reason: Clone::clone(reason), note: "allows it".to_owned() };
                let evidence = by.iter().map(allows).collect();
                Self { evidence, ..Self::pass(requirement.field, resource, reason) }
            }
            Outcome::Unmet(_) => Self::unmet(requirement.field, resource, evaluation.unmet().collect()),
            Outcome::Undecided(unknown) => Self::unknown(requirement.field, resource, unknown),
        };
        let action = Some(requirement.action.clone()).filter(|action| !action.is_empty());
        Self { principal: requirement.principal.clone(), action, ..check }
    }

    /// It fails for these causes.
    #[must_use]
    pub fn unmet(field: &str, resource: impl Into<String>, causes: Vec<Unmet>) -> Self {
        let principal = causes.iter().find_map(|unmet| unmet.requirement.principal.clone());
        let who = Who::of(&principal);
        let denying = causes.iter().filter_map(|unmet| unmet.cause.statement());
        let evidence =
            denying.map(|reason| Evidence { reason: reason.clone(), note: "decides it".to_owned() }).collect();
        let fixes = fixes::fixes(&causes, &who);
        let reason = wording::reasons(&causes).join("; ");
        Self { causes, fixes, evidence, ..Self::fail(field, resource, reason) }
    }

    /// A part of a job's evaluation.
    #[must_use]
    pub fn of_job(check: &JobCheck) -> Self {
        let evaluated = Self::evaluated(&check.evaluation, &check.holds);
        match check.topic {
            // What is there may be encrypted otherwise.
            Topic::BucketKey { certain: false } if evaluated.verdict == Verdict::Fail => {
                let reason = format!("{}: if it is encrypted as its bucket encrypts by itself", evaluated.reason);
                Self { verdict: Verdict::Unknown, reason, ..evaluated }
            }
            _ => evaluated,
        }
    }
}
