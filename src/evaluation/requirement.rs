//! What must be allowed: who needs which action, on what, in which context.
//!
//! Knows actions, resources and conditions as policies spell them. Has never heard of an account, a rule or a job.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::policy::Pattern;

/// An action that a principal needs on something, so that a field of a request can work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The field of the request that makes it necessary, by its path; empty where no field does.
    pub field: &'static str,
    /// Who needs it; absent where no principal in particular does.
    pub principal: Option<Arn>,
    /// The action; empty where it is no matter of permissions.
    pub action: String,
    /// On what.
    pub on: ResourceSet,
    /// What the request says, as far as a policy may ask for it.
    pub context: BTreeSet<ContextEquals>,
}

/// The resources that an action is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceSet {
    /// This very resource: an ARN, or the value of a field that is no matter of permissions.
    Exactly(String),
    /// All whose ARNs begin so.
    Below(String),
    /// What a policy's pattern matches.
    Matching(String),
}

/// A condition: a key has this very value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContextEquals {
    /// `StringEquals`, or `Bool`.
    pub operator: &'static str,
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: String,
}

impl Requirement {
    /// A principal needs an action on something.
    #[must_use]
    pub fn new(principal: &Arn, action: &str, on: ResourceSet) -> Self {
        let (principal, action) = (Some(principal.clone()), action.to_owned());
        Self { field: "", principal, action, on, context: BTreeSet::new() }
    }

    /// The value of a field must be right: no matter of permissions.
    #[must_use]
    pub fn of_value(field: &'static str, value: &str) -> Self {
        let on = ResourceSet::Exactly(value.to_owned());
        Self { field, principal: None, action: String::new(), on, context: BTreeSet::new() }
    }

    /// The same, because of a field of the request.
    #[must_use]
    pub fn for_field(self, field: &'static str) -> Self {
        Self { field, ..self }
    }

    /// The same, in this context.
    #[must_use]
    pub fn with(mut self, context: impl IntoIterator<Item = ContextEquals>) -> Self {
        self.context.extend(context);
        self
    }
}

impl ResourceSet {
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
    #[must_use]
    pub fn element(&self) -> String {
        match self {
            Self::Exactly(text) => escaped(text),
            Self::Below(text) => escaped(text) + "*",
            Self::Matching(glob) => glob.clone(),
        }
    }

    /// As people read it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Exactly(text) | Self::Matching(text) => text.clone(),
            Self::Below(text) => format!("{text}*"),
        }
    }
}

impl ContextEquals {
    /// A key has this very text.
    #[must_use]
    pub fn text(key: &'static str, value: impl Into<String>) -> Self {
        Self { operator: "StringEquals", key, value: value.into() }
    }

    /// A key is true.
    #[must_use]
    pub fn is_true(key: &'static str) -> Self {
        Self { operator: "Bool", key, value: "true".to_owned() }
    }

    /// A value with which the condition does not hold.
    #[must_use]
    pub fn failing(&self) -> &'static str {
        if self.operator == "Bool" { "false" } else { "stranger" }
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
