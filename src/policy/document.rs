//! A policy document as AWS stores it: parsed once, printed without loss.
//!
//! Knows the grammar of the JSON policy language (IAM User Guide, `reference_policies_grammar`, 2026-11) and nothing of
//! what a policy decides. A document keeps the JSON it came from, so that what it does not understand is neither lost
//! nor taken for something else.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A parsed policy document and the JSON it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    statements: Vec<Statement>,
    json: Value,
}

/// One statement. Its place in the document is its index.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The statement's own name.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; resource policies and trust policies have one.
    pub principals: Option<Selection<Principal>>,
    /// `Action` or `NotAction`.
    pub actions: Selection<String>,
    /// `Resource` or `NotResource`; trust policies have none.
    pub resources: Option<Selection<String>>,
    /// The blocks of `Condition`, flat, in the order of the document.
    pub conditions: Vec<Condition>,
}

/// What a statement does where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Refuses, whatever else allows.
    Deny,
}

/// The two ways a statement names what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection<T> {
    /// These: `Action`, `Resource`, `Principal`.
    Only(Vec<T>),
    /// All but these: `NotAction`, `NotResource`, `NotPrincipal`.
    AllBut(Vec<T>),
}

/// One principal: its kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) and its value; `"*"` is of the kind `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key under which the document names it.
    pub kind: String,
    /// An ARN, an account id, a service's name, or `*`.
    pub value: String,
}

/// One key of one operator, with the values it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `StringEquals`, `ForAnyValue:ArnLikeIfExists` …, as written.
    pub operator: String,
    /// `aws:SourceAccount` …, as written.
    pub key: String,
    /// The values, as text; numbers and booleans as JSON prints them.
    pub values: Vec<String>,
}

/// Why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON at all; the message ends with line and column.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// JSON, but not of the policy grammar.
    #[error("{at}: {problem}")]
    Grammar {
        /// The place, as a path: `Statement[2].Effect`.
        at: String,
        /// What is wrong there.
        problem: &'static str,
    },
}

impl Document {
    /// Parses a document's text.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, or not a policy: the message says where.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        serde_json::from_str(text).map_err(|error| Malformed::Json(error.to_string())).and_then(Self::from_json)
    }

    /// Reads a document from JSON.
    ///
    /// # Errors
    ///
    /// When the JSON is not a policy: the message names the place.
    pub fn from_json(json: Value) -> Result<Self, Malformed> {
        let object = json.as_object().ok_or_else(|| wrong("document", "it is not an object"))?;
        let statements = match object.get("Statement") {
            Some(Value::Array(list)) => list.iter().enumerate().map(|(i, s)| statement(i + 1, s)).collect(),
            Some(one @ Value::Object(_)) => statement(1, one).map(|s| vec![s]),
            Some(_) => Err(wrong("Statement", "it is neither an object nor a list")),
            None => Err(wrong("Statement", "it is missing")),
        }?;
        Ok(Self { statements, json })
    }

    /// The statements, in the document's order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Policy variables exist since version 2012-10-17; a document without a version is of 2008.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        self.json.get("Version").and_then(Value::as_str) == Some("2012-10-17")
    }

    /// The JSON the document came from, with everything in it.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Do both documents say the same, whatever the order of their statements and lists, their Sids and the partition
    /// their ARNs name?
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.json.get("Version") == other.json.get("Version") && self.canonical() == other.canonical()
    }

    fn canonical(&self) -> BTreeSet<String> {
        self.statements.iter().map(Statement::canonical).collect()
    }
}

impl Statement {
    fn canonical(&self) -> String {
        let actions = self.actions.map(|action| action.to_ascii_lowercase());
        let resources = self.resources.as_ref().map(|r| r.map(|arn| any_partition(arn)));
        let principals = self.principals.as_ref().map(|p| p.map(|p| format!("{} {}", p.kind, any_partition(&p.value))));
        let conditions: BTreeSet<_> = self
            .conditions
            .iter()
            .map(|c| {
                let values: BTreeSet<_> = c.values.iter().map(|value| any_partition(value)).collect();
                (c.operator.to_ascii_lowercase(), c.key.to_ascii_lowercase(), values)
            })
            .collect();
        format!(
            "{:?}",
            (
                self.effect,
                actions.sorted(),
                resources.map(Selection::sorted),
                principals.map(Selection::sorted),
                conditions
            )
        )
    }
}

fn any_partition(arn: &str) -> String {
    match arn.strip_prefix("arn:").and_then(|rest| rest.split_once(':')) {
        Some((_, rest)) => format!("arn:*:{rest}"),
        None => arn.to_owned(),
    }
}

impl<T> Selection<T> {
    /// What is named, whether it is meant or left out.
    #[must_use]
    pub fn named(&self) -> &[T] {
        match self {
            Self::Only(named) | Self::AllBut(named) => named,
        }
    }

    fn map<U>(&self, f: impl Fn(&T) -> U) -> Selection<U> {
        match self {
            Self::Only(named) => Selection::Only(named.iter().map(f).collect()),
            Self::AllBut(named) => Selection::AllBut(named.iter().map(f).collect()),
        }
    }
}

impl Selection<String> {
    fn sorted(mut self) -> Self {
        match &mut self {
            Self::Only(named) | Self::AllBut(named) => {
                named.sort();
                named.dedup();
            }
        }
        self
    }
}

fn wrong(at: impl Into<String>, problem: &'static str) -> Malformed {
    Malformed::Grammar { at: at.into(), problem }
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

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_many_text_or_number_all_are_read_and_printed_without_loss() {
        let text = r#"{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"A","Effect":"Deny","Principal":{"AWS":["111122223333","*"],"Service":"s3.amazonaws.com"},"NotAction":"s3:*","Resource":["a","b"],"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"s3:max-keys":10}},"Later":1}}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
        let [statement] = document.statements() else { panic!("one statement") };
        assert_eq!(statement.effect, Effect::Deny);
        assert_eq!(statement.actions, Selection::AllBut(vec!["s3:*".to_owned()]));
        assert_eq!(statement.principals.as_ref().map(|p| p.named().len()), Some(3));
        let values: Vec<_> = statement.conditions.iter().map(|c| (c.key.as_str(), c.values.join(","))).collect();
        assert_eq!(values, [("aws:SecureTransport", "false".to_owned()), ("s3:max-keys", "10".to_owned())]);
    }

    #[test]
    fn what_is_no_policy_says_where() {
        for (text, says) in [
            ("{\"Statement\":", "it is not JSON: EOF while parsing a value at line 1 column 13"),
            ("[]", "document: it is not an object"),
            ("{}", "Statement: it is missing"),
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"a"},{"Effect":"allow"}]}"#,
                "Statement[2].Effect: it is neither `Allow` nor `Deny`",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","NotAction":"b"}}"#,
                "Statement[1].NotAction: it stands beside its opposite",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":[["a"]]}}"#,
                "Statement[1].Action: a value is not a text, a number or a boolean",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":"me"}}"#,
                "Statement[1].Principal: it is neither `*` nor an object",
            ),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"a","Condition":{"Bool":1}}}"#,
                "Statement[1].Condition: an operator has no keys",
            ),
        ] {
            assert_eq!(Document::parse(text).unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn order_sids_and_partition_do_not_change_what_a_document_says() {
        let one = Document::parse(r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::a"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#).unwrap();
        let same = Document::parse(r#"{"Statement":[{"Effect":"Deny","Action":"S3:*","Resource":["*"]},{"Effect":"Allow","Action":["s3:putobject","s3:GetObject"],"Resource":"arn:aws-cn:s3:::a"}]}"#).unwrap();
        let other = Document::parse(r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#).unwrap();
        assert!(one.says_the_same_as(&same));
        assert!(!one.says_the_same_as(&other));
    }
}
