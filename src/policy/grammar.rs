//! The grammar of policy documents: from JSON to statements (IAM User Guide, `reference_policies_grammar`, 2026-11).
//!
//! What it does not know it keeps by name; what it cannot read it refuses, and says where.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::document::{Condition, Document, Effect, Malformed, Principal, Selection, Statement};
use super::json::{self, Unequivocal};

/// The elements of a statement.
const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Document {
    /// Parses a document's text.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, or not a policy: the message says where, with line and column.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let json = serde_json::from_str::<Unequivocal>(text).map_err(|error| Malformed::Json(error.to_string()))?;
        Self::from_json(json.0).map_err(|malformed| match malformed {
            Malformed::Grammar { at, problem, .. } => {
                let place = json::place(text, &at);
                Malformed::Grammar { at, problem, place }
            }
            Malformed::Json(_) => malformed,
        })
    }

    /// Reads a document from JSON.
    ///
    /// # Errors
    ///
    /// When the JSON is not a policy: the message names the place.
    pub fn from_json(json: Value) -> Result<Self, Malformed> {
        Ok(Self::of(statements(&json)?, json))
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Unequivocal::deserialize(deserializer)?.0).map_err(serde::de::Error::custom)
    }
}

/// The statements of a document.
fn statements(json: &Value) -> Result<Vec<Statement>, Malformed> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_policy_says_where() {
        for (text, says) in [
            ("{\"Statement\":", "it is not JSON: EOF while parsing a value at line 1 column 13"),
            ("[]", "document: it is not an object at line 1 column 1"),
            ("{}", "Statement: it is missing at line 1 column 1"),
            (
                "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"a\"},\n {\"Effect\":\"allow\"}]}",
                "Statement[2].Effect: it is neither `Allow` nor `Deny` at line 2 column 12",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","NotAction":"b"}}"#,
                "Statement[1].NotAction: it stands beside its opposite at line 1 column 57",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":[["a"]]}}"#,
                "Statement[1].Action: a value is not a text, a number or a boolean at line 1 column 41",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":"me"}}"#,
                "Statement[1].Principal: it is neither `*` nor an object at line 1 column 57",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","Condition":{"Bool":1}}}"#,
                "Statement[1].Condition: an operator has no keys at line 1 column 57",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","Condition":{},"Condition":{}}}"#,
                "it is not JSON: the key `Condition` stands twice at line 1 column 70",
            ),
        ] {
            assert_eq!(Document::parse(text).unwrap_err().to_string(), says);
        }
    }
}
