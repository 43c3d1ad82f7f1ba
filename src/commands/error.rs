//! Why a command could not do its work.

use std::io;

use crate::account::snapshot::SnapshotError;
use crate::config::{self, Mistakes};
use crate::preflight::NoCaller;
use crate::preflight::request::NotAsked;

/// Why a command could not do its work. Each message says what to do, and is one line but for the mistakes of
/// a configuration, which are one each.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account cannot be reached.
    #[cfg(feature = "live")]
    #[error(transparent)]
    Connect(#[from] crate::collect::ConnectError),
    /// This build cannot reach any account.
    #[cfg(not(feature = "live"))]
    #[error("this gt-audit was built without the AWS SDK: give it a snapshot with --snapshot FILE")]
    NotLive,
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Mistakes),
    /// None of the files holds a request for a labeling job.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    NoRequests(Vec<NotAsked>),
    /// A directory has no requests.
    #[error("there is no file in {path} whose name ends in .json")]
    NoJobs {
        /// The directory.
        path: String,
    },
    /// A manifest cannot be that of several jobs.
    #[error("--manifest is the manifest of one job, and there are {jobs}: use --read-manifest, or give one job")]
    ManyManifests {
        /// How many.
        jobs: usize,
    },
    /// No principal of the account could make the job.
    #[error(transparent)]
    NoCaller(#[from] NoCaller),
    /// A report cannot be read back.
    #[error("{path} is no JSON report of gt-audit: {error}")]
    Report {
        /// The file.
        path: String,
        /// What is wrong, with line and column.
        error: serde_json::Error,
    },
    /// There are no such findings.
    #[error(transparent)]
    NoFinding(#[from] crate::fix::Misnamed),
    /// There is no finding of this id.
    #[error(
        "there is no finding `{0}`: the audit's report has the ids of all (`--all` spells out what nothing shows to be used)"
    )]
    NoSuchId(String),
    /// Several findings have ids that begin so.
    #[error("`{0}` is the beginning of several ids: {list}", list = .1.join(", "))]
    SeveralIds(String, Vec<String>),
    /// `why` asks for a job, or for three things.
    #[error("why takes the name or ARN of a labeling job, or a principal, an action and a resource")]
    NoQuestion,
    /// A text holds no access-denied message.
    #[error("no access-denied message is recognised in the text: {0}")]
    NoMessage(&'static str),
    /// There is no such labeling job.
    #[error("no labeling job `{name}` is known in account {account}; older ones are read with --jobs-since DAYS{unread}", unread = .refused.as_ref().map(|refused| format!("; not all jobs could be read: {refused}")).unwrap_or_default())]
    NoJob {
        /// As it was named.
        name: String,
        /// The account.
        account: String,
        /// Why not all jobs are known.
        refused: Option<String>,
    },
    /// There is no such labeling job where it was asked for by its name.
    #[error(
        "account {account} has no labeling job `{name}` in the regions that were asked: name its region with --region, or the job by its ARN"
    )]
    NoSuchJob {
        /// As it was named.
        name: String,
        /// The account.
        account: String,
    },
    /// Several regions have a job of this name.
    #[error("there are several labeling jobs `{0}`: name one by its ARN: {list}", list = .1.join(", "))]
    SeveralJobs(String, Vec<String>),
    /// There is no such role or user.
    #[error("account {account} has no role or user `{name}`")]
    NoPrincipal {
        /// As it was named.
        name: String,
        /// The account.
        account: String,
    },
    /// Whether there is such a principal is not known.
    #[error("{0}")]
    Unread(String),
    /// What is asked about is no resource.
    #[error("`{0}` is no resource: write an ARN or an s3:// URI")]
    NoResource(String),
    /// What is asked for is no action.
    #[error("`{0}` is no action: write it as IAM does, for instance s3:GetObject, without wildcards")]
    NoAction(String),
    /// What is said of the request is no context key.
    #[error("`{0}` is no context key with a value: write it as KEY=VALUE, for instance aws:SourceIp=203.0.113.7")]
    NoContext(String),
    /// There is no such rule.
    #[error("there is no rule `{0}`: {hint}", hint = config::rule_meant(.0))]
    NoRule(String),
    /// There is no such command.
    #[error("there is no command `{0}`: `gt-audit --help` lists them")]
    NoCommand(String),
    /// The report cannot be spelled; never in practice.
    #[error("the report cannot be written: {0}")]
    Spelling(#[from] serde_json::Error),
    /// The rows cannot be written; never in practice.
    #[error("the report cannot be written: {0}")]
    Rows(#[from] csv::Error),
    /// Files cannot be written: their names, and what the system said.
    #[error("{}", .0.iter().map(|(path, error)| format!("cannot write {path}: {error}")).collect::<Vec<_>>().join("\n"))]
    Files(Vec<(String, io::Error)>),
    /// Two outputs are one file.
    #[error("two outputs go to one place, {first} and {second}: give each a file of its own")]
    SameFile {
        /// The path of one.
        first: String,
        /// The path of the other.
        second: String,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// The command could not do its work.
const COULD_NOT_RUN: u8 = 2;
/// The user stopped it before it had anything to tell: 128 and the number of SIGINT, as a shell has it.
#[cfg(feature = "live")]
const INTERRUPTED: u8 = 130;

impl Error {
    /// The program's exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        #[cfg(feature = "live")]
        if matches!(self, Self::Connect(crate::collect::ConnectError::Interrupted)) {
            return INTERRUPTED;
        }
        COULD_NOT_RUN
    }

    /// Has the reader of standard output closed its end?
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to say, line by line. A mistake in a file begins with its place there; all else with the program's name.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Config(mistakes) => mistakes.lines(),
            Self::NoRequests(errors) => errors.iter().map(ToString::to_string).collect(),
            Self::Files(unwritten) => {
                unwritten.iter().map(|(path, error)| format!("gt-audit: cannot write {path}: {error}")).collect()
            }
            other => vec![format!("gt-audit: {other}")],
        }
    }
}
