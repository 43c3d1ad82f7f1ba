//! A question: an action, and what is known of the request and of the resource's own policies.

use crate::account::{Fact, Tags, Unknown};
use crate::knowledge::context::Sender;
use crate::policy::Document;
use crate::policy::compile::{Kind, Policies};
use crate::policy::request::Context;
use crate::policy::value::Value;

/// An action, and what is known beside who asks and about what.
#[derive(Debug, Clone)]
pub struct Ask<'q> {
    action: &'q str,
    sender: Sender,
    /// The region that is called.
    region: Option<&'q str>,
    owner: Option<&'q str>,
    own: Vec<(String, Result<&'q Document, Unknown>)>,
    /// Keys with what they may be.
    context: Vec<(&'q str, Vec<Value>)>,
    object_tags: Option<&'q Tags>,
    request_tags: Option<&'q Tags>,
    resource_tags: Option<&'q Tags>,
    identity_alone: bool,
}

impl<'q> Ask<'q> {
    /// A question about an action on a resource of this account without a policy of its own, which somebody asks with the
    /// identity's credentials.
    #[must_use]
    pub fn new(action: &'q str) -> Self {
        Self {
            action,
            sender: Sender::Person,
            region: None,
            owner: None,
            own: vec![],
            context: vec![],
            object_tags: None,
            request_tags: None,
            resource_tags: None,
            identity_alone: false,
        }
    }

    /// A question of Ground Truth's own, with a session of the role.
    #[must_use]
    pub fn of_ground_truth(action: &'q str) -> Self {
        Self::new(action).sent_by(Sender::GroundTruth)
    }

    /// Who sends the request, and by what way.
    #[must_use]
    pub fn sent_by(self, sender: Sender) -> Self {
        Self { sender, ..self }
    }

    /// The region that is called.
    #[must_use]
    pub fn in_region(self, region: Option<&'q str>) -> Self {
        Self { region: region.filter(|region| !region.is_empty()), ..self }
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
    pub fn with(self, key: &'q str, value: impl Into<String>) -> Self {
        self.with_one_of(key, vec![Value::text(value)])
    }

    /// The request does not have this context key.
    #[must_use]
    pub fn without(self, key: &'q str) -> Self {
        self.with_one_of(key, vec![Value::Absent])
    }

    /// A context key is one of these.
    #[must_use]
    pub fn with_one_of(mut self, key: &'q str, possible: Vec<Value>) -> Self {
        self.context.push((key, possible));
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
        self.object_tags = Some(tags);
        self
    }

    /// The tags of the resource that count in policies, where they are known.
    #[must_use]
    pub fn of_resource_tagged(mut self, tags: Option<&'q Tags>) -> Self {
        self.resource_tags = tags;
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

    pub(super) fn sender(&self) -> Sender {
        self.sender
    }

    pub(super) fn region(&self) -> Option<&'q str> {
        self.region
    }

    pub(super) fn resource_tags(&self) -> Option<&'q Tags> {
        self.resource_tags
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

    /// What distinguishes one question from another, but for the resource's own policies. `by_tags`: do policies ask for the
    /// tags of resources?
    pub(super) fn key(&self, by_tags: bool) -> String {
        let tags = (self.object_tags, self.request_tags, self.resource_tags.filter(|_| by_tags));
        let Self { action, sender, region, owner, context, identity_alone, .. } = self;
        let request = (*sender, region.unwrap_or_default());
        if owner.is_none() && tags == (None, None, None) && context.is_empty() && !identity_alone {
            return format!("{action} {request:?}");
        }
        format!("{action} {request:?} {identity_alone} {owner:?} {tags:?} {context:?}")
    }

    /// Puts what the question itself says into a context.
    pub(super) fn tell(&self, context: &mut Context) {
        for (key, possible) in &self.context {
            context.one_of(key, possible.clone());
        }
        if let Some(tags) = self.request_tags {
            context.forget("aws:requesttag/");
            for (key, value) in tags {
                context.set(&format!("aws:RequestTag/{key}"), [value.as_str()]);
            }
            if tags.is_empty() {
                // The key is absent, or has no values: which, AWS does not say.
                context.one_of("aws:TagKeys", vec![Value::Absent, Value::Exactly(vec![])]);
            } else {
                context.set("aws:TagKeys", tags.keys().map(String::as_str));
            }
        }
        if let Some(tags) = self.object_tags {
            context.forget("s3:existingobjecttag/");
            for (key, value) in tags {
                context.set(&format!("s3:ExistingObjectTag/{key}"), [value.as_str()]);
            }
        }
    }
}
