//! What groups of globs say about a whole set of texts at once: one automaton over all of them.
//!
//! A text is matched by some of the groups and not by others; over a set of texts (all objects of a bucket, say) there
//! are only a few such combinations, and each of them has a shortest text that shows it. The automaton is built once
//! for the globs; every question about a prefix is then a walk along the prefix and a look at what can still follow.
//!
//! Knows globs and texts; has never heard of statements or effects.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::pattern::{Pattern, Token};

/// More states than this are not built: real policies need a few hundred.
const MOST_STATES: usize = 20_000;

/// The texts a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set<'a> {
    /// This one text.
    One(&'a str),
    /// Every longer text that begins with this one: all objects of a bucket are below `arn:aws:s3:::BUCKET/`.
    Below(&'a str),
}

/// One combination of groups that occurs in a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combination {
    /// The groups that match, by index, ascending; all others do not.
    pub groups: Vec<usize>,
    /// A shortest text of the set in which just these match.
    pub witness: String,
}

/// The globs need more states than are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the resource patterns are too many and too entangled to be decided for a whole set of resources")]
pub struct TooLarge;

/// A deterministic automaton over the globs of all groups.
#[derive(Debug)]
pub struct Automaton {
    /// The characters the globs name, ascending; all other characters are alike to them.
    letters: Vec<char>,
    /// A readable character that no glob names.
    other: char,
    /// `states × (letters + 1)`: where each character leads, the last column for all others.
    next: Vec<Vec<usize>>,
    /// For each state, the index of its combination in `combinations`.
    accepts: Vec<usize>,
    combinations: Vec<Vec<usize>>,
    /// For each combination and state: the first step of a shortest way to it, `None` where there is none.
    ways: Vec<Vec<Option<Way>>>,
}

/// A step on a shortest way to a combination.
#[derive(Debug, Clone, Copy)]
enum Way {
    Here,
    By(usize),
}

/// All globs of all groups, token by token, each with an end.
struct Globs {
    places: Vec<Place>,
    starts: Vec<usize>,
}

/// A place in a glob: before a token, or at the end.
struct Place {
    token: Option<Token>,
    group: usize,
}

/// A state while the automaton is built: the places where the globs can be, ascending. A group whose match can no longer
/// be lost is settled, and its globs are followed no further.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Positions {
    settled: Vec<usize>,
    open: Vec<usize>,
}

impl Globs {
    fn new(groups: &[Vec<Pattern>]) -> Self {
        let mut globs = Self { places: vec![], starts: vec![] };
        for (group, patterns) in groups.iter().enumerate() {
            for pattern in patterns {
                globs.starts.push(globs.places.len());
                let tokens = pattern.tokens().iter().copied().map(Some).chain([None]);
                globs.places.extend(tokens.map(|token| Place { token, group }));
            }
        }
        globs
    }

    fn token(&self, place: usize) -> Option<Token> {
        self.places.get(place).and_then(|place| place.token)
    }

    fn group(&self, place: usize) -> usize {
        self.places.get(place).map_or(0, |place| place.group)
    }

    fn letters(&self) -> Vec<char> {
        let tokens = self.places.iter().filter_map(|place| place.token);
        let letters = tokens.filter_map(|token| if let Token::Literal(c) = token { Some(c) } else { None });
        letters.collect::<BTreeSet<char>>().into_iter().collect()
    }

    /// All places that are reached without reading anything more: behind a `*` as well as on it.
    fn close(&self, reached: impl IntoIterator<Item = usize>, settled: &[usize]) -> Positions {
        let mut positions = Positions { settled: settled.to_vec(), open: vec![] };
        for place in reached {
            positions.open.push(place);
            if self.token(place) == Some(Token::Any) {
                match self.token(place + 1) {
                    // The glob ends with `*`: from here on it matches whatever comes.
                    None => positions.settled.push(self.group(place)),
                    Some(_) => positions.open.push(place + 1),
                }
            }
        }
        positions.settled.sort_unstable();
        positions.settled.dedup();
        positions.open.retain(|place| positions.settled.binary_search(&self.group(*place)).is_err());
        positions.open.sort_unstable();
        positions.open.dedup();
        positions
    }

    /// Where a state leads: by each letter that a glob waits for there, and by any other character.
    fn steps(&self, state: &Positions) -> (BTreeMap<char, Positions>, Positions) {
        let mut always = vec![];
        let mut awaited: BTreeMap<char, Vec<usize>> = BTreeMap::new();
        for &place in &state.open {
            match self.token(place) {
                Some(Token::Any) => always.push(place),
                Some(Token::One) => always.push(place + 1),
                Some(Token::Literal(c)) => awaited.entry(c).or_default().push(place + 1),
                None => {}
            }
        }
        let by_letter = awaited.into_iter().map(|(letter, places)| {
            (letter, self.close(places.into_iter().chain(always.iter().copied()), &state.settled))
        });
        (by_letter.collect(), self.close(always.iter().copied(), &state.settled))
    }

    fn matched(&self, state: &Positions) -> Vec<usize> {
        let ended = state.open.iter().filter(|place| self.token(**place).is_none()).map(|place| self.group(*place));
        state.settled.iter().copied().chain(ended).collect::<BTreeSet<usize>>().into_iter().collect()
    }
}

impl Automaton {
    /// Builds the automaton for groups of globs; a group matches where one of its globs does.
    ///
    /// # Errors
    ///
    /// When it would need more than 20,000 states.
    pub fn build(groups: &[Vec<Pattern>]) -> Result<Self, TooLarge> {
        let globs = Globs::new(groups);
        let letters = globs.letters();
        let mut states = States::default();
        states.index(globs.close(globs.starts.iter().copied(), &[]));
        let mut next: Vec<Vec<usize>> = vec![];
        while let Some(state) = states.all.get(next.len()).cloned() {
            let (by_letter, by_other) = globs.steps(&state);
            let mut row = vec![states.index(by_other); letters.len() + 1];
            for (letter, reached) in by_letter {
                let reached = states.index(reached);
                if let Some(step) = letters.binary_search(&letter).ok().and_then(|column| row.get_mut(column)) {
                    *step = reached;
                }
            }
            next.push(row);
            if states.all.len() > MOST_STATES {
                return Err(TooLarge);
            }
        }
        let mut combinations: Vec<Vec<usize>> = vec![];
        let accepts = states.all.iter().map(|state| {
            let matched = globs.matched(state);
            combinations.iter().position(|known| *known == matched).unwrap_or_else(|| {
                combinations.push(matched);
                combinations.len() - 1
            })
        });
        let accepts: Vec<usize> = accepts.collect();
        let ways = ways(&next, &accepts, combinations.len());
        Ok(Self { other: other(&letters), letters, next, accepts, combinations, ways })
    }

    /// Every combination of groups that occurs in a set, in a fixed order.
    #[must_use]
    pub fn combinations(&self, set: Set<'_>) -> Vec<Combination> {
        match set {
            Set::One(text) => {
                let groups = self.groups(self.accepted_by(self.walk(text)));
                vec![Combination { groups, witness: text.to_owned() }]
            }
            Set::Below(prefix) => {
                let state = self.walk(prefix);
                (0..self.combinations.len())
                    .filter_map(|combination| {
                        // "Any other character" is the last letter: it reads best and goes first.
                        let ways = (0..=self.letters.len()).rev().filter_map(|letter| {
                            let rest = self.shortest(combination, self.after(state, letter))?;
                            Some(format!("{prefix}{}{rest}", self.letter(letter)))
                        });
                        let witness = ways.min_by_key(String::len)?;
                        Some(Combination { groups: self.groups(combination), witness })
                    })
                    .collect()
            }
        }
    }

    fn walk(&self, text: &str) -> usize {
        text.chars().fold(0, |state, c| self.after(state, self.letters.binary_search(&c).unwrap_or(self.letters.len())))
    }

    fn after(&self, state: usize, letter: usize) -> usize {
        // INVARIANT: every state has a row, and every row a column for each letter and one for all others.
        self.next.get(state).and_then(|row| row.get(letter)).copied().unwrap_or_default()
    }

    fn accepted_by(&self, state: usize) -> usize {
        self.accepts.get(state).copied().unwrap_or_default()
    }

    fn groups(&self, combination: usize) -> Vec<usize> {
        self.combinations.get(combination).cloned().unwrap_or_default()
    }

    fn letter(&self, index: usize) -> char {
        self.letters.get(index).copied().unwrap_or(self.other)
    }

    fn shortest(&self, combination: usize, mut state: usize) -> Option<String> {
        let ways = self.ways.get(combination)?;
        let mut text = String::new();
        loop {
            match (*ways.get(state)?)? {
                Way::Here => return Some(text),
                Way::By(letter) => {
                    text.push(self.letter(letter));
                    state = self.after(state, letter);
                }
            }
        }
    }
}

/// The states found so far, each known by its positions.
#[derive(Default)]
struct States {
    all: Vec<Positions>,
    known: HashMap<Positions, usize>,
}

impl States {
    fn index(&mut self, state: Positions) -> usize {
        if let Some(known) = self.known.get(&state) {
            return *known;
        }
        self.known.insert(state.clone(), self.all.len());
        self.all.push(state);
        self.all.len() - 1
    }
}

fn other(letters: &[char]) -> char {
    let mut readable =
        ['x'].into_iter().chain('a'..='z').chain('0'..='9').chain('A'..='Z').chain('\u{a1}'..='\u{ffff}');
    readable.find(|c| letters.binary_search(c).is_err()).unwrap_or('\u{10ffff}')
}

/// For each combination, backwards from the states that show it: the first step of a shortest way there. Letters come
/// before "any other character", and small letters are preferred by their order in the alphabet of the globs.
fn ways(next: &[Vec<usize>], accepts: &[usize], combinations: usize) -> Vec<Vec<Option<Way>>> {
    let mut before: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); next.len()];
    for (state, row) in next.iter().enumerate() {
        for (letter, reached) in row.iter().enumerate() {
            if let Some(from) = before.get_mut(*reached) {
                // Of several letters that lead there, "any other" (the last column) reads best.
                from.insert(state, letter);
            }
        }
    }
    (0..combinations)
        .map(|combination| {
            let mut ways = vec![None; next.len()];
            let mut queue = VecDeque::new();
            for (state, way) in ways.iter_mut().enumerate() {
                if accepts.get(state) == Some(&combination) {
                    *way = Some(Way::Here);
                    queue.push_back(state);
                }
            }
            while let Some(state) = queue.pop_front() {
                for (from, letter) in before.get(state).into_iter().flatten() {
                    if let Some(way @ None) = ways.get_mut(*from) {
                        *way = Some(Way::By(*letter));
                        queue.push_back(*from);
                    }
                }
            }
            ways
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn build(groups: &[&[&str]]) -> (Vec<Vec<Pattern>>, Automaton) {
        let groups: Vec<Vec<Pattern>> = groups.iter().map(|g| g.iter().map(|p| Pattern::new(p)).collect()).collect();
        let automaton = Automaton::build(&groups).unwrap();
        (groups, automaton)
    }

    #[test]
    fn a_bucket_without_a_token_is_reached_at_the_keys_that_carry_one() {
        let (_, automaton) = build(&[&["arn:aws:s3:::*sagemaker*", "arn:aws:s3:::*groundtruth*"], &["*"]]);
        let plain = automaton.combinations(Set::Below("arn:aws:s3:::plain/"));
        let shown: Vec<_> = plain.iter().map(|c| (c.groups.as_slice(), c.witness.as_str())).collect();
        assert_eq!(shown, [(&[1][..], "arn:aws:s3:::plain/x"), (&[0, 1][..], "arn:aws:s3:::plain/sagemaker")]);
        let named = automaton.combinations(Set::Below("arn:aws:s3:::my-sagemaker/"));
        assert_eq!(named, [Combination { groups: vec![0, 1], witness: "arn:aws:s3:::my-sagemaker/x".to_owned() }]);
    }

    #[test]
    fn globs_that_would_need_too_many_states_are_refused() {
        let groups: Vec<Vec<Pattern>> =
            (0..20).map(|i| vec![Pattern::new(&format!("*{}{}*", 'a', char::from(b'b' + i)))]).collect();
        assert_eq!(Automaton::build(&groups).unwrap_err(), TooLarge);
    }

    proptest! {
        #[test]
        fn the_automaton_and_the_matcher_agree(
            globs in proptest::collection::vec(proptest::collection::vec("[ab*?]{0,5}", 1..3), 1..4),
            prefix in "[abc]{0,3}",
        ) {
            let groups: Vec<Vec<Pattern>> =
                globs.iter().map(|g| g.iter().map(|p| Pattern::new(p)).collect()).collect();
            let automaton = Automaton::build(&groups).unwrap();
            let matching = |text: &str| -> Vec<usize> {
                (0..groups.len()).filter(|g| groups[*g].iter().any(|p| p.matches(text))).collect()
            };
            let found = automaton.combinations(Set::Below(&prefix));
            for combination in &found {
                prop_assert!(combination.witness.starts_with(&prefix));
                prop_assert_eq!(&matching(&combination.witness), &combination.groups);
            }
            let mut tails = vec![String::new()];
            for _ in 0..4 {
                tails = tails.iter().flat_map(|t| ["a", "b", "x"].map(|c| format!("{t}{c}"))).collect();
                for tail in &tails {
                    let text = format!("{prefix}{tail}");
                    let seen = matching(&text);
                    let shown = found.iter().find(|c| c.groups == seen);
                    prop_assert!(shown.is_some_and(|c| c.witness.len() <= text.len()), "{} {:?}", text, seen);
                    prop_assert_eq!(&automaton.combinations(Set::One(&text))[0].groups, &seen);
                }
            }
        }
    }
}
