//! What each command does: from arguments to what is written and the exit code.
//!
//! Here the rooms are put together. Nothing is printed and nothing exits: the caller hands in where to write.

mod collect;
mod facts;
mod fix;
mod preflight;
#[cfg(feature = "live")]
mod progress;
mod rules;
mod scan;
pub mod simulate;

use std::io::{self, Write};

use clap::CommandFactory;

use crate::account::snapshot::SnapshotError;
use crate::cli::{Cli, Command, When};
use crate::config::Mistakes;
use crate::preflight::NoCaller;
use crate::preflight::request::NotAsked;
use crate::report::table::Layout;

/// Where a command writes, and what it may assume of it.
pub struct Terminal<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Columns of standard output; `None` when it is no terminal.
    pub width: Option<u16>,
    /// Is standard error a terminal?
    pub watched: bool,
    /// Do NO_COLOR and TERM let colours be?
    pub colors: bool,
}

/// Columns when standard output is no terminal: what fits a mail or a log.
const WIDTH: u16 = 100;

impl Terminal<'_> {
    /// How a report is laid out on it.
    fn layout(&self, color: When) -> Layout {
        let color = match color {
            When::Auto => self.width.is_some() && self.colors,
            When::Always => true,
            When::Never => false,
        };
        Layout { width: self.width.unwrap_or(WIDTH), color }
    }
}

/// Why a command could not do its work: exit code 2. Each message says what to do, and is one line but for the mistakes of
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
    /// A file cannot be written.
    #[error("cannot write {path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// What to say, line by line. A mistake in a file begins with its place there; all else with the program's name.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Config(mistakes) => mistakes.lines(),
            Self::NoRequests(errors) => errors.iter().map(ToString::to_string).collect(),
            other => vec![format!("gt-audit: {other}")],
        }
    }
}

/// Runs a command and gives the exit code.
///
/// # Errors
///
/// When the command could not do its work; the exit code is 2 then.
pub fn run(cli: Cli, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    match cli.command {
        None => scan::run(&cli.scan, terminal),
        Some(Command::Scan(scan)) => scan::run(&scan, terminal),
        Some(Command::Collect(arguments)) => collect::run(&arguments, terminal),
        Some(Command::Preflight(arguments)) => preflight::run(&arguments, terminal),
        Some(Command::Fix(arguments)) => fix::run(&arguments, terminal),
        Some(Command::Rules { rule: None }) => rules::list(terminal),
        Some(Command::Rules { rule: Some(id) }) => rules::explain(&id, terminal),
        Some(Command::Simulate { file }) => simulate::run(file.as_deref(), terminal),
        Some(Command::Permissions(arguments)) => collect::permissions(&arguments, terminal),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "gt-audit", &mut terminal.out);
            Ok(0)
        }
        Some(Command::Man) => {
            clap_mangen::Man::new(Cli::command()).render(&mut terminal.out)?;
            Ok(0)
        }
    }
}
