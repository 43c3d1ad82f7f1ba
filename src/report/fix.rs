//! Fixes with the statements that they add, as a policy has them.

use serde::Serialize;
use serde_json::Value;

use super::table::{Page, spoken};
use super::text::plain;
use crate::evaluation::Fix;
use crate::evaluation::goal::{Edit, Goal, Grant};
use crate::evaluation::statements::statements;

/// Writes what to do, best first.
pub(super) fn write(page: &mut Page, fixes: &[Fix]) {
    for (number, fix) in (1..).zip(fixes) {
        page.space();
        page.wrap(
            &format!("  fix {number} ({}): ", word(&fix.kind)),
            "    ",
            spoken(&fix.summary).trim_start_matches("or "),
        );
        for statement in added_statements(fix) {
            page.space();
            for line in serde_json::to_string_pretty(&statement).unwrap_or_default().lines() {
                page.line(&format!("      {}", plain(line)));
            }
        }
    }
}

/// The statements that a fix adds.
pub(super) fn added_statements(fix: &Fix) -> Vec<Value> {
    statements(fix.goals.iter().filter_map(added))
}

fn added(goal: &Goal) -> Option<&Grant> {
    match &goal.edit {
        Edit::Allow(grant) => Some(grant),
        _ => None,
    }
}

/// What kind it is, as the JSON report spells it.
pub(super) fn word(of: &impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(Value::String(word)) => word,
        Ok(Value::Object(fields)) => fields.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}
