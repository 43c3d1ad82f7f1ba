//! Why a command could not do its work.

use std::io;

use crate::account::snapshot::SnapshotError;
use crate::config::Mistakes;
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
    /// Nobody in the account could make the job.
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
    NoFinding(#[from] crate::fix::NoSuchFinding),
    /// There is no such rule.
    #[error("there is no rule `{0}`: `gt-audit rules` lists them")]
    NoRule(String),
    /// The report cannot be spelled; never in practice.
    #[error("the report cannot be written: {0}")]
    Spelling(#[from] serde_json::Error),
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
