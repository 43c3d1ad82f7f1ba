//! The labeling jobs and workloads of an account, in the form of reports.

use schemars::JsonSchema;
use serde::Serialize;

use crate::arn::Arn;

/// A labeling job, and what is found of it and of what it uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LabelingJob {
    /// The job.
    #[schemars(with = "String")]
    pub arn: Arn,
    /// `InProgress`, `Completed`, `Failed` …
    pub status: String,
    /// AWS's own words, where it failed.
    pub failure_reason: Option<String>,
    /// When it was made, RFC 3339.
    pub created: String,
    /// The role, as the job names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What comes of it.
    pub verdict: JobVerdict,
    /// The findings about it and about what it uses, by id.
    pub findings: Vec<String>,
}

/// A workload of the configuration, and what is found of what it uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Workload {
    /// What its owner calls it.
    pub name: String,
    /// The role that its jobs run under.
    #[schemars(with = "String")]
    pub role: Arn,
    /// The findings about what it uses, by id.
    pub findings: Vec<String>,
}

/// What comes of a labeling job; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobVerdict {
    /// It failed.
    Failed,
    /// It runs, and will fail.
    Fails,
    /// Something of it is not known.
    Unknown,
    /// Nothing is in its way.
    Fine,
}
