//! A statement's own text, by where it stands.

use serde_json::Value;

use super::{Access, Identity};
use crate::account::Organization;
use crate::arn::Arn;
use crate::policy::Document;
use crate::policy::decide::Reason;

impl<'a> Access<'a> {
    /// The statement as it stands in its policy, where the policy is one of these principals', of a resource, or of the
    /// organization; `about`: the principals and resources of the question.
    #[must_use]
    pub fn statement(&self, reason: &Reason, about: &[&Arn]) -> Option<&'a Value> {
        let statements = self.document(reason, about)?.json().get("Statement")?;
        match statements {
            Value::Array(statements) => statements.get(reason.statement.checked_sub(1)?),
            one => (reason.statement == 1).then_some(one),
        }
    }

    /// The role or user or group of an ARN.
    #[must_use]
    pub fn identity(&self, arn: &Arn) -> Option<Identity<'a>> {
        let iam = &self.account.iam;
        let role = || iam.roles.known().ok()?.iter().find(|role| role.arn == *arn).map(Identity::Role);
        let user = || iam.users.known().ok()?.iter().find(|user| user.arn == *arn).map(Identity::User);
        let group = || iam.groups.known().ok()?.iter().find(|group| group.arn == *arn).map(Identity::Group);
        role().or_else(user).or_else(group)
    }

    fn document(&self, reason: &Reason, about: &[&Arn]) -> Option<&'a Document> {
        let named = |kind: &str| reason.policy.strip_prefix(kind)?.strip_suffix('`');
        if let Some(name) = named("policy of bucket `") {
            let bucket = self.account.buckets.known().ok()?.iter().find(|bucket| bucket.arn.resource() == name)?;
            return bucket.policy.known().ok()?.as_ref();
        }
        if let Some(name) = named("policy of function `") {
            let functions = self.account.regions.values().filter_map(|region| region.functions.known().ok()).flatten();
            let function = functions.into_iter().find(|function| function.arn.name() == name)?;
            return function.policy.known().ok()?.as_ref();
        }
        if let Some(name) = named("trust policy of role `") {
            let role = self.account.iam.roles.known().ok()?.iter().find(|role| role.arn.name() == name)?;
            return role.trust.known().ok();
        }
        if reason.policy == "key policy" {
            let key = about.iter().find(|arn| arn.service() == "kms")?;
            return self.account.key(key.region(), key.as_str()).ok()??.policy.known().ok();
        }
        let own = about.iter().filter_map(|arn| self.identity(arn)).find_map(|identity| {
            let policies = self.policies(identity).into_iter().flatten();
            let boundary = self.boundary(identity).ok().flatten();
            policies.chain(boundary).find(|policy| policy.known_as() == reason.policy).map(|policy| policy.document)
        });
        own.or_else(|| {
            let Organization::Policies(policies) = &self.account.organization else { return None };
            let all = policies.scps.iter().chain(&policies.rcps).flatten();
            all.filter(|policy| policy.name == reason.policy).find_map(|policy| policy.document.known().ok())
        })
    }
}
