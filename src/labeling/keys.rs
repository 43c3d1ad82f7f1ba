//! What a role may do with a KMS key that something of labeling names: by its own policies, the key's policy and the key's
//! grants.
//!
//! Source: KMS Developer Guide, `policy-evaluation`, `grants`, `key-state` (2026-11). Knows keys and roles; what the key is
//! wanted for, the question says.

use std::collections::BTreeSet;

use super::reach::Judged;
use super::{ExecutionRole, Setup};
use crate::access::Ask;
use crate::account::{Bucket, Encryption, Key, Unknown};
use crate::policy::decide::Reason;
use crate::policy::layers::Layer;
use crate::policy::principal::Named;
use crate::policy::{Document, Effect};

/// A key, and what a role may do with it.
#[derive(Debug)]
pub enum KeyUse<'a> {
    /// There is no such key.
    Missing,
    /// AWS manages it, and lets everybody use it who may use what it encrypts.
    OfAws,
    /// Its state makes it useless to everybody.
    Dead(&'a Key),
    /// A customer's: each action that was asked about.
    Judged(&'a Key, Vec<KeyAnswer>),
}

/// What a role may do with a key by one action.
#[derive(Debug)]
pub struct KeyAnswer {
    /// The answer.
    pub judged: Judged,
    /// What stands in the way, if something certainly does.
    pub obstacle: Option<Obstacle>,
}

/// Why a role may not do something with a key, in the order of what helps least.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// These statements refuse it.
    Refused(BTreeSet<Reason>),
    /// The role's policies and the key let it through, and this does not: the permissions boundary, or the organization.
    Limit(&'static str),
    /// Neither the key's policy nor a grant allows it to the role or its account.
    Key,
    /// The key's policy leaves it to the role's own policies, and none of them allows it.
    Role,
}

/// What S3 does with a bucket's key for somebody who reads an object.
const READING: [&str; 1] = ["kms:Decrypt"];
/// What it does for somebody who writes: the parts of a large object are decrypted again.
const WRITING: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// The states in which a key does nothing.
const DEAD: [&str; 5] = ["Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable"];
/// The states in which it works.
const ALIVE: [&str; 2] = ["Enabled", "Updating"];

impl<'a> Setup<'a> {
    /// May a role do all this with a key, as somebody in a region names it? Each question brings what is known of its
    /// request, such as `kms:ViaService`; the key's policy, grants and owner are added here.
    ///
    /// # Errors
    ///
    /// When the key could not be read, or is in a state that this build does not know.
    pub fn use_of_key(
        &self,
        role: &ExecutionRole<'a>,
        region: &str,
        name: &str,
        asks: &[Ask<'_>],
    ) -> Result<KeyUse<'a>, Unknown> {
        let account = self.access.account;
        let Some(key) = account.key(region, name)? else { return Ok(KeyUse::Missing) };
        if key.manager == "AWS" {
            return Ok(KeyUse::OfAws);
        }
        if DEAD.contains(&key.state.as_str()) {
            return Ok(KeyUse::Dead(key));
        }
        if !ALIVE.contains(&key.state.as_str()) {
            return Err(undecided(key, format!("whether a key that is {} can be used is not known", key.state)));
        }
        let grants = match key.grants.known() {
            Ok(grants) => grants
                .iter()
                .map(|grant| grant.document().map_err(|error| undecided(key, format!("a grant is odd: {error}"))))
                .collect::<Result<Vec<Document>, Unknown>>(),
            Err(gap) => Err(gap),
        };
        let judge = |ask: &Ask<'_>| {
            let ask = ask.clone().owned_by(key.arn.account()).with("kms:CallerAccount", account.id.as_str());
            let ask = ask.policy("key policy", key.policy.known());
            let granted = grants.iter().flatten().fold(ask, |ask, grant| ask.policy("grant", Ok(grant)));
            let judged = Judged::new(self.access.decide(role.role, &granted, &key.arn));
            let abroad = key.arn.account() != role.role.arn.account();
            match (obstacle(&judged, abroad), &grants) {
                // Grants only allow: what is allowed without them is allowed, and what is refused is refused.
                (Some(Obstacle::Key | Obstacle::Role), Err(gap)) => {
                    let open = Judged { lacking: false, stopped: false, open_grant: Some(gap.clone()), ..judged };
                    KeyAnswer { judged: open, obstacle: None }
                }
                (obstacle, _) => KeyAnswer { judged, obstacle },
            }
        };
        Ok(KeyUse::Judged(key, asks.iter().map(judge).collect()))
    }
}

impl<'a> Setup<'a> {
    /// The customer's key by which a bucket encrypts, as the bucket names it, and what a role may do with it who reads
    /// alone, or reads and writes; nothing, where S3's own keys are used.
    ///
    /// # Errors
    ///
    /// When the bucket's region or the key could not be read.
    pub fn use_of_bucket_key<'b>(
        &self,
        role: &ExecutionRole<'a>,
        bucket: &'b Bucket,
        encryption: &'b Encryption,
        read_alone: bool,
    ) -> Result<Option<(&'b str, KeyUse<'a>)>, Unknown> {
        let key = encryption.key.as_deref().filter(|key| !key.is_empty());
        let Some(key) = key.filter(|_| encryption.algorithm.starts_with("aws:kms")) else { return Ok(None) };
        let region = bucket.region.known()?;
        let actions: &[&str] = if read_alone { &READING } else { &WRITING };
        let by_bucket = encryption.bucket_key && !read_alone;
        let ask = |action: &&'static str| {
            let ask = Ask::new(action);
            // By what names services of other partitions go is not documented.
            let ask = match bucket.arn.partition() {
                "aws" => ask.with("kms:ViaService", format!("s3.{region}.amazonaws.com")),
                _ => ask,
            };
            // Without a bucket key the context is the object, and which objects there will be is not known.
            if by_bucket { ask.with("kms:EncryptionContext:aws:s3:arn", bucket.arn.as_str()) } else { ask }
        };
        let asks: Vec<Ask<'_>> = actions.iter().map(ask).collect();
        Ok(Some((key, self.use_of_key(role, region, key, &asks)?)))
    }
}

fn undecided(key: &Key, message: String) -> Unknown {
    Unknown::NotJudged { action: "kms:DescribeKey".to_owned(), subject: key.arn.to_string(), why: message }
}

impl KeyUse<'_> {
    /// Is there something that the role may not do with it?
    ///
    /// # Errors
    ///
    /// When that hangs on something.
    pub fn is_hindered(&self) -> Result<bool, Unknown> {
        let answers = match self {
            Self::Missing | Self::Dead(_) => return Ok(true),
            Self::OfAws => return Ok(false),
            Self::Judged(_, answers) => answers,
        };
        if answers.iter().any(|answer| answer.obstacle.is_some()) {
            return Ok(true);
        }
        let open = |answer: &KeyAnswer| answer.judged.open_grant.clone().or_else(|| answer.judged.open_stop.clone());
        answers.iter().find_map(open).map_or(Ok(false), Err)
    }
}

/// What stands in the way of an action with a key. `abroad`: the key is another account's, so that both sides must allow.
fn obstacle(judged: &Judged, abroad: bool) -> Option<Obstacle> {
    if !judged.lacking && !judged.stopped {
        return None;
    }
    let denying = judged.denying();
    if !denying.is_empty() {
        return Some(Obstacle::Refused(denying.into_iter().collect()));
    }
    let allowing =
        || judged.answer.clauses().filter(|clause| clause.effect == Effect::Allow).map(|clause| clause.layer);
    let by_role = allowing().any(|layer| layer == Layer::Identity);
    let to_role = allowing().any(|layer| matches!(layer, Layer::Resource(Named::Role | Named::Directly)));
    Some(if !allowing().any(|layer| matches!(layer, Layer::Resource(_))) {
        Obstacle::Key
    } else if !by_role && (abroad || !to_role) {
        Obstacle::Role
    } else {
        Obstacle::Limit(judged.limit().unwrap_or("a limit above the role"))
    })
}
