//! `gt-audit explain`: a finding with its causes, statements and fixes; or a rule.

use super::error::Error;
use super::facts::{self, Asked};
use super::rules;
use super::terminal::Terminal;
use crate::access::Access;
use crate::audit::{Options, audit};
use crate::cli::{AnswerFormat, Connection, Explain};
use crate::finding::{RuleId, id};
use crate::report::{ReportedFinding, explain, json};

pub(super) fn run(arguments: &Explain, connection: &Connection, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let named = arguments.what.as_str();
    if RuleId::parse(named).is_some() {
        return rules::explain(named, terminal);
    }
    if !id::may_be_id(named) {
        return Err(Error::NoRule(named.to_owned()));
    }
    let config = facts::configuration(arguments.facts.config.as_deref())?;
    let asked = Asked { all: arguments.all, noise: arguments.facts.noise, connection };
    let snapshot = facts::snapshot(arguments.facts.snapshot.as_deref(), asked, &config, terminal)?;
    let options =
        Options { all: arguments.all, workloads: &config.workloads, ignores: &config.ignores, ..Options::DEFAULT };
    let report = audit(&snapshot, options);
    let ids = id::beginning(named, report.findings.iter().map(|finding| finding.id.as_str()));
    let found: Vec<&ReportedFinding> =
        report.findings.iter().filter(|finding| ids.contains(finding.id.as_str())).collect();
    match ids.len() {
        0 => return Err(Error::NoSuchId(named.to_owned())),
        1 => {}
        _ => {
            let ids = found.iter().map(|finding| format!("{} {}", finding.id, finding.rule)).collect();
            return Err(Error::SeveralIds(named.to_owned(), ids));
        }
    }
    let text = match arguments.page.format {
        AnswerFormat::Json => json::write(&found)?,
        AnswerFormat::Table => {
            let access = Access::new(&snapshot.account);
            let statement = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
            explain::write(&found, &statement, terminal.layout(arguments.page.color))
        }
    };
    match arguments.page.format {
        AnswerFormat::Json => terminal.out.write_all(text.as_bytes())?,
        AnswerFormat::Table => terminal.write_page(&text, arguments.page.color)?,
    }
    Ok(0)
}
