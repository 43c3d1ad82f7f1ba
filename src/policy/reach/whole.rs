//! What is decided in a whole set of resources: every verdict and every clause that there is, each with a shortest
//! resource that shows it.

use std::collections::HashSet;

use super::clause::Clause;
use super::union::Union;
use crate::policy::cover::{Beginning, Combination, Meter, Set, TooLarge};

/// So many combinations of a clause with what else is decided are looked for; where there are more, each clause is shown
/// once, where the most is allowed.
const FEW_SHOWN: usize = 64;

/// A resource of a set, with what its verdict says to whoever orders the resources: the most is allowed at the least.
pub(super) struct Shown<V> {
    pub(super) witness: String,
    /// The clauses that apply there.
    pub(super) clauses: Vec<usize>,
    pub(super) verdict: V,
}

/// The resources that show everything that is decided in a set. `decide` says what is decided for one of them.
pub(super) fn shown<G, V: Ord + Copy>(
    union: &Union,
    clauses: &[Clause<G>],
    set: &Set<'_>,
    mut meter: Meter<'_>,
    decide: &dyn Fn(String) -> Shown<V>,
) -> Result<Vec<Shown<V>>, TooLarge> {
    let set_begun = union.automaton.begin(set);
    let combinations =
        union.automaton.combinations(&set_begun, &|partial, group| union.matters(partial, group), &mut meter)?;
    let mut found: Vec<(Vec<usize>, Shown<V>)> =
        combinations.into_iter().map(|(groups, witness): Combination| (groups, decide(witness))).collect();
    found.sort_by_key(|(_, shown)| shown.verdict);
    let combinations: Vec<Vec<usize>> = found.iter().map(|(groups, _)| groups.clone()).collect();
    let mut all: Vec<Shown<V>> = found.into_iter().map(|(_, shown)| shown).collect();
    let mut seen: HashSet<(usize, usize)> = HashSet::new();
    for (at, shown) in all.iter().enumerate() {
        seen.extend(shown.clauses.iter().map(|clause| (at, *clause)));
    }
    let meets = |clause: &Clause<G>| {
        clause.patterns.iter().any(|pattern| match set {
            Set::Below(prefix) => pattern.meets_below(prefix),
            Set::Matching(glob) => pattern.meets(glob),
        })
    };
    let mut hidden = Hidden { union, set: &set_begun, combinations: &combinations, seen: &seen, meter: &mut meter };
    let everywhere = |index: usize| all.iter().all(|shown| shown.clauses.binary_search(&index).is_ok());
    let left: Vec<(usize, &Clause<G>)> =
        clauses.iter().enumerate().filter(|(i, c)| !c.all_but && !everywhere(*i) && meets(c)).collect();
    let thorough = left.len() * combinations.len() <= FEW_SHOWN;
    let mut more = vec![];
    for (index, clause) in left {
        more.extend(hidden.witnesses(index, clause, thorough)?);
    }
    all.extend(more.into_iter().map(decide));
    Ok(all)
}

/// Looks for resources to which a clause applies and that have not been found on the way.
struct Hidden<'h, 'b> {
    union: &'h Union,
    set: &'h Beginning,
    /// The combinations of groups that occur, that in which the most is allowed first.
    combinations: &'h [Vec<usize>],
    /// The clauses that have been seen in each.
    seen: &'h HashSet<(usize, usize)>,
    meter: &'h mut Meter<'b>,
}

impl Hidden<'_, '_> {
    /// Resources of each combination, or of the first, to which a clause applies.
    fn witnesses<G>(&mut self, index: usize, clause: &Clause<G>, thorough: bool) -> Result<Vec<String>, TooLarge> {
        let group = self.union.of(index);
        let mut witnesses = vec![];
        let mut is_shown = false;
        for (at, groups) in self.combinations.iter().enumerate() {
            if !groups.iter().any(|matching| Some(*matching) == group) {
                continue;
            }
            if self.seen.contains(&(at, index)) {
                is_shown = true;
            } else if let Ok(Some(witness)) =
                self.union.automaton.shortest_matching(&clause.patterns, self.set, Some(groups), self.meter)
            {
                witnesses.push(witness);
                is_shown = true;
            }
            if is_shown && !thorough {
                break;
            }
        }
        if !is_shown {
            witnesses.extend(self.union.automaton.shortest_matching(
                &clause.patterns,
                self.set,
                None,
                &mut self.meter.again(),
            )?);
        }
        Ok(witnesses)
    }
}
