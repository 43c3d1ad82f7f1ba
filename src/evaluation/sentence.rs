//! Sentences with number and person as arguments.

use std::fmt;

use crate::arn::Arn;

/// A sentence about some principals, who are named when it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sentence {
    before: String,
    /// What follows the principals; nothing, where the sentence names none.
    after: Option<String>,
}

/// The principals of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    names: Vec<String>,
    all_roles: bool,
}

impl Sentence {
    /// A sentence that names no principal.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), after: None }
    }

    /// A sentence with the principals between two texts.
    #[must_use]
    pub fn around(before: impl Into<String>, after: impl Into<String>) -> Self {
        Self { before: before.into(), after: Some(after.into()) }
    }

    /// The same, with more at its end.
    #[must_use]
    pub fn and(mut self, more: &str) -> Self {
        self.after.as_mut().unwrap_or(&mut self.before).push_str(more);
        self
    }

    /// The sentence as far as its first semicolon, and what follows.
    #[must_use]
    pub fn head(&self) -> (Self, Option<String>) {
        let cut = |text: &str| match text.split_once("; ") {
            Some((head, tail)) => (head.to_owned(), Some(tail.to_owned())),
            None => (text.to_owned(), None),
        };
        match &self.after {
            Some(after) if !self.before.contains("; ") => {
                let (after, tail) = cut(after);
                (Self { before: self.before.clone(), after: Some(after) }, tail)
            }
            _ => {
                let (before, tail) = cut(&self.before);
                (Self { before, after: None }, tail)
            }
        }
    }

    /// The sentence, said of these principals.
    #[must_use]
    pub fn said(&self, who: &Who) -> String {
        match &self.after {
            Some(after) => format!("{}{who}{after}", self.before),
            None => self.before.clone(),
        }
    }
}

impl Who {
    /// One principal, or several, by name; more than three are counted.
    #[must_use]
    pub fn of<'p>(principals: impl IntoIterator<Item = &'p Arn>) -> Self {
        let principals: Vec<&Arn> = principals.into_iter().collect();
        let all_roles = principals.iter().all(|arn| arn.resource().starts_with("role/"));
        Self { names: principals.iter().map(|arn| format!("`{}`", arn.name())).collect(), all_roles }
    }
}

impl Who {
    /// Principals that were named before.
    #[must_use]
    pub fn it() -> Self {
        Self { names: vec!["it".to_owned()], all_roles: false }
    }

    /// Principals in words of the caller's own.
    #[must_use]
    pub fn phrase(words: impl Into<String>) -> Self {
        Self { names: vec![words.into()], all_roles: false }
    }

    /// A service, by its principal.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self { names: vec![format!("`{name}`")], all_roles: false }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names.as_slice() {
            [] => f.write_str("the principal"),
            names if names.len() <= 3 => f.write_str(&list(names)),
            names => write!(f, "{} {}", names.len(), if self.all_roles { "roles" } else { "principals" }),
        }
    }
}

/// `A`, `A and B`, `A, B and C`.
#[must_use]
pub fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    joined(items, "and")
}

/// The same, each in backticks.
#[must_use]
pub fn quoted<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    joined(items.into_iter().map(|item| format!("`{}`", item.as_ref())), "and")
}

/// `A`, `A or B`, `A, B or C`, each in backticks.
#[must_use]
pub fn quoted_or<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    joined(items.into_iter().map(|item| format!("`{}`", item.as_ref())), "or")
}

fn joined<T: AsRef<str>>(items: impl IntoIterator<Item = T>, word: &str) -> String {
    let items: Vec<T> = items.into_iter().collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {word} {}", first.join(", "), last.as_ref())
        }
    }
}

/// `1 bucket`, `2 buckets`.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_of_one_and_of_many() {
        let arn = |name: &str| Arn::iam("aws", "111122223333", &format!("role/{name}"));
        let roles: Vec<Arn> = ["A", "B", "C", "D"].map(arn).into();
        let sentence = Sentence::around("no identity-based policy allows ", " access");
        let said = |count: usize| sentence.said(&Who::of(roles.iter().take(count)));
        assert_eq!(said(1), "no identity-based policy allows `A` access");
        assert_eq!(said(2), "no identity-based policy allows `A` and `B` access");
        assert_eq!(said(4), "no identity-based policy allows 4 roles access");
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(list::<&str>([]), "");
        assert_eq!(list(["a"]), "a");
        assert_eq!(quoted(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
