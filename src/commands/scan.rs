//! `gt-audit` and `gt-audit scan`: from a live account or a snapshot to a report.

use std::fs;
use std::io;
use std::path::Path;

use super::{Error, Terminal, WIDTH, collect};
use crate::account::snapshot::Snapshot;
use crate::audit::{Glob, Options, Scope, audit};
use crate::cli::{Connection, Format, Scan};
use crate::config::{self, Config};
use crate::file;
use crate::labeling;
use crate::report::table::Layout;
use crate::report::{Report, json, table};

pub(super) fn run(arguments: &Scan, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    for (_, path) in &arguments.output {
        file::check(path).map_err(|error| unwritten(path, error))?;
    }
    let config = configuration(arguments.config.as_deref())?;
    let snapshot = if let Some(path) = &arguments.snapshot {
        Snapshot::read(path)?
    } else {
        let connection = connection(&arguments.connection, &config);
        collect::snapshot(&connection, arguments.noise, terminal, |account| {
            labeling::wanted(account, &config.workloads, arguments.all)
        })?
    };
    let options = Options {
        all: arguments.all,
        fail_on: arguments.fail_on.or(config.fail_on).unwrap_or(Options::DEFAULT.fail_on),
        scope: &scope(arguments),
        workloads: &config.workloads,
        ignores: &config.ignores,
    };
    let report = audit(&snapshot, options);
    for (format, path) in &arguments.output {
        let plain = Layout { width: WIDTH, color: false };
        file::write(path, spell(&report, *format, plain)?.as_bytes()).map_err(|error| unwritten(path, error))?;
    }
    let layout = terminal.layout(arguments.color);
    terminal.out.write_all(spell(&report, arguments.format, layout)?.as_bytes())?;
    Ok(report.summary.exit_code)
}

/// The configuration of the file that was named, else of the one that lies in the working directory, else an empty one.
fn configuration(named: Option<&Path>) -> Result<Config, Error> {
    let path = named.unwrap_or(Path::new(config::FILE));
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => Ok(Config::parse(&name, &bytes)?),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(Error::Read { path: name, error }),
    }
}

/// The command line wins over the configuration.
fn connection(typed: &Connection, config: &Config) -> Connection {
    let mut connection = typed.clone();
    if connection.region.is_empty() && !connection.all_regions {
        connection.region.clone_from(&config.regions);
    }
    connection
}

fn scope(arguments: &Scan) -> Scope {
    let globs = |texts: &[String]| texts.iter().map(|text| Glob::new(text)).collect();
    Scope { roles: globs(&arguments.role), buckets: globs(&arguments.bucket), functions: globs(&arguments.function) }
}

fn unwritten(path: &Path, error: io::Error) -> Error {
    Error::File { path: path.display().to_string(), error }
}

fn spell(report: &Report, format: Format, layout: Layout) -> Result<String, Error> {
    Ok(match format {
        Format::Table => table::write(report, layout),
        Format::Json => json::write(report)?,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn regions_of_the_command_line_win_over_those_of_the_configuration() {
        let config = Config { regions: vec!["eu-west-1".to_owned()], ..Config::default() };
        let regions = |arguments: &[&str]| {
            let cli = Cli::try_parse_from(["gt-audit"].iter().chain(arguments)).unwrap();
            connection(&cli.scan.connection, &config).region
        };
        assert_eq!(regions(&[]), ["eu-west-1"]);
        assert_eq!(regions(&["--region", "us-east-1"]), ["us-east-1"]);
        assert!(regions(&["--all-regions"]).is_empty());
    }
}
