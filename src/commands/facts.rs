//! Where the facts of an account come from, for every command that audits: a snapshot, or the live account as command
//! line and configuration name it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::collect;
use super::error::Error;
use super::terminal::Terminal;
use crate::account::snapshot::Snapshot;
use crate::cli::{Connection, Noise};
use crate::config::{self, Config};
use crate::file::read_at_most;
use crate::labeling;

/// As large a configuration as is read.
const MOST_READ: u64 = 4 << 20;

/// What of a live account is asked, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The details of all there is.
    pub(super) all: bool,
    /// How much is said meanwhile.
    pub(super) noise: Noise,
    /// How it is reached.
    pub(super) connection: &'a Connection,
}

/// The facts: of a snapshot, if one is named.
pub(super) fn snapshot(
    named: Option<&Path>,
    asked: Asked<'_>,
    config: &Config,
    terminal: &Terminal<'_>,
) -> Result<Snapshot, Error> {
    if let Some(path) = named {
        return Ok(Snapshot::read(path)?);
    }
    collect::snapshot(&connection(asked.connection, config), asked.noise, terminal, |account| {
        labeling::wanted(account, &config.workloads, asked.all)
    })
}

/// The configuration of the file that was named, else of the one that lies in the working directory or in one above it, up to
/// the root of the repository; else an empty one.
pub(super) fn configuration(named: Option<&Path>) -> Result<Config, Error> {
    let found = named.map_or_else(found, Path::to_owned);
    let path = found.as_path();
    let name = path.display().to_string();
    match File::open(path).and_then(|file| read_at_most(file, MOST_READ)) {
        Ok(bytes) => Ok(Config::parse(&name, &bytes)?),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(Error::Read { path: name, error }),
    }
}

/// Where the configuration lies, if it lies anywhere. Beyond the root of the repository it is somebody else's.
fn found() -> PathBuf {
    let mut path = PathBuf::new();
    let here = std::env::current_dir().unwrap_or_default();
    for directory in here.ancestors() {
        let file = path.join(config::FILE);
        if file.exists() {
            return file;
        }
        if directory.join(".git").exists() {
            break;
        }
        path.push("..");
    }
    PathBuf::from(config::FILE)
}

/// The command line wins over the configuration.
pub(super) fn connection(typed: &Connection, config: &Config) -> Connection {
    let mut connection = typed.clone();
    if connection.region.is_empty() && !connection.all_regions {
        connection.region.clone_from(&config.regions);
    }
    connection
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    #[test]
    fn regions_of_the_command_line_win_over_those_of_the_configuration() {
        let config = Config { regions: vec!["eu-west-1".to_owned()], ..Config::default() };
        let regions = |arguments: &[&str]| {
            let cli = Cli::read(["gt-audit"].iter().chain(arguments)).unwrap();
            connection(&cli.connection, &config).region
        };
        assert_eq!(regions(&[]), ["eu-west-1"]);
        assert_eq!(regions(&["--region", "us-east-1"]), ["us-east-1"]);
        assert!(regions(&["--all-regions"]).is_empty());
    }
}
