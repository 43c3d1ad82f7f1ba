//! What a change is asked to allow, and to take away: so exactly that a proof can hold the change against it.
//!
//! Knows actions, resources and conditions as policies spell them; has never heard of a finding.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::arn::Arn;
use crate::policy::Pattern;

/// What one change is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// What may be allowed that was not.
    pub gains: BTreeSet<Grant>,
    /// What may be allowed no longer.
    pub losses: BTreeSet<Grant>,
}

/// An action on something, perhaps under conditions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Whom it is granted to, where that is the policy's to say: an ARN or a service. An identity policy does not.
    pub principal: Option<String>,
    /// The action; never a glob.
    pub action: String,
    /// On what.
    pub on: On,
    /// When.
    pub when: BTreeSet<When>,
}

/// What an action is granted on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// This very resource.
    Exactly(String),
    /// All whose ARNs begin so.
    Below(String),
    /// What a policy's pattern matches.
    Matching(String),
}

/// A condition: a key has this very value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    /// `StringEquals`, or `Bool`.
    pub operator: &'static str,
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: String,
}

/// What a statement says beside its actions and resources: the condition.
type Under<'g> = (Option<&'g str>, &'g BTreeSet<When>);

impl Grant {
    /// An action on something, for whoever carries the policy.
    #[must_use]
    pub fn new(action: &str, on: On) -> Self {
        Self { principal: None, action: action.to_owned(), on, when: BTreeSet::new() }
    }

    /// The same, where a key has this value.
    #[must_use]
    pub fn when(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.when.insert(When { operator: "StringEquals", key, value: value.into() });
        self
    }

    /// The same, to somebody.
    #[must_use]
    pub fn to(mut self, principal: &str) -> Self {
        self.principal = Some(principal.to_owned());
        self
    }
}

impl When {
    /// A value with which the condition does not hold.
    pub(super) fn failing(&self) -> &'static str {
        if self.operator == "Bool" { "false" } else { "stranger" }
    }
}

impl On {
    /// This resource.
    #[must_use]
    pub fn exactly(arn: &Arn) -> Self {
        Self::Exactly(arn.to_string())
    }

    /// The resources as a set of texts.
    #[must_use]
    pub fn pattern(&self) -> Pattern {
        match self {
            Self::Exactly(text) => Pattern::literal(text),
            Self::Below(text) => Pattern::below(text),
            Self::Matching(glob) => Pattern::new(glob),
        }
    }

    /// As an element of a policy of version 2012-10-17.
    fn element(&self) -> String {
        match self {
            Self::Exactly(text) => escaped(text),
            Self::Below(text) => escaped(text) + "*",
            Self::Matching(glob) => glob.clone(),
        }
    }

    /// As people read it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Exactly(text) | Self::Matching(text) => text.clone(),
            Self::Below(text) => format!("{text}*"),
        }
    }
}

/// A text in which nothing is a wildcard or a variable (IAM User Guide, `reference_policies_variables`, 2026-11).
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '*' | '?' => safe.extend(["${", &c.to_string(), "}"]),
            '$' if characters.peek() == Some(&'{') => safe.push_str("${$}"),
            c => safe.push(c),
        }
    }
    safe
}

/// The statements that grant just this: as few as can be, no action on a resource for which it was not asked.
pub(super) fn statements<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> Vec<Value> {
    let mut actions: BTreeMap<(Under<'g>, &On), BTreeSet<&str>> = BTreeMap::new();
    for grant in grants {
        actions.entry(((grant.principal.as_deref(), &grant.when), &grant.on)).or_default().insert(&grant.action);
    }
    let mut resources: BTreeMap<(Under<'g>, BTreeSet<&str>), BTreeSet<String>> = BTreeMap::new();
    for ((under, on), actions) in actions {
        resources.entry((under, actions)).or_default().insert(on.element());
    }
    let statement = |(((principal, when), actions), resources): (_, BTreeSet<String>)| {
        statement(principal, &actions, &resources, when)
    };
    resources.into_iter().map(statement).collect()
}

fn statement(
    principal: Option<&str>,
    actions: &BTreeSet<&str>,
    resources: &BTreeSet<String>,
    when: &BTreeSet<When>,
) -> Value {
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), "Allow".into());
    if let Some(principal) = principal {
        let kind = if principal.starts_with("arn:") { "AWS" } else { "Service" };
        statement.insert("Principal".to_owned(), json!({kind: principal}));
    }
    statement.insert("Action".to_owned(), one_or_many(actions));
    // Trust policies name no resource.
    if !resources.iter().all(String::is_empty) {
        statement.insert("Resource".to_owned(), one_or_many(resources));
    }
    let mut conditions: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for when in when {
        conditions.entry(when.operator).or_default().insert(when.key, &when.value);
    }
    if !conditions.is_empty() {
        statement.insert("Condition".to_owned(), json!(conditions));
    }
    Value::Object(statement)
}

fn one_or_many<T: serde::Serialize + Ord>(texts: &BTreeSet<T>) -> Value {
    match texts.first() {
        Some(one) if texts.len() == 1 => json!(one),
        _ => json!(texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_spelled_in_as_few_statements_as_can_be() {
        let get = |on: On| Grant::new("s3:GetObject", on);
        let (one, all) =
            (On::Exactly("arn:aws:s3:::b/a*b?${x}".to_owned()), On::Below("arn:aws:s3:::b/out/".to_owned()));
        let grants = [
            get(one),
            get(all.clone()),
            Grant::new("s3:PutObject", all),
            Grant::new("iam:PassRole", On::Exactly("r".to_owned())).when("iam:PassedToService", "s"),
        ];
        assert_eq!(
            Value::from(statements(&grants)),
            json!([
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/a${*}b${?}${$}{x}"},
                {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/out/*"},
                {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "r",
                 "Condition": {"StringEquals": {"iam:PassedToService": "s"}}},
            ])
        );
    }
}
