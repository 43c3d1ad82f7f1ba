//! JSON as YAML in blocks.
//!
//! Only what reads the same in YAML 1.1 and 1.2 stands without quotes, so that no parser takes a text for anything else:
//! `Null` is an operator of conditions, `2012-10-17` a version.

use serde_json::Value;

use super::spelling::{escaped, indented};

/// A value's lines.
pub(super) fn lines(json: &Value) -> Vec<String> {
    match json {
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![json.to_string()],
        Value::String(text) => vec![scalar(text)],
        Value::Array(items) if items.is_empty() => vec!["[]".to_owned()],
        Value::Array(items) => items.iter().flat_map(item).collect(),
        Value::Object(fields) if fields.is_empty() => vec!["{}".to_owned()],
        Value::Object(fields) => fields.iter().flat_map(|(name, json)| field(name, json)).collect(),
    }
}

fn item(json: &Value) -> Vec<String> {
    let mut lines = indented(lines(json)).collect::<Vec<_>>();
    if let Some(first) = lines.first_mut() {
        first.replace_range(..1, "-");
    }
    lines
}

fn field(name: &str, json: &Value) -> Vec<String> {
    let name = scalar(name);
    let is_block = json.as_array().is_some_and(|items| !items.is_empty())
        || json.as_object().is_some_and(|fields| !fields.is_empty());
    if is_block {
        std::iter::once(format!("{name}:")).chain(indented(lines(json))).collect()
    } else {
        lines(json).into_iter().map(|value| format!("{name}: {value}")).collect()
    }
}

/// What YAML 1.1 takes for a truth value or for nothing, in lower case.
const KEYWORDS: [&str; 9] = ["y", "yes", "n", "no", "true", "false", "on", "off", "null"];

fn scalar(text: &str) -> String {
    let is_bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '*')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:*".contains(c))
        && !KEYWORDS.contains(&text.to_ascii_lowercase().as_str());
    // YAML's keys are at most 1,024 characters long; so long a text is none of AWS's names.
    if is_bare { text.to_owned() } else { format!("\"{}\"", escaped(text, |_| true)) }
}
