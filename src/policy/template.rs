//! Texts with policy variables: `arn:aws:s3:::home/${aws:username}/*`.
//!
//! Knows the forms `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}` (IAM User Guide,
//! `reference_policies_variables`, 2026-11). What a variable stands for is a literal: a `*` in a tag's value is no
//! wildcard. Variables exist in documents of version 2012-10-17 alone.

use super::pattern::{Pattern, Token};
use super::request::{Context, Value};

/// A text, cut at its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Tokens that are always the same.
    Fixed(Vec<Token>),
    /// A context key, small, and what to use where it is absent.
    Variable { key: String, default: Option<String> },
}

/// What a template stands for in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filled {
    /// A glob.
    Pattern(Pattern),
    /// A variable has no value: the text matches nothing.
    Valueless,
    /// A variable is not known: the glob is what it could be at the most.
    Unknown(Pattern, Vec<String>),
}

impl Template {
    /// Cuts a text. Without `variables` a `$` is a `$`; without `wildcards` a `*` is a `*`.
    #[must_use]
    pub fn new(text: &str, variables: bool, wildcards: bool) -> Self {
        let mut pieces = vec![];
        let mut fixed = vec![];
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((inside, behind)) =
                rest.strip_prefix("${").filter(|_| variables).and_then(|r| r.split_once('}'))
            {
                match inside {
                    "*" | "?" | "$" => fixed.extend(inside.chars().map(Token::Literal)),
                    _ => {
                        pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
                        pieces.push(variable(inside));
                    }
                }
                rest = behind;
                continue;
            }
            fixed.push(match c {
                '*' if wildcards => Token::Any,
                '?' if wildcards => Token::One,
                literal => Token::Literal(literal),
            });
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        pieces.push(Piece::Fixed(fixed));
        Self { pieces }
    }

    /// Puts the values of a request in the place of the variables. A multivalued key has no place here: it is unknown.
    #[must_use]
    pub fn fill(&self, context: &Context) -> Filled {
        let mut tokens = vec![];
        let mut unknown = vec![];
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(fixed) => tokens.extend(fixed.iter().copied()),
                Piece::Variable { key, default } => match (context.value(key), default) {
                    (Value::Known([one]), _) => tokens.extend(one.chars().map(Token::Literal)),
                    (Value::Absent | Value::Known([]), Some(default)) => {
                        tokens.extend(default.chars().map(Token::Literal));
                    }
                    (Value::Absent | Value::Known([]), None) => return Filled::Valueless,
                    (Value::Known(_) | Value::Unknown, _) => {
                        unknown.push(key.clone());
                        tokens.push(Token::Any);
                    }
                },
            }
        }
        let pattern = Pattern::of(tokens);
        if unknown.is_empty() { Filled::Pattern(pattern) } else { Filled::Unknown(pattern, unknown) }
    }
}

fn variable(inside: &str) -> Piece {
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            (key, Some(quoted.unwrap_or(default.trim()).to_owned()))
        }
        None => (inside, None),
    };
    Piece::Variable { key: key.trim().to_ascii_lowercase(), default }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        let mut context = Context::closed();
        context.set("aws:username", ["bob"]);
        context.set("aws:PrincipalTag/p", ["*"]);
        context.unknown("aws:PrincipalTag/team");
        context
    }

    #[test]
    fn variables_are_filled_with_literals() {
        let fill = |text: &str, variables| Template::new(text, variables, true).fill(&context());
        let matches = |text: &str, other: &str| matches!(fill(text, true), Filled::Pattern(p) if p.matches(other));
        assert!(matches("home/${aws:username}/*", "home/bob/x/y"));
        assert!(matches("home/${AWS:UserName}", "home/bob"));
        assert!(matches("${aws:PrincipalTag/p}", "*"));
        assert!(!matches("${aws:PrincipalTag/p}", "anything"));
        assert!(matches("b-${aws:PrincipalTag/none, 'all'}/*", "b-all/x"));
        assert!(matches("a${*}${?}${$}b", "a*?$b"));
        assert!(matches("a${b", "a${b"));
        assert_eq!(fill("x${aws:PrincipalTag/none}", true), Filled::Valueless);
        assert_eq!(fill("${aws:username}", false), Filled::Pattern(Pattern::literal("${aws:username}")));
        let Filled::Unknown(pattern, keys) = fill("t/${aws:PrincipalTag/team}/x", true) else { panic!("unknown") };
        assert!(pattern.matches("t/anything/x") && !pattern.matches("u/x"));
        assert_eq!(keys, ["aws:principaltag/team"]);
    }
}
