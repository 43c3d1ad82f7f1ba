//! What names and tags show: that a resource was meant for labeling.

use std::cell::RefCell;
use std::fmt;

use hashbrown::HashMap;
use serde::Serialize;

use crate::account::{Bucket, Function, Tags, Unknown};
use crate::arn::Arn;
use crate::knowledge::limits;
use crate::knowledge::spelling::{Mention, mention};

/// What shows that a resource has to do with labeling. Severity follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// A labeling job, flow definition or workload names it.
    Used,
    /// Its name or tags, or a policy of the role, show that it is meant for labeling.
    Intended,
    /// Nothing does.
    Other,
    /// A fact is missing: a labeling job that could not be read may name it, or its tags could not be read.
    Unknown,
}

/// What the names and tags of resources show, looked at once.
#[derive(Debug, Default)]
pub(super) struct Meanings(RefCell<HashMap<Arn, Result<Use, Unknown>>>);

impl Meanings {
    /// What a resource of the account is by its name and tags.
    pub(super) fn of(&self, resource: &Arn, intended: impl FnOnce() -> Result<bool, Unknown>) -> Result<Use, Unknown> {
        if let Some(known) = self.0.borrow().get(resource) {
            return known.clone();
        }
        let found = intended().map(|intended| if intended { Use::Intended } else { Use::Other });
        self.0.borrow_mut().insert(resource.clone(), found.clone());
        found
    }
}

/// The word of labeling in a bucket's name, however it is spelled.
#[must_use]
pub fn mention_in_bucket(bucket: &Bucket) -> Option<Mention<'_>> {
    mention(bucket.arn.name(), &limits::labeling_tokens().bucket)
}

/// The word of labeling in a function's name, however it is spelled.
#[must_use]
pub fn mention_in_function(function: &Function) -> Option<Mention<'_>> {
    mention(function.arn.name(), &limits::labeling_tokens().function)
}

/// The tag that names SageMaker or Ground Truth, in its key or its value. Tags that AWS sets itself say nothing of what
/// anybody meant.
#[must_use]
pub fn labeling_tag(tags: &Tags) -> Option<(&str, &str)> {
    let words = &limits::labeling_tokens().bucket;
    own(tags).find(|(key, value)| mention(key, words).or(mention(value, words)).is_some())
}

/// The tag that the documentation's words would let through: one whose key names SageMaker or Ground Truth.
#[must_use]
pub fn promising_tag(tags: &Tags) -> Option<(&str, &str)> {
    own(tags).find(|(key, _)| mention(key, &limits::labeling_tokens().bucket).is_some())
}

fn own(tags: &Tags) -> impl Iterator<Item = (&str, &str)> {
    let tags = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    tags.filter(|(key, _)| !key.starts_with("aws:"))
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Used => "used",
            Self::Intended => "intended",
            Self::Other => "other",
            Self::Unknown => "unknown",
        })
    }
}
