//! `gt-audit explain`: a finding with its causes, statements and fixes; or a rule.

use super::error::Error;
use super::facts::{self, Asked};
use super::rules;
use super::terminal::Terminal;
use crate::access::Access;
use crate::audit::{Options, audit};
use crate::cli::{Explain, Format};
use crate::finding::RuleId;
use crate::report::{ReportedFinding, explain, json};

/// The fewest digits by which a finding is named.
const FEWEST_DIGITS: usize = 4;

pub(super) fn run(arguments: &Explain, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let named = arguments.what.as_str();
    if RuleId::parse(named).is_some() {
        return rules::explain(named, terminal);
    }
    let is_id = named.len() >= FEWEST_DIGITS && named.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(Error::NoRule(named.to_owned()));
    }
    let config = facts::configuration(arguments.config.as_deref())?;
    let asked = Asked { all: arguments.all, noise: arguments.noise, connection: &arguments.connection };
    let snapshot = facts::snapshot(arguments.snapshot.as_deref(), asked, &config, terminal)?;
    let options =
        Options { all: arguments.all, workloads: &config.workloads, ignores: &config.ignores, ..Options::DEFAULT };
    let report = audit(&snapshot, options);
    let id = named.to_ascii_lowercase();
    let found: Vec<&ReportedFinding> = report.findings.iter().filter(|finding| finding.id.starts_with(&id)).collect();
    let Some(first) = found.first() else { return Err(Error::NoSuchId(named.to_owned())) };
    if found.iter().any(|finding| finding.id != first.id) {
        let ids = found.iter().map(|finding| format!("{} {}", finding.id, finding.rule)).collect();
        return Err(Error::SeveralIds(named.to_owned(), ids));
    }
    let text = match arguments.format {
        Format::Json => json::write(&found)?,
        Format::Table => {
            let access = Access::new(&snapshot.account);
            let statement = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
            explain::write(&found, &statement, terminal.layout(arguments.color))
        }
    };
    terminal.out.write_all(text.as_bytes())?;
    Ok(0)
}
