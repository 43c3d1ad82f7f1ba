//! `gt-audit` and `gt-audit scan`: from a live account or a snapshot to a report.

use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::facts::{self, Asked};
use super::terminal::{Terminal, WIDTH};
use crate::access::Access;
use crate::audit::{Glob, Options, Scope, audit};
use crate::cli::{Connection, Format, Scan};
use crate::evaluation::wording::counted;
use crate::file;
use crate::finding::Severity;
use crate::report::table::{Layout, Reading};
use crate::report::why::Text;
use crate::report::{Report, csv, explain, html, json, jsonl, table};

pub(super) fn run(arguments: &Scan, connection: &Connection, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    check(&arguments.output)?;
    let config = facts::configuration(arguments.facts.config.as_deref())?;
    let asked = Asked { all: arguments.all, noise: arguments.facts.noise, connection };
    let snapshot = facts::snapshot(arguments.facts.snapshot.as_deref(), asked, &config, terminal)?;
    let options = Options {
        all: arguments.all,
        fail_on: arguments.fail_on.or(config.fail_on).unwrap_or(Options::DEFAULT.fail_on),
        scope: &scope(arguments),
        workloads: &config.workloads,
        ignores: &config.ignores,
    };
    let mut report = audit(&snapshot, options);
    if let Some(least) = arguments.min_severity {
        show(&mut report, least);
    }
    let access = Access::new(&snapshot.account);
    let statement = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
    let reading = Reading {
        source: source(arguments.facts.snapshot.as_deref(), config.file.as_deref()),
        fail_on: Some(options.fail_on),
        full: arguments.full,
    };
    let mut unwritten = vec![];
    for (format, path) in &arguments.output {
        let plain = Layout { width: WIDTH, color: false };
        let text = spell(&report, *format, plain, &reading, &statement)?;
        // What cannot be written takes nothing from what can: the calls have been made.
        unwritten.extend(file::write(path, text.as_bytes(), terminal.out).err().map(|error| named(path, error)));
    }
    let layout = terminal.layout(arguments.color);
    let text = spell(&report, arguments.format, layout, &reading, &statement)?;
    if arguments.format == Format::Table {
        terminal.write_page(&text, arguments.color)?;
    } else {
        terminal.out.write_all(text.as_bytes())?;
    }
    if unwritten.is_empty() { Ok(report.summary.exit_code) } else { Err(Error::Files(unwritten)) }
}

/// Can all of these files be written, as far as can be told? Asked before any call is made.
fn check(outputs: &[(Format, PathBuf)]) -> Result<(), Error> {
    let unwritten: Vec<_> =
        outputs.iter().filter_map(|(_, path)| Some(named(path, file::check(path).err()?))).collect();
    if !unwritten.is_empty() {
        return Err(Error::Files(unwritten));
    }
    match file::same(outputs.iter().map(|(_, path)| path.as_path())) {
        Some((first, second)) => {
            Err(Error::SameFile { first: first.display().to_string(), second: second.display().to_string() })
        }
        None => Ok(()),
    }
}

fn scope(arguments: &Scan) -> Scope {
    let globs = |texts: &[String]| texts.iter().map(|text| Glob::new(text)).collect();
    Scope {
        roles: globs(&arguments.role),
        buckets: globs(&arguments.bucket),
        functions: globs(&arguments.function),
        jobs: globs(&arguments.job),
        rules: arguments.rule.clone(),
        skipped: arguments.skip_rule.clone(),
    }
}

/// Leaves out what is not to be shown; it counts all the same.
fn show(report: &mut Report, least: Severity) {
    let all = report.findings.len();
    report.findings.retain(|finding| finding.severity <= least);
    let hidden = all - report.findings.len();
    if hidden > 0 {
        report.notes.push(format!("not shown by --min-severity: {}", counted(hidden, "finding")));
    }
}

/// Where the facts of a snapshot and the configuration come from.
fn source(snapshot: Option<&Path>, config: Option<&str>) -> String {
    let snapshot = snapshot.map(|path| format!("snapshot {}", path.display()));
    let all: Vec<String> = snapshot.into_iter().chain(config.map(str::to_owned)).collect();
    all.join(", ")
}

fn named(path: &Path, error: io::Error) -> (String, io::Error) {
    (path.display().to_string(), error)
}

fn spell(report: &Report, format: Format, layout: Layout, reading: &Reading, text: &Text<'_>) -> Result<String, Error> {
    Ok(match format {
        Format::Table if reading.full => {
            let each: Vec<_> = report.findings.iter().filter(|finding| finding.counts()).collect();
            format!("{}\n{}", explain::write(&each, text, layout), table::write(report, layout, reading))
        }
        Format::Table => table::write(report, layout, reading),
        Format::Json => json::write(report)?,
        Format::Jsonl => jsonl::write(report)?,
        Format::Csv => csv::write(report)?,
        Format::Html => html::write(report, reading, text)?,
    })
}
