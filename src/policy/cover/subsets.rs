//! The subset construction, as far as it is asked for: a state is a set of places in globs, and is built when a text or
//! a walk through all texts first comes to it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::nodes::{Nodes, Positions};
use crate::policy::pattern::Pattern;

/// A deterministic automaton over the globs of some groups, of which only the states exist that were reached.
#[derive(Debug)]
pub(super) struct Subsets {
    nodes: Nodes,
    built: RefCell<Built>,
}

/// The states so far, each known by its positions.
#[derive(Debug, Default)]
struct Built {
    states: Vec<Rc<Positions>>,
    known: HashMap<Rc<Positions>, usize>,
    /// Where single characters lead; `None` is any that no glob names.
    steps: HashMap<(usize, Option<char>), usize>,
    ways: HashMap<usize, Rc<Ways>>,
}

/// Where characters lead from a state.
#[derive(Debug)]
pub(super) struct Ways {
    /// Each that a glob waits for, ascending.
    by_letter: Vec<(char, usize)>,
    other: usize,
}

impl Ways {
    /// The characters that a glob waits for, ascending.
    pub(super) fn letters(&self) -> impl Iterator<Item = char> {
        self.by_letter.iter().map(|(letter, _)| *letter)
    }

    /// Where a character leads.
    pub(super) fn by(&self, c: char) -> usize {
        let at = self.by_letter.binary_search_by_key(&c, |(letter, _)| *letter).ok();
        at.and_then(|at| self.by_letter.get(at)).map_or(self.other, |(_, state)| *state)
    }
}

impl Built {
    fn index(&mut self, positions: Positions) -> usize {
        if let Some(known) = self.known.get(&positions) {
            return *known;
        }
        let positions = Rc::new(positions);
        self.known.insert(Rc::clone(&positions), self.states.len());
        self.states.push(positions);
        self.states.len() - 1
    }
}

impl Subsets {
    /// The automaton of groups of globs, with its first state.
    pub(super) fn new<'g>(groups: impl IntoIterator<Item = impl IntoIterator<Item = &'g Pattern>>) -> Self {
        let nodes = Nodes::new(groups);
        let mut built = Built::default();
        built.index(nodes.start());
        Self { nodes, built: RefCell::new(built) }
    }

    /// The globs.
    pub(super) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The places of a state.
    pub(super) fn positions(&self, state: usize) -> Rc<Positions> {
        self.built.borrow().states.get(state).map(Rc::clone).unwrap_or_default()
    }

    /// The state to which a text leads from another; the first is 0.
    pub(super) fn walk(&self, from: usize, text: &str) -> usize {
        text.chars().fold(from, |state, c| self.step(state, c))
    }

    fn step(&self, state: usize, c: char) -> usize {
        let named = self.nodes.letters().binary_search(&c).is_ok().then_some(c);
        if let Some(known) = self.built.borrow().steps.get(&(state, named)) {
            return *known;
        }
        let reached = self.nodes.step(&self.positions(state), c);
        let mut built = self.built.borrow_mut();
        let reached = built.index(reached);
        built.steps.insert((state, named), reached);
        reached
    }

    /// Where characters lead from a state, and how many places were looked at to find out.
    pub(super) fn ways(&self, state: usize) -> (Rc<Ways>, usize) {
        if let Some(known) = self.built.borrow().ways.get(&state) {
            return (Rc::clone(known), known.by_letter.len() + 1);
        }
        let (by_letter, other) = self.nodes.steps(&self.positions(state));
        let cost = by_letter.values().chain([&other]).map(|positions| positions.open.len() + 1).sum();
        let mut built = self.built.borrow_mut();
        let by_letter = by_letter.into_iter().map(|(letter, reached)| (letter, built.index(reached))).collect();
        let ways = Rc::new(Ways { by_letter, other: built.index(other) });
        built.ways.insert(state, Rc::clone(&ways));
        (ways, cost)
    }
}
