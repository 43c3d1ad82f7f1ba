//! `gt-audit rules`: the table of rules, or the page of one.

use super::{Error, Terminal};
use crate::finding::Severity;
use crate::rules::{RULES, Scale, rule};

pub(super) fn list(terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let widest = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in RULES {
        writeln!(terminal.out, "{:widest$}  {:6}  {}", rule.id, severity(rule.severity), rule.summary)?;
    }
    Ok(0)
}

pub(super) fn explain(id: &str, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let rule = rule(id).ok_or_else(|| Error::NoRule(id.to_owned()))?;
    terminal.out.write_all(rule.page.as_bytes())?;
    Ok(0)
}

/// How a rule's severity is spoken of in the list.
fn severity(scale: Scale) -> &'static str {
    match scale {
        Scale::Always(Severity::High) => "high",
        Scale::Always(Severity::Medium) => "medium",
        Scale::Always(Severity::Low) => "low",
        Scale::Always(Severity::Info) => "info",
        Scale::ByUse => "by use",
    }
}
