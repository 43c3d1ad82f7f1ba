//! HCL as `terraform fmt` leaves it.
//!
//! Knows values, arguments and blocks, and nothing of what they are for. The rules of layout are hclwrite's: two spaces a
//! level, and the `=` of arguments on lines next to each other in one column, as long as each has its value on its line.

use serde_json::Value;

use super::spelling::{escaped, indented};

/// Lists of plain values stay on one line up to this many characters.
const WIDTH: usize = 80;

/// A value's lines; the first goes behind what it is the value of.
pub(super) fn value(json: &Value) -> Vec<String> {
    match json {
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![json.to_string()],
        Value::String(text) => vec![string(text)],
        Value::Array(items) => list(items),
        Value::Object(fields) if fields.is_empty() => vec!["{}".to_owned()],
        Value::Object(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, json)| (key(name), value(json))).collect();
            enclosed("{", arguments(&fields), "}")
        }
    }
}

/// A call of `jsonencode`.
pub(super) fn jsonencode(json: &Value) -> Vec<String> {
    let mut lines = value(json);
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, "jsonencode(");
    }
    if let Some(last) = lines.last_mut() {
        last.push(')');
    }
    lines
}

/// `NAME = VALUE`, one below the other, in columns.
pub(super) fn arguments(arguments: &[(String, Vec<String>)]) -> Vec<String> {
    let mut lines = vec![];
    for run in arguments.chunk_by(|(_, before), (_, after)| (before.len() == 1) == (after.len() == 1)) {
        // INVARIANT: within a key a character takes one column, see `key`.
        let widest = run.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in run {
            let width = if value.len() == 1 { widest } else { 0 };
            let mut value = value.iter();
            lines.extend(value.next().map(|first| format!("{name:width$} = {first}")));
            lines.extend(value.cloned());
        }
    }
    lines
}

/// A block, its head without the brace.
pub(super) fn block(head: &str, body: Vec<String>) -> Vec<String> {
    enclosed(&format!("{head} {{"), body, "}")
}

fn enclosed(open: &str, body: Vec<String>, close: &str) -> Vec<String> {
    let mut lines = vec![open.to_owned()];
    lines.extend(indented(body));
    lines.push(close.to_owned());
    lines
}

fn list(items: &[Value]) -> Vec<String> {
    let is_plain = |item: &Value| !item.is_array() && !item.is_object();
    let values: Vec<Vec<String>> = items.iter().map(value).collect();
    let line = format!("[{}]", values.concat().join(", "));
    if items.iter().all(is_plain) && (items.len() < 2 || line.chars().count() <= WIDTH) {
        return vec![line];
    }
    let ended = values.into_iter().flat_map(|mut lines| {
        if let Some(last) = lines.last_mut() {
            last.push(',');
        }
        lines
    });
    enclosed("[", ended.collect(), "]")
}

/// A text in quotes, in which nothing is a template.
pub(super) fn string(text: &str) -> String {
    quoted(text, |_| true)
}

/// An object's key. The names of policy elements stand bare; no keyword begins with a capital. What is beyond Latin-1 is
/// escaped, so that each character is one column wide.
fn key(name: &str) -> String {
    let is_bare = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    if is_bare { name.to_owned() } else { quoted(name, |c| c <= '\u{ff}') }
}

fn quoted(text: &str, shown: impl Fn(char) -> bool) -> String {
    format!("\"{}\"", escaped(text, shown).replace("${", "$${").replace("%{", "%%{"))
}
