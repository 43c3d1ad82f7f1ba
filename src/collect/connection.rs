//! How the user wants to reach AWS, and what to ask there: the options as they were given.

use std::time::Duration;

use super::stop::Stop;

/// How the user wants to connect; nothing of it is decided yet.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`, as often as given.
    pub regions: Vec<String>,
    /// `--all-regions`.
    pub all_regions: bool,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--assume-role` and what goes with it.
    pub assume_role: Option<AssumeRole>,
    /// `--concurrency`: calls under way at once, for each service.
    pub concurrency: Option<usize>,
    /// `--max-rps`: calls a second, over all services.
    pub max_rps: Option<u32>,
    /// `--timeout`: how long one attempt may take.
    pub timeout: Option<Duration>,
    /// `--deadline`: how long the whole run may take.
    pub deadline: Option<Duration>,
    /// What stops it before.
    pub stop: Stop,
    /// `--jobs-since`: how many days back labeling jobs are listed.
    pub jobs_since: Option<u32>,
    /// `--max-jobs`: how many labeling jobs of a region are described.
    pub max_jobs: Option<usize>,
}

/// A role to assume before anything is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role.
    pub arn: String,
    /// What its trust policy may demand.
    pub external_id: Option<String>,
    /// How the session is called in the account's logs.
    pub session_name: Option<String>,
}
