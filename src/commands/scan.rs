//! `gt-audit` and `gt-audit scan`: from a live account or a snapshot to a report.

use std::io;
use std::path::Path;

use super::{Error, Terminal, collect};
use crate::account::snapshot::Snapshot;
use crate::audit::{Options, audit};
use crate::cli::{Format, Scan, When};
use crate::file;
use crate::report::table::Layout;
use crate::report::{Report, json, table};

/// Columns when standard output is no terminal: what fits a mail or a log.
const WIDTH: u16 = 100;

pub(super) fn run(arguments: &Scan, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    for (_, path) in &arguments.output {
        file::check(path).map_err(|error| unwritten(path, error))?;
    }
    let snapshot = match &arguments.snapshot {
        Some(path) => Snapshot::read(path)?,
        None => collect::snapshot(&arguments.connection, arguments.noise, arguments.all, terminal)?,
    };
    let report = audit(&snapshot, Options { all: arguments.all, fail_on: arguments.fail_on });
    for (format, path) in &arguments.output {
        let plain = Layout { width: WIDTH, color: false };
        file::write(path, spell(&report, *format, plain)?.as_bytes()).map_err(|error| unwritten(path, error))?;
    }
    let color = match arguments.color {
        When::Auto => terminal.width.is_some() && terminal.colors,
        When::Always => true,
        When::Never => false,
    };
    let layout = Layout { width: terminal.width.unwrap_or(WIDTH), color };
    terminal.out.write_all(spell(&report, arguments.format, layout)?.as_bytes())?;
    Ok(report.summary.exit_code)
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
