//! A change put in place in memory: the account as it would be.
//!
//! Knows where each kind of change belongs in an account's facts. Nothing here speaks to AWS.

use super::Change;
use crate::access::Identity;
use crate::account::{Account, Fact, Grants, Unknown};
use crate::arn::Arn;

/// Why a change cannot be put in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotThere {
    /// There is no such thing.
    #[error("there is no `{0}` in the account")]
    Nothing(Arn),
    /// What it belongs to is not known.
    #[error("{} could not be read ({})", .0.resource(), .0.action())]
    Unknown(Unknown),
}

impl From<Unknown> for NotThere {
    fn from(gap: Unknown) -> Self {
        Self::Unknown(gap)
    }
}

/// Puts a change in place.
///
/// # Errors
///
/// When what it changes is not there, or not known.
pub fn apply(change: &Change, account: &mut Account) -> Result<(), NotThere> {
    let nothing = || NotThere::Nothing(change.resource().clone());
    match change {
        Change::PutInlinePolicy { identity, name, document } => {
            let grants = grants(account, identity).ok_or_else(nothing)?;
            known(&mut grants.inline)?.insert(name.clone(), Fact::Known(document.clone()));
        }
        Change::PutPolicyVersion { policy, document } => {
            let policy = known(account.iam.policies.get_mut(policy).ok_or_else(nothing)?)?;
            policy.version = next(&policy.version);
            policy.document = Fact::Known(document.clone());
        }
        Change::PutTrustPolicy { role, document } => {
            let roles = known(&mut account.iam.roles)?;
            let role = roles.iter_mut().find(|known| known.arn == *role).ok_or_else(nothing)?;
            role.trust = Fact::Known(document.clone());
        }
        Change::PutBucketCors { bucket, rules } => {
            let buckets = known(&mut account.buckets)?;
            let bucket = buckets.iter_mut().find(|known| known.arn == *bucket).ok_or_else(nothing)?;
            bucket.cors = Fact::Known(rules.clone());
        }
        Change::PutKeyPolicy { key, document } => {
            // A key may be known under several names.
            let keys = account.regions.values_mut().flat_map(|regional| regional.keys.values_mut());
            let keys = keys.filter_map(|fact| known(fact).ok()?.as_mut()).filter(|known| known.arn == *key);
            let changed = keys.map(|key| key.policy = Fact::Known(document.clone())).count();
            if changed == 0 {
                return Err(nothing());
            }
        }
    }
    Ok(())
}

fn known<T>(fact: &mut Fact<T>) -> Result<&mut T, Unknown> {
    match fact {
        Fact::Known(fact) => Ok(fact),
        Fact::Unknown(gap) => Err(gap.clone()),
    }
}

fn grants<'a>(account: &'a mut Account, identity: &Arn) -> Option<&'a mut Grants> {
    let iam = &mut account.iam;
    let roles = known(&mut iam.roles).ok().into_iter().flatten().map(|role| (&role.arn, &mut role.grants));
    let users = known(&mut iam.users).ok().into_iter().flatten().map(|user| (&user.arn, &mut user.grants));
    let groups = known(&mut iam.groups).ok().into_iter().flatten().map(|group| (&group.arn, &mut group.grants));
    roles.chain(users).chain(groups).find(|(arn, _)| *arn == identity).map(|(_, grants)| grants)
}

/// An identity of the account, by its ARN.
pub(super) fn identity<'a>(account: &'a Account, arn: &Arn) -> Option<Identity<'a>> {
    identities(account).find(|identity| identity.arn() == arn)
}

/// Every identity of the account that is known.
pub(super) fn identities(account: &Account) -> impl Iterator<Item = Identity<'_>> {
    let iam = &account.iam;
    let roles = iam.roles.known().into_iter().flatten().map(Identity::Role);
    let users = iam.users.known().into_iter().flatten().map(Identity::User);
    roles.chain(users).chain(iam.groups.known().into_iter().flatten().map(Identity::Group))
}

/// The version after this one.
fn next(version: &str) -> String {
    let number: Option<u32> = version.strip_prefix('v').and_then(|number| number.parse().ok());
    number.map_or_else(|| version.to_owned(), |number| format!("v{}", number.saturating_add(1)))
}
