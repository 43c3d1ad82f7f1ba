//! What comes of a question: how much is allowed, where, and what it depends on.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::Serialize;

use crate::account::Unknown;
use crate::policy::decide::Reason;
use crate::policy::layers::Verdict;
use crate::policy::reach::{Clause, Origin, Outcome, Reach};

/// How much of a set of resources is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// Everything.
    All,
    /// Something is, and something is not.
    Some,
    /// Nothing, and nothing refuses either.
    None,
    /// Nothing, because a statement refuses.
    Denied,
    /// It depends on something that is not known.
    Unknown,
}

/// What the policies decide about one action on a set of resources.
#[derive(Debug, Clone)]
pub struct Answer {
    action: String,
    /// What the witnesses of all outcomes begin with.
    prefix: String,
    outcomes: Rc<[Outcome]>,
    reach: Rc<Reach<Unknown>>,
}

impl Answer {
    /// What a reach decides about one resource.
    #[must_use]
    pub fn of_one(action: &str, resource: &str, reach: Rc<Reach<Unknown>>) -> Self {
        let outcomes = Rc::new([reach.decide(resource)]);
        Self { action: action.to_owned(), prefix: String::new(), outcomes, reach }
    }

    /// What a reach decides below a prefix.
    #[must_use]
    pub fn below(action: &str, prefix: &str, reach: Rc<Reach<Unknown>>) -> Self {
        let outcomes = reach.below(prefix).unwrap_or_default();
        Self { action: action.to_owned(), prefix: prefix.to_owned(), outcomes, reach }
    }

    /// The action that was asked about.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// How much is allowed.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage::of(self.verdicts())
    }

    /// What is decided somewhere in the set; conditional, where the policies are too entangled to tell.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        let nothing = self.outcomes.is_empty().then_some(Verdict::Conditional);
        self.outcomes.iter().map(|outcome| outcome.verdict).chain(nothing)
    }

    /// Everything that is decided somewhere in the set; witnesses are without the set's prefix.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The clauses that apply where an outcome holds.
    pub fn clauses_of(&self, outcome: &Outcome) -> impl Iterator<Item = &Clause<Unknown>> {
        outcome.clauses.iter().filter_map(|index| self.reach.clauses().get(*index))
    }

    /// The layers for want of which nothing is allowed where an outcome holds.
    #[must_use]
    pub fn lacking(&self, outcome: &Outcome) -> Vec<&'static str> {
        self.reach.lacking(outcome)
    }

    /// The Allow statements about the action that a condition certainly keeps from applying.
    #[must_use]
    pub fn unmet(&self) -> &[Clause<Unknown>] {
        self.reach.unmet()
    }

    /// The statements that would grant the action, and are about other resources than this one.
    pub fn elsewhere(&self, resource: &str) -> impl Iterator<Item = &Clause<Unknown>> {
        self.reach.clauses().iter().filter(move |clause| clause.grants() && !clause.applies_to(resource))
    }

    /// Is there a permissions boundary?
    #[must_use]
    pub fn has_boundary(&self) -> bool {
        self.reach.has_boundary()
    }

    /// A shortest resource for which one of these verdicts is decided.
    #[must_use]
    pub fn example(&self, verdicts: &[Verdict]) -> Option<String> {
        let shown = self.outcomes.iter().find(|outcome| verdicts.contains(&outcome.verdict))?;
        Some(format!("{}{}", self.prefix, shown.witness))
    }

    /// The clauses that apply somewhere in the set, each once, in the order of the policies.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause<Unknown>> {
        let applying: BTreeSet<usize> = self.outcomes.iter().flat_map(|o| o.clauses.iter().copied()).collect();
        applying.into_iter().filter_map(|index| self.reach.clauses().get(index))
    }

    /// The clauses that grant, or may grant, something of the set.
    pub fn granting(&self) -> impl Iterator<Item = &Clause<Unknown>> {
        self.clauses().filter(|clause| clause.grants())
    }

    /// The statements that apply somewhere in the set.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        self.clauses().filter_map(|clause| match &clause.origin {
            Origin::Statement(reason) => Some(reason),
            Origin::Missing(_) => None,
        })
    }

    /// What is missing where the answer depends on something: a policy that could not be read, or a statement that this
    /// build does not decide.
    #[must_use]
    pub fn gap(&self) -> Option<Unknown> {
        self.too_entangled().or_else(|| self.clauses().find(|clause| clause.open).map(|clause| self.gap_of(clause)))
    }

    /// The policies' patterns could not be decided together.
    #[must_use]
    pub fn too_entangled(&self) -> Option<Unknown> {
        self.outcomes.is_empty().then(|| Unknown::TooComplex { action: self.action.clone() })
    }

    /// Why a clause is open.
    #[must_use]
    pub fn gap_of(&self, clause: &Clause<Unknown>) -> Unknown {
        match &clause.origin {
            Origin::Missing(unknown) => unknown.clone(),
            Origin::Statement(reason) => Unknown::Undecidable {
                action: self.action.clone(),
                statement: Box::new(reason.clone()),
                on: clause.unknown_keys(),
            },
        }
    }
}

impl Coverage {
    /// What several verdicts over parts of a set say of the whole.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let seen: BTreeSet<Verdict> = verdicts.into_iter().collect();
        let denied = seen.iter().any(|verdict| verdict.is_denial());
        match (seen.contains(&Verdict::Allowed), seen.contains(&Verdict::Conditional), denied) {
            (true, false, false) => Self::All,
            (true, _, true) => Self::Some,
            (false, false, true) if seen.contains(&Verdict::ExplicitlyDenied) => Self::Denied,
            (false, false, true) => Self::None,
            _ => Self::Unknown,
        }
    }
}
