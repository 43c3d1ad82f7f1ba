//! `gt-audit` and `gt-audit scan`: from a live account or a snapshot to a report.

use std::io;
use std::path::Path;

use super::error::Error;
use super::facts::{self, Asked};
use super::terminal::{Terminal, WIDTH};
use crate::audit::{Glob, Options, Scope, audit};
use crate::cli::{Format, Scan};
use crate::file;
use crate::report::table::Layout;
use crate::report::{Report, json, table};

pub(super) fn run(arguments: &Scan, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    for (_, path) in &arguments.output {
        file::check(path).map_err(|error| unwritten(path, error))?;
    }
    let config = facts::configuration(arguments.config.as_deref())?;
    let asked = Asked { all: arguments.all, noise: arguments.noise, connection: &arguments.connection };
    let snapshot = facts::snapshot(arguments.snapshot.as_deref(), asked, &config, terminal)?;
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
