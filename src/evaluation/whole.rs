//! A whole bucket, for a role: how much is allowed, and whether a grant is meant for it.

use super::check::{AccessCheck, by_tag};
use crate::access::{Answer, Coverage};
use crate::account::Unknown;
use crate::arn::Arn;
use crate::labeling::STRANGER;
use crate::policy::Pattern;
use crate::policy::reach::Clause;

/// The whole bucket.
#[derive(Debug)]
pub struct Whole {
    /// Each of [`OBJECT_ACTIONS`].
    pub checks: Vec<AccessCheck>,
    /// How much of it all is allowed.
    pub coverage: Coverage,
    /// Is something granted that is meant for the bucket, or for all, and not by a token in the key or an object's tag?
    pub granted: Granted,
}

/// Does a grant reach into a bucket?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// One does.
    Yes,
    /// None does.
    No,
    /// One may, depending on this.
    Open(Unknown),
}

impl Whole {
    pub(super) fn new(answers: &[Answer], bucket: &Arn) -> Self {
        Self {
            granted: granted(answers, bucket),
            coverage: Coverage::of(answers.iter().flat_map(Answer::verdicts)),
            checks: answers.iter().cloned().map(AccessCheck::new).collect(),
        }
    }
}

/// Does nothing but token-in-key and object-tag rules reach into the bucket?
fn granted(answers: &[Answer], bucket: &Arn) -> Granted {
    let mut open = None;
    for answer in answers {
        open = open.or_else(|| answer.too_entangled());
        for clause in answer.granting() {
            let tagged = clause.open && by_tag(clause);
            if (!clause.open && reaches_into(clause, bucket)) || (tagged && is_for_bucket(clause, bucket)) {
                return Granted::Yes;
            }
            if clause.open && !tagged {
                open = open.or_else(|| Some(answer.gap_of(clause)));
            }
        }
    }
    open.map_or(Granted::No, Granted::Open)
}

/// Does a clause reach into a bucket by more than a token in the key? It reaches a key that has no word at all, or it is
/// meant for the bucket.
#[must_use]
pub fn reaches_into(clause: &Clause<Unknown>, bucket: &Arn) -> bool {
    clause.applies_to(&format!("{bucket}/{STRANGER}")) || is_for_bucket(clause, bucket)
}

/// Is a clause meant for this bucket? It reaches into it, and not into a bucket of a name that only wildcards match.
#[must_use]
pub fn is_for_bucket(clause: &Clause<Unknown>, bucket: &Arn) -> bool {
    let stranger = Arn::bucket(bucket.partition(), &STRANGER.to_string());
    let (objects, of_strangers) = (format!("{bucket}/"), format!("{stranger}/"));
    let meant = |pattern: &Pattern| pattern.meets_below(&objects) && !pattern.meets_below(&of_strangers);
    !clause.all_but && clause.patterns.iter().any(meant)
}
