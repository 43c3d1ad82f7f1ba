//! What is odd in a policy document: kept, reported, and never taken for a grant.
//!
//! AWS refuses most of these when a policy is stored; a policy that comes from elsewhere, or from a newer AWS than this
//! build knows, may have them all the same.

use std::collections::BTreeMap;
use std::fmt;

use super::condition;
use super::document::{Condition, Document, Effect, Principal, Selection, Statement, Version};
use super::kind::Kind;
use super::principal::Who;
use super::resource::{is_described, must_run_on, varies_early};
use super::template::is_well_formed;

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
    let variables = document.version() == Some(Version::Of2012);
    for (i, statement) in document.statements().iter().enumerate() {
        let found = doubts(statement, kind, variables).into_iter().chain(remarks(statement));
        lints.extend(found.map(|(element, says)| Lint { at: format!("Statement[{}].{element}", i + 1), says }));
    }
    lints
}

type Found = Vec<(String, &'static str)>;

/// What leaves open whether a statement applies at all, because AWS refuses it or does not describe it.
pub(super) fn doubts(statement: &Statement, kind: Kind, variables: bool) -> Found {
    let mut found: Found = vec![];
    for element in &statement.unknown {
        found.push((element.clone(), "no element that this build knows: whether the statement applies is not certain"));
    }
    found.extend(misplaced(statement, kind).map(|(element, says)| (element.to_owned(), says)));
    let resources = statement.resources.as_ref().map_or(&[][..], Selection::named);
    if variables {
        let values = statement.conditions.iter().flat_map(|condition| &condition.values);
        if resources.iter().chain(values).any(|text| !is_well_formed(text)) {
            found.push(("Resource or Condition".to_owned(), "a variable of a form that is not described"));
        }
        if resources.iter().any(|text| text.starts_with("arn:") && varies_early(text)) {
            found.push((
                "Resource".to_owned(),
                "a variable before the fifth colon: what it does there is not described",
            ));
        }
    }
    for condition in keys_named_twice(statement) {
        let at = format!("Condition.{}.{}", condition.operator, condition.key);
        found.push((at, "the same key twice, in another case: which counts is not described"));
    }
    found
}

/// The conditions of which another has the same operator and the same key, but for the case of letters.
pub(super) fn keys_named_twice(statement: &Statement) -> Vec<&Condition> {
    let name = |c: &Condition| (c.operator.to_ascii_lowercase(), c.key.to_ascii_lowercase());
    let mut named: BTreeMap<_, Vec<&Condition>> = BTreeMap::new();
    for condition in statement.conditions.iter().filter(|_| statement.conditions.len() > 1) {
        named.entry(name(condition)).or_default().push(condition);
    }
    named.into_values().filter(|conditions| conditions.len() > 1).flatten().collect()
}

/// What a policy of this kind must have and the statement has not, or has and must not: policies that belong to a
/// principal name resources, and no principals; a resource control policy is for everybody.
fn misplaced(statement: &Statement, kind: Kind) -> Option<(&'static str, &'static str)> {
    match kind {
        Kind::Endpoint | Kind::Resource => None,
        Kind::Rcp => {
            let everybody = matches!(&statement.principals, Some(Selection::Only(named))
                if named.iter().any(|principal| principal.value == "*"));
            (!everybody).then_some(("Principal", "it is not `*`: whether the statement applies is not certain"))
        }
        Kind::Scp(_) | Kind::Identity | Kind::Boundary | Kind::Session if statement.principals.is_some() => {
            Some(("Principal", "a policy of this kind cannot name principals: whether it applies is not certain"))
        }
        Kind::Scp(_) | Kind::Identity | Kind::Boundary | Kind::Session => statement
            .resources
            .is_none()
            .then_some(("Resource", "it is missing: whether the statement applies is not certain")),
    }
}

/// What is odd and yet decided, or decided as unknown where it counts.
fn remarks(statement: &Statement) -> Found {
    let mut found: Found = vec![];
    let (element, actions) = match &statement.actions {
        Selection::Only(actions) => ("Action", actions),
        Selection::AllBut(actions) => ("NotAction", actions),
    };
    if actions.is_empty() {
        found.push((element.to_owned(), "an empty list"));
    }
    for action in actions {
        match action.split_once(':') {
            Some((service, _)) if service.contains(['*', '?']) => {
                found.push((
                    element.to_owned(),
                    "a wildcard in the service is not documented: it is matched as any other",
                ));
            }
            None if action != "*" => found.push((element.to_owned(), "an action without a service matches nothing")),
            _ => {}
        }
    }
    if let Some(resources) = &statement.resources {
        let element = if matches!(resources, Selection::Only(_)) { "Resource" } else { "NotResource" };
        if resources.named().is_empty() {
            found.push((element.to_owned(), "an empty list"));
        }
        if resources.named().iter().any(|text| !is_described(text)) {
            found
                .push((element.to_owned(), "neither an ARN nor `*`: AWS refuses it, and what it names is not certain"));
        }
        if resources.named().iter().any(|text| !varies_early(text) && must_run_on(text)) {
            found.push((
                element.to_owned(),
                "an ARN that names something only if `*` runs past a colon, of which AWS says both: a Deny on it counts, \
                 and whether an Allow does is not certain",
            ));
        }
    }
    if matches!((&statement.principals, statement.effect), (Some(Selection::AllBut(_)), Effect::Allow)) {
        found.push(("NotPrincipal".to_owned(), "not supported with Allow: whom it allows is not certain"));
    }
    if statement.principals.as_ref().is_some_and(|principals| principals.named().iter().any(is_unclear)) {
        found.push((
            "Principal".to_owned(),
            "a principal of a form that is not described: whom it names is not certain",
        ));
    }
    for condition in &statement.conditions {
        if !condition::is_understood(condition) {
            found.push((
                format!("Condition.{}.{}", condition.operator, condition.key),
                "an operator that this build does not know, or values that are none of its type: whether it holds is not \
                 certain",
            ));
        }
    }
    found
}

fn is_unclear(principal: &Principal) -> bool {
    Who::new(principal) == Who::Unclear
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.says)
    }
}
