//! The elements of globs, and how far a wildcard in one of the first five parts of an ARN runs.
//!
//! The first five colons of an ARN stand between its parts; all behind the fifth is the sixth part, with its colons. What
//! AWS documents of wildcards there, element by element, and what is made of it here:
//!
//! | element | a wildcard in the first five parts | source |
//! | --- | --- | --- |
//! | `Action`, `StringLike` and all other texts | there are no parts: it matches colons as any other character | IAM User Guide, `reference_policies_elements_action`, `reference_policies_elements_condition_operators` (2026-11) |
//! | `ArnLike`, `ArnEquals` | stays within its part, because each of the six is compared by itself | `reference_policies_elements_condition_operators` (2026-11) |
//! | `Resource` | stays within its part; a `*` that ends its part "can expand to match beyond the colon boundaries" | `reference_policies_elements_resource` (2026-11) |
//! | the same | stays within its part, and nothing else | S3 User Guide, `s3-arn-format` (2023-06); the IAM page until 2023-05 |
//!
//! So a `Resource` has two readings, [`Colons::Within`] and [`Colons::RunOn`]. Where both match it matches. Where only the
//! second does, it matches in a Deny, and in an Allow that is open. A wildcard cannot stand for the service (the same
//! page), and the first part is `arn`: so only the `*` of a region or an account can run on.

use std::iter::Peekable;

/// One element of a glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// This very character.
    Literal(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// `?` that matches no colon.
    OneInPart,
    /// `*` that matches no colon.
    AnyInPart,
}

/// How far wildcards run past colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colons {
    /// Not out of one of the first five parts.
    Within,
    /// Not out of one of the first five parts, but for a `*` at the end of the region or the account.
    RunOn,
}

/// The colons between the parts of an ARN.
const BETWEEN: u8 = 5;
/// The parts of which the last `*` may run on, by the colons before them: region and account.
const RUN_ON: [u8; 2] = [3, 4];

/// The tokens of an ARN's glob, those of the first five parts confined to their part. A glob with fewer parts is completed
/// with `*` (IAM User Guide, `reference_policies_elements_resource`).
pub fn in_parts<I: Iterator<Item = Token>>(tokens: I, colons: Colons) -> Parts<I> {
    Parts { tokens: tokens.peekable(), colons, passed: 0, completes: false }
}

/// What [`in_parts`] makes of tokens.
#[derive(Debug, Clone)]
pub struct Parts<I: Iterator<Item = Token>> {
    tokens: Peekable<I>,
    colons: Colons,
    /// The colons that have passed.
    passed: u8,
    /// Does the next part have to be completed?
    completes: bool,
}

impl<I: Iterator<Item = Token>> Parts<I> {
    /// A `*`, which may end its part.
    fn any(&mut self) -> Token {
        let ends = self.tokens.peek().is_none_or(|next| *next == Token::Literal(':'));
        let runs_on = self.colons == Colons::RunOn && ends && RUN_ON.contains(&self.passed);
        if self.passed == BETWEEN || runs_on { Token::Any } else { Token::AnyInPart }
    }
}

impl<I: Iterator<Item = Token>> Iterator for Parts<I> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if std::mem::take(&mut self.completes) {
            return Some(self.any());
        }
        match self.tokens.next() {
            Some(Token::Literal(':')) => {
                self.passed = BETWEEN.min(self.passed + 1);
                Some(Token::Literal(':'))
            }
            Some(Token::Any) => Some(self.any()),
            Some(Token::One) if self.passed < BETWEEN => Some(Token::OneInPart),
            None if self.passed < BETWEEN => {
                self.passed += 1;
                self.completes = true;
                Some(Token::Literal(':'))
            }
            token => token,
        }
    }
}

impl Token {
    pub(super) fn of(c: char) -> Self {
        match c {
            '*' => Self::Any,
            '?' => Self::One,
            literal => Self::Literal(literal),
        }
    }

    /// Is it a `*`?
    pub(in crate::policy) fn is_star(self) -> bool {
        matches!(self, Self::Any | Self::AnyInPart)
    }

    /// Does it match a character, or may it begin with it?
    pub(in crate::policy) fn takes(self, c: char) -> bool {
        match self {
            Self::Literal(own) => own == c,
            Self::One | Self::Any => true,
            Self::OneInPart | Self::AnyInPart => c != ':',
        }
    }

    /// Is there a character that both match?
    pub(super) fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Literal(c), token) | (token, Self::Literal(c)) => token.takes(c),
            _ => true,
        }
    }
}

/// Does a glob that is spelled token by token match this text? With `arn` it is the glob of an ARN in a condition.
#[must_use]
pub fn tokens_match(
    tokens: impl Iterator<Item = Token> + Clone,
    text: impl Iterator<Item = char> + Clone,
    arn: bool,
) -> bool {
    if arn { match_tokens(in_parts(tokens, Colons::Within), text) } else { match_tokens(tokens, text) }
}

/// Goes on behind the last `*` when the text does not fit, which takes one character more: behind the last that stays in
/// its part, and when that comes to a colon, behind the last that does not.
// INVARIANT: in the first five parts of an ARN no `?` matches a colon, so that no earlier `*` of a part could do better.
pub(super) fn match_tokens(
    mut tokens: impl Iterator<Item = Token> + Clone,
    mut left: impl Iterator<Item = char> + Clone,
) -> bool {
    let (mut in_part, mut anywhere) = (None, None);
    loop {
        let token = tokens.next();
        let fits = match token {
            Some(Token::AnyInPart) => {
                in_part = Some((tokens.clone(), left.clone()));
                continue;
            }
            Some(Token::Any) => {
                (in_part, anywhere) = (None, Some((tokens.clone(), left.clone())));
                continue;
            }
            Some(token) => left.next().is_some_and(|c| token.takes(c)),
            None if left.next().is_none() => return true,
            None => false,
        };
        if fits {
            continue;
        }
        if let Some((_, from)) = &mut in_part
            && from.next().is_none_or(|c| !Token::AnyInPart.takes(c))
        {
            in_part = None;
        }
        if in_part.is_none()
            && let Some((_, from)) = &mut anywhere
            && from.next().is_none()
        {
            return false;
        }
        match in_part.as_ref().or(anywhere.as_ref()) {
            Some((behind, from)) => (tokens, left) = (behind.clone(), from.clone()),
            None => return false,
        }
    }
}
