//! The policies and rules that changes put in place, as they stand in an account.

use super::Change;
use super::apply::identity;
use crate::account::{Account, Bucket, Fact, Key, Role, Unknown};
use crate::arn::Arn;
use crate::policy::Document;

/// The document that a change puts another in place of; nothing where there is none, or none that is known.
pub(super) fn document<'a>(account: &'a Account, change: &Change) -> Option<&'a Document> {
    match change {
        Change::PutInlinePolicy { identity, name, .. } => inline(account, identity, name).ok().flatten(),
        Change::PutPolicyVersion { policy, .. } => managed(account, policy).ok(),
        Change::PutTrustPolicy { role, .. } => trust(account, role).ok(),
        Change::PutKeyPolicy { key, .. } => key_policy(account, key).ok(),
        Change::PutBucketCors { .. } => None,
    }
}

/// An inline policy of an identity, if it has it.
pub(super) fn inline<'a>(account: &'a Account, who: &Arn, name: &str) -> Result<Option<&'a Document>, Unknown> {
    let identity = identity(account, who).ok_or_else(|| Unknown::not_asked("iam:GetRole", who.as_str()))?;
    identity.own_grants().inline.known()?.get(name).map(Fact::known).transpose()
}

/// A managed policy of the account's own.
pub(super) fn managed<'a>(account: &'a Account, policy: &Arn) -> Result<&'a Document, Unknown> {
    account.iam.policy(policy)?.document.known()
}

/// A role's trust policy.
pub(super) fn trust<'a>(account: &'a Account, role: &Arn) -> Result<&'a Document, Unknown> {
    let found = |roles: &'a Vec<Role>| roles.iter().find(|known| known.arn == *role);
    let role = account.iam.roles.known().map(found)?.ok_or_else(|| Unknown::not_asked("iam:GetRole", role.as_str()))?;
    role.trust.known()
}

/// A key's policy.
pub(super) fn key_policy<'a>(account: &'a Account, key: &Arn) -> Result<&'a Document, Unknown> {
    let mut keys = account.regions.values().flat_map(|regional| regional.keys.values());
    let found = keys.find_map(|fact| fact.known().ok()?.as_ref().filter(|known: &&Key| known.arn == *key));
    found.ok_or_else(|| Unknown::not_asked("kms:GetKeyPolicy", key.as_str()))?.policy.known()
}

/// A bucket.
pub(super) fn bucket<'a>(account: &'a Account, arn: &Arn) -> Result<&'a Bucket, Unknown> {
    let found = account.buckets.known()?.iter().find(|bucket| bucket.arn == *arn);
    found.ok_or_else(|| Unknown::not_asked("s3:ListAllMyBuckets", arn.as_str()))
}
