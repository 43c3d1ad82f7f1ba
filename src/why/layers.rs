//! What each kind of policy says of a question, in AWS's order.

use super::decided::{Decision, Said};
use super::key::KeyOfObject;
use super::owned::Owned;
use crate::access::Identity;
use crate::account::{Account, Organization, Unknown};
use crate::evaluation::{AccessCheck, Outcome};
use crate::policy::Effect;
use crate::policy::layers::Layer;
use crate::policy::reach::{Clause, Origin};

/// What each kind of policy says of a question.
pub(super) struct Layers<'l, 'a> {
    pub(super) account: &'a Account,
    pub(super) identity: Identity<'a>,
    pub(super) check: &'l AccessCheck,
    pub(super) owned: &'l Owned<'a>,
    pub(super) of_key: Option<&'l KeyOfObject>,
    pub(super) decision: Decision,
}

impl Layers<'_, '_> {
    pub(super) fn all(&self) -> Vec<Said> {
        let all = [
            ("explicit deny", self.deny()),
            ("resource control policies", self.of_organization(&["rcp"], |layer| layer == Layer::Rcp)),
            ("service control policies", self.of_organization(&["scp"], |layer| matches!(layer, Layer::Scp(_)))),
            ("resource-based policy", self.resource()),
            ("identity-based policies", self.identity()),
            ("permissions boundary", self.boundary()),
        ];
        let of_key = self.of_key.map(|key| {
            let stops = !matches!(key.outcome, Outcome::Met { .. });
            ("key of the bucket", (key.says.clone(), stops))
        });
        // The first that keeps it from being allowed is the one that decides.
        let mut is_open = self.decision != Decision::Allowed;
        all.into_iter()
            .chain(of_key)
            .map(|(layer, (says, stops))| {
                let decides = stops && is_open;
                is_open &= !stops;
                Said { layer, says, decides }
            })
            .collect()
    }

    fn lacks(&self, layer: &str) -> bool {
        self.check.answer.outcomes().iter().any(|outcome| self.check.answer.lacking(outcome).contains(&layer))
    }

    /// The statements of some policies that apply, and are certain to.
    fn statements(&self, effect: Effect, of: impl Fn(Layer) -> bool) -> Vec<String> {
        let applying = self.check.answer.clauses();
        let these = applying.filter(|clause| clause.effect == effect && !clause.open && of(clause.layer));
        let mut all: Vec<String> = these
            .filter_map(|clause| match &clause.origin {
                Origin::Statement(reason) => Some(reason.to_string()),
                Origin::Missing(_) => None,
            })
            .collect();
        all.dedup();
        all
    }

    fn open(&self, of: impl Fn(&Clause<Unknown>) -> bool) -> Option<String> {
        let clause = self.check.answer.clauses().find(|clause| clause.open && of(clause))?;
        Some(format!("not known: {}", self.check.answer.gap_of(clause)))
    }

    fn deny(&self) -> (String, bool) {
        let denying = self.statements(Effect::Deny, |_| true);
        if !denying.is_empty() {
            return (denying.join(", "), true);
        }
        self.open(|clause| clause.effect == Effect::Deny).map_or(("none".to_owned(), false), |open| (open, true))
    }

    fn of_organization(&self, names: &[&str], of: impl Fn(Layer) -> bool) -> (String, bool) {
        let policies = match &self.account.organization {
            Organization::Free => return ("none, no organization binds the account".to_owned(), false),
            Organization::NotAsked => return ("not read".to_owned(), false),
            Organization::Unread(unknown) => return (format!("not known: {unknown}"), false),
            Organization::Policies(policies) => policies,
        };
        let is_rcp = names.contains(&"rcp");
        if (if is_rcp { &policies.rcps } else { &policies.scps }).iter().all(Vec::is_empty) {
            return ("none".to_owned(), false);
        }
        if names.iter().any(|name| self.lacks(name)) {
            return ("no Allow at one of the levels".to_owned(), true);
        }
        if let Some(open) = self.open(|clause| of(clause.layer)) {
            return (open, false);
        }
        (if is_rcp { "they do not deny it".to_owned() } else { "they allow it".to_owned() }, false)
    }

    fn resource(&self) -> (String, bool) {
        let lacks = self.lacks("resource");
        match self.owned.policy() {
            Err(unknown) => (format!("not known: {unknown}"), self.decision == Decision::Undecided),
            Ok(Err(none)) => (none, lacks),
            Ok(Ok(())) => {
                let is_own = |layer| matches!(layer, Layer::Resource(_));
                let allowing = self.statements(Effect::Allow, is_own);
                match self.open(|clause| is_own(clause.layer) && clause.effect == Effect::Allow) {
                    _ if !allowing.is_empty() => (format!("{} allows it", allowing.join(", ")), false),
                    Some(open) => (open, false),
                    None => (
                        "no Allow matches".to_owned(),
                        lacks && (!self.lacks("identity") || self.owned.has_last_word()),
                    ),
                }
            }
        }
    }

    fn identity(&self) -> (String, bool) {
        let allowing = self.statements(Effect::Allow, |layer| layer == Layer::Identity);
        if !allowing.is_empty() {
            return (format!("{} allows it", allowing.join(", ")), false);
        }
        let open = self.open(|clause| clause.layer == Layer::Identity && clause.effect == Effect::Allow);
        open.map_or_else(
            || ("no Allow matches".to_owned(), self.lacks("identity") || self.check.not_granted),
            |open| (open, true),
        )
    }

    fn boundary(&self) -> (String, bool) {
        let name = self.identity.arn().name();
        if !self.check.answer.has_boundary() {
            return (format!("{name} has none"), false);
        }
        if self.lacks("boundary") {
            return ("no Allow matches".to_owned(), true);
        }
        let allowing = self.statements(Effect::Allow, |layer| layer == Layer::Boundary);
        let says =
            if allowing.is_empty() { "it allows it".to_owned() } else { format!("{} allows it", allowing.join(", ")) };
        (says, false)
    }
}
