//! The globs of IAM: `*` is any run of characters, empty and with slashes too, `?` is exactly one character.
//!
//! Source: IAM User Guide, `reference_policies_elements_resource` (2026-11). Nothing else is special: brackets, braces
//! and backslashes are themselves.

use std::fmt;
use std::str::Chars;

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

/// A glob, tokenised once.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    /// Every text is a glob. Runs of `*` are one `*`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let tokens = text.chars().map(|c| match c {
            '*' => Token::Any,
            '?' => Token::One,
            literal => Token::Literal(literal),
        });
        Self::of(tokens.collect())
    }

    /// A glob of these elements.
    #[must_use]
    pub fn of(mut tokens: Vec<Token>) -> Self {
        tokens.dedup_by(|a, b| *a == Token::Any && *b == Token::Any);
        Self { tokens }
    }

    /// A glob without wildcards: `*` and `?` of the text stand for themselves.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { tokens: text.chars().map(Token::Literal).collect() }
    }

    /// All that begins with a text: every object of a bucket, for instance.
    #[must_use]
    pub fn below(prefix: &str) -> Self {
        let mut pattern = Self::literal(prefix);
        pattern.tokens.push(Token::Any);
        pattern
    }

    /// An action's glob: actions are matched without case.
    #[must_use]
    pub fn action(text: &str) -> Self {
        Self::new(&text.to_ascii_lowercase())
    }

    /// The elements, in order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The globs between the first separators, at most so many; the last one has all the rest.
    #[must_use]
    pub fn split(&self, separator: char, most: usize) -> Vec<Self> {
        let parts = self.tokens.splitn(most, |token| *token == Token::Literal(separator));
        parts.map(|tokens| Self { tokens: tokens.to_vec() }).collect()
    }

    /// Does the glob match this text, case-sensitively?
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut tokens = self.tokens.as_slice();
        let mut rest = text.chars();
        // Where to go on when the text does not fit: behind the last `*`, which takes one character more.
        let mut retry: Option<(&[Token], Chars<'_>)> = None;
        loop {
            let fits = match tokens.split_first() {
                Some((Token::Any, behind)) => {
                    retry = Some((behind, rest.clone()));
                    tokens = behind;
                    continue;
                }
                Some((one, behind)) => {
                    tokens = behind;
                    rest.next().is_some_and(|c| *one == Token::One || *one == Token::Literal(c))
                }
                None if rest.as_str().is_empty() => return true,
                None => false,
            };
            if !fits {
                let Some((behind, from)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                tokens = behind;
                rest = from.clone();
            }
        }
    }

    /// Is there a text that both globs match?
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let differ = |(a, b): (&Token, &Token)| matches!((a, b), (Token::Literal(a), Token::Literal(b)) if a != b);
        let wild = |(a, b): &(&Token, &Token)| **a == Token::Any || **b == Token::Any;
        // Most globs differ before the first `*`.
        if self.tokens.iter().zip(&other.tokens).take_while(|pair| !wild(pair)).any(differ) {
            return false;
        }
        // reachable[j]: the tokens of `self` so far and the first j tokens of `other` have a common text.
        let theirs = &other.tokens;
        let mut reachable = vec![false; theirs.len() + 1];
        if let Some(start) = reachable.first_mut() {
            *start = true;
        }
        skip_stars(&mut reachable, theirs);
        for mine in &self.tokens {
            let mut next = vec![false; theirs.len() + 1];
            let mut carried = false;
            for (j, reached) in reachable.iter().enumerate() {
                let their = theirs.get(j);
                match mine {
                    // `*` takes nothing, or whatever `other` needs from here on.
                    Token::Any => {
                        carried |= *reached;
                        set(&mut next, j, carried);
                    }
                    Token::One | Token::Literal(_) if *reached => match their {
                        Some(Token::Any) => set(&mut next, j, true),
                        Some(their) if agree(*mine, *their) => set(&mut next, j + 1, true),
                        _ => {}
                    },
                    _ => {}
                }
            }
            skip_stars(&mut next, theirs);
            if !next.contains(&true) {
                return false;
            }
            reachable = next;
        }
        reachable.last().copied().unwrap_or(false)
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
        for token in &self.tokens {
            match token {
                Token::Literal(c) => write!(f, "{c}")?,
                Token::One => f.write_str("?")?,
                Token::Any => f.write_str("*")?,
            }
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
        }
    }
}
