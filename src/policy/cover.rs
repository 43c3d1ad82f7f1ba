//! What groups of globs say about a whole set of texts at once.
//!
//! A text is matched by some of the groups and not by others; over a set of texts (all objects of a bucket, say) there
//! are only a few such combinations, and each of them has a shortest text that shows it. They are found in two ways:
//!
//! - The subset construction ([`subsets`]), from the beginning of the set on and only as far as texts lead. It finds all
//!   combinations in one walk and is the way where few states are needed, as for nearly all real policies.
//! - A search of its own for each combination ([`search`]): globs with several wildcards in a row need a state for each
//!   choice of globs of which the first words were seen, and so are never made deterministic.
//!
//! Knows globs and texts; has never heard of statements or effects.

mod budget;
mod nodes;
mod search;
mod subsets;

use std::collections::{BTreeSet, HashMap, HashSet};

pub use self::budget::{Budget, Meter, TooLarge};
use self::nodes::Positions;
use self::search::{Refused, Required, Wanted, find};
use self::subsets::Subsets;
use super::pattern::Pattern;

/// A walk through more states than this gives way to a search.
const FEW_STATES: usize = 3_000;
/// And one that looks at more places.
const FEW_PLACES: usize = 300_000;
/// Where there is no other way, so many states are walked through.
const MOST_STATES: usize = 20_000;
/// And so many places looked at.
const MOST_PLACES: usize = 20_000_000;
/// More combinations than this are not distinguished where they mean the same.
const MANY_COMBINATIONS: usize = 24;
/// So many steps are taken to find a shortest text where several globs have to match at once.
const SHORTEST: usize = 60_000;
/// And so many to find any text of a combination that matters where there are few.
const IF_FEW: usize = 60_000;

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
pub type Combination = (Vec<usize>, String);

/// What has been distinguished of a combination: some groups by index, and whether they match.
pub type Partial = [(usize, bool)];

/// Does it matter to a question whether a group matches, too?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matters {
    /// It does.
    Yes,
    /// It may be left out where there are too many combinations.
    IfFew,
    /// It does not.
    No,
}

/// An automaton over the globs of all groups, whose states are built when they are first reached.
#[derive(Debug)]
pub struct Automaton {
    globs: Subsets,
    groups: usize,
}

/// A set of texts, read as far as all its texts begin alike.
#[derive(Debug)]
pub struct Beginning {
    /// What all its texts begin with.
    text: String,
    /// Where that leads the automaton.
    state: usize,
    /// Globs of which the texts have to match one, each read to a state.
    within: Vec<(Subsets, usize)>,
    /// Are the texts longer than what they begin with?
    longer: bool,
}

/// A text of a walk: the states it leads to, the text without its last character, by index, and that character.
struct Visit {
    states: Vec<usize>,
    from: Option<(usize, char)>,
}

impl Automaton {
    /// The automaton of groups of globs; a group matches where one of its globs does.
    #[must_use]
    pub fn new<'g>(groups: impl IntoIterator<Item = impl IntoIterator<Item = &'g Pattern>>) -> Self {
        let mut count = 0;
        let globs = Subsets::new(groups.into_iter().inspect(|_| count += 1));
        Self { globs, groups: count }
    }

    /// Every combination of groups that occurs in a set, shortest texts first. All are found in one walk.
    ///
    /// # Errors
    ///
    /// When the walk leads through more than 20,000 states.
    pub fn every_combination(&self, set: &Set<'_>) -> Result<Vec<Combination>, TooLarge> {
        self.walk_all(&self.begin(set), MOST_STATES, MOST_PLACES).ok_or(TooLarge)
    }

    /// The combinations of groups that occur in a set, shortest texts first: all of them, or, where that would need too
    /// many states, those that differ in what matters.
    ///
    /// # Errors
    ///
    /// When the globs are too entangled for what the budget allows.
    pub fn combinations(
        &self,
        set: &Beginning,
        matters: &dyn Fn(&Partial, usize) -> Matters,
        meter: &mut Meter<'_>,
    ) -> Result<Vec<Combination>, TooLarge> {
        match self.walk_all(set, FEW_STATES, FEW_PLACES) {
            Some(all) => Ok(all),
            None => self.search_each(set, matters, meter),
        }
    }

    /// A set, read as far as all its texts begin alike.
    #[must_use]
    pub fn begin(&self, set: &Set<'_>) -> Beginning {
        let (text, within, longer) = match set {
            Set::Below(prefix) => (*prefix, vec![], true),
            Set::Matching(glob) => {
                let globs = Subsets::new([[*glob]]);
                let state = globs.walk(0, glob.prefix());
                (glob.prefix(), vec![(globs, state)], false)
            }
        };
        Beginning { text: text.to_owned(), state: self.walk(text), within, longer }
    }

    /// The state to which a text leads: texts that lead to the same have the same behind them.
    #[must_use]
    pub fn walk(&self, text: &str) -> usize {
        self.globs.walk(0, text)
    }

    /// The groups that match a text, ascending.
    #[must_use]
    pub fn groups_of(&self, text: &str) -> Vec<usize> {
        self.globs.nodes().matched(&self.globs.positions(self.walk(text)))
    }

    /// A shortest text of a set, and of one of these globs, that just these of the first `among` groups match, whichever of
    /// the other groups do. The globs name no character that the automaton's do not.
    ///
    /// # Errors
    ///
    /// When the globs are too entangled for what the budget allows.
    pub fn shortest_matching(
        &self,
        globs: &[Pattern],
        set: &Beginning,
        groups: &[usize],
        among: usize,
        meter: &mut Meter<'_>,
    ) -> Result<Option<String>, TooLarge> {
        let globs = Subsets::new([globs]);
        let positions = globs.positions(globs.walk(0, &set.text));
        let required = Required { nodes: globs.nodes(), places: Required::places(globs.nodes(), &positions, 0) };
        let distinguished = self.undecided(set).into_iter().filter(|group| *group < among);
        let partial: Vec<(usize, bool)> =
            distinguished.map(|group| (group, groups.binary_search(&group).is_ok())).collect();
        self.search(set, Some(required), &partial, usize::MAX, meter)
    }

    /// Walks through all texts of a set, shortest first; nothing where that leads too far.
    fn walk_all(&self, set: &Beginning, most_states: usize, most_places: usize) -> Option<Vec<Combination>> {
        let sides: Vec<&Subsets> =
            std::iter::once(&self.globs).chain(set.within.iter().map(|(globs, _)| globs)).collect();
        let start: Vec<usize> = std::iter::once(set.state).chain(set.within.iter().map(|(_, state)| *state)).collect();
        let other = self.other(set);
        let all = self.undecided(set).len().try_into().ok().and_then(|groups| 1_usize.checked_shl(groups));
        let mut seen = HashSet::new();
        if !set.longer {
            seen.insert(start.clone());
        }
        let mut visits = vec![Visit { states: start, from: None }];
        let mut found: HashMap<Vec<usize>, usize> = HashMap::new();
        let (mut at, mut places) = (0, 0);
        while let Some(Visit { states, .. }) = visits.get(at) {
            let states = states.clone();
            if (at > 0 || !set.longer) && is_within(&sides, &states) {
                found.entry(self.matched(&states)).or_insert(at);
                if Some(found.len()) == all {
                    break;
                }
            }
            let ways: Vec<_> = sides.iter().zip(&states).map(|(globs, state)| globs.ways(*state)).collect();
            places += ways.iter().map(|(_, cost)| cost).sum::<usize>();
            let letters: BTreeSet<char> = ways.iter().flat_map(|(ways, _)| ways.letters()).collect();
            for letter in std::iter::once(other).chain(letters.into_iter().rev()) {
                let reached: Vec<usize> = ways.iter().map(|(ways, _)| ways.by(letter)).collect();
                if can_go_on(&sides, &reached) && seen.insert(reached.clone()) {
                    visits.push(Visit { states: reached, from: Some((at, letter)) });
                }
            }
            if visits.len() > most_states || places > most_places {
                return None;
            }
            at += 1;
        }
        let mut found: Vec<(usize, Vec<usize>)> = found.into_iter().map(|(groups, at)| (at, groups)).collect();
        found.sort_unstable();
        Some(found.into_iter().map(|(at, groups)| (groups, format!("{}{}", set.text, spelled(&visits, at)))).collect())
    }

    fn matched(&self, states: &[usize]) -> Vec<usize> {
        let state = states.first().copied().unwrap_or_default();
        self.globs.nodes().matched(&self.globs.positions(state))
    }

    /// Finds the combinations by searching for a text of each: the one that is known shows one of the ways in which a
    /// group can turn out, and only the other is to be looked for.
    fn search_each(
        &self,
        set: &Beginning,
        matters: &dyn Fn(&Partial, usize) -> Matters,
        meter: &mut Meter<'_>,
    ) -> Result<Vec<Combination>, TooLarge> {
        let Some(first) = self.search(set, None, &[], usize::MAX, meter)? else { return Ok(vec![]) };
        let mut found: Vec<(Vec<(usize, bool)>, String)> = vec![(self.decided(set), first)];
        for group in self.undecided(set) {
            for at in 0..found.len() {
                let few = found.len() < MANY_COMBINATIONS;
                let Some((partial, text)) = found.get(at) else { break };
                let most = match matters(partial, group) {
                    Matters::Yes => usize::MAX,
                    Matters::IfFew if few => IF_FEW,
                    Matters::IfFew | Matters::No => continue,
                };
                let matches = self.groups_of(text).binary_search(&group).is_ok();
                let mut otherwise = partial.clone();
                otherwise.push((group, !matches));
                let text = match self.search(set, None, &otherwise, most, meter) {
                    Err(TooLarge) if most == IF_FEW => continue,
                    text => text?,
                };
                if let Some((partial, _)) = found.get_mut(at) {
                    partial.push((group, matches));
                }
                found.extend(text.map(|text| (otherwise, text)));
            }
        }
        let mut found: Vec<Combination> = found.into_iter().map(|(_, text)| (self.groups_of(&text), text)).collect();
        found.sort_by_key(|(_, text)| text.len());
        Ok(found)
    }

    /// Searches a set for a shortest text that is also what else is required; where that takes long, for any.
    fn search(
        &self,
        set: &Beginning,
        required: Option<Required<'_>>,
        partial: &Partial,
        most: usize,
        meter: &mut Meter<'_>,
    ) -> Result<Option<String>, TooLarge> {
        let (nodes, at) = (self.globs.nodes(), self.globs.positions(set.state));
        let is = |group: &usize, matches: bool| partial.contains(&(*group, matches));
        if at.settled.iter().any(|group| is(group, false)) {
            return Ok(None);
        }
        let of_set = set.within.iter().map(|(globs, state)| {
            let places = Required::places(globs.nodes(), &globs.positions(*state), 0);
            Required { nodes: globs.nodes(), places }
        });
        let of_groups = partial.iter().filter(|(group, matches)| *matches && at.settled.binary_search(group).is_err());
        let of_groups = of_groups.map(|(group, _)| Required { nodes, places: Required::places(nodes, &at, *group) });
        let required: Vec<Required<'_>> = of_set.chain(of_groups).chain(required).collect();
        let refused =
            at.open.iter().copied().filter(|place| nodes.group(*place).is_some_and(|group| is(&group, false)));
        let refused = Refused { nodes, places: refused.collect() };
        let mut find = |wanted| find(&required, &refused, set.longer, self.other(set), wanted, meter);
        let rest = match required.as_slice() {
            [] | [_] => find(Wanted::Shortest(most))?,
            _ => match find(Wanted::Shortest(most.min(SHORTEST))) {
                Err(TooLarge) => find(Wanted::Short(most))?,
                rest => rest?,
            },
        };
        Ok(rest.map(|rest| format!("{}{rest}", set.text)))
    }

    /// The groups of which some texts of a set may be and others not, as far as its beginning shows.
    fn undecided(&self, set: &Beginning) -> Vec<usize> {
        let open = &self.globs.positions(set.state).open;
        let groups = open.iter().filter_map(|place| self.globs.nodes().group(*place));
        groups.collect::<BTreeSet<usize>>().into_iter().collect()
    }

    /// All other groups, and whether they match.
    fn decided(&self, set: &Beginning) -> Vec<(usize, bool)> {
        let (settled, undecided) = (&self.globs.positions(set.state).settled, self.undecided(set));
        let decided = (0..self.groups).filter(|group| undecided.binary_search(group).is_err());
        decided.map(|group| (group, settled.binary_search(&group).is_ok())).collect()
    }

    /// A readable character that no glob of the automaton or of a set names.
    fn other(&self, set: &Beginning) -> char {
        let mut readable =
            ['x'].into_iter().chain('a'..='z').chain('0'..='9').chain('A'..='Z').chain('\u{a1}'..='\u{ffff}');
        let all = || std::iter::once(&self.globs).chain(set.within.iter().map(|(globs, _)| globs));
        let is_named = |c: &char| all().any(|globs| globs.nodes().letters().binary_search(c).is_ok());
        readable.find(|c| !is_named(c)).unwrap_or('\u{10ffff}')
    }
}

impl Beginning {
    /// The same set, without the texts that none of these globs matches.
    #[must_use]
    pub fn within<'g>(mut self, globs: impl IntoIterator<Item = &'g Pattern>) -> Self {
        let globs = Subsets::new([globs]);
        let state = globs.walk(0, &self.text);
        self.within.push((globs, state));
        self
    }
}

/// Do all automata of a set, which are those behind the first, match?
fn is_within(sides: &[&Subsets], states: &[usize]) -> bool {
    let mut set = sides.iter().zip(states).skip(1);
    set.all(|(globs, state)| !globs.nodes().matched(&globs.positions(*state)).is_empty())
}

/// Can all automata of a set still match?
fn can_go_on(sides: &[&Subsets], states: &[usize]) -> bool {
    let mut set = sides.iter().zip(states).skip(1);
    set.all(|(globs, state)| *globs.positions(*state) != Positions::default())
}

/// The characters that lead to a visit.
fn spelled(visits: &[Visit], at: usize) -> String {
    let mut letters = vec![];
    let mut visit = visits.get(at);
    while let Some((from, letter)) = visit.and_then(|visit| visit.from) {
        letters.push(letter);
        visit = visits.get(from);
    }
    letters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::pattern::Colons;

    fn globs(groups: &[&[&str]]) -> Vec<Vec<Pattern>> {
        groups.iter().map(|group| group.iter().map(|glob| Pattern::new(glob)).collect()).collect()
    }

    fn shown(automaton: &Automaton, set: &Set<'_>) -> Vec<Combination> {
        automaton.every_combination(set).unwrap()
    }

    /// The same by a search of its own for each combination.
    fn searched(automaton: &Automaton, set: &Set<'_>) -> Vec<Combination> {
        let budget = Budget::default();
        automaton.search_each(&automaton.begin(set), &|_, _| Matters::Yes, &mut Meter::new(&budget)).unwrap()
    }

    /// The combinations, each with the length of its text, in a fixed order.
    fn lengths(found: &[Combination]) -> Vec<(Vec<usize>, usize)> {
        let mut lengths: Vec<_> = found.iter().map(|(groups, text)| (groups.clone(), text.chars().count())).collect();
        lengths.sort();
        lengths
    }

    #[test]
    fn a_bucket_without_a_token_is_reached_at_the_keys_that_carry_one() {
        let groups = globs(&[&["arn:aws:s3:::*sagemaker*", "arn:aws:s3:::*groundtruth*"], &["*"]]);
        let automaton = Automaton::new(&groups);
        let plain = |end: &str| {
            let text = |text: &str| format!("arn:aws:s3:::plain/{text}{end}");
            [(vec![1], text(if end.is_empty() { "x" } else { "" })), (vec![0, 1], text("sagemaker"))]
        };
        for find in [shown, searched] {
            assert_eq!(find(&automaton, &Set::Below("arn:aws:s3:::plain/")), plain(""));
            let named = [(vec![0, 1], "arn:aws:s3:::my-sagemaker/x".to_owned())];
            assert_eq!(find(&automaton, &Set::Below("arn:aws:s3:::my-sagemaker/")), named);
            let json = Pattern::new("arn:aws:s3:::plain/*.json");
            assert_eq!(find(&automaton, &Set::Matching(&json)), plain(".json"));
        }
    }

    #[test]
    fn combinations_that_need_too_many_states_are_searched_for_as_far_as_they_matter() {
        let words: Vec<Pattern> = ('b'..='u').map(|c| Pattern::new(&format!("*a{c}*{c}a*"))).collect();
        let each: Vec<[Pattern; 1]> = words.iter().map(|word| [word.clone()]).collect();
        let apart = Automaton::new(&each);
        assert_eq!(apart.every_combination(&Set::Below("")).unwrap_err(), TooLarge);
        // As one group they are decided, together with what refuses half of them.
        let together = Automaton::new([words.as_slice(), &words[..10]]);
        let budget = Budget::of(0);
        let set = together.begin(&Set::Below(""));
        let found = together.combinations(&set, &|_, _| Matters::Yes, &mut Meter::new(&budget)).unwrap();
        assert_eq!(lengths(&found), [(vec![], 1), (vec![0], 4), (vec![0, 1], 4)]);
        // Where only the first matters, the others are seen as they are found.
        let only_first = |_: &Partial, group| if group == 0 { Matters::Yes } else { Matters::No };
        let found = apart.combinations(&apart.begin(&Set::Below("")), &only_first, &mut Meter::new(&budget)).unwrap();
        assert_eq!(found, [(vec![], "x".to_owned()), (vec![0], "abba".to_owned())]);
        let all = apart.combinations(&apart.begin(&Set::Below("")), &|_, _| Matters::Yes, &mut Meter::new(&budget));
        assert_eq!(all, Err(TooLarge));
    }

    #[test]
    fn a_text_of_one_glob_is_found_where_just_some_groups_match() {
        let groups = globs(&[&["a*", "b*"], &["*c*"]]);
        let (automaton, budget) = (Automaton::new(&groups), Budget::default());
        let set = automaton.begin(&Set::Below(""));
        let found = |matching: &[usize], among| {
            automaton.shortest_matching(&groups[0][1..], &set, matching, among, &mut Meter::new(&budget)).unwrap()
        };
        assert_eq!(found(&[0], 2).as_deref(), Some("b"));
        assert_eq!(found(&[0, 1], 2).as_deref(), Some("bc"));
        assert_eq!(found(&[1], 2), None);
        assert_eq!(found(&[0, 1], 1).as_deref(), Some("b"));
        assert_eq!(found(&[], 0).as_deref(), Some("b"));
    }

    proptest! {
        #[test]
        fn the_automaton_and_the_matcher_agree(
            globs in proptest::collection::vec(proptest::collection::vec(("[ab:*?]{0,6}", any::<bool>()), 0..4), 1..5),
            prefix in "[abc:]{0,3}",
            set in "[abc:*?]{0,4}",
            more in "[abc:*?]{0,4}",
        ) {
            let pattern = |(glob, in_parts): &(String, bool)| {
                let glob = Pattern::new(glob);
                if *in_parts { Pattern::in_parts(glob.tokens(), Colons::Within) } else { glob }
            };
            let groups: Vec<Vec<Pattern>> = globs.iter().map(|group| group.iter().map(pattern).collect()).collect();
            let automaton = Automaton::new(&groups);
            let matching = |text: &str| -> Vec<usize> {
                (0..groups.len()).filter(|g| groups[*g].iter().any(|p| p.matches(text))).collect()
            };
            let (set, more) = (Pattern::new(&set), Pattern::new(&more));
            let below = shown(&automaton, &Set::Below(&prefix));
            let within = shown(&automaton, &Set::Matching(&set));
            prop_assert_eq!(lengths(&below), lengths(&searched(&automaton, &Set::Below(&prefix))));
            prop_assert_eq!(lengths(&within), lengths(&searched(&automaton, &Set::Matching(&set))));
            let narrowed = automaton.begin(&Set::Below(&prefix)).within([&set, &more]);
            let narrow = automaton.walk_all(&narrowed, MOST_STATES, MOST_PLACES).unwrap();
            let budget = Budget::default();
            let again = automaton.search_each(&narrowed, &|_, _| Matters::Yes, &mut Meter::new(&budget)).unwrap();
            prop_assert_eq!(lengths(&narrow), lengths(&again));
            for (groups, witness) in below.iter().chain(&narrow).chain(&again) {
                prop_assert!(witness.starts_with(&prefix) && *witness != prefix);
                prop_assert_eq!(&matching(witness), groups);
            }
            for (_, witness) in narrow.iter().chain(&again) {
                prop_assert!(set.matches(witness) || more.matches(witness), "{}", witness);
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
                    let found = |shown: &[Combination]| shown.iter().any(|(g, w)| *g == seen && w.len() <= text.len());
                    prop_assert!(tail.is_empty() || found(&below), "{} {:?}", text, seen);
                    prop_assert!(!set.matches(&text) || found(&within), "{} {:?}", text, seen);
                    let is_narrow = !tail.is_empty() && (set.matches(&text) || more.matches(&text));
                    prop_assert!(!is_narrow || found(&narrow), "{} {:?}", text, seen);
                    prop_assert_eq!(automaton.groups_of(&text), seen);
                }
                tails = tails.iter().flat_map(|t| ["a", "b", "x", ":"].map(|c| format!("{t}{c}"))).collect();
            }
        }
    }
}
