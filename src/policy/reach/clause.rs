//! Statements that concern a request, with only the resource left open.

use std::sync::Arc;

use crate::policy::condition::is_understood;
use crate::policy::decide::Reason;
use crate::policy::document::Selection;
use crate::policy::layers::{Layer, Truth};
use crate::policy::{Condition, Effect, Pattern, Statement};

/// Where a clause comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin<G> {
    /// A statement that was read.
    Statement(Reason),
    /// A policy that could not be read, and why.
    Missing(G),
}

/// A statement that concerns the action and the requester, or a policy that could not be read.
#[derive(Debug, Clone)]
pub struct Clause<G> {
    /// The layer it belongs to.
    pub layer: Layer,
    /// What it does where it applies. A missing policy may do both: it makes two clauses.
    pub effect: Effect,
    /// Does it depend on something that is not known?
    pub open: bool,
    /// The resources it applies to, or, where `all_but`, does not apply to.
    pub patterns: Vec<Pattern>,
    /// `NotResource`.
    pub all_but: bool,
    /// The conditions that cannot be decided.
    pub residual: Vec<Condition>,
    /// The conditions that decide: of a Deny those that hold, of a statement that does not apply those that do not.
    pub deciding: Vec<ConditionFact>,
    /// Where it stands.
    pub origin: Origin<G>,
    /// What it says; nothing of a policy that could not be read.
    pub(super) statement: Option<Arc<Statement>>,
}

/// A condition of which it is certain whether it holds, and the values that the request has of its key; `None`, where it
/// does not have the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConditionFact {
    /// As it stands in the policy.
    pub condition: Condition,
    /// What the request has.
    pub found: Option<Vec<String>>,
}

impl<G> Clause<G> {
    /// Does it apply to a resource?
    #[must_use]
    pub fn applies_to(&self, resource: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(resource)) != self.all_but
    }

    /// May what it allows be used by the requester, if nothing else stands in the way?
    #[must_use]
    pub fn grants(&self) -> bool {
        self.effect == Effect::Allow && self.layer.grants()
    }

    /// Is it open because of the request alone: a condition, or a variable in a resource, that only a request can tell?
    #[must_use]
    pub fn depends_on_request(&self) -> bool {
        let resources = self.statement.as_ref().and_then(|statement| statement.resources.as_ref());
        let varies = || resources.is_some_and(|resources| resources.named().iter().any(|arn| arn.contains("${")));
        self.open && self.residual.iter().all(is_understood) && (!self.residual.is_empty() || varies())
    }

    /// The context keys and variables whose values are not known, as the policy spells them, each once.
    #[must_use]
    pub fn unknown_keys(&self) -> Vec<String> {
        let resources = self.statement.as_ref().and_then(|statement| statement.resources.as_ref());
        let texts = resources.into_iter().flat_map(Selection::named);
        let texts = texts.chain(self.residual.iter().flat_map(|condition| &condition.values));
        let variables =
            texts.flat_map(|text| text.split("${").skip(1)).filter_map(|rest| rest.split(['}', ',']).next());
        let keys = self.residual.iter().map(|condition| condition.key.as_str());
        let mut names: Vec<String> = vec![];
        // `${*}`, `${?}` and `${$}` stand for themselves.
        for name in keys.chain(variables.map(str::trim).filter(|name| name.contains(':'))) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Does the statement leave out principals by `NotPrincipal`?
    #[must_use]
    pub fn by_not_principal(&self) -> bool {
        let principals = self.statement.as_ref().and_then(|statement| statement.principals.as_ref());
        matches!(principals, Some(Selection::AllBut(_)))
    }

    /// Does the statement name this principal, as `Principal` has it?
    #[must_use]
    pub fn names_principal(&self, arn: &str) -> bool {
        let principals = self.statement.as_ref().and_then(|statement| statement.principals.as_ref());
        matches!(principals, Some(Selection::Only(named)) if named.iter().any(|principal| principal.value == arn))
    }

    pub(super) fn truth(&self) -> Truth {
        if self.open { Truth::Unknown } else { Truth::True }
    }
}
