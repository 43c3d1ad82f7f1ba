//! A policy document as AWS stores it: parsed once, printed without loss.
//!
//! Knows the grammar of the JSON policy language (IAM User Guide, `reference_policies_grammar`, 2026-11) and nothing of
//! what a policy decides. A document keeps the JSON it came from, so that what it does not understand is neither lost
//! nor taken for something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// A parsed policy document and the JSON it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    statements: Vec<Arc<Statement>>,
    json: Value,
}

/// The versions of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Without variables; also of a document that names no version.
    Of2008,
    /// With variables.
    Of2012,
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
    /// Elements that this build does not know: what they do to the statement is not known either.
    pub unknown: Vec<String>,
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    #[error("{at}: {problem}{}", place.map_or(String::new(), |(line, column)| format!(" at line {line} column {column}")))]
    Grammar {
        /// The place, as a path: `Statement[2].Effect`.
        at: String,
        /// What is wrong there.
        problem: &'static str,
        /// Line and column, from 1, where the document was read from a text of its own.
        place: Option<(usize, usize)>,
    },
}

impl Document {
    /// A document of these statements, which stand in this JSON.
    pub(super) fn of(statements: Vec<Statement>, json: Value) -> Self {
        Self { statements: statements.into_iter().map(Arc::new).collect(), json }
    }

    /// The statements, in the document's order.
    #[must_use]
    pub fn statements(&self) -> &[Arc<Statement>] {
        &self.statements
    }

    /// The version, where it is one that AWS knows: `None` for a document that says another.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        match self.json.get("Version").map(Value::as_str) {
            None | Some(Some("2008-10-17")) => Some(Version::Of2008),
            Some(Some("2012-10-17")) => Some(Version::Of2012),
            Some(_) => None,
        }
    }

    /// The elements beside the statements that this build does not know: what they do is not known either.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let elements = self.json.as_object().into_iter().flat_map(serde_json::Map::keys).map(String::as_str);
        elements.filter(|element| !matches!(*element, "Version" | "Id" | "Statement"))
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
        self.canonical() == other.canonical()
    }

    /// What the document says, in the one form of all documents that say the same.
    pub(crate) fn canonical(&self) -> (Option<&serde_json::Value>, BTreeSet<String>) {
        (self.json.get("Version"), self.statements.iter().map(|statement| statement.canonical()).collect())
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

    /// The same selection of something else.
    #[must_use]
    pub fn map<U>(&self, f: impl Fn(&T) -> U) -> Selection<U> {
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

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_many_text_or_number_all_are_read_and_printed_without_loss() {
        let text = r#"{"Version":"2012-10-17","Id":"x","Later":2,"Statement":{"Sid":"A","Effect":"Deny","Principal":{"AWS":["111122223333","*"],"Service":"s3.amazonaws.com"},"NotAction":"s3:*","Resource":["a","b"],"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"s3:max-keys":10}},"Later":1}}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
        let [statement] = document.statements() else { panic!("one statement") };
        assert_eq!(statement.effect, Effect::Deny);
        assert_eq!(
            (statement.unknown.as_slice(), document.unknown().collect::<Vec<_>>()),
            (&["Later".to_owned()][..], vec!["Later"])
        );
        assert_eq!(statement.actions, Selection::AllBut(vec!["s3:*".to_owned()]));
        assert_eq!(statement.principals.as_ref().map(|p| p.named().len()), Some(3));
        let values: Vec<_> = statement.conditions.iter().map(|c| (c.key.as_str(), c.values.join(","))).collect();
        assert_eq!(values, [("aws:SecureTransport", "false".to_owned()), ("s3:max-keys", "10".to_owned())]);
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
