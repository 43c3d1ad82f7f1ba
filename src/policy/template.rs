//! Texts with policy variables: `arn:aws:s3:::home/${aws:username}/*`.
//!
//! Knows the forms `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}` (IAM User Guide,
//! `reference_policies_variables`, 2026-11). What a variable stands for is a literal: a `*` in a tag's value is no
//! wildcard. Variables exist in documents of version 2012-10-17 alone.

use super::pattern::{Colons, Pattern, Token, in_parts, tokens_match};
use super::request::{Key, Request};
use super::ternary::Truth;
use super::value::Value;

/// A text, understood once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// It has no variables.
    Fixed(Pattern),
    /// It is cut at its variables.
    Pieces(Vec<Piece>),
}

/// A part of a text with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Tokens that are always the same.
    Fixed(Vec<Token>),
    /// A context key, and what to use where it is absent.
    Variable {
        /// The key.
        key: Key,
        /// The default, where there is one.
        default: Option<String>,
    },
    /// A variable of a form that the documentation does not describe: it may stand for anything.
    Unclear,
}

/// What a template stands for in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filled {
    /// A glob.
    Pattern(Pattern),
    /// A variable has no value: the text matches nothing.
    Valueless,
    /// A variable is not known: the glob is what it could be at the most.
    Unknown(Pattern),
}

/// What a variable stands for in a request.
#[derive(PartialEq, Eq)]
enum Filling<'a> {
    Text(&'a str),
    Valueless,
    Unknown,
}

impl Template {
    /// Cuts a text. Without `variables` a `$` is a `$`; without `wildcards` a `*` is a `*`.
    #[must_use]
    pub fn new(text: &str, variables: bool, wildcards: bool) -> Self {
        if !variables || !text.contains("${") {
            return Self::Fixed(if wildcards { Pattern::new(text) } else { Pattern::literal(text) });
        }
        let token = |c| match c {
            '*' if wildcards => Token::Any,
            '?' if wildcards => Token::One,
            literal => Token::Literal(literal),
        };
        let mut pieces = vec![];
        let mut fixed = vec![];
        for part in parts(text) {
            match part {
                Part::Text(text) | Part::Unclosed(text) => fixed.extend(text.chars().map(token)),
                Part::Inside(escape @ ("*" | "?" | "$")) => fixed.extend(escape.chars().map(Token::Literal)),
                Part::Inside(inside) => {
                    pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
                    pieces.push(Piece::variable(inside));
                }
            }
        }
        if pieces.is_empty() {
            return Self::Fixed(Pattern::of(fixed));
        }
        pieces.push(Piece::Fixed(fixed));
        Self::Pieces(pieces)
    }

    /// The same text as the glob of an ARN; its first five parts have no variables.
    #[must_use]
    pub(super) fn in_parts(self, colons: Colons) -> Self {
        match self {
            Self::Fixed(pattern) => Self::Fixed(Pattern::in_parts(pattern.tokens(), colons)),
            Self::Pieces(mut pieces) => {
                if let Some(Piece::Fixed(head)) = pieces.first_mut() {
                    *head = in_parts(head.iter().copied(), colons).collect();
                }
                Self::Pieces(pieces)
            }
        }
    }

    /// Puts the values of a request in the place of the variables.
    #[must_use]
    pub fn fill(&self, request: &Request<'_>) -> Filled {
        match self {
            Self::Fixed(pattern) => Filled::Pattern(pattern.clone()),
            Self::Pieces(pieces) => match certainty(pieces, request) {
                Truth::False => Filled::Valueless,
                Truth::Unknown => Filled::Unknown(Pattern::of(spelled(pieces, request))),
                Truth::True => Filled::Pattern(Pattern::of(spelled(pieces, request))),
            },
        }
    }

    /// Has a variable no value?
    #[must_use]
    pub fn is_valueless(&self, request: &Request<'_>) -> bool {
        matches!(self, Self::Pieces(pieces) if certainty(pieces, request) == Truth::False)
    }

    /// Does the text match another, with the request's values in the place of the variables? Nothing is put together for
    /// it. What depends on an unknown variable is not certain; a variable without a value matches nothing.
    #[must_use]
    pub fn matches(&self, text: &str, request: &Request<'_>) -> Truth {
        match self {
            Self::Fixed(pattern) => Truth::of(pattern.matches(text)),
            Self::Pieces(pieces) => {
                compare(pieces, request, || tokens_match(spelled(pieces, request), text.chars(), false))
            }
        }
    }

    /// The same for ARNs, of which each of the six parts is matched by itself.
    #[must_use]
    pub fn matches_arn(&self, arn: &str, request: &Request<'_>) -> Truth {
        match self {
            Self::Fixed(pattern) => Truth::of(tokens_match(pattern.tokens(), arn.chars(), true)),
            Self::Pieces(pieces) => {
                compare(pieces, request, || tokens_match(spelled(pieces, request), arn.chars(), true))
            }
        }
    }

    /// The same without regard to case.
    #[must_use]
    pub fn matches_ignoring_case(&self, text: &str, request: &Request<'_>) -> Truth {
        let text = text.chars().flat_map(char::to_lowercase);
        match self {
            Self::Fixed(pattern) => Truth::of(tokens_match(pattern.tokens().flat_map(small), text, false)),
            Self::Pieces(pieces) => {
                compare(pieces, request, || tokens_match(spelled(pieces, request).flat_map(small), text, false))
            }
        }
    }

    /// Does the text match everything that begins with a prefix?
    #[must_use]
    pub fn matches_below(&self, prefix: &str, request: &Request<'_>) -> Truth {
        self.compare_below(request, |pattern| pattern.within_below(prefix))
    }

    /// The same without regard to case.
    #[must_use]
    pub fn matches_below_ignoring_case(&self, prefix: &str, request: &Request<'_>) -> Truth {
        let prefix = prefix.to_lowercase();
        self.compare_below(request, |pattern| Pattern::of(pattern.tokens().flat_map(small)).within_below(&prefix))
    }

    /// The same for ARNs, of which the prefix has the first five parts whole.
    #[must_use]
    pub fn matches_arn_below(&self, prefix: &str, request: &Request<'_>) -> Truth {
        self.compare_below(request, |pattern| Pattern::in_parts(pattern.tokens(), Colons::Within).within_below(prefix))
    }

    /// Does the text match a value that no policy spells out? A text without wildcards does not.
    #[must_use]
    pub fn matches_what_is_not_spelled(&self, request: &Request<'_>) -> Truth {
        self.compare_below(request, |pattern| {
            let is_literal = pattern.tokens().all(|token| matches!(token, Token::Literal(_)));
            if is_literal { Truth::False } else { pattern.within_below("") }
        })
    }

    fn compare_below(&self, request: &Request<'_>, compare: impl Fn(&Pattern) -> Truth) -> Truth {
        match self.fill(request) {
            Filled::Pattern(pattern) => compare(&pattern),
            Filled::Valueless => Truth::False,
            Filled::Unknown(pattern) => compare(&pattern).min(Truth::Unknown),
        }
    }

    /// The keys of its variables.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        let pieces = if let Self::Pieces(pieces) = self { pieces.as_slice() } else { &[] };
        pieces.iter().filter_map(|piece| if let Piece::Variable { key, .. } = piece { Some(key) } else { None })
    }
}

/// Is a text with variables of a form that the documentation describes? Every `${` is closed, and what stands in it is a
/// key, perhaps with a default, or an escape.
#[must_use]
pub fn is_well_formed(text: &str) -> bool {
    parts(text).all(|part| match part {
        Part::Text(_) | Part::Inside("*" | "?" | "$") => true,
        Part::Inside(inside) => variable(inside).is_some(),
        Part::Unclosed(_) => false,
    })
}

/// The keys of a text's variables that have no default.
pub fn keys_without_default(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(|part| match part {
        Part::Inside(inside) => variable(inside).and_then(|(key, default)| default.is_none().then_some(key)),
        Part::Text(_) | Part::Unclosed(_) => None,
    })
}

/// A part of a text, as it is written.
enum Part<'a> {
    Text(&'a str),
    /// What stands between `${` and `}`.
    Inside(&'a str),
    /// A `${` that is not closed, and all behind it.
    Unclosed(&'a str),
}

/// Cuts a text at its variables. Every character is read once, however many `${` there are.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if let Some(begun) = rest.strip_prefix("${") {
            let closed = begun.split_once('}');
            let unclosed = std::mem::replace(&mut rest, closed.map_or("", |(_, behind)| behind));
            return Some(closed.map_or(Part::Unclosed(unclosed), |(inside, _)| Part::Inside(inside)));
        }
        let (text, behind) = rest.split_at_checked(rest.find("${").unwrap_or(rest.len()))?;
        rest = behind;
        (!text.is_empty()).then_some(Part::Text(text))
    })
}

impl Piece {
    fn variable(inside: &str) -> Self {
        variable(inside).map_or(Self::Unclear, |(key, default)| Self::Variable {
            key: Key::new(key),
            default: default.map(str::to_owned),
        })
    }
}

/// The key and the default of a variable: `key`, or `key, 'default'`. Of wildcards in a default nothing is documented.
fn variable(inside: &str) -> Option<(&str, Option<&str>)> {
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => (key, Some(default.strip_prefix(" '")?.strip_suffix('\'')?)),
    };
    let (service, name) = key.split_once(':')?;
    let is_key =
        !service.is_empty() && !name.is_empty() && key.trim() == key && !key.contains(['$', '{', '*', '?', '\'']);
    let is_text = default.is_none_or(|default| !default.contains(['\'', '$', '{', '*', '?']));
    (is_key && is_text).then_some((key, default))
}

/// A variable's value, where it is the same whatever the key is. A multivalued key has no place in a text: it is unknown.
fn filling<'a>(key: &Key, default: Option<&'a str>, request: &'a Request<'_>) -> Filling<'a> {
    let mut possible = request.value(key).iter().map(|value| match (value, default) {
        (Value::Exactly(values), _) if matches!(values.as_slice(), [_]) => {
            values.first().map_or(Filling::Unknown, |one| Filling::Text(one))
        }
        (value, Some(default)) if value.is_null() => Filling::Text(default),
        (value, None) if value.is_null() => Filling::Valueless,
        _ => Filling::Unknown,
    });
    let first = possible.next().unwrap_or(Filling::Unknown);
    if possible.all(|other| other == first) { first } else { Filling::Unknown }
}

/// Have all variables a value? `False`: one has none.
fn certainty(pieces: &[Piece], request: &Request<'_>) -> Truth {
    let of_piece = |piece: &Piece| match piece {
        Piece::Fixed(_) => Truth::True,
        Piece::Unclear => Truth::Unknown,
        Piece::Variable { key, default } => match filling(key, default.as_deref(), request) {
            Filling::Text(_) => Truth::True,
            Filling::Valueless => Truth::False,
            Filling::Unknown => Truth::Unknown,
        },
    };
    pieces.iter().map(of_piece).min().unwrap_or(Truth::True)
}

/// Token by token, with the values in the place of the variables; an unknown one may be anything.
fn spelled<'a>(pieces: &'a [Piece], request: &'a Request<'_>) -> impl Iterator<Item = Token> + Clone + use<'a> {
    let spell = move |piece: &'a Piece| {
        let (fixed, text, any) = match piece {
            Piece::Fixed(tokens) => (tokens.as_slice(), "", None),
            Piece::Unclear => (&[][..], "", Some(Token::Any)),
            Piece::Variable { key, default } => match filling(key, default.as_deref(), request) {
                Filling::Text(text) => (&[][..], text, None),
                Filling::Valueless => (&[][..], "", None),
                Filling::Unknown => (&[][..], "", Some(Token::Any)),
            },
        };
        fixed.iter().copied().chain(text.chars().map(Token::Literal)).chain(any)
    };
    pieces.iter().flat_map(spell)
}

/// Where every variable has a value, whether it matches; with an unknown one that is not certain.
fn compare(pieces: &[Piece], request: &Request<'_>, matches: impl FnOnce() -> bool) -> Truth {
    match certainty(pieces, request) {
        Truth::False => Truth::False,
        certain => Truth::of(matches()).min(certain),
    }
}

/// A token in small letters.
fn small(token: Token) -> impl Iterator<Item = Token> + Clone {
    let (letter, wildcard) = match token {
        Token::Literal(c) => (Some(c), None),
        _ => (None, Some(token)),
    };
    letter.into_iter().flat_map(char::to_lowercase).map(Token::Literal).chain(wildcard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::principal::Requester;
    use crate::policy::request::Context;

    #[test]
    fn variables_are_filled_with_literals() {
        let mut context = Context::closed();
        context.set("aws:username", ["bob"]);
        context.set("aws:PrincipalTag/p", ["*"]);
        context.unknown("aws:PrincipalTag/team");
        let request = Request::new("s3:GetObject", &Requester::Anonymous, None, &context);
        let holds = |text: &str, other: &str| {
            let template = Template::new(text, true, true);
            let matched = template.matches(other, &request);
            // What is put together matches as what is spelled.
            let filled = match template.fill(&request) {
                Filled::Pattern(pattern) => Truth::of(pattern.matches(other)),
                Filled::Unknown(pattern) => Truth::of(pattern.matches(other)).min(Truth::Unknown),
                Filled::Valueless => Truth::False,
            };
            assert_eq!(matched, filled, "{text} {other}");
            matched
        };
        assert_eq!(holds("home/${aws:username}/*", "home/bob/x/y"), Truth::True);
        assert_eq!(holds("home/${AWS:UserName}", "home/bob"), Truth::True);
        assert_eq!(holds("${aws:PrincipalTag/p}", "*"), Truth::True);
        assert_eq!(holds("${aws:PrincipalTag/p}", "anything"), Truth::False);
        assert_eq!(holds("b-${aws:PrincipalTag/none, 'all'}/*", "b-all/x"), Truth::True);
        assert_eq!(holds("a${*}${?}${$}b", "a*?$b"), Truth::True);
        assert_eq!(holds("a${b", "a${b"), Truth::True);
        assert_eq!(holds("x${aws:PrincipalTag/none}", "x"), Truth::False);
        assert_eq!(holds("t/${aws:PrincipalTag/team}/x", "t/anything/x"), Truth::Unknown);
        assert_eq!(holds("t/${aws:PrincipalTag/team}/x", "u/x"), Truth::False);
        assert_eq!(Template::new("${aws:username}", false, true), Template::Fixed(Pattern::literal("${aws:username}")));
        // Of other forms nothing is documented: they may stand for anything.
        for form in [
            "${}",
            "${ aws:username}",
            "${username}",
            "${aws:username, all}",
            "${aws:username,'a'}",
            "${aws:${aws:username}",
        ] {
            assert!(!is_well_formed(form), "{form}");
            assert_eq!(holds(&format!("a/{form}"), "a/anything"), Truth::Unknown, "{form}");
        }
        let shout = Template::new("${aws:username}-É", true, false);
        assert_eq!(shout.matches_ignoring_case("BOB-é", &request), Truth::True);
    }

    /// With a search for `}` behind each of them this test would not end.
    #[test]
    fn many_beginnings_of_variables_are_read_once() {
        let text = "${".repeat(4 << 20);
        assert!(!is_well_formed(&text));
        assert_eq!(Template::new(&text, true, true), Template::Fixed(Pattern::literal(&text)));
        assert_eq!(keys_without_default(&text).count(), 0);
        let closed = format!("{text}}}");
        assert_eq!(parts(&closed).count(), 1);
    }

    #[test]
    fn the_parts_of_an_arn_are_matched_by_themselves() {
        let context = Context::closed();
        let request = Request::new("s3:GetObject", &Requester::Anonymous, None, &context);
        let matches =
            |pattern: &str, arn: &str| Template::new(pattern, true, true).matches_arn(arn, &request) == Truth::True;
        let role = "arn:aws:iam::111122223333:role/a:b";
        for pattern in ["*", "arn:aws:iam::*", "arn:*:iam:*:*:role/*", "arn:aws:ia?::*:*b", "arn:aws:iam::1*3:role/a:b"]
        {
            assert!(matches(pattern, role), "{pattern}");
        }
        for pattern in ["arn:aws:iam*role/a:b", "arn:aws:ia::*", "arn:aws:ia", "arn:aws:iam::1*:b", "arn:aws:iam?:*:*"]
        {
            assert!(!matches(pattern, role), "{pattern}");
        }
        assert!(!matches("*", "no-arn"));
    }
}
