//! A statement as it stands in its policy, with what decided marked below it.

use serde_json::Value;

use super::table::Page;
use super::text::plain;
use crate::evaluation::{Cause, Unmet};
use crate::policy::decide::Reason;

/// Longer lists are cut.
const MOST_LINES: usize = 16;
/// What stands before each line.
const MARGIN: &str = "    | ";

/// A part of a statement, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// `Action`, `Resource`, `Condition` …
    pub element: &'static str,
    /// In a few words.
    pub note: String,
}

impl Mark {
    /// A part of a statement, and what is to be said of it.
    #[must_use]
    pub fn new(element: &'static str, note: impl Into<String>) -> Self {
        Self { element, note: note.into() }
    }
}

/// What of the statement of a cause decided.
#[must_use]
pub fn marks(unmet: &Unmet) -> Vec<Mark> {
    let found = |found: &Option<Vec<String>>| match found.as_deref() {
        None => "the request does not have it".to_owned(),
        Some([]) => "the request has no value".to_owned(),
        Some(values) => format!("the request has {}", values.join(", ")),
    };
    match &unmet.cause {
        Cause::ConditionUnmet { key, found: has, .. } => vec![Mark::new("Condition", format!("{key}: {}", found(has)))],
        Cause::ExplicitDeny { because, .. } => {
            let conditions = because.iter().map(|fired| format!("{}: {}", fired.key, found(&fired.found)));
            let conditions: Vec<String> = conditions.collect();
            let mut marks = vec![Mark::new("Effect", "a Deny overrides every Allow")];
            if !conditions.is_empty() {
                marks.push(Mark::new("Condition", conditions.join("; ")));
            }
            marks
        }
        Cause::Granted { .. } => vec![Mark::new("Action", "allowed here")],
        _ => vec![],
    }
}

/// Where a statement stands: `AmazonSageMakerGroundTruthExecution v3, statement 2 (Sid)`.
#[must_use]
pub fn place(reason: &Reason) -> String {
    let policy = reason
        .policy
        .strip_prefix("inline ")
        .map_or_else(|| reason.policy.clone(), |name| format!("inline policy `{name}`"));
    let version = reason.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let sid = reason.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    format!("{policy}{version}, statement {}{sid}", reason.statement)
}

/// Writes a statement with its marks; where it stands alone, when the text is not at hand.
pub fn write(page: &mut Page, reason: &Reason, statement: Option<&Value>, marks: &[Mark]) {
    page.line(&format!("   --> {}", plain(&place(reason))));
    let Some(Value::Object(elements)) = statement else { return };
    page.line("    |");
    let last = elements.len().saturating_sub(1);
    for (number, (element, value)) in elements.iter().enumerate() {
        let room = page.width().saturating_sub(MARGIN.len());
        let mut lines = lines(element, value, room.saturating_sub(1));
        let length = lines.first().map_or(0, |line| line.chars().count());
        if let Some(line) = lines.last_mut().filter(|_| number < last) {
            line.push(',');
        }
        for line in &lines {
            page.line(&format!("{MARGIN}{}", plain(line)));
        }
        let notes = marks.iter().filter(|mark| mark.element.eq_ignore_ascii_case(element));
        for mark in notes {
            let is_short = lines.len() == 1;
            let indent = if is_short { " ".repeat(element.chars().count() + 4) } else { String::new() };
            let length = if is_short { length.saturating_sub(indent.len()) } else { 1 };
            let carets = "^".repeat(length.clamp(1, room.saturating_sub(indent.len()).max(1)));
            let note = plain(&mark.note);
            if indent.len() + carets.len() + 1 + note.chars().count() <= room {
                page.line(&format!("{MARGIN}{indent}{carets} {note}"));
            } else {
                page.line(&format!("{MARGIN}{indent}{carets}"));
                page.wrap(&format!("{MARGIN}{indent}"), &format!("{MARGIN}{indent}"), &mark.note);
            }
        }
    }
    page.line("    |");
}

/// An element of a statement: on one line, where there is room.
pub(super) fn lines(element: &str, value: &Value, room: usize) -> Vec<String> {
    let name = Value::from(element);
    let short = format!("{name}: {}", on_one_line(value));
    if short.chars().count() <= room {
        return vec![short];
    }
    let long = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut lines: Vec<String> = long.lines().map(str::to_owned).collect();
    if let Some(first) = lines.first_mut() {
        *first = format!("{name}: {first}");
    }
    if lines.len() > MOST_LINES {
        let last = lines.pop().unwrap_or_default();
        let more = lines.len() - (MOST_LINES - 2);
        lines.truncate(MOST_LINES - 2);
        lines.extend([format!("  … {more} more"), last]);
    }
    lines
}

/// JSON on one line, with spaces.
fn on_one_line(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(on_one_line).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let field =
                |(name, value): (&String, &Value)| format!("{}: {}", Value::from(name.as_str()), on_one_line(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}
