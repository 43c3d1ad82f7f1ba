//! The key of the bucket that an object lies in: whoever reads or writes the object needs it too.

use super::decided::Question;
use super::owned::Owned;
use crate::access::Identity;
use crate::account::Unknown;
use crate::evaluation::{Evaluation, Evaluator, Outcome, Unmet};
use crate::uri::S3Uri;

/// May the principal use the customer's key that a bucket encrypts an object with?
pub(super) struct KeyOfObject {
    /// What comes of it.
    pub(super) outcome: Outcome,
    /// Why it may not.
    pub(super) unmet: Vec<Unmet>,
    /// In a few words.
    pub(super) says: String,
}

impl KeyOfObject {
    /// Nothing, where no object is read or written, or the request says itself how it is encrypted.
    pub(super) fn new<'a>(
        evaluator: &Evaluator<'a>,
        identity: Identity<'a>,
        owned: &Owned<'a>,
        question: &Question,
    ) -> Option<Self> {
        let Owned::Bucket(bucket, _) = owned else { return None };
        let reads = question.action.eq_ignore_ascii_case("s3:GetObject");
        let needs = match reads {
            _ if question.context.iter().any(|(key, _)| key.starts_with("s3:x-amz-server-side-encryption")) => {
                return None;
            }
            true => "kms:Decrypt",
            false if question.action.eq_ignore_ascii_case("s3:PutObject") => "kms:GenerateDataKey",
            false => return None,
        };
        if bucket.encryption.is_not_asked() {
            return Some(Self { outcome: Outcome::met(), unmet: vec![], says: "not read".to_owned() });
        }
        let (bucket, key) = question.resource.resource().split_once('/')?;
        let uri = S3Uri { bucket: bucket.to_owned(), key: key.to_owned() };
        let checks =
            evaluator.key_of_bucket(identity, "", &uri, reads, !reads).into_iter().map(|check| check.evaluation);
        let asked = |one: &Evaluation| [needs, ""].contains(&one.requirement.action.as_str());
        let Some(evaluation) = checks.into_iter().find(asked) else {
            return Some(Self {
                outcome: Outcome::met(),
                unmet: vec![],
                says: "none that needs a permission".to_owned(),
            });
        };
        let unmet: Vec<Unmet> = evaluation.unmet().collect();
        let on = evaluation.requirement.on.shown();
        let (outcome, says) = match evaluation.outcome {
            Outcome::Met { by } => (Outcome::Met { by }, format!("{needs} is allowed")),
            Outcome::Undecided(unknown) => (Outcome::Undecided(unknown.clone()), format!("not known: {unknown}")),
            // What is there may have been encrypted otherwise.
            Outcome::Unmet(_) if reads => {
                let why =
                    format!("{needs} is not allowed, if the object is encrypted as its bucket encrypts by itself");
                let unknown = Unknown::NotJudged { action: needs.to_owned(), subject: on, why: why.clone() };
                (Outcome::Undecided(unknown), why)
            }
            Outcome::Unmet(causes) => (Outcome::Unmet(causes), format!("{needs} is not allowed")),
        };
        Some(Self { outcome, unmet, says })
    }
}
