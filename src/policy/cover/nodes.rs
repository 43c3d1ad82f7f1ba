//! The globs of several groups as one nondeterministic automaton.
//!
//! The globs of a group are a trie of their elements, of which equal subtrees are one, so that what globs begin with or
//! end with in common is there once. A place in a glob is a node of it; what a text has been read to is a set of nodes.
//!
//! Knows globs and groups; has never heard of sets of texts or of what a group stands for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::policy::pattern::{Pattern, Token};

/// In place of a node: whatever follows is matched.
pub(super) const MATCHED: usize = usize::MAX;

/// All globs of all groups.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    all: Vec<Node>,
    roots: Vec<usize>,
    /// The characters the globs name, ascending; all other characters are alike to them.
    letters: Vec<char>,
    /// Is there a wildcard that matches no colon?
    in_parts: bool,
}

/// A place in the globs of a group: behind an element.
#[derive(Debug)]
struct Node {
    group: usize,
    /// The element before it, where that is a `*`: more characters may follow without leaving the place.
    star: Option<Token>,
    /// Does a glob end here?
    ends: bool,
    /// The elements that may follow, and where they lead. Behind a last `*` none does.
    edges: Edges,
    /// The least number of characters to where a glob ends.
    least: usize,
    /// The next place behind a `*` that matches colons, where the only way on leads there: what can follow here can follow
    /// there too.
    absorbed_by: Option<usize>,
}

/// The elements that may follow a place, and where they lead.
type Edges = Vec<(Token, usize)>;

/// What may follow a place: any more characters of a `*`, the end, elements.
type Following = (Option<Token>, bool, Edges);

/// A place while the trie is made.
#[derive(Debug, Default)]
struct Draft {
    star: Option<Token>,
    ends: bool,
    next: BTreeMap<Token, usize>,
}

/// How far a text has been read: the places where the globs can be, ascending. A group whose match can no longer be lost is
/// settled, and its globs are followed no further.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Positions {
    /// The settled groups, ascending.
    pub(super) settled: Vec<usize>,
    /// The places of all others, ascending.
    pub(super) open: Vec<usize>,
}

impl Nodes {
    /// The automaton of groups of globs; a group matches where one of its globs does.
    pub(super) fn new<'g>(groups: impl IntoIterator<Item = impl IntoIterator<Item = &'g Pattern>>) -> Self {
        let mut nodes = Self::default();
        let mut letters = BTreeSet::new();
        for (group, patterns) in groups.into_iter().enumerate() {
            let drafts = drafts(patterns);
            let tokens = drafts.iter().flat_map(|draft| draft.next.keys());
            for token in tokens {
                nodes.in_parts |= matches!(token, Token::OneInPart | Token::AnyInPart);
                letters.extend(match token {
                    Token::Literal(c) => Some(*c),
                    Token::OneInPart | Token::AnyInPart => Some(':'),
                    Token::One | Token::Any => None,
                });
            }
            let root = nodes.add(group, drafts);
            nodes.roots.push(root);
        }
        nodes.letters = letters.into_iter().collect();
        nodes
    }

    /// Adds the trie of a group, from its leaves up: of places that the same can follow one is kept.
    fn add(&mut self, group: usize, drafts: Vec<Draft>) -> usize {
        let mut known: HashMap<Following, usize> = HashMap::new();
        let mut nodes: Vec<usize> = vec![0; drafts.len()];
        let mut root = 0;
        // INVARIANT: a place is drafted before those that follow it.
        for (at, draft) in drafts.into_iter().enumerate().rev() {
            let mut edges: Edges =
                draft.next.into_iter().filter_map(|(token, to)| Some((token, *nodes.get(to)?))).collect();
            // Nothing is added to what is matched whatever follows.
            let matched = |(token, to): &(Token, usize)| *token == Token::Any && self.settles(*to);
            if let Some(edge) = edges.iter().find(|edge| matched(edge)).copied() {
                edges = vec![edge];
            }
            if draft.ends && draft.star == Some(Token::Any) {
                edges = vec![];
            }
            let node = *known.entry((draft.star, draft.ends, edges)).or_insert_with_key(|(star, ends, edges)| {
                self.all.push(self.node(group, *star, *ends, edges));
                self.all.len() - 1
            });
            if let Some(place) = nodes.get_mut(at) {
                *place = node;
            }
            root = node;
        }
        root
    }

    fn node(&self, group: usize, star: Option<Token>, ends: bool, edges: &[(Token, usize)]) -> Node {
        let least = |(token, to): &(Token, usize)| self.least(*to) + usize::from(!token.is_star());
        let absorbed_by = match edges {
            [(Token::Any, to)] if !ends => Some(*to),
            [(_, to)] if !ends => self.get(*to).and_then(|node| node.absorbed_by),
            _ => None,
        };
        let least = if ends { 0 } else { edges.iter().map(least).min().unwrap_or(0) };
        Node { group, star, ends, edges: edges.to_vec(), least, absorbed_by }
    }

    fn get(&self, node: usize) -> Option<&Node> {
        self.all.get(node)
    }

    /// Does the glob end with this `*`? From here on it matches whatever comes.
    fn settles(&self, node: usize) -> bool {
        self.get(node).is_some_and(|node| node.ends && node.star == Some(Token::Any))
    }

    /// The characters the globs name, ascending.
    pub(super) fn letters(&self) -> &[char] {
        &self.letters
    }

    /// Is there a wildcard that matches no colon?
    pub(super) fn has_parts(&self) -> bool {
        self.in_parts
    }

    /// The group of a place.
    pub(super) fn group(&self, node: usize) -> Option<usize> {
        self.get(node).map(|node| node.group)
    }

    /// The least number of characters from a place to where a glob ends.
    pub(super) fn least(&self, node: usize) -> usize {
        self.get(node).map_or(0, |node| node.least)
    }

    /// Does a glob end at a place?
    pub(super) fn ends(&self, node: usize) -> bool {
        node == MATCHED || self.get(node).is_some_and(|node| node.ends)
    }

    /// The characters that are named at a place.
    pub(super) fn named_at(&self, node: usize) -> impl Iterator<Item = char> {
        let edges = self.get(node).into_iter().flat_map(|node| &node.edges);
        edges.filter_map(|(token, _)| if let Token::Literal(c) = token { Some(*c) } else { None })
    }

    /// Where a character leads from a place, each way by itself.
    pub(super) fn successors(&self, node: usize, c: char) -> Vec<usize> {
        if node == MATCHED {
            return vec![MATCHED];
        }
        let mut reached = Positions::default();
        self.step_from(node, c, &mut |to| self.reach(to, &mut reached));
        if reached.settled.is_empty() { reached.open } else { vec![MATCHED] }
    }

    /// How far is read at the beginning.
    pub(super) fn start(&self) -> Positions {
        self.close(self.roots.iter().copied(), &[])
    }

    /// How far is read after one more character.
    pub(super) fn step(&self, from: &Positions, c: char) -> Positions {
        let mut to = vec![];
        from.open.iter().for_each(|node| self.step_from(*node, c, &mut |node| to.push(node)));
        self.close(to, &from.settled)
    }

    fn step_from(&self, at: usize, c: char, reach: &mut impl FnMut(usize)) {
        let Some(node) = self.get(at) else { return };
        if node.star.is_some_and(|star| star.takes(c)) {
            reach(at);
        }
        for (_, to) in node.edges.iter().filter(|(token, _)| !token.is_star() && token.takes(c)) {
            reach(*to);
        }
    }

    /// All that is read without a character more: behind a `*` as well as before it.
    fn reach(&self, place: usize, reached: &mut Positions) {
        let Some(node) = self.get(place) else { return };
        if self.settles(place) {
            reached.settled.push(node.group);
            return;
        }
        let is_star = |(token, _): &&(Token, usize)| token.is_star();
        if node.ends || node.star.is_some() || node.edges.iter().any(|edge| !is_star(&edge)) {
            reached.open.push(place);
        }
        for (_, to) in node.edges.iter().filter(is_star) {
            self.reach(*to, reached);
        }
    }

    fn close(&self, places: impl IntoIterator<Item = usize>, settled: &[usize]) -> Positions {
        let mut all = Positions { settled: settled.to_vec(), open: vec![] };
        for place in places {
            self.reach(place, &mut all);
        }
        all.settled.sort_unstable();
        all.settled.dedup();
        let Positions { settled, mut open } = all;
        open.retain(|place| self.group(*place).is_some_and(|group| settled.binary_search(&group).is_err()));
        open.sort_unstable();
        open.dedup();
        let absorbed = |place: usize| {
            let mut by = self.get(place).and_then(|node| node.absorbed_by);
            while let Some(later) = by {
                if open.binary_search(&later).is_ok() {
                    return true;
                }
                by = self.get(later).and_then(|node| node.absorbed_by);
            }
            false
        };
        let kept: Vec<usize> = open.iter().copied().filter(|place| !absorbed(*place)).collect();
        Positions { settled, open: kept }
    }

    /// Where each character leads that a glob waits for, ascending, and where any other does.
    pub(super) fn steps(&self, from: &Positions) -> (BTreeMap<char, Positions>, Positions) {
        let (mut always, mut but_colon) = (vec![], vec![]);
        let mut awaited: BTreeMap<char, Vec<usize>> = BTreeMap::new();
        for place in &from.open {
            let Some(node) = self.get(*place) else { continue };
            let around = node.star.map(|star| (star, *place));
            for (token, to) in node.edges.iter().filter(|(token, _)| !token.is_star()).copied().chain(around) {
                match token {
                    Token::Literal(c) => awaited.entry(c).or_default().push(to),
                    Token::One | Token::Any => always.push(to),
                    Token::OneInPart | Token::AnyInPart => but_colon.push(to),
                }
            }
        }
        if !but_colon.is_empty() {
            awaited.entry(':').or_default();
        }
        let other = || always.iter().chain(&but_colon).copied();
        let by_letter = awaited.into_iter().map(|(letter, places)| {
            let rest: &[usize] = if letter == ':' { &[] } else { &but_colon };
            (letter, self.close(places.into_iter().chain(always.iter().chain(rest).copied()), &from.settled))
        });
        (by_letter.collect(), self.close(other(), &from.settled))
    }

    /// The groups that match what has been read, ascending.
    pub(super) fn matched(&self, at: &Positions) -> Vec<usize> {
        let ended = at.open.iter().filter(|place| self.ends(**place)).filter_map(|place| self.group(*place));
        at.settled.iter().copied().chain(ended).collect::<BTreeSet<usize>>().into_iter().collect()
    }
}

/// The trie of some globs.
fn drafts<'g>(patterns: impl IntoIterator<Item = &'g Pattern>) -> Vec<Draft> {
    let mut drafts = vec![Draft::default()];
    for pattern in patterns {
        let mut at = 0;
        for token in pattern.tokens() {
            let new = drafts.len();
            at = drafts.get_mut(at).map_or(0, |draft| *draft.next.entry(token).or_insert(new));
            if at == new {
                drafts.push(Draft { star: token.is_star().then_some(token), ..Draft::default() });
            }
        }
        if let Some(draft) = drafts.get_mut(at) {
            draft.ends = true;
        }
    }
    drafts
}
