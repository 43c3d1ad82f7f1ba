//! What a fix wants of a policy or of a list of rules: so exactly that a proof can hold the change against it.

use std::collections::BTreeSet;

use super::requirement::{ContextEquals, Requirement, ResourceSet};
use crate::arn::Arn;
use crate::knowledge::builtin::Browsers;

/// The name of the inline policy that holds what is added to an identity.
pub const POLICY_NAME: &str = "gt-audit-fix";

/// Something wanted of a policy or of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// What is to be changed.
    pub target: Target,
    /// How.
    pub edit: Edit,
}

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// An inline policy of an identity, by name.
    Inline(Arn, String),
    /// A managed policy.
    Managed(Arn),
    /// A role's trust policy.
    Trust(Arn),
    /// A bucket's CORS rules.
    Cors(Arn),
    /// A key's policy.
    Key(Arn),
}

/// How something is to be changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A statement more.
    Allow(Grant),
    /// A statement otherwise; what that may allow, and no longer allow.
    Statement(StatementEdit, Vec<Grant>, Vec<Grant>),
    /// What browsers need.
    Rules(&'static Browsers),
}

/// A statement, from 1, and how it is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementEdit {
    /// Its place in the policy, from 1.
    pub statement: usize,
    /// How it is to be.
    pub how: EditKind,
}

/// How a statement is to be.
#[derive(Debug, Clone, PartialEq)]
pub enum EditKind {
    /// Without this action; not at all, where it has no other.
    Without(String),
    /// With the one action in the other's place.
    Renamed(String, &'static str),
    /// With this value in place of the empty ones of a condition's key.
    Filled(&'static str, &'static str),
    /// With these resources alone.
    On(BTreeSet<Arn>),
    /// With a condition more.
    When(ContextEquals),
    /// As a copy beside it, of these actions alone, and otherwise as the others say.
    Beside {
        /// The actions of the copy.
        actions: BTreeSet<String>,
        /// Its resources, where they are others.
        on: Option<BTreeSet<String>>,
        /// Its further condition.
        when: Option<ContextEquals>,
    },
}

/// An action on something, perhaps under conditions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Whom it is granted to, where that is the policy's to say: an ARN or a service. An identity policy does not.
    pub principal: Option<String>,
    /// The action; never a glob.
    pub action: String,
    /// On what.
    pub on: ResourceSet,
    /// In which context.
    pub when: BTreeSet<ContextEquals>,
}

impl Goal {
    /// A statement more in an identity's own inline policy.
    #[must_use]
    pub fn allow(requirement: &Requirement) -> Option<Self> {
        let identity = requirement.principal.clone()?;
        let target = Target::Inline(identity, POLICY_NAME.to_owned());
        Some(Self { target, edit: Edit::Allow(Grant::of(requirement)) })
    }
}

impl Grant {
    /// An action on something, for whoever has the policy.
    #[must_use]
    pub fn new(action: &str, on: ResourceSet) -> Self {
        Self { principal: None, action: action.to_owned(), on, when: BTreeSet::new() }
    }

    /// What is required, for whoever has the policy.
    #[must_use]
    pub fn of(requirement: &Requirement) -> Self {
        Self { when: requirement.context.clone(), ..Self::new(&requirement.action, requirement.on.clone()) }
    }

    /// The same, where a key has this value.
    #[must_use]
    pub fn when(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.when.insert(ContextEquals::text(key, value));
        self
    }

    /// The same, to a principal.
    #[must_use]
    pub fn to(mut self, principal: &str) -> Self {
        self.principal = Some(principal.to_owned());
        self
    }
}
