//! The globs of IAM: `*` is any run of characters, empty and with slashes too, `?` is exactly one character.
//!
//! Source: IAM User Guide, `reference_policies_elements_resource` (2026-11). Nothing else is special: brackets, braces
//! and backslashes are themselves.

use std::fmt;

/// One element of a glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// This very character.
    Literal(char),
    /// `?`
    One,
    /// `*`
    Any,
}

/// A glob, cut at its `*`: a literal beginning, runs that must follow in order, and an end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// At least one; between two of them is a `*`. Only the first and the last may be empty.
    runs: Vec<Run>,
}

/// Characters that stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Run {
    /// The characters; a `?` that may be any character is a `?` here too.
    text: String,
    /// Where in `text`, in bytes, such a `?` stands. Mostly nowhere: then the run is compared as bytes.
    ones: Vec<usize>,
}

impl Pattern {
    /// Every text is a glob. Runs of `*` are one `*`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.contains('?') {
            return Self::of(text.chars().map(|c| match c {
                '*' => Token::Any,
                '?' => Token::One,
                literal => Token::Literal(literal),
            }));
        }
        let mut runs: Vec<Run> = text.split('*').map(|run| Run { text: run.to_owned(), ones: vec![] }).collect();
        let last = runs.len() - 1;
        let mut at = 0..=last;
        runs.retain(|run| at.next().is_some_and(|i| i == 0 || i == last || !run.text.is_empty()));
        Self { runs }
    }

    /// A glob of these elements.
    #[must_use]
    pub fn of(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut runs = vec![];
        let mut run = Run::default();
        for token in tokens {
            match token {
                Token::Literal(c) => run.text.push(c),
                Token::One => {
                    run.ones.push(run.text.len());
                    run.text.push('?');
                }
                // A second `*` in a row adds nothing.
                Token::Any if run.text.is_empty() && !runs.is_empty() => {}
                Token::Any => runs.push(std::mem::take(&mut run)),
            }
        }
        runs.push(run);
        Self { runs }
    }

    /// A glob without wildcards: `*` and `?` of the text stand for themselves.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { runs: vec![Run { text: text.to_owned(), ones: vec![] }] }
    }

    /// All that begins with a text: every object of a bucket, for instance.
    #[must_use]
    pub fn below(prefix: &str) -> Self {
        Self { runs: vec![Run { text: prefix.to_owned(), ones: vec![] }, Run::default()] }
    }

    /// An action's glob: actions are matched without case.
    #[must_use]
    pub fn action(text: &str) -> Self {
        Self::new(&text.to_ascii_lowercase())
    }

    /// The text before the first wildcard.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let first = self.runs.first();
        first.map_or("", |run| run.text.get(..run.ones.first().copied().unwrap_or(run.text.len())).unwrap_or_default())
    }

    /// The elements, in order.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + Clone {
        let between = |n: usize| (n > 0).then_some(Token::Any);
        self.runs.iter().enumerate().flat_map(move |(n, run)| between(n).into_iter().chain(run.tokens()))
    }

    /// Does the glob match this text, case-sensitively? No glob is ever tried twice at the same place: a run between two
    /// `*` is best found as early as it can be.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let [first, rest @ ..] = self.runs.as_slice() else { return false };
        let Some(mut left) = first.strip_from(text) else { return false };
        let Some((last, between)) = rest.split_last() else { return left.is_empty() };
        for run in between {
            match run.strip_first_from(left) {
                Some(behind) => left = behind,
                None => return false,
            }
        }
        last.ends(left)
    }

    /// Is there a text that the glob matches and that begins with this? All that counts is what stands before the first `*`.
    #[must_use]
    pub fn meets_below(&self, prefix: &str) -> bool {
        let [first, rest @ ..] = self.runs.as_slice() else { return false };
        let mut left = prefix.chars();
        first.tokens().all(|token| left.next().is_none_or(|c| agree(token, Token::Literal(c))))
            && (left.as_str().is_empty() || !rest.is_empty())
    }

    /// Is there a text that both globs match?
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        // Most globs differ before the first wildcard.
        let (mine, theirs) = (self.prefix().as_bytes(), other.prefix().as_bytes());
        if mine.iter().zip(theirs).any(|(a, b)| a != b) {
            return false;
        }
        // reachable[j]: the tokens of `self` so far and the first j tokens of `other` have a common text.
        let theirs: Vec<Token> = other.tokens().collect();
        let mut reachable = vec![false; theirs.len() + 1];
        set(&mut reachable, 0, true);
        skip_stars(&mut reachable, &theirs);
        for mine in self.tokens() {
            let mut next = vec![false; theirs.len() + 1];
            let mut carried = false;
            for (j, reached) in reachable.iter().enumerate() {
                match mine {
                    // `*` takes nothing, or whatever `other` needs from here on.
                    Token::Any => {
                        carried |= *reached;
                        set(&mut next, j, carried);
                    }
                    Token::One | Token::Literal(_) if *reached => match theirs.get(j) {
                        Some(Token::Any) => set(&mut next, j, true),
                        Some(their) if agree(mine, *their) => set(&mut next, j + 1, true),
                        _ => {}
                    },
                    _ => {}
                }
            }
            skip_stars(&mut next, &theirs);
            if !next.contains(&true) {
                return false;
            }
            reachable = next;
        }
        reachable.last().copied().unwrap_or(false)
    }
}

impl Run {
    fn tokens(&self) -> impl Iterator<Item = Token> + Clone {
        let token = |(at, c)| if self.ones.binary_search(&at).is_ok() { Token::One } else { Token::Literal(c) };
        self.text.char_indices().map(token)
    }

    /// What is left of a text that begins with the run.
    fn strip_from<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.ones.is_empty() {
            return text.strip_prefix(self.text.as_str());
        }
        let mut left = text.chars();
        let begins = self.tokens().all(|token| left.next().is_some_and(|c| agree(token, Token::Literal(c))));
        begins.then_some(left.as_str())
    }

    /// What is left of a text behind the first place where the run stands in it.
    fn strip_first_from<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.ones.is_empty() {
            let at = memchr::memmem::find(text.as_bytes(), self.text.as_bytes())?;
            return text.get(at + self.text.len()..);
        }
        text.char_indices().find_map(|(at, _)| text.get(at..).and_then(|tail| self.strip_from(tail)))
    }

    fn ends(&self, text: &str) -> bool {
        if self.ones.is_empty() {
            return text.as_bytes().ends_with(self.text.as_bytes());
        }
        let characters = self.text.chars().count();
        let start = text.char_indices().rev().nth(characters.saturating_sub(1));
        start.and_then(|(at, _)| text.get(at..)).is_some_and(|tail| self.strip_from(tail) == Some(""))
    }
}

/// Does a glob that is spelled token by token match this text? In an `arn`, the first five colons stand between its
/// parts: wildcards do not cross them, and a glob that ends before the fifth is completed with `*`.
#[must_use]
pub fn tokens_match(
    mut tokens: impl Iterator<Item = Token> + Clone,
    mut left: impl Iterator<Item = char> + Clone,
    arn: bool,
) -> bool {
    // The separators that are still to come; a wildcard takes none of them.
    let mut fences = if arn { 5 } else { 0 };
    if arn && left.clone().filter(|c| *c == ':').count() < fences {
        return false;
    }
    // Where to go on when the text does not fit: behind the last `*`, which takes one character more.
    let mut retry = None;
    loop {
        let fits = match tokens.next() {
            Some(Token::Any) => {
                retry = Some((tokens.clone(), left.clone(), fences));
                continue;
            }
            Some(Token::One) => left.next().is_some_and(|c| fences == 0 || c != ':'),
            Some(Token::Literal(wanted)) => left.next().is_some_and(|c| {
                fences -= usize::from(c == ':' && fences > 0);
                c == wanted
            }),
            None => match left.next() {
                None => return true,
                Some(':') if fences > 0 => return true,
                Some(_) => false,
            },
        };
        if !fits {
            let Some((behind, from, fences_there)) = &mut retry else { return false };
            if from.next().is_none_or(|c| c == ':' && *fences_there > 0) {
                return false;
            }
            (tokens, left, fences) = (behind.clone(), from.clone(), *fences_there);
        }
    }
}

/// A `*` of the other glob may be empty: what is reached before it is reached behind it.
fn skip_stars(reachable: &mut [bool], theirs: &[Token]) {
    for (j, token) in theirs.iter().enumerate() {
        if *token == Token::Any && reachable.get(j) == Some(&true) {
            set(reachable, j + 1, true);
        }
    }
}

fn set(states: &mut [bool], at: usize, value: bool) {
    if let Some(state) = states.get_mut(at) {
        *state |= value;
    }
}

fn agree(a: Token, b: Token) -> bool {
    a == b || a == Token::One || b == Token::One
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, run) in self.runs.iter().enumerate() {
            if n > 0 {
                f.write_str("*")?;
            }
            f.write_str(&run.text)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The obvious matcher, by the definition.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                slow(rest, text) || text.split_first().is_some_and(|(_, tail)| slow(pattern, tail))
            }
            (['?', rest @ ..], [_, tail @ ..]) => slow(rest, tail),
            ([p, rest @ ..], [t, tail @ ..]) => p == t && slow(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn a_star_crosses_slashes_and_colons_and_case_counts() {
        let tokens = Pattern::new("arn:aws:s3:::*sagemaker*");
        assert!(tokens.matches("arn:aws:s3:::my-sagemaker-data/a/b"));
        assert!(tokens.matches("arn:aws:s3:::plain/x/sagemaker/y"));
        assert!(!tokens.matches("arn:aws:s3:::plain/SageMaker"));
        assert!(Pattern::new("b/?").matches("b/é"));
        assert!(!Pattern::new("b/[x]").matches("b/x"));
        assert!(Pattern::literal("a*").matches("a*"));
        assert!(!Pattern::literal("a*").meets(&Pattern::literal("ab")));
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*?]{0,7}", text in "[ab]{0,7}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), slow(&p, &t));
        }

        #[test]
        fn globs_meet_when_some_short_text_is_of_both(a in "[ab*?]{0,4}", b in "[ab*?]{0,4}") {
            let (pa, pb) = (Pattern::new(&a), Pattern::new(&b));
            // Two globs of four elements that meet at all meet in a text of at most eight characters.
            let mut texts = vec![String::new()];
            let mut common = false;
            for _ in 0..=8 {
                common |= texts.iter().any(|t| pa.matches(t) && pb.matches(t));
                if common { break }
                texts = texts.iter().flat_map(|t| [format!("{t}a"), format!("{t}b")]).collect();
            }
            prop_assert_eq!(pa.meets(&pb), common);
            prop_assert_eq!(pb.meets(&pa), common);
            let prefix = b.replace(['*', '?'], "a");
            prop_assert_eq!(pa.meets_below(&prefix), pa.meets(&Pattern::below(&prefix)));
        }
    }
}
