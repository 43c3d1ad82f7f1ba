//! A shortest text that is of some groups of globs and of none of others, or the proof that there is none.
//!
//! What the text has to match is followed nondeterministically, one place of each group at a time; what it must not match
//! is a set of places, as in the subset construction. Of two states with the same places to match, the one with fewer
//! places to avoid dominates: whatever text completes the other completes it, too. So only an antichain of states is kept,
//! and wildcards are filled with a character that no glob names, unless a glob waits for another.
//!
//! Source of the method: De Wulf, Doyen, Henzinger, Raskin, "Antichains: a new algorithm for checking universality of
//! finite automata" (CAV 2006). The order is that of A*, so that the first text found is a shortest one. Where several
//! globs have to match at once that may mean to try all ways in which their words can overlap; then one word after the
//! other is good enough, and the text is a short one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::budget::{Meter, TooLarge};
use super::nodes::{MATCHED, Nodes, Positions};

/// Globs of which a text has to match one, read to some places.
pub(super) struct Required<'n> {
    pub(super) nodes: &'n Nodes,
    /// Where they can be, [`MATCHED`] among them where whatever follows is matched.
    pub(super) places: Vec<usize>,
}

/// Globs of which a text must match none, read to some places.
pub(super) struct Refused<'n> {
    pub(super) nodes: &'n Nodes,
    pub(super) places: Vec<usize>,
}

/// A text that has been read so far.
struct State {
    /// Where the required globs are.
    places: Vec<usize>,
    /// Where the refused ones are, by index.
    refused: usize,
    length: usize,
    /// The text without its last character, by index, and that character.
    from: Option<(usize, char)>,
}

/// The states that were reached.
struct Search<'s, 'n> {
    required: &'s [Required<'n>],
    refused: Sets<'s, 'n>,
    wanted: Wanted,
    /// The steps so far.
    spent: usize,
    states: Vec<State>,
    /// Those to go on from, what promises most first: by the least length of a text through them.
    queue: BTreeMap<usize, Vec<usize>>,
    /// The antichains: for the same places to match, how long the text is and what is to be avoided.
    least: HashMap<Vec<usize>, Vec<(usize, usize)>>,
}

/// The sets of refused places, and where characters lead from each; `None` where a refused glob is matched for good.
struct Sets<'s, 'n> {
    globs: &'s Refused<'n>,
    all: Vec<Vec<usize>>,
    known: HashMap<Vec<usize>, usize>,
    steps: HashMap<(usize, char), Option<usize>>,
}

/// What a search is to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A shortest text, within so many steps.
    Shortest(usize),
    /// Any text, within so many steps.
    Short(usize),
}

/// A text that matches all that is required and nothing that is refused. With `longer` it has a character at least.
/// `other` is a character that no glob names.
pub(super) fn find(
    required: &[Required<'_>],
    refused: &Refused<'_>,
    longer: bool,
    other: char,
    wanted: Wanted,
    meter: &mut Meter<'_>,
) -> Result<Option<String>, TooLarge> {
    let mut search = Search::new(required, refused, wanted);
    for places in product(required.iter().map(|required| required.places.clone())) {
        search.push(places, 0, 0, None, longer, meter)?;
    }
    while let Some(at) = search.next() {
        let Some(State { places, refused, length, .. }) = search.states.get(at) else { break };
        let (places, refused, length) = (places.clone(), *refused, *length);
        if (length > 0 || !longer) && search.accepts(&places, refused) {
            return Ok(Some(search.text(at)));
        }
        for c in search.letters(&places, other) {
            let Some(refused) = search.refused.step(refused, c, meter)? else { continue };
            let each =
                search.required.iter().zip(&places).map(|(required, place)| required.nodes.successors(*place, c));
            for places in product(each) {
                search.push(places, refused, length + 1, Some((at, c)), false, meter)?;
            }
        }
    }
    Ok(None)
}

impl<'s, 'n> Search<'s, 'n> {
    fn new(required: &'s [Required<'n>], refused: &'s Refused<'n>, wanted: Wanted) -> Self {
        let first = refused.places.clone();
        let known = HashMap::from([(first.clone(), 0)]);
        let refused = Sets { globs: refused, all: vec![first], known, steps: HashMap::new() };
        Self { required, refused, wanted, spent: 0, states: vec![], queue: BTreeMap::new(), least: HashMap::new() }
    }

    /// Takes a state up, unless another dominates it. One that is only to be gone on from dominates none.
    fn push(
        &mut self,
        places: Vec<usize>,
        refused: usize,
        length: usize,
        from: Option<(usize, char)>,
        passing: bool,
        meter: &mut Meter<'_>,
    ) -> Result<(), TooLarge> {
        let known = self.least.entry(places.clone()).or_default();
        let avoided = self.refused.places(refused);
        let steps = 10 + places.len() + known.len() * (1 + avoided.len() / 8);
        meter.spend(steps)?;
        self.spent += steps;
        let (shortest, most) = match self.wanted {
            Wanted::Shortest(most) => (true, most),
            Wanted::Short(most) => (false, most),
        };
        if self.spent > most {
            return Err(TooLarge);
        }
        let dominates = |(long, set): &(usize, usize)| {
            (!shortest || *long <= length) && (*set == refused || is_within(self.refused.places(*set), avoided))
        };
        if known.iter().any(dominates) {
            return Ok(());
        }
        if !passing {
            let dominated = |(long, set): &(usize, usize)| {
                (!shortest || length <= *long) && is_within(avoided, self.refused.places(*set))
            };
            known.retain(|state| !dominated(state));
            known.push((length, refused));
        }
        let left = self.required.iter().zip(&places).map(|(required, place)| required.nodes.least(*place));
        let least = if shortest {
            length + left.max().unwrap_or(0).max(usize::from(passing))
        } else {
            length + 2 * left.sum::<usize>()
        };
        self.queue.entry(least).or_default().push(self.states.len());
        self.states.push(State { places, refused, length, from });
        Ok(())
    }

    /// The latest of those states through which a text is shortest.
    fn next(&mut self) -> Option<usize> {
        let mut first = self.queue.first_entry()?;
        let state = first.get_mut().pop();
        if first.get().is_empty() {
            first.remove();
        }
        state
    }

    fn accepts(&self, places: &[usize], refused: usize) -> bool {
        let ended = self.required.iter().zip(places).all(|(required, place)| required.nodes.ends(*place));
        ended && !self.refused.places(refused).iter().any(|place| self.refused.globs.nodes.ends(*place))
    }

    /// The characters to go on with, what reads best last: any that a required glob waits for, and one that no glob names.
    /// All others lead to no fewer places that are to be avoided, but for the colon.
    fn letters(&self, places: &[usize], other: char) -> Vec<char> {
        let each = self.required.iter().zip(places);
        let mut letters: BTreeSet<char> = each.flat_map(|(required, place)| required.nodes.named_at(*place)).collect();
        if self.refused.globs.nodes.has_parts() {
            letters.insert(':');
        }
        letters.into_iter().chain([other]).collect()
    }

    fn text(&self, at: usize) -> String {
        let mut letters = vec![];
        let mut state = self.states.get(at);
        while let Some((from, letter)) = state.and_then(|state| state.from) {
            letters.push(letter);
            state = self.states.get(from);
        }
        letters.into_iter().rev().collect()
    }
}

impl Sets<'_, '_> {
    fn places(&self, set: usize) -> &[usize] {
        self.all.get(set).map_or(&[], Vec::as_slice)
    }

    /// Where a character leads, unless to a match that nothing can undo.
    fn step(&mut self, set: usize, c: char, meter: &mut Meter<'_>) -> Result<Option<usize>, TooLarge> {
        if let Some(known) = self.steps.get(&(set, c)) {
            return Ok(*known);
        }
        let from = Positions { settled: vec![], open: self.places(set).to_vec() };
        meter.spend(1 + from.open.len())?;
        let to = self.globs.nodes.step(&from, c);
        let to = to.settled.is_empty().then(|| {
            let next = self.all.len();
            *self.known.entry(to.open).or_insert_with_key(|places| {
                self.all.push(places.clone());
                next
            })
        });
        self.steps.insert((set, c), to);
        Ok(to)
    }
}

/// Is every place of one set in another? Both ascend.
fn is_within(one: &[usize], other: &[usize]) -> bool {
    let mut others = other.iter();
    one.len() <= other.len() && one.iter().all(|place| others.any(|other| other == place))
}

/// Every choice of one place of each.
fn product(each: impl IntoIterator<Item = Vec<usize>>) -> Vec<Vec<usize>> {
    each.into_iter().fold(vec![vec![]], |chosen, places| {
        let with = |chosen: &Vec<usize>, place: usize| chosen.iter().copied().chain([place]).collect::<Vec<_>>();
        chosen.iter().flat_map(|chosen| places.iter().map(|place| with(chosen, *place)).collect::<Vec<_>>()).collect()
    })
}

impl Required<'_> {
    /// The places of a group, of all that has been read to somewhere.
    pub(super) fn places(nodes: &Nodes, at: &Positions, group: usize) -> Vec<usize> {
        if at.settled.binary_search(&group).is_ok() {
            return vec![MATCHED];
        }
        at.open.iter().copied().filter(|place| nodes.group(*place) == Some(group)).collect()
    }
}
