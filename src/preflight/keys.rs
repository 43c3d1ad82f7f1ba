//! The keys of a job: those it names, and those that its buckets encrypt with.

use super::caller::judged;
use super::check::{Check, Verdict};
use super::job::Subject;
use crate::account::{Fact, Unknown};
use crate::finding::RemedyKind;
use crate::labeling::ExecutionRole;
use crate::labeling::keys::{KeyAnswer, KeyUse, Obstacle};
use crate::labeling::needs::What;
use crate::uri::S3Uri;

impl<'a> Subject<'_, 'a> {
    /// May the role use the customer's key that a bucket encrypts with?
    pub(super) fn bucket_key(
        &self,
        field: &str,
        uri: &S3Uri,
        read_alone: bool,
        role: &ExecutionRole<'a>,
    ) -> Vec<Check> {
        // Of another account's bucket nothing is known, and that is said where its region is.
        let Ok(Some(bucket)) = self.setup.bucket(&uri.bucket) else { return vec![] };
        let encryption = match &bucket.encryption {
            Fact::Known(None) => return vec![],
            Fact::Known(Some(encryption)) => encryption,
            Fact::Unknown(gap) => return vec![Check::unknown(field, bucket.arn.as_str(), gap)],
        };
        match self.setup.use_of_bucket_key(role, bucket, encryption, read_alone) {
            Ok(None) => vec![],
            Ok(Some((name, key))) => {
                let own = self.job.needs.iter().any(|need| matches!(need.what, What::UseKey(_)));
                let mut checks = self.key(field, name, role, Ok(key), "kms:Decrypt");
                // What is there may be encrypted otherwise, and so is what a job writes that names a key of its own.
                for check in checks.iter_mut().filter(|check| check.verdict == Verdict::Fail && (read_alone || own)) {
                    check.verdict = Verdict::Unknown;
                    check.reason = format!("{}: if it is encrypted as its bucket encrypts by itself", check.reason);
                }
                checks
            }
            Err(gap) => vec![Check::unknown(field, bucket.arn.as_str(), &gap)],
        }
    }

    /// What the role may do with a key, as it is named; `action` is what it needs at the least.
    pub(super) fn key(
        &self,
        field: &str,
        name: &str,
        role: &ExecutionRole<'a>,
        key: Result<KeyUse<'a>, Unknown>,
        action: &str,
    ) -> Vec<Check> {
        let who = &role.role.arn;
        let (key, answers) = match key {
            Err(gap) => return vec![Check::unknown(field, name, &gap).of(who, action)],
            Ok(KeyUse::OfAws) => return vec![Check::pass(field, name, "AWS manages the key: no permission is needed")],
            Ok(KeyUse::Missing) => {
                return vec![Check::fail(field, name, format!("there is no such key in `{}`", self.job.region))];
            }
            Ok(KeyUse::Dead(key)) => {
                return vec![Check::fail(field, key.arn.as_str(), format!("the key is in the state `{}`", key.state))];
            }
            Ok(KeyUse::Judged(key, answers)) => (key, answers),
        };
        let named = key.arn.as_str();
        let check = |answer: &KeyAnswer| {
            let action = answer.judged.answer.action();
            let check = judged(field, who, named, named, &answer.judged);
            let (why, kind, mend) = match &answer.obstacle {
                Some(Obstacle::Key) => (
                    "neither the key's policy nor a grant allows it",
                    RemedyKind::KeyPolicy,
                    format!("let the policy of the key allow {action} to `{who}`"),
                ),
                Some(Obstacle::Role) => (
                    "the key leaves it to the role's policies, and none of them allows it",
                    RemedyKind::Policy,
                    format!("add an inline policy to `{}` that allows {action} on `{named}`", who.name()),
                ),
                // A deny or a limit is told as of any other resource.
                Some(Obstacle::Refused(_) | Obstacle::Limit(_)) | None => return check,
            };
            Check { evidence: check.evidence, ..Check::fail(field, named, why).of(who, action) }.remedy(kind, mend)
        };
        answers.iter().map(check).collect()
    }
}
