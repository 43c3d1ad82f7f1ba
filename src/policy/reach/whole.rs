//! What is decided in a whole set of resources: every verdict and every clause that there is, each with a shortest
//! resource that shows it.

use std::collections::HashSet;

use super::clause::Clause;
use super::union::Union;
use crate::policy::cover::{Beginning, Combination, Meter, Set, TooLarge};
use crate::policy::layers::{Builtin, Verdict};

/// So many combinations of a clause with what else is decided are looked for; where there are more, each clause is shown
/// once, where the most is allowed.
const FEW_SHOWN: usize = 64;

/// One thing that holds in a set of resources, shown by one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is decided there.
    pub verdict: Verdict,
    /// A shortest resource for which it is decided.
    pub witness: String,
    /// The clauses that apply there, by index.
    pub clauses: Vec<usize>,
    /// What AWS itself says there.
    pub(super) builtin: Vec<Builtin>,
}

/// Everything that is decided in a set. `decide` says what is decided for one resource.
pub(super) fn shown<G>(
    union: &Union,
    clauses: &[Clause<G>],
    set: &Set<'_>,
    mut meter: Meter<'_>,
    decide: &dyn Fn(&str) -> Outcome,
) -> Result<Vec<Outcome>, TooLarge> {
    let set_begun = union.automaton.begin(set);
    let combinations =
        union.automaton.combinations(&set_begun, &|partial, group| union.matters(partial, group), &mut meter)?;
    let decided = |(groups, witness): Combination| (groups, decide(&witness));
    let mut found: Vec<(Vec<usize>, Outcome)> = combinations.into_iter().map(decided).collect();
    found.sort_by_key(|(_, outcome)| outcome.verdict);
    let (combinations, mut all): (Vec<Vec<usize>>, Vec<Outcome>) = found.into_iter().unzip();
    let mut seen: HashSet<(usize, usize)> = HashSet::new();
    for (at, outcome) in all.iter().enumerate() {
        seen.extend(outcome.clauses.iter().map(|clause| (at, *clause)));
    }
    let meets = |clause: &Clause<G>| {
        clause.patterns.iter().any(|pattern| match set {
            Set::Below(prefix) => pattern.meets_below(prefix),
            Set::Matching(glob) => pattern.meets(glob),
        })
    };
    let mut hidden = Hidden { union, set: &set_begun, combinations: &combinations, seen: &seen, meter: &mut meter };
    let everywhere = |index: usize| all.iter().all(|outcome| outcome.clauses.binary_search(&index).is_ok());
    let left: Vec<(usize, &Clause<G>)> =
        clauses.iter().enumerate().filter(|(i, c)| !c.all_but && !everywhere(*i) && meets(c)).collect();
    let thorough = left.len() * combinations.len() <= FEW_SHOWN;
    let mut more = vec![];
    for (index, clause) in left {
        more.extend(hidden.witnesses(index, clause, thorough)?);
    }
    all.extend(more.iter().map(|witness| decide(witness)));
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
    /// Resources of each combination, or of the first, to which a clause applies and where it counts.
    fn witnesses<G>(&mut self, index: usize, clause: &Clause<G>, thorough: bool) -> Result<Vec<String>, TooLarge> {
        let group = self.union.of(index);
        let mut witnesses = vec![];
        let mut is_shown = false;
        let counting = self.combinations.iter().enumerate().filter(|(_, groups)| self.union.heeds(groups, clause));
        for (at, groups) in counting.clone() {
            if !groups.iter().any(|matching| Some(*matching) == group) {
                continue;
            }
            if self.seen.contains(&(at, index)) {
                is_shown = true;
            } else if let Ok(Some(witness)) =
                self.union.automaton.shortest_matching(&clause.patterns, self.set, groups, usize::MAX, self.meter)
            {
                witnesses.push(witness);
                is_shown = true;
            }
            if is_shown && !thorough {
                break;
            }
        }
        // What else is decided there did not matter, but that the clause counts.
        let mut tried: HashSet<&[usize]> = HashSet::new();
        for (_, groups) in counting.filter(|_| !is_shown) {
            let rules = groups.partition_point(|group| *group < self.union.rules());
            let rules = groups.get(..rules).unwrap_or_default();
            if tried.insert(rules)
                && let Some(witness) = self.union.automaton.shortest_matching(
                    &clause.patterns,
                    self.set,
                    rules,
                    self.union.rules(),
                    &mut self.meter.again(),
                )?
            {
                witnesses.push(witness);
                break;
            }
        }
        Ok(witnesses)
    }
}
