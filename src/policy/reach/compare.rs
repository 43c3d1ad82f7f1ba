//! Where two sets of policies decide differently about one request.

use std::collections::HashMap;

use super::{Clause, Origin, Reach};
use crate::policy::cover::{Automaton, Set, TooLarge};
use crate::policy::layers::{Layer, Verdict};
use crate::policy::{Effect, Pattern, Statement};

/// What something hangs on: layer, effect, where, and the statement or why there is none.
type Hanging<'a, G> = (Layer, Effect, &'a [Pattern], Option<&'a Statement>, Option<&'a G>);

/// Do two lists hold the same, in whatever order?
fn same<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.len() == other.len()
        && one.iter().all(|item| other.contains(item))
        && other.iter().all(|item| one.contains(item))
}

/// A resource of a set for which two sets of policies decide differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// A shortest resource that shows it.
    pub witness: String,
    /// What the one decides there.
    pub own: Verdict,
    /// What the other decides there.
    pub other: Verdict,
}

impl Difference {
    /// Do these policies allow what the others do not, or may they?
    #[must_use]
    pub fn is_gain(&self) -> bool {
        self.other != Verdict::Allowed && matches!(self.own, Verdict::Allowed | Verdict::Conditional)
    }
}

impl<G> Reach<G> {
    /// Where in a set these policies decide otherwise than those of another request. Where both hang on something
    /// unknown, they differ if they hang on different conditions or policies.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn differences(&self, other: &Self, set: &Set<'_>) -> Result<Vec<Difference>, TooLarge>
    where
        G: PartialEq,
    {
        Ok(self.differences_told_apart(other, set, &[])?.into_iter().map(|(difference, _)| difference).collect())
    }

    /// The same, each with the groups of patterns that its witness is in: what differs inside a group and what differs
    /// outside are never taken together.
    ///
    /// # Errors
    ///
    /// When the policies are too entangled to be decided for a whole set.
    pub fn differences_told_apart<'s>(
        &'s self,
        other: &'s Self,
        set: &Set<'_>,
        groups: &[&'s [Pattern]],
    ) -> Result<Vec<(Difference, Vec<usize>)>, TooLarge>
    where
        G: PartialEq,
    {
        if self.says_the_same(other) {
            return Ok(vec![]);
        }
        // Most clauses are on both sides: the same patterns are one group.
        let (mut all, mut known) = (groups.to_vec(), HashMap::new());
        let mut place = |patterns: &'s [Pattern]| {
            *known.entry(patterns).or_insert_with(|| {
                all.push(patterns);
                all.len() - 1
            })
        };
        let own: Vec<usize> = self.patterns().map(&mut place).collect();
        let others: Vec<usize> = other.patterns().map(&mut place).collect();
        let automaton = Automaton::build(&all)?;
        let mut differences = vec![];
        for (matching, witness) in automaton.combinations(set)? {
            let mine = self.outcome_in(matching, &own, String::new());
            let theirs = other.outcome_in(matching, &others, String::new());
            let (own, others) = (mine.verdict, theirs.verdict);
            let hang_on_the_same = || same(&self.hangs_on(&mine.clauses), &other.hangs_on(&theirs.clauses));
            if own != others || (own == Verdict::Conditional && !hang_on_the_same()) {
                let inside = matching.iter().copied().filter(|group| *group < groups.len()).collect();
                differences.push((Difference { witness, own, other: others }, inside));
            }
        }
        Ok(differences)
    }

    /// Has the other the same clauses, so that nothing can differ? A change concerns few of the actions asked about.
    fn says_the_same(&self, other: &Self) -> bool
    where
        G: PartialEq,
    {
        let clauses = self.clauses.iter().zip(&other.clauses);
        let mut rules = self.rules.iter().zip(&other.rules);
        self.terms == other.terms
            && (self.clauses.len(), self.rules.len()) == (other.clauses.len(), other.rules.len())
            && rules.all(|(own, other)| std::ptr::eq(*own, *other))
            && clauses.into_iter().all(|(own, other)| {
                (own.open, own.all_but, hanging(own)) == (other.open, other.all_but, hanging(other))
            })
    }

    /// What is open where these clauses apply. Wherever it stands, the same statement hangs on the same.
    fn hangs_on(&self, applying: &[usize]) -> Vec<Hanging<'_, G>> {
        let clauses = applying.iter().filter_map(|index| self.clauses.get(*index));
        clauses.filter(|clause| clause.open).map(hanging).collect()
    }
}

/// What hangs on a clause: in which layer, where, and what the statement says or why it could not be read.
fn hanging<G>(clause: &Clause<G>) -> Hanging<'_, G> {
    let gap = match &clause.origin {
        Origin::Missing(gap) => Some(gap),
        Origin::Statement(_) => None,
    };
    (clause.layer, clause.effect, clause.patterns.as_slice(), clause.statement.as_deref(), gap)
}
