//! What a principal may do with a KMS key that something of labeling names: by its own policies, the key's policy and the key's
//! grants.
//!
//! Source: KMS Developer Guide, `policy-evaluation`, `grants`, `key-state` (2026-11). Knows keys and principals; what the key is
//! wanted for, the question says.

use std::collections::BTreeSet;

use super::cause::Cause;
use super::check::{AccessCheck, Names};
use super::evaluator::Evaluator;
use super::outcome::{Evaluation, Outcome};
use super::requirement::{ContextEquals, Requirement, ResourceSet};
use crate::access::{Ask, Identity};
use crate::account::{Bucket, Encryption, Key, Unknown};
use crate::knowledge::context::Sender;
use crate::policy::Document;
use crate::policy::value::Value;

/// What is asked of a key: the actions, and what is known of their requests.
#[derive(Debug, Clone)]
pub struct KeyAsk {
    /// The actions.
    pub actions: &'static [&'static str],
    /// Which of them come by way of S3, to encrypt or decrypt objects.
    pub by_s3: &'static [&'static str],
    /// What the requests say, as far as a fix may ask for it.
    pub context: Vec<ContextEquals>,
    /// The encryption context that S3 gives: the bucket, or an object.
    pub objects: Vec<Value>,
}

/// A key, and what a principal may do with it.
#[derive(Debug)]
pub enum KeyUse<'a> {
    /// There is no such key.
    Missing,
    /// AWS manages it, and lets every principal use it who may use what it encrypts.
    OfAws,
    /// Its state makes it useless to every principal.
    Unusable(&'a Key),
    /// A customer's: each action that was asked about.
    Checked(&'a Key, Vec<AccessCheck>),
}

/// What S3 does with a bucket's key for a principal who reads an object.
const READING: &[&str] = &["kms:Decrypt"];
/// What it does for one who writes: the parts of a large object are decrypted again.
const WRITING: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];

/// The states in which a key does nothing.
const DEAD: [&str; 5] = ["Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable"];
/// The states in which it works.
const ALIVE: [&str; 2] = ["Enabled", "Updating"];

impl<'a> Evaluator<'a> {
    /// May a principal do all this with a key, as somebody in a region names it? The key's policy, grants and owner are added
    /// to the question here.
    ///
    /// # Errors
    ///
    /// When the key could not be read, or is in a state that this build does not know.
    pub fn use_of_key(
        &self,
        identity: Identity<'a>,
        region: &str,
        name: &str,
        asked: &KeyAsk,
    ) -> Result<KeyUse<'a>, Unknown> {
        let account = self.access.account;
        let Some(key) = account.key(region, name)? else { return Ok(KeyUse::Missing) };
        if key.manager == "AWS" {
            return Ok(KeyUse::OfAws);
        }
        if DEAD.contains(&key.state.as_str()) {
            return Ok(KeyUse::Unusable(key));
        }
        if !ALIVE.contains(&key.state.as_str()) {
            return Err(not_judged(key, format!("whether a key that is {} can be used is not known", key.state)));
        }
        let check = |action: &&'static str| {
            let ask = asked.context.iter().fold(Ask::new(action), |ask, when| ask.with(when.key, when.value.clone()));
            let ask = if asked.by_s3.contains(action) {
                ask.sent_by(Sender::S3).with_one_of("kms:EncryptionContext:aws:s3:arn", asked.objects.clone())
            } else {
                ask.sent_by(Sender::GroundTruth)
            };
            self.asked_of_key(identity, ask, key)
        };
        Ok(KeyUse::Checked(key, asked.actions.iter().map(check).collect()))
    }

    /// What is decided of a question about a key, by its policy and grants too.
    #[must_use]
    pub fn asked_of_key(&self, identity: Identity<'a>, ask: Ask<'_>, key: &Key) -> AccessCheck {
        let grants = key.grants.known().and_then(|grants| {
            let document = |grant: &crate::policy::grant::Grant| {
                grant.document().map_err(|error| not_judged(key, format!("a grant is not understood: {error}")))
            };
            grants.iter().map(document).collect::<Result<Vec<Document>, Unknown>>()
        });
        let ask = ask.in_region(Some(key.arn.region())).owned_by(key.arn.account());
        let ask = ask.policy("key policy", key.policy.known());
        let granted = grants.iter().flatten().fold(ask, |ask, grant| ask.policy("grant", Ok(grant)));
        let check = AccessCheck::new(self.access.decide(identity, &granted, &key.arn));
        match &grants {
            // Grants only allow: what is allowed without them is allowed, and what is blocked is blocked.
            Err(unknown) if is_for_want_of_a_grant(&check, identity, key) => {
                AccessCheck { blocked: false, ..check.open(unknown.clone()) }
            }
            _ => check,
        }
    }

    /// The customer's key by which a bucket encrypts, as the bucket names it, and what a principal may do with it who reads
    /// alone, or reads and writes, these objects; nothing, where S3's own keys are used.
    ///
    /// # Errors
    ///
    /// When the bucket's region or the key could not be read.
    pub fn use_of_bucket_key<'b>(
        &self,
        identity: Identity<'a>,
        bucket: &'b Bucket,
        encryption: &'b Encryption,
        read_alone: bool,
        objects: &ResourceSet,
    ) -> Result<Option<(&'b str, KeyAsk, KeyUse<'a>)>, Unknown> {
        let key = encryption.key.as_deref().filter(|key| !key.is_empty());
        let Some(key) = key.filter(|_| encryption.algorithm.starts_with("aws:kms")) else { return Ok(None) };
        let region = bucket.region.known()?;
        // By what names services of other partitions go is not documented.
        let via = || ContextEquals::text("kms:ViaService", format!("s3.{region}.amazonaws.com"));
        let actions = if read_alone { READING } else { WRITING };
        let asked = KeyAsk {
            actions,
            by_s3: actions,
            context: (bucket.arn.partition() == "aws").then(via).into_iter().collect(),
            objects: encryption_context(bucket, Some(encryption), read_alone, objects),
        };
        let used = self.use_of_key(identity, region, key, &asked)?;
        Ok(Some((key, asked, used)))
    }
}

impl KeyUse<'_> {
    /// What comes of each action with the key, as somebody in a region names it.
    #[must_use]
    pub fn evaluations(
        &self,
        identity: Identity<'_>,
        field: &'static str,
        name: &str,
        asked: &KeyAsk,
    ) -> Vec<Evaluation> {
        let value = |cause| vec![Evaluation::new(Requirement::of_value(field, name), Outcome::unmet(cause))];
        match self {
            Self::OfAws => vec![Evaluation::new(Requirement::of_value(field, name), Outcome::met())],
            Self::Missing => value(Cause::Missing { what: "key", name: name.to_owned() }),
            Self::Unusable(key) => value(Cause::KeyState { key: key.arn.clone(), found: key.state.clone() }),
            Self::Checked(key, checks) => {
                let names = Names { owner: Some(&key.arn), ..Names::of(identity) };
                let of = |check: &AccessCheck| {
                    let on = ResourceSet::exactly(&key.arn);
                    let requirement = Requirement::new(identity.arn(), check.answer.action(), on);
                    let requirement = requirement.for_field(field).with(asked.context.iter().cloned());
                    let outcome = check.outcome(&requirement, &names);
                    Evaluation::new(requirement, outcome)
                };
                checks.iter().map(of).collect()
            }
        }
    }
}

/// What S3 gives as the encryption context: with a bucket key the bucket, else each object (S3 User Guide,
/// `UsingKMSEncryption`, 2023-06). Objects keep the context that they were written with, so that of those that are read
/// it may be either.
pub(super) fn encryption_context(
    bucket: &Bucket,
    encryption: Option<&Encryption>,
    read_alone: bool,
    objects: &ResourceSet,
) -> Vec<Value> {
    let of_bucket = Value::text(bucket.arn.as_str());
    let of_objects = match objects {
        ResourceSet::Exactly(object) => Value::text(object),
        ResourceSet::Below(prefix) => Value::Below(prefix.clone()),
        ResourceSet::Matching(_) => Value::Present,
    };
    match encryption {
        Some(encryption) if !read_alone && encryption.bucket_key => vec![of_bucket],
        Some(_) if !read_alone => vec![of_objects],
        _ => vec![of_bucket, of_objects],
    }
}

/// Is it not allowed for want of nothing but a grant: of the key, or of an identity-based policy?
fn is_for_want_of_a_grant(check: &AccessCheck, identity: Identity<'_>, key: &Key) -> bool {
    let names = Names { owner: Some(&key.arn), ..Names::of(identity) };
    let requirement = Requirement::new(identity.arn(), check.answer.action(), ResourceSet::exactly(&key.arn));
    let causes: BTreeSet<Cause> = check.causes(&requirement, &names);
    let of_grant = |cause: &Cause| {
        matches!(cause, Cause::KeyPolicy { .. } | Cause::NotGranted { .. } | Cause::ConditionUnmet { .. })
    };
    check.is_unmet() && causes.iter().all(of_grant)
}

fn not_judged(key: &Key, why: String) -> Unknown {
    Unknown::NotJudged { action: "kms:DescribeKey".to_owned(), subject: key.arn.to_string(), why }
}
