//! `gt-audit rules`: the table of rules, or the page of one.

use super::error::Error;
use super::terminal::Terminal;
use crate::finding::{RuleId, Severity};
use crate::rules::{RULES, Scale, rule};

pub(super) fn list(terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let widest = RULES.iter().map(|rule| rule.id.as_str().len()).max().unwrap_or_default();
    for rule in RULES {
        writeln!(terminal.out, "{:widest$}  {:22}  {}", rule.id.as_str(), severity(rule.severity), rule.summary)?;
    }
    Ok(0)
}

pub(super) fn explain(id: &str, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let rule = RuleId::parse(id).and_then(rule).ok_or_else(|| Error::NoRule(id.to_owned()))?;
    terminal.out.write_all(rule.page.as_bytes())?;
    Ok(0)
}

/// How a rule's severity is spoken of in the list.
fn severity(scale: Scale) -> String {
    match scale {
        Scale::Always(severity) => word(severity).to_owned(),
        Scale::ByUse => "by use".to_owned(),
        Scale::ByUseAtMost(most) => format!("by use, {} at most", word(most)),
        Scale::IfUsed(severity) => format!("{} if used", word(severity)),
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}
