//! What the labeling jobs of an account are about: the names in their requests.

use super::needs::What;
use super::uses::Uses;
use super::wanted::wanted;
use crate::account::concerns::Concerns;
use crate::account::{Account, Fact, Wanted};
use crate::arn::Arn;

/// The roles, buckets, functions and keys that the labeling jobs of an account name.
#[must_use]
pub fn concerns(account: &Account) -> Concerns {
    let mut concerns = Concerns::default();
    for job in &Uses::of(account, &[]).jobs {
        if let Some(role) = job.request.role_arn.as_deref().and_then(|role| Arn::parse(role).ok()) {
            concerns.add_identity(&role);
        }
        for need in &job.needs {
            match &need.what {
                What::Read(uri) | What::Write(uri) => drop(concerns.buckets.insert(uri.bucket.clone())),
                What::Invoke(function) => concerns.add_resource(function),
                What::UseKey(key) | What::GrantKey(key) => {
                    concerns.keys.insert((job.region.to_owned(), key.clone()));
                }
                What::PassItself(role) => concerns.add_identity(role),
                What::Subscribe(_) | What::Publish(_) | What::Wrong(..) => {}
            }
        }
    }
    concerns
}

/// The details of all that was read of an account for one question, and the keys that the question names.
#[must_use]
pub fn wanted_of(account: &Account, concerns: &Concerns) -> Wanted {
    let mut wanted = wanted(account, &[], true);
    wanted.keys.extend(concerns.keys.iter().cloned());
    // A bucket's tags count in a condition where it has attribute-based access control.
    let buckets = account.buckets.known().into_iter().flatten();
    wanted.bucket_tags =
        buckets.filter(|bucket| bucket.abac == Fact::Known(true)).map(|bucket| bucket.arn.clone()).collect();
    wanted
}
