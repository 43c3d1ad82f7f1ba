//! `gt-audit fix`: from findings to the changes that close them. Nothing is changed anywhere.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::error::Error;
use super::facts::{self, Asked};
use super::terminal::{Terminal, WIDTH};
use crate::audit::Options;
use crate::cli::{Connection, Fix, Form};
use crate::fix::{self, Plan, Selection, spell};
use crate::report::json;

/// The exit code where the audit lacks facts.
const INCOMPLETE: u8 = 3;

pub(super) fn run(arguments: &Fix, connection: &Connection, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let reported = arguments.report.as_deref().map(reported).transpose()?;
    let config = facts::configuration(arguments.facts.config.as_deref())?;
    let asked = Asked { all: arguments.all, noise: arguments.facts.noise, connection };
    let snapshot = facts::snapshot(arguments.facts.snapshot.as_deref(), asked, &config, terminal)?;
    let options =
        Options { all: arguments.all, workloads: &config.workloads, ignores: &config.ignores, ..Options::DEFAULT };
    let selection = match (&reported, arguments.findings.as_slice()) {
        (Some(ids), _) => Selection::Reported(ids),
        (None, []) => Selection::All,
        (None, ids) => Selection::Named(ids),
    };
    let plan = fix::plan(&snapshot, options, selection)?;
    let exit = if plan.missing_facts > 0 { INCOMPLETE } else { 0 };
    terminal.out.write_all(written(&plan, arguments.form, terminal.width.unwrap_or(WIDTH))?.as_bytes())?;
    Ok(exit)
}

/// The plan in a form; what other tools read is spelled from its changes alone.
fn written(plan: &Plan, form: Form, width: u16) -> Result<String, Error> {
    Ok(match form {
        Form::Text => fix::text::write(plan, width),
        Form::Json => json::write(plan)?,
        Form::Cli => spell::plan(spell::Form::Cli, plan),
        Form::Terraform => spell::plan(spell::Form::Terraform, plan),
        Form::CloudFormation => spell::plan(spell::Form::CloudFormation, plan),
    })
}

/// What is read of a report: which findings it has.
#[derive(Deserialize)]
struct Reported {
    findings: Vec<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
    status: Option<String>,
}

/// The findings of a report that are not silenced in it.
fn reported(path: &Path) -> Result<Vec<String>, Error> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| Error::Read { path: name.clone(), error })?;
    let report: Reported = serde_json::from_slice(&bytes).map_err(|error| Error::Report { path: name, error })?;
    let open = report.findings.into_iter().filter(|finding| finding.status.as_deref() != Some("suppressed"));
    Ok(open.map(|finding| finding.id).collect())
}
