//! What a change of an account may have touched: what must be looked at again, and what is as it was.
//!
//! A decision depends on the policies of the identity that asks, on the resource's own, and on nothing of others. So after a
//! change of an identity's policies its pairs with all resources are looked at again, and after a change of a resource its
//! pairs with all identities.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::arn::Arn;
use crate::finding::Finding;
use crate::labeling::LabelingContext;
use crate::labeling::uses::Job;
use crate::policy::{Document, Pattern, Selection};
use crate::rules::{Check, rule};

/// The things of an account that a change may have touched.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// Roles, users and groups with other policies.
    identities: BTreeSet<Arn>,
    /// Managed policies with another text.
    policies: BTreeSet<Arn>,
    /// Buckets of which something has changed: themselves, or the key that they are encrypted with.
    buckets: BTreeSet<Arn>,
    /// The resources of which the changed policies of identities speak; `None` among them: of any.
    spoken_of: Vec<Option<Pattern>>,
    /// Has a key changed? Any job may use it.
    key: bool,
}

impl Touched {
    /// An identity whose policies change: one with this text, and the text that was there before.
    pub fn identity<'d>(&mut self, account: &Account, identity: &Arn, texts: impl IntoIterator<Item = &'d Document>) {
        self.identities.insert(identity.clone());
        // What a group may do, its members may.
        for user in account.iam.users.known().into_iter().flatten() {
            let is_in = |name: &String| identity.resource().starts_with("group/") && identity.name() == name;
            if user.groups.known().map_or(true, |groups| groups.iter().any(is_in)) {
                self.identities.insert(user.arn.clone());
            }
        }
        self.speaks(texts);
    }

    /// A managed policy whose text changes: all that have it, as a policy or as a boundary, have other policies.
    pub fn policy<'d>(&mut self, account: &Account, policy: &Arn, texts: impl IntoIterator<Item = &'d Document>) {
        let iam = &account.iam;
        let texts: Vec<&Document> = texts.into_iter().collect();
        let roles = iam.roles.known().into_iter().flatten().map(|role| (&role.arn, &role.grants, Some(&role.boundary)));
        let users = iam.users.known().into_iter().flatten().map(|user| (&user.arn, &user.grants, Some(&user.boundary)));
        let groups = iam.groups.known().into_iter().flatten().map(|group| (&group.arn, &group.grants, None));
        for (identity, grants, boundary) in roles.chain(users).chain(groups) {
            let attached = grants.attached.known().map_or(true, |attached| attached.contains(policy));
            let bounds =
                boundary.is_some_and(|boundary| boundary.known().map_or(true, |arn| arn.as_ref() == Some(policy)));
            if attached || bounds {
                self.identity(account, identity, texts.iter().copied());
            }
        }
        self.policies.insert(policy.clone());
    }

    /// A bucket of which something changes.
    pub fn bucket(&mut self, bucket: &Arn) {
        self.buckets.insert(bucket.clone());
    }

    /// A key whose policy changes: every bucket may be encrypted with it that is with any.
    pub fn key(&mut self, account: &Account) {
        let buckets = account.buckets.known().into_iter().flatten();
        let plain = |bucket: &crate::account::Bucket| bucket.encryption.known().is_ok_and(Option::is_none);
        self.buckets.extend(buckets.filter(|bucket| !plain(bucket)).map(|bucket| bucket.arn.clone()));
        self.key = true;
    }

    fn speaks<'d>(&mut self, texts: impl IntoIterator<Item = &'d Document>) {
        for statement in texts.into_iter().flat_map(Document::statements) {
            match &statement.resources {
                Some(Selection::Only(resources)) => {
                    self.spoken_of.extend(resources.iter().map(|resource| Some(Pattern::arn(resource))));
                }
                _ => self.spoken_of.push(None),
            }
        }
    }

    /// May an identity's policies have changed?
    pub(crate) fn has_identity(&self, identity: &Arn) -> bool {
        self.identities.contains(identity)
    }

    pub(super) fn has_policy(&self, policy: &Arn) -> bool {
        self.policies.contains(policy)
    }

    /// May something of a bucket or function itself have changed?
    pub(super) fn has_resource(&self, resource: &Arn) -> bool {
        self.buckets.contains(resource)
    }

    pub(super) fn has_identities(&self) -> bool {
        !self.identities.is_empty()
    }

    pub(super) fn has_resources(&self) -> bool {
        !self.buckets.is_empty()
    }

    /// May what is said of a bucket by itself have changed: it, or what a policy of an identity says of it?
    pub(super) fn concerns_bucket(&self, bucket: &Arn) -> bool {
        let speaks =
            |pattern: &Option<Pattern>| pattern.as_ref().is_none_or(|pattern| pattern.meets_below(bucket.as_str()));
        self.buckets.contains(bucket) || self.spoken_of.iter().any(speaks)
    }

    /// May what is said of a job have changed: its role, or what it uses?
    pub(super) fn concerns_job(&self, context: &LabelingContext<'_>, job: &Job<'_>) -> bool {
        let role = job.request.role_arn.as_deref().and_then(|arn| Arn::parse(arn).ok());
        let uses = |bucket: &Arn| {
            let bucket = context.bucket(bucket.resource()).ok().flatten();
            bucket.is_some_and(|bucket| context.uses.jobs_in(bucket).any(|other| other.job.arn == job.job.arn))
        };
        self.key || role.is_none_or(|role| self.has_identity(&role)) || self.buckets.iter().any(uses)
    }

    /// Is what a finding is about looked at again?
    pub(super) fn covers(&self, context: &LabelingContext<'_>, finding: &Finding) -> bool {
        let Some(rule) = rule(finding.rule) else { return false };
        let of_identity = || finding.principal.as_ref().is_some_and(|identity| self.has_identity(identity));
        let resource = || finding.resource.as_ref();
        match rule.check {
            Check::Role(_) | Check::Identity(_) => of_identity(),
            Check::RoleAndBucket(_) | Check::RoleAndFunction(_) => {
                let mut resources = finding.resource.iter().chain(finding.resources.iter());
                of_identity() || resources.all(|resource| self.has_resource(resource))
            }
            Check::Bucket(_) => resource().is_some_and(|bucket| self.concerns_bucket(bucket)),
            Check::Function(_) => true,
            Check::Job(_) => resource().is_some_and(|arn| {
                let mut jobs = context.uses.jobs.iter();
                jobs.any(|job| job.job.arn == *arn && self.concerns_job(context, job))
            }),
            Check::Policy(_) => resource().is_some_and(|policy| self.has_policy(policy)),
        }
    }
}
