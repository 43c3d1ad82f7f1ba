//! A request: who asks for what, and what is known of its context keys.
//!
//! What is known of a key is a set of possibilities ([`Value`]); that a request does not have a key and that it is not known
//! whether it has are never confused. Keys are compared without case, tag keys in them too (IAM User Guide,
//! `reference_policies_elements_condition`, 2026-11).

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;

use super::principal::Requester;
use super::value::{ABSENT, UNKNOWN, Value};

/// Who asks for what; the resource stands apart, because many are asked about with the same request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The action, in small letters.
    action: Cow<'a, str>,
    requester: &'a Requester,
    /// The account that owns the resource, where it is known; else it is the requester's own.
    resource_account: Option<&'a str>,
    context: &'a Context,
    /// Keys that begin with this do not exist for the action; empty where all do.
    hidden: &'static str,
    alone: bool,
}

/// The S3 actions whose requests know the tags an object has (Amazon S3 User Guide, `tagging-and-policies`, and the
/// Service Authorization Reference of S3, 2026-11).
pub(super) const KNOW_OBJECT_TAGS: [&str; 14] = [
    "s3:getobject",
    "s3:getobjectversion",
    "s3:getobjectattributes",
    "s3:getobjectversionattributes",
    "s3:getobjectacl",
    "s3:getobjectversionacl",
    "s3:getobjecttagging",
    "s3:getobjectversiontagging",
    "s3:putobjectacl",
    "s3:putobjectversionacl",
    "s3:putobjecttagging",
    "s3:putobjectversiontagging",
    "s3:deleteobjecttagging",
    "s3:deleteobjectversiontagging",
];

/// A context key in small letters, its text shared by all conditions of a policy set that name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Arc<str>);

/// The keys that a policy set names, each once.
#[derive(Debug, Default)]
pub struct Keys(hashbrown::HashSet<Arc<str>>);

/// The context keys of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    keys: HashMap<Box<str>, Vec<Value>>,
    never: Vec<&'static str>,
    closed: bool,
    ambiguous: Vec<String>,
}

impl<'a> Request<'a> {
    /// Who asks for what action, given in any case, and to whose account the resource belongs.
    #[must_use]
    pub fn new(
        action: &'a str,
        requester: &'a Requester,
        resource_account: Option<&'a str>,
        context: &'a Context,
    ) -> Self {
        let request = Self { action: "".into(), requester, resource_account, context, hidden: "", alone: false };
        request.of_action(action)
    }

    /// The same request for another action.
    #[must_use]
    pub fn of_action(self, action: &'a str) -> Self {
        let action = small(action);
        let without_tags = action.starts_with("s3:") && !KNOW_OBJECT_TAGS.contains(&action.as_ref());
        let hidden = if without_tags { "s3:existingobjecttag/" } else { "" };
        Self { action, hidden, ..self }
    }

    /// Asks what identity policies say by themselves: no key policy or trust policy has the last word.
    #[must_use]
    pub fn of_identity_alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// The action, in small letters.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Who asks.
    #[must_use]
    pub fn requester(&self) -> &'a Requester {
        self.requester
    }

    /// Are identity policies asked by themselves?
    #[must_use]
    pub fn is_of_identity_alone(&self) -> bool {
        self.alone
    }

    /// Does the resource belong to the requester's own account? Nothing else is assumed where it is not known.
    #[must_use]
    pub fn is_within_account(&self) -> bool {
        match (self.requester.account(), self.resource_account) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
    }

    /// What a context key may be.
    #[must_use]
    pub fn value(&self, key: &Key) -> &[Value] {
        if !self.hidden.is_empty() && key.0.starts_with(self.hidden) { ABSENT } else { self.context.value(key) }
    }
}

impl Key {
    /// A key, given in any case.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(small(text).into())
    }

    /// The key, in small letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Keys {
    /// The key of a text; the same text gives the same key.
    pub fn intern(&mut self, text: &str) -> Key {
        Key(Arc::clone(self.0.get_or_insert_with(small(text).as_ref(), |text| Arc::from(text))))
    }

    /// Adds keys that were made elsewhere.
    pub fn extend<'k>(&mut self, keys: impl IntoIterator<Item = &'k Key>) {
        self.0.extend(keys.into_iter().map(|key| Arc::clone(&key.0)));
    }

    /// All of them, in small letters.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Was the key ever asked for?
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        self.0.contains(&key.0)
    }
}

impl Context {
    /// A request of which everything is known: a key that is not set is absent.
    #[must_use]
    pub fn closed() -> Self {
        Self { keys: HashMap::new(), never: vec![], closed: true, ambiguous: vec![] }
    }

    /// A request of which only some is known: a key that is not mentioned is unknown.
    #[must_use]
    pub fn open() -> Self {
        Self { closed: false, ..Self::closed() }
    }

    /// Sets a key's values. A key that was set before in another case is ambiguous: IAM does not say which one counts, so
    /// it becomes unknown.
    pub fn set<T: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        let values = Value::Exactly(values.into_iter().map(Into::into).collect());
        if self.keys.insert(small(key).into(), vec![values]).is_some() {
            self.ambiguous.push(key.to_owned());
            self.unknown(key);
        }
    }

    /// Says that a key is one of these.
    pub fn one_of(&mut self, key: &str, possible: Vec<Value>) {
        self.keys.insert(small(key).into(), possible);
    }

    /// Says that the request does not have a key.
    pub fn absent(&mut self, key: &str) {
        self.one_of(key, ABSENT.to_vec());
    }

    /// Says that nothing is known of a key.
    pub fn unknown(&mut self, key: &str) {
        self.one_of(key, UNKNOWN.to_vec());
    }

    /// Was something said of a key, given in small letters?
    #[must_use]
    pub fn mentions(&self, key: &str) -> bool {
        self.keys.contains_key(key) || self.is_never(key)
    }

    /// Says that the request has no key that begins with this, given in small letters, but for those that are set.
    pub fn forget(&mut self, prefix: &'static str) {
        self.never.push(prefix);
    }

    /// The keys that were set several times, in different case.
    #[must_use]
    pub fn ambiguous(&self) -> &[String] {
        &self.ambiguous
    }

    /// What a key may be.
    #[must_use]
    pub fn value(&self, key: &Key) -> &[Value] {
        match self.keys.get(key.as_str()) {
            Some(possible) => possible,
            None if self.closed || self.is_never(key.as_str()) => ABSENT,
            None => UNKNOWN,
        }
    }

    fn is_never(&self, key: &str) -> bool {
        self.never.iter().any(|prefix| key.starts_with(prefix))
    }
}

/// A text in small letters; most are so already.
fn small(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}
