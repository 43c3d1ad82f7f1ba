//! What a request brings along: the context keys and what is known of them.
//!
//! A key is known, absent or unknown, and the last two are never confused. Keys are compared without case, tag keys in
//! them too (IAM User Guide, `reference_policies_elements_condition`, 2026-11).

use std::collections::BTreeMap;

/// The context keys of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Known>,
    never: Vec<&'static str>,
    closed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    Values(Vec<String>),
    Absent,
    Unknown,
}

/// What is known of a context key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// These values; an empty list is a multivalued key without values.
    Known(&'a [String]),
    /// The request does not have it.
    Absent,
    /// It may have it, and nobody knows with what values.
    Unknown,
}

impl Context {
    /// A request of which everything is known: a key that is not set is absent.
    #[must_use]
    pub fn closed() -> Self {
        Self { keys: BTreeMap::new(), never: vec![], closed: true }
    }

    /// A request of which only some is known: a key that is not mentioned is unknown.
    #[must_use]
    pub fn open() -> Self {
        Self { keys: BTreeMap::new(), never: vec![], closed: false }
    }

    /// Sets a key's values. A key that was set before in another case is ambiguous: IAM does not say which one counts, so
    /// it becomes unknown.
    pub fn set<T: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        let values = Known::Values(values.into_iter().map(Into::into).collect());
        self.keys.entry(key.to_ascii_lowercase()).and_modify(|known| *known = Known::Unknown).or_insert(values);
    }

    /// Says that the request does not have a key.
    pub fn absent(&mut self, key: &str) {
        self.keys.insert(key.to_ascii_lowercase(), Known::Absent);
    }

    /// Says that nobody knows a key.
    pub fn unknown(&mut self, key: &str) {
        self.keys.insert(key.to_ascii_lowercase(), Known::Unknown);
    }

    /// Says that the request has no key that begins with this, given in small letters, whatever was said before.
    pub fn forget(&mut self, prefix: &'static str) {
        self.keys.retain(|key, _| !key.starts_with(prefix));
        self.never.push(prefix);
    }

    /// What is known of a key, which is given in small letters.
    #[must_use]
    pub fn value(&self, key: &str) -> Value<'_> {
        match self.keys.get(key) {
            Some(Known::Values(values)) => return Value::Known(values),
            Some(Known::Absent) => return Value::Absent,
            Some(Known::Unknown) => return Value::Unknown,
            None => {}
        }
        if self.closed || self.never.iter().any(|prefix| key.starts_with(prefix)) {
            Value::Absent
        } else {
            Value::Unknown
        }
    }
}
