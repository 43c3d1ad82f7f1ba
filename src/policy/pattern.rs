//! The globs of IAM: `*` is any run of characters, empty and with slashes too, `?` is exactly one character.
//!
//! Source: IAM User Guide, `reference_policies_elements_resource` (2026-11). Nothing else is special: brackets, braces
//! and backslashes are themselves. Whether a wildcard runs past a colon of an ARN is in [`token`].

mod token;

use std::fmt;

use super::ternary::Truth;
use token::match_tokens;
pub use token::{Colons, Token, in_parts, tokens_match};

/// A glob, cut at its `*`: a literal beginning, runs that must follow in order, and an end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// At least one; between two of them is a `*`. Only the first and the last may be empty.
    runs: Vec<Run>,
    /// Is there a wildcard that matches no colon?
    in_parts: bool,
}

/// Characters that stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Run {
    /// The `*` before it; of the first there is none.
    star: Token,
    /// The characters; a `?` that may be any character is a `?` here too.
    text: String,
    /// Where in `text`, in bytes, such a `?` stands. Mostly nowhere: then the run is compared as bytes.
    ones: Vec<(usize, Token)>,
}

impl Pattern {
    /// Every text is a glob. Runs of `*` are one `*`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.contains('?') {
            return Self::of(text.chars().map(Token::of));
        }
        let mut runs: Vec<Run> = text.split('*').map(Run::literal).collect();
        let last = runs.len() - 1;
        let mut at = 0..=last;
        runs.retain(|run| at.next().is_some_and(|i| i == 0 || i == last || !run.text.is_empty()));
        Self { runs, in_parts: false }
    }

    /// A glob of these elements.
    #[must_use]
    pub fn of(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut runs = vec![];
        let mut run = Run::literal("");
        let mut in_parts = false;
        for token in tokens {
            in_parts |= matches!(token, Token::OneInPart | Token::AnyInPart);
            match token {
                Token::Literal(c) => run.text.push(c),
                Token::One | Token::OneInPart => {
                    run.ones.push((run.text.len(), token));
                    run.text.push('?');
                }
                // Of two `*` in a row the one that matches more counts.
                Token::Any if run.text.is_empty() && !runs.is_empty() => run.star = Token::Any,
                Token::AnyInPart if run.text.is_empty() && !runs.is_empty() => {}
                Token::Any | Token::AnyInPart => {
                    runs.push(std::mem::replace(&mut run, Run { star: token, ..Run::literal("") }));
                }
            }
        }
        runs.push(run);
        Self { runs, in_parts }
    }

    /// The glob of an ARN whose wildcards stay within their part, as both readings of a `Resource` have it. What does not
    /// begin with `arn:` has no parts.
    #[must_use]
    pub fn arn(text: &str) -> Self {
        let glob = Self::new(text);
        if text.starts_with("arn:") { Self::in_parts(glob.tokens(), Colons::Within) } else { glob }
    }

    /// A glob of these elements, which are an ARN's.
    #[must_use]
    pub fn in_parts(tokens: impl IntoIterator<Item = Token>, colons: Colons) -> Self {
        Self::of(in_parts(tokens.into_iter(), colons))
    }

    /// A glob without wildcards: `*` and `?` of the text stand for themselves.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self { runs: vec![Run::literal(text)], in_parts: false }
    }

    /// All that begins with a text: every object of a bucket, for instance.
    #[must_use]
    pub fn below(prefix: &str) -> Self {
        Self { runs: vec![Run::literal(prefix), Run::literal("")], in_parts: false }
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
        let end = |run: &Run| run.ones.first().map_or(run.text.len(), |(at, _)| *at);
        first.map_or("", |run| run.text.get(..end(run)).unwrap_or_default())
    }

    /// The elements, in order.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + Clone {
        let runs = self.runs.iter().enumerate();
        runs.flat_map(|(n, run)| (n > 0).then_some(run.star).into_iter().chain(run.tokens()))
    }

    /// Does the glob match this text, case-sensitively? No glob is ever tried twice at the same place: a run between two
    /// `*` is best found as early as it can be.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let [first, rest @ ..] = self.runs.as_slice() else { return false };
        let Some(mut left) = first.strip_from(text) else { return false };
        if self.in_parts {
            return match_tokens(self.tokens(), text.chars());
        }
        let Some((last, between)) = rest.split_last() else { return left.is_empty() };
        for run in between {
            match run.strip_first_from(left) {
                Some(behind) => left = behind,
                None => return false,
            }
        }
        last.ends(left)
    }

    /// Is there a text that the glob matches and that begins with this? Where wildcards match colons all that counts is
    /// what stands before the first `*`.
    #[must_use]
    pub fn meets_below(&self, prefix: &str) -> bool {
        // Most globs differ before the first wildcard.
        if self.prefix().bytes().zip(prefix.bytes()).any(|(a, b)| a != b) {
            return false;
        }
        if self.in_parts {
            return self.meets(&Self::below(prefix));
        }
        let [first, rest @ ..] = self.runs.as_slice() else { return false };
        let mut left = prefix.chars();
        first.tokens().all(|token| left.next().is_none_or(|c| token.takes(c)))
            && (left.as_str().is_empty() || !rest.is_empty())
    }

    /// Does the glob match everything that begins with this? Unknown, where it matches a part of it.
    #[must_use]
    pub fn within_below(&self, prefix: &str) -> Truth {
        if !self.meets_below(prefix) {
            return Truth::False;
        }
        // Behind the last character that is spelled, a `*` takes all that follows, if the glob can be through before it.
        let end =
            self.tokens().collect::<Vec<_>>().into_iter().rev().take_while(|token| !matches!(token, Token::Literal(_)));
        let runs_on = end.into_iter().any(|token| token == Token::Any);
        if runs_on && self.matches(prefix) { Truth::True } else { Truth::Unknown }
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
        set(&mut reachable, 0);
        for mine in self.tokens().map(Some).chain([None]) {
            let mut next = vec![false; theirs.len() + 1];
            for j in 0..=theirs.len() {
                if reachable.get(j) != Some(&true) {
                    continue;
                }
                let their = theirs.get(j).copied();
                // A `*` may be empty.
                if mine.is_some_and(Token::is_star) {
                    set(&mut next, j);
                }
                if their.is_some_and(Token::is_star) {
                    set(&mut reachable, j + 1);
                }
                let (Some(mine), Some(their)) = (mine, their) else { continue };
                if mine.meets(their) {
                    let here = if mine.is_star() { &mut reachable } else { &mut next };
                    set(here, if their.is_star() { j } else { j + 1 });
                }
            }
            if mine.is_none() {
                return reachable.last() == Some(&true);
            }
            reachable = next;
        }
        false
    }
}

impl Run {
    fn literal(text: &str) -> Self {
        Self { star: Token::Any, text: text.to_owned(), ones: vec![] }
    }

    fn tokens(&self) -> impl Iterator<Item = Token> + Clone {
        let one = |at| self.ones.binary_search_by_key(&at, |(at, _)| *at).ok().and_then(|n| self.ones.get(n));
        self.text.char_indices().map(move |(at, c)| one(at).map_or(Token::Literal(c), |(_, token)| *token))
    }

    /// What is left of a text that begins with the run.
    fn strip_from<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.ones.is_empty() {
            return text.strip_prefix(self.text.as_str());
        }
        let mut left = text.chars();
        let begins = self.tokens().all(|token| left.next().is_some_and(|c| token.takes(c)));
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

fn set(states: &mut [bool], at: usize) {
    if let Some(state) = states.get_mut(at) {
        *state = true;
    }
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

    /// The definition, element by element.
    fn slow_tokens(tokens: &[Token], text: &[char]) -> bool {
        let Some((token, behind)) = tokens.split_first() else { return text.is_empty() };
        let one = text.split_first().filter(|(c, _)| match token {
            Token::Literal(own) => own == *c,
            Token::One | Token::Any => true,
            Token::OneInPart | Token::AnyInPart => **c != ':',
        });
        match token {
            Token::Any | Token::AnyInPart => {
                slow_tokens(behind, text) || one.is_some_and(|(_, tail)| slow_tokens(tokens, tail))
            }
            _ => one.is_some_and(|(_, tail)| slow_tokens(behind, tail)),
        }
    }

    fn tokens() -> impl Strategy<Value = Vec<Token>> {
        let token = prop_oneof![
            proptest::char::ranges(vec!['a'..='b', ':'..=':'].into()).prop_map(Token::Literal),
            Just(Token::Literal(':')),
            Just(Token::One),
            Just(Token::Any),
            Just(Token::OneInPart),
            Just(Token::AnyInPart),
        ];
        proptest::collection::vec(token, 0..12)
    }

    #[test]
    fn a_wildcard_of_an_arn_stays_within_its_part_or_runs_on_where_it_ends_it() {
        let spelled = |text: &str, colons| {
            let spell = |token| match token {
                Token::Literal(c) => c.to_string(),
                Token::One => "?".to_owned(),
                Token::Any => "*".to_owned(),
                Token::OneInPart => "!".to_owned(),
                Token::AnyInPart => "+".to_owned(),
            };
            in_parts(Pattern::new(text).tokens(), colons).map(spell).collect::<String>()
        };
        for (text, within, run_on) in [
            ("arn:aws:s3:::b*/?", "arn:aws:s3:::b*/?", "arn:aws:s3:::b*/?"),
            ("arn:aws:lambda:*:*:function:a:*", "arn:aws:lambda:+:+:function:a:*", "arn:aws:lambda:*:*:function:a:*"),
            ("arn:a*:s?*:us-*-1:?1*:f", "arn:a+:s!+:us-+-1:!1+:f", "arn:a+:s!+:us-+-1:!1*:f"),
            ("arn:*:*:*", "arn:+:+:+:+:*", "arn:+:+:*:*:*"),
            ("arn:aws:sqs", "arn:aws:sqs:+:+:*", "arn:aws:sqs:*:*:*"),
            ("arn:aws:iam::*", "arn:aws:iam::+:*", "arn:aws:iam::*:*"),
        ] {
            assert_eq!(spelled(text, Colons::Within), within);
            assert_eq!(spelled(text, Colons::RunOn), run_on);
        }
        let named = |text: &str, arn: &str| Pattern::arn(text).matches(arn);
        assert!(named("arn:aws:lambda:*:*:function:f", "arn:aws:lambda:z:1:function:f"));
        assert!(!named("arn:aws:lambda:*:*:function:f", "arn:aws:lambda:z:1:function:g:function:f"));
        assert!(named("arn:aws:lambda:*:*:function:*f", "arn:aws:lambda:z:1:function:g:function:f"));
        assert!(!named("arn:aws:lambda:*:function:f", "arn:aws:lambda:z:1:function:f"));
        assert!(!named("arn:aws:lambda:z?1:function:f", "arn:aws:lambda:z:1:function:f"));
        assert!(named("*", "arn:aws:lambda:z:1:function:f") && named("*", "*"));
        let f = Pattern::arn("arn:aws:lambda:*:*:function:f");
        assert!(f.meets_below("arn:aws:lambda:z:1:") && !f.meets_below("arn:aws:lambda:z:1:function:g:"));
        assert!(f.meets(&Pattern::new("arn:aws:lambda:z:*:f")) && !f.meets(&Pattern::new("arn:aws:lambda:z:*:g*")));
    }

    proptest! {
        #[test]
        fn globs_of_arns_match_as_the_definition_says(
            a in tokens(),
            b in tokens(),
            runs_on in any::<bool>(),
            text in "([ab]{0,2}:){5}[ab:]{0,4}",
        ) {
            let colons = if runs_on { Colons::RunOn } else { Colons::Within };
            let [a, b] = [a, b].map(|tokens| in_parts(tokens.into_iter(), colons).collect::<Vec<_>>());
            let [pa, pb] = [&a, &b].map(|tokens| Pattern::of(tokens.iter().copied()));
            let slow = |tokens: &[Token]| slow_tokens(tokens, &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(pa.matches(&text), slow(&a), "{:?}", a);
            prop_assert_eq!(match_tokens(a.iter().copied(), text.chars()), slow(&a), "{:?}", a);
            prop_assert!(!(slow(&a) && slow(&b)) || (pa.meets(&pb) && pb.meets(&pa)), "{:?} {:?}", a, b);
            prop_assert!(!slow(&a) || (0..=text.len()).all(|end| pa.meets_below(&text[..end])), "{:?}", a);
        }

        #[test]
        fn globs_with_such_elements_meet_when_some_short_text_is_of_both(
            a in proptest::collection::vec(tokens(), 1..2),
            b in tokens(),
        ) {
            let (a, b) = (&a[0][..a[0].len().min(4)], &b[..b.len().min(3)]);
            let (pa, pb) = (Pattern::of(a.iter().copied()), Pattern::of(b.iter().copied()));
            let mut texts = vec![String::new()];
            let mut common = false;
            for _ in 0..=7 {
                let of_both = |t: &String| [a, b].iter().all(|tokens| slow_tokens(tokens, &t.chars().collect::<Vec<_>>()));
                common |= texts.iter().any(of_both);
                if common { break }
                texts = texts.iter().flat_map(|t| ["a", "b", ":"].map(|c| format!("{t}{c}"))).collect();
            }
            prop_assert_eq!(pa.meets(&pb), common);
            prop_assert_eq!(pb.meets(&pa), common);
        }

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
