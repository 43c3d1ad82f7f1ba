//! A question: an action, and what is known of the request and of the resource's own policies.

use std::borrow::Cow;

use crate::account::{Fact, Tags, Unknown};
use crate::policy::Document;
use crate::policy::compile::{Kind, Policies};
use crate::policy::request::Context;

/// An action, and what is known beside who asks and about what.
#[derive(Debug, Clone)]
pub struct Ask<'q> {
    action: &'q str,
    owner: Option<&'q str>,
    own: Vec<(String, Result<&'q Document, Unknown>)>,
    /// Keys with their values; a key without any is absent.
    context: Vec<(&'static str, Vec<String>)>,
    tags: Option<&'q Tags>,
    request_tags: Option<&'q Tags>,
    identity_alone: bool,
}

impl<'q> Ask<'q> {
    /// A question about an action on a resource of this account without a policy of its own.
    #[must_use]
    pub fn new(action: &'q str) -> Self {
        Self {
            action,
            owner: None,
            own: vec![],
            context: vec![],
            tags: None,
            request_tags: None,
            identity_alone: false,
        }
    }

    /// The resource's own policy, if it has one, under the name that reports call it by; or why it is not known.
    #[must_use]
    pub fn of(self, name: &str, policy: &'q Fact<Option<Document>>) -> Self {
        match policy {
            Fact::Known(None) => self,
            Fact::Known(Some(document)) => self.policy(name, Ok(document)),
            Fact::Unknown(unknown) => self.policy(name, Err(unknown.clone())),
        }
    }

    /// A policy of the resource's own, under the name that reports call it by: a key policy, a grant, a trust policy.
    #[must_use]
    pub fn policy(mut self, name: &str, policy: Result<&'q Document, Unknown>) -> Self {
        self.own.push((name.to_owned(), policy));
        self
    }

    /// The account that owns the resource, where it may be another than the identity's.
    #[must_use]
    pub fn owned_by(mut self, account: &'q str) -> Self {
        self.owner = Some(account);
        self
    }

    /// The resource is of another account than the identity's, and it is not known which.
    #[must_use]
    pub fn owned_by_another_account(mut self) -> Self {
        // INVARIANT: no account has an empty id.
        self.owner = Some("");
        self
    }

    /// The value of a context key.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.context.push((key, vec![value.into()]));
        self
    }

    /// The request does not have this context key.
    #[must_use]
    pub fn without(mut self, key: &'static str) -> Self {
        self.context.push((key, vec![]));
        self
    }

    /// The tags that the request wants to set, and no others.
    #[must_use]
    pub fn setting(mut self, tags: &'q Tags) -> Self {
        self.request_tags = Some(tags);
        self
    }

    /// The tags that the object has, and no others.
    #[must_use]
    pub fn tagged(mut self, tags: &'q Tags) -> Self {
        self.tags = Some(tags);
        self
    }

    /// Asks of no key and no role in particular: its own policy has not the last word.
    #[must_use]
    pub fn of_identity_alone(self) -> Self {
        Self { identity_alone: true, ..self }
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &'q str {
        self.action
    }

    pub(super) fn owner(&self) -> Option<&'q str> {
        self.owner
    }

    pub(super) fn is_of_identity_alone(&self) -> bool {
        self.identity_alone
    }

    pub(super) fn of_resource(&self) -> Policies<'q, Unknown> {
        let mut policies = Policies::new();
        for (name, policy) in &self.own {
            match policy {
                Ok(document) => policies.add(Kind::Resource, name.as_str(), None, document),
                Err(gap) => policies.miss(Kind::Resource, gap.clone()),
            }
        }
        policies
    }

    /// What tells one question from another, but for the resource's own policies.
    pub(super) fn key(&self) -> Cow<'q, str> {
        let tags = (self.tags, self.request_tags);
        if self.owner.is_none() && tags == (None, None) && self.context.is_empty() && !self.identity_alone {
            return self.action.into();
        }
        let alone = if self.identity_alone { " alone" } else { "" };
        format!("{}{alone} {:?} {tags:?} {:?}", self.action, self.owner, self.context).into()
    }

    /// Puts what is known into a context.
    pub(super) fn tell(&self, context: &mut Context) {
        for (key, values) in &self.context {
            match values.as_slice() {
                [] => context.absent(key),
                values => context.set(key, values.iter().map(String::as_str)),
            }
        }
        if let Some(tags) = self.request_tags {
            context.forget("aws:requesttag/");
            for (key, value) in tags {
                context.set(&format!("aws:RequestTag/{key}"), [value.as_str()]);
            }
            if tags.is_empty() {
                context.absent("aws:TagKeys");
            } else {
                context.set("aws:TagKeys", tags.keys().map(String::as_str));
            }
        }
        if let Some(tags) = self.tags {
            context.forget("s3:existingobjecttag/");
            for (key, value) in tags {
                context.set(&format!("s3:ExistingObjectTag/{key}"), [value.as_str()]);
            }
        }
    }
}
