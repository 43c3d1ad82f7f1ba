//! What groups of globs say about a whole set of texts at once: one automaton over all of them.
//!
//! A text is matched by some of the groups and not by others; over a set of texts (all objects of a bucket, say) there
//! are only a few such combinations, and each of them has a shortest text that shows it. The automaton is built once
//! for the globs; every question about a prefix is then a walk along the prefix and a look at what can still follow.
//!
//! Knows globs and texts; has never heard of statements or effects.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::pattern::{Pattern, Token};

/// More states than this are not built: real policies need a few hundred.
const MOST_STATES: usize = 20_000;
/// And no more than so many states times combinations, which all are kept.
const MOST_WAYS: usize = 4_000_000;

/// The texts a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set<'a> {
    /// Every longer text that begins with this one: all objects of a bucket are below `arn:aws:s3:::BUCKET/`.
    Below(&'a str),
    /// Every text that a glob matches: `arn:aws:lambda:*:111122223333:function:*` without regard to the region.
    Matching(&'a Pattern),
}

/// One combination of groups that occurs in a set: those that match, by index, ascending, while all others do not; and a
/// shortest text of the set in which that is so.
pub type Combination<'a> = (&'a [usize], String);

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
    /// For each combination and state: the beginning of a shortest way to it, `None` where there is none.
    ways: Vec<Vec<Option<Way>>>,
}

/// The beginning of a shortest way to a combination: how long the way is, and by which letter it begins, if it is not at
/// its end.
#[derive(Debug, Clone, Copy)]
struct Way {
    length: usize,
    letter: usize,
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
    fn new(groups: &[&[Pattern]]) -> Self {
        let mut globs = Self { places: vec![], starts: vec![] };
        for (group, patterns) in groups.iter().enumerate() {
            for pattern in *patterns {
                globs.starts.push(globs.places.len());
                let tokens = pattern.tokens().map(Some).chain([None]);
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
        let letters = tokens.filter_map(|token| match token {
            Token::Literal(c) => Some(c),
            Token::OneInPart | Token::AnyInPart => Some(':'),
            Token::One | Token::Any => None,
        });
        letters.collect::<BTreeSet<char>>().into_iter().collect()
    }

    /// All places that are reached without reading anything more: behind a `*` as well as on it.
    fn close(&self, reached: impl IntoIterator<Item = usize>, settled: &[usize]) -> Positions {
        let mut positions = Positions { settled: settled.to_vec(), open: vec![] };
        for place in reached {
            positions.open.push(place);
            match (self.token(place), self.token(place + 1)) {
                // The glob ends with `*`: from here on it matches whatever comes.
                (Some(Token::Any), None) => positions.settled.push(self.group(place)),
                (Some(Token::Any | Token::AnyInPart), _) => positions.open.push(place + 1),
                _ => {}
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
        let (mut always, mut but_colon) = (vec![], vec![]);
        let mut awaited: BTreeMap<char, Vec<usize>> = BTreeMap::new();
        for &place in &state.open {
            match self.token(place) {
                Some(Token::Any) => always.push(place),
                Some(Token::One) => always.push(place + 1),
                Some(Token::AnyInPart) => but_colon.push(place),
                Some(Token::OneInPart) => but_colon.push(place + 1),
                Some(Token::Literal(c)) => awaited.entry(c).or_default().push(place + 1),
                None => {}
            }
        }
        if !but_colon.is_empty() {
            awaited.entry(':').or_default();
        }
        let other = || always.iter().chain(&but_colon).copied();
        let by_letter = awaited.into_iter().map(|(letter, places)| {
            let reached = if letter == ':' { always.iter().chain(&[]).copied() } else { other() };
            (letter, self.close(places.into_iter().chain(reached), &state.settled))
        });
        (by_letter.collect(), self.close(other(), &state.settled))
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
    /// When it would need more than 20,000 states, or tables of more than four million entries.
    pub fn build(groups: &[&[Pattern]]) -> Result<Self, TooLarge> {
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
            if states.all.len() > MOST_STATES || next.len() * (letters.len() + 1) > MOST_WAYS {
                return Err(TooLarge);
            }
        }
        let mut combinations: Vec<Vec<usize>> = vec![];
        let mut known: HashMap<Vec<usize>, usize> = HashMap::new();
        let accepts = states.all.iter().map(|state| {
            *known.entry(globs.matched(state)).or_insert_with_key(|matched| {
                combinations.push(matched.clone());
                combinations.len() - 1
            })
        });
        let accepts: Vec<usize> = accepts.collect();
        if combinations.len().saturating_mul(next.len()) > MOST_WAYS {
            return Err(TooLarge);
        }
        let ways = ways(&next, &accepts, combinations.len());
        Ok(Self { other: other(|c| letters.binary_search(&c).is_ok()), letters, next, accepts, combinations, ways })
    }

    /// Every combination of groups that occurs in a set, in a fixed order.
    ///
    /// # Errors
    ///
    /// When the set's glob is too entangled with the automaton's.
    pub fn combinations(&self, set: &Set<'_>) -> Result<Vec<Combination<'_>>, TooLarge> {
        match set {
            Set::Below(prefix) => Ok(self.below(prefix)),
            Set::Matching(glob) => self.matching(glob),
        }
    }

    /// The groups that match a text.
    #[must_use]
    pub fn groups_of(&self, text: &str) -> &[usize] {
        self.groups(self.accepted_by(self.walk(text)))
    }

    fn below(&self, prefix: &str) -> Vec<Combination<'_>> {
        let behind = self.following(self.walk(prefix));
        behind.into_iter().map(|(groups, rest)| (groups, format!("{prefix}{rest}"))).collect()
    }

    /// Every combination of groups that occurs in the longer texts that begin with one that leads to a state; instead of
    /// the text what follows that beginning. Texts that lead to the same state have the same behind them.
    #[must_use]
    pub fn following(&self, state: usize) -> Vec<Combination<'_>> {
        let by_combination = self.combinations.iter().zip(&self.ways).filter_map(|(groups, ways)| {
            // "Any other character" is the last letter: it reads best and goes first.
            let length = |letter: &usize| ways.get(self.after(state, *letter)).copied().flatten().map(|way| way.length);
            let letters = (0..=self.letters.len()).rev().filter(|letter| length(letter).is_some());
            let first = letters.min_by_key(length)?;
            let mut rest = self.letter(first).to_string();
            self.go(ways, self.after(state, first), &mut rest);
            Some((groups.as_slice(), rest))
        });
        by_combination.collect()
    }

    /// Walks the automaton and the set's glob side by side, shortest texts first.
    fn matching(&self, glob: &Pattern) -> Result<Vec<Combination<'_>>, TooLarge> {
        let set = Globs::new(&[std::slice::from_ref(glob)]);
        let mut letters: BTreeSet<char> = set.letters().into_iter().chain(self.letters.iter().copied()).collect();
        let other = other(|c| letters.contains(&c));
        letters.remove(&other);
        let start = (0, set.close(set.starts.iter().copied(), &[]));
        let mut seen = HashSet::from([start.clone()]);
        // Each with the one it was reached from, and by what.
        let mut queue = vec![(start, 0, None)];
        let mut found: BTreeMap<usize, usize> = BTreeMap::new();
        let mut at = 0;
        while let Some(((state, positions), ..)) = queue.get(at).cloned() {
            if !set.matched(&positions).is_empty() {
                found.entry(self.accepted_by(state)).or_insert(at);
            }
            let (by_letter, by_other) = set.steps(&positions);
            for letter in std::iter::once(other).chain(letters.iter().copied()) {
                let reached = by_letter.get(&letter).unwrap_or(&by_other);
                if reached.settled.is_empty() && reached.open.is_empty() {
                    continue;
                }
                let reached = (self.after(state, self.column(letter)), reached.clone());
                if !seen.contains(&reached) {
                    seen.insert(reached.clone());
                    queue.push((reached, at, Some(letter)));
                }
            }
            if queue.len() > MOST_STATES {
                return Err(TooLarge);
            }
            at += 1;
        }
        let spelled = |mut at: usize| {
            let mut letters = vec![];
            while let Some((_, from, Some(letter))) = queue.get(at) {
                letters.push(*letter);
                at = *from;
            }
            letters.into_iter().rev().collect::<String>()
        };
        Ok(found.into_iter().map(|(combination, at)| (self.groups(combination), spelled(at))).collect())
    }

    /// The state to which a text leads.
    #[must_use]
    pub fn walk(&self, text: &str) -> usize {
        text.chars().fold(0, |state, c| self.after(state, self.column(c)))
    }

    fn column(&self, c: char) -> usize {
        self.letters.binary_search(&c).unwrap_or(self.letters.len())
    }

    fn after(&self, state: usize, letter: usize) -> usize {
        // INVARIANT: every state has a row, and every row a column for each letter and one for all others.
        self.next.get(state).and_then(|row| row.get(letter)).copied().unwrap_or_default()
    }

    fn accepted_by(&self, state: usize) -> usize {
        self.accepts.get(state).copied().unwrap_or_default()
    }

    fn groups(&self, combination: usize) -> &[usize] {
        self.combinations.get(combination).map_or(&[], Vec::as_slice)
    }

    fn letter(&self, index: usize) -> char {
        self.letters.get(index).copied().unwrap_or(self.other)
    }

    /// Spells a shortest way from a state to its end.
    fn go(&self, ways: &[Option<Way>], mut state: usize, text: &mut String) {
        while let Some(Some(way)) = ways.get(state)
            && way.length > 0
        {
            text.push(self.letter(way.letter));
            state = self.after(state, way.letter);
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

/// A readable character that is not taken.
fn other(taken: impl Fn(char) -> bool) -> char {
    let mut readable =
        ['x'].into_iter().chain('a'..='z').chain('0'..='9').chain('A'..='Z').chain('\u{a1}'..='\u{ffff}');
    readable.find(|c| !taken(*c)).unwrap_or('\u{10ffff}')
}

/// For each combination, backwards from the states that show it: the beginning of a shortest way there. Of several
/// letters that lead there, "any other character" reads best.
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
                    *way = Some(Way { length: 0, letter: 0 });
                    queue.push_back(state);
                }
            }
            while let Some(state) = queue.pop_front() {
                let length = ways.get(state).copied().flatten().map_or(0, |way| way.length + 1);
                for (from, letter) in before.get(state).into_iter().flatten() {
                    if let Some(way @ None) = ways.get_mut(*from) {
                        *way = Some(Way { length, letter: *letter });
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

    fn globs(groups: &[&[&str]]) -> Vec<Vec<Pattern>> {
        groups.iter().map(|group| group.iter().map(|glob| Pattern::new(glob)).collect()).collect()
    }

    fn build(groups: &[Vec<Pattern>]) -> Result<Automaton, TooLarge> {
        Automaton::build(&groups.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn shown<'a>(automaton: &'a Automaton, set: &Set<'_>) -> Vec<(&'a [usize], String)> {
        automaton.combinations(set).unwrap()
    }

    #[test]
    fn a_bucket_without_a_token_is_reached_at_the_keys_that_carry_one() {
        let automaton = build(&globs(&[&["arn:aws:s3:::*sagemaker*", "arn:aws:s3:::*groundtruth*"], &["*"]])).unwrap();
        let plain =
            [(&[1][..], "arn:aws:s3:::plain/x".to_owned()), (&[0, 1], "arn:aws:s3:::plain/sagemaker".to_owned())];
        assert_eq!(shown(&automaton, &Set::Below("arn:aws:s3:::plain/")), plain);
        let named = [(&[0, 1][..], "arn:aws:s3:::my-sagemaker/x".to_owned())];
        assert_eq!(shown(&automaton, &Set::Below("arn:aws:s3:::my-sagemaker/")), named);
        let all = [
            (&[1][..], "arn:aws:s3:::plain/.json".to_owned()),
            (&[0, 1], "arn:aws:s3:::plain/sagemaker.json".to_owned()),
        ];
        assert_eq!(shown(&automaton, &Set::Matching(&Pattern::new("arn:aws:s3:::plain/*.json"))), all);
    }

    #[test]
    fn globs_that_would_need_too_many_states_are_refused() {
        let globs = ('b'..='u').map(|c| vec![Pattern::new(&format!("*a{c}*"))]);
        assert_eq!(build(&globs.collect::<Vec<_>>()).unwrap_err(), TooLarge);
    }

    proptest! {
        #[test]
        fn the_automaton_and_the_matcher_agree(
            globs in proptest::collection::vec(proptest::collection::vec("[ab*?]{0,5}", 1..3), 1..4),
            prefix in "[abc]{0,3}",
            set in "[abc*?]{0,4}",
        ) {
            let groups: Vec<Vec<Pattern>> =
                globs.iter().map(|g| g.iter().map(|p| Pattern::new(p)).collect()).collect();
            let automaton = build(&groups).unwrap();
            let matching = |text: &str| -> Vec<usize> {
                (0..groups.len()).filter(|g| groups[*g].iter().any(|p| p.matches(text))).collect()
            };
            let set = Pattern::new(&set);
            let below = shown(&automaton, &Set::Below(&prefix));
            let within = shown(&automaton, &Set::Matching(&set));
            for (groups, witness) in &below {
                prop_assert!(witness.starts_with(&prefix) && *witness != prefix);
                prop_assert_eq!(&matching(witness), groups);
            }
            for (groups, witness) in &within {
                prop_assert!(set.matches(witness), "{}", witness);
                prop_assert_eq!(&matching(witness), groups);
            }
            let mut tails = vec![String::new()];
            for _ in 0..5 {
                for tail in &tails {
                    let text = format!("{prefix}{tail}");
                    let seen = matching(&text);
                    let found = |shown: &[(&[usize], String)]| shown.iter().any(|(g, w)| *g == seen && w.len() <= text.len());
                    prop_assert!(tail.is_empty() || found(&below), "{} {:?}", text, seen);
                    prop_assert!(!set.matches(&text) || found(&within), "{} {:?}", text, seen);
                    prop_assert_eq!(automaton.groups_of(&text), &seen);
                }
                tails = tails.iter().flat_map(|t| ["a", "b", "x"].map(|c| format!("{t}{c}"))).collect();
            }
        }
    }
}
