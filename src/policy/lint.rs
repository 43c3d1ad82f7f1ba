//! What is odd in a policy document: kept, reported, and never taken for a grant.
//!
//! AWS refuses most of these when a policy is stored; a policy that comes from elsewhere, or from a newer AWS than this
//! build knows, may have them all the same.

use std::fmt;

use super::compile::Kind;
use super::condition;
use super::document::{Document, Effect, Selection, Statement};

/// Something odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// The place, as a path: `Statement[2].Condition.StringLikes`.
    pub at: String,
    /// What is odd there, and what is made of it.
    pub says: &'static str,
}

/// Everything that is odd in a document of a kind, in its order.
#[must_use]
pub fn lints(document: &Document, kind: Kind) -> Vec<Lint> {
    let mut lints = vec![];
    if document.version().is_none() {
        lints
            .push(Lint { at: "Version".to_owned(), says: "no version that this build knows: nothing here is certain" });
    }
    for element in document.unknown() {
        lints.push(Lint { at: element.to_owned(), says: "no element that this build knows: nothing here is certain" });
    }
    for (i, statement) in document.statements().iter().enumerate() {
        let at = |element: &str| format!("Statement[{}].{element}", i + 1);
        let misplaced = misplaced(statement, kind).map(|(element, says)| (element.to_owned(), says));
        let found = in_statement(statement).into_iter().chain(misplaced);
        lints.extend(found.map(|(element, says)| Lint { at: at(&element), says }));
    }
    lints
}

/// What a policy of this kind must have and the statement has not, or has and must not: policies that belong to a
/// principal name resources, and no principals.
pub(super) fn misplaced(statement: &Statement, kind: Kind) -> Option<(&'static str, &'static str)> {
    match kind {
        Kind::Endpoint | Kind::Resource | Kind::Rcp => None,
        Kind::Scp(_) | Kind::Identity | Kind::Boundary | Kind::Session => {
            if statement.principals.is_some() {
                Some(("Principal", "a policy of this kind cannot name principals: whether it applies is not certain"))
            } else if statement.resources.is_none() {
                Some(("Resource", "it is missing: whether the statement applies is not certain"))
            } else {
                None
            }
        }
    }
}

fn in_statement(statement: &Statement) -> Vec<(String, &'static str)> {
    let mut found = vec![];
    for element in &statement.unknown {
        found.push((element.clone(), "no element that this build knows: whether the statement applies is not certain"));
    }
    let (element, actions) = match &statement.actions {
        Selection::Only(actions) => ("Action", actions),
        Selection::AllBut(actions) => ("NotAction", actions),
    };
    if actions.is_empty() {
        found.push((element.to_owned(), "an empty list"));
    }
    for action in actions {
        match action.split_once(':') {
            Some((service, _)) if service.contains(['*', '?']) => found
                .push((element.to_owned(), "a wildcard in the service is not documented: it is matched as any other")),
            None if action != "*" => found.push((element.to_owned(), "an action without a service matches nothing")),
            _ => {}
        }
    }
    if let Some(resources) = &statement.resources {
        let element = if matches!(resources, Selection::Only(_)) { "Resource" } else { "NotResource" };
        if resources.named().is_empty() {
            found.push((element.to_owned(), "an empty list"));
        }
    }
    if matches!((&statement.principals, statement.effect), (Some(Selection::AllBut(_)), Effect::Allow)) {
        found.push(("NotPrincipal".to_owned(), "allows everybody who is not named, anonymous requests among them"));
    }
    for condition in &statement.conditions {
        if !condition::is_known(&condition.operator) {
            found.push((
                format!("Condition.{}", condition.operator),
                "no operator that this build knows: whether the condition holds is not certain",
            ));
        }
    }
    found
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.says)
    }
}
