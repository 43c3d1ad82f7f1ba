//! The grammar of policy documents: from JSON to statements (IAM User Guide, `reference_policies_grammar`, 2026-11).
//!
//! What it does not know it keeps by name; what it cannot read it refuses, and says where.

use serde_json::{Map, Value};

use super::document::{Condition, Effect, Malformed, Principal, Selection, Statement};

/// The elements of a statement.
const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// The statements of a document.
pub(super) fn statements(json: &Value) -> Result<Vec<Statement>, Malformed> {
    let object = json.as_object().ok_or_else(|| wrong("document", "it is not an object"))?;
    match object.get("Statement") {
        Some(Value::Array(list)) => list.iter().enumerate().map(|(i, s)| statement(i + 1, s)).collect(),
        Some(one @ Value::Object(_)) => statement(1, one).map(|s| vec![s]),
        Some(_) => Err(wrong("Statement", "it is neither an object nor a list")),
        None => Err(wrong("Statement", "it is missing")),
    }
}

fn wrong(at: impl Into<String>, problem: &'static str) -> Malformed {
    Malformed::Grammar { at: at.into(), problem, place: None }
}

fn statement(number: usize, json: &Value) -> Result<Statement, Malformed> {
    let at = |element: &str| format!("Statement[{number}].{element}");
    let object = json.as_object().ok_or_else(|| wrong(format!("Statement[{number}]"), "it is not an object"))?;
    let effect = match object.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(wrong(at("Effect"), "it is neither `Allow` nor `Deny`")),
    };
    let actions = selection(object, "Action", "NotAction", texts)
        .map_err(|(element, problem)| wrong(at(element), problem))?
        .ok_or_else(|| wrong(at("Action"), "there is neither Action nor NotAction"))?;
    Ok(Statement {
        sid: object.get("Sid").and_then(Value::as_str).map(str::to_owned),
        effect,
        principals: selection(object, "Principal", "NotPrincipal", principals)
            .map_err(|(element, problem)| wrong(at(element), problem))?,
        actions,
        resources: selection(object, "Resource", "NotResource", texts)
            .map_err(|(element, problem)| wrong(at(element), problem))?,
        conditions: object
            .get("Condition")
            .map_or(Ok(vec![]), conditions)
            .map_err(|problem| wrong(at("Condition"), problem))?,
        unknown: object.keys().filter(|element| !ELEMENTS.contains(&element.as_str())).cloned().collect(),
    })
}

/// The one or the other of two elements that exclude each other.
fn selection<T>(
    statement: &Map<String, Value>,
    only: &'static str,
    all_but: &'static str,
    read: fn(&Value) -> Result<Vec<T>, &'static str>,
) -> Result<Option<Selection<T>>, (&'static str, &'static str)> {
    match (statement.get(only), statement.get(all_but)) {
        (Some(_), Some(_)) => Err((all_but, "it stands beside its opposite")),
        (Some(json), None) => read(json).map(|named| Some(Selection::Only(named))).map_err(|problem| (only, problem)),
        (None, Some(json)) => {
            read(json).map(|named| Some(Selection::AllBut(named))).map_err(|problem| (all_but, problem))
        }
        (None, None) => Ok(None),
    }
}

/// One value or a list of values, as text.
fn texts(json: &Value) -> Result<Vec<String>, &'static str> {
    match json {
        Value::Array(list) => list.iter().map(text).collect(),
        one => text(one).map(|one| vec![one]),
    }
}

fn text(json: &Value) -> Result<String, &'static str> {
    match json {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(json.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("a value is not a text, a number or a boolean"),
    }
}

fn principals(json: &Value) -> Result<Vec<Principal>, &'static str> {
    match json {
        Value::String(any) if any == "*" => Ok(vec![Principal { kind: "*".to_owned(), value: "*".to_owned() }]),
        Value::Object(kinds) => {
            let mut all = vec![];
            for (kind, values) in kinds {
                all.extend(texts(values)?.into_iter().map(|value| Principal { kind: kind.clone(), value }));
            }
            Ok(all)
        }
        _ => Err("it is neither `*` nor an object"),
    }
}

fn conditions(json: &Value) -> Result<Vec<Condition>, &'static str> {
    let mut all = vec![];
    for (operator, keys) in json.as_object().ok_or("it is not an object")? {
        for (key, values) in keys.as_object().ok_or("an operator has no keys")? {
            all.push(Condition { operator: operator.clone(), key: key.clone(), values: texts(values)? });
        }
    }
    Ok(all)
}
