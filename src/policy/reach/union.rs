//! Clauses that do the same: one group, whose patterns are one union before any automaton is made of them.
//!
//! A role with a statement for each of a hundred directories grants one union of a hundred patterns. Which of the
//! statements it is that applies somewhere does not matter to what is decided there. The rules of AWS's own are groups,
//! too, and distinguished before all others: they say which clauses count.

use super::clause::{Clause, Origin};
use crate::policy::cover::{Automaton, Matters, Partial};
use crate::policy::layers::Layer;
use crate::policy::special::{self, Rule};
use crate::policy::{Effect, Pattern};

/// The rules and the clauses of a request in groups.
#[derive(Debug)]
pub(super) struct Union {
    /// Over the groups.
    pub(super) automaton: Automaton,
    /// Each a group of its own, the first ones.
    rules: Vec<&'static Rule>,
    /// Of clauses, behind the rules.
    groups: Vec<Group>,
    /// The group of each clause.
    of: Vec<usize>,
}

/// Clauses of one layer and effect that depend on the same conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    layer: Layer,
    effect: Effect,
    open: bool,
    all_but: bool,
}

impl Union {
    pub(super) fn new<G>(clauses: &[Clause<G>], rules: &[&'static Rule]) -> Self {
        let mut members: Vec<Vec<(usize, &Clause<G>)>> = vec![];
        for clause in clauses.iter().enumerate() {
            let same = |group: &&mut Vec<(usize, &Clause<G>)>| {
                group.first().is_some_and(|(_, first)| do_the_same(first, clause.1))
            };
            match members.iter_mut().find(same) {
                Some(group) => group.push(clause),
                None => members.push(vec![clause]),
            }
        }
        // What is certain is distinguished first: it may leave nothing to what is open.
        members.sort_by_key(|group| group.first().map(|(_, clause)| (clause.open, clause.effect == Effect::Allow)));
        let mut of = vec![0; clauses.len()];
        for (index, group) in (rules.len()..).zip(&members) {
            for (clause, _) in group {
                if let Some(of) = of.get_mut(*clause) {
                    *of = index;
                }
            }
        }
        let groups = members.iter().filter_map(|group| group.first()).map(|(_, clause)| Group {
            layer: clause.layer,
            effect: clause.effect,
            open: clause.open,
            all_but: clause.all_but,
        });
        let of_rules = rules.iter().map(|rule| rule.patterns.iter().collect::<Vec<&Pattern>>());
        let of_clauses = members.iter().map(|group| group.iter().flat_map(|(_, clause)| &clause.patterns).collect());
        let automaton = Automaton::new(of_rules.chain(of_clauses));
        Self { automaton, rules: rules.to_vec(), groups: groups.collect(), of }
    }

    /// How many of the first groups are rules.
    pub(super) fn rules(&self) -> usize {
        self.rules.len()
    }

    /// Does a clause count where these groups match, if it applies there?
    pub(super) fn heeds<G>(&self, matching: &[usize], clause: &Clause<G>) -> bool {
        special::heard(&self.rules, matching.iter().copied()).heeds(clause.effect, clause.layer)
    }

    /// A group of clauses; nothing where the group is a rule.
    fn group(&self, index: usize) -> Option<&Group> {
        index.checked_sub(self.rules.len()).and_then(|index| self.groups.get(index))
    }

    /// The group of a clause.
    pub(super) fn of(&self, clause: usize) -> Option<usize> {
        self.of.get(clause).copied()
    }

    /// Can it matter to what is decided whether a group matches, where others are known to match or not?
    pub(super) fn matters(&self, partial: &Partial, group: usize) -> Matters {
        let Some(group) = self.group(group) else { return Matters::Yes };
        let matching = partial.iter().filter(|(_, matches)| *matches).map(|(group, _)| *group);
        let heard = special::heard(&self.rules, matching);
        let is_heard = |group: &Group| heard.heeds(group.effect, group.layer);
        if (group.layer == Layer::Rcp && group.effect == Effect::Allow) || !is_heard(group) {
            return Matters::No;
        }
        let beside = partial.iter().filter_map(|(other, matches)| {
            let other = self.group(*other).filter(|other| is_heard(other))?;
            // Whichever layer denies, the request is denied.
            let heard_alike =
                other.effect == group.effect && (group.effect == Effect::Deny || other.layer == group.layer);
            (heard_alike && *matches != other.all_but).then_some(other.open)
        });
        match beside.min() {
            Some(false) => Matters::No,
            Some(true) if group.open => Matters::IfFew,
            Some(true) | None => Matters::Yes,
        }
    }
}

/// Is the same decided where the one applies as where the other does, for the same reasons?
fn do_the_same<G>(one: &Clause<G>, other: &Clause<G>) -> bool {
    let is_missing = |clause: &Clause<G>| matches!(clause.origin, Origin::Missing(_));
    (one.layer, one.effect, one.open, one.all_but) == (other.layer, other.effect, other.open, other.all_but)
        && is_missing(one) == is_missing(other)
        && one.residual == other.residual
        // What two statements leave out is no union of what each does.
        && (!one.all_but || one.patterns == other.patterns)
        && (!one.open || one.depends_on_request() == other.depends_on_request())
}
