//! Known, or unknown and why.

use serde::{Deserialize, Serialize};

/// A fact that had to be asked for. An absence is known; an ignorance is a [`Gap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact<T> {
    /// AWS answered.
    Known(T),
    /// It did not, or the answer could not be understood.
    Unknown(Gap),
}

/// What is missing: which call was refused, about what, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The IAM action that the call needs (`s3:GetBucketTagging`): what the reader must grant.
    #[serde(rename = "what")]
    pub action: String,
    /// The ARN that was asked about, `*` for a list.
    pub resource: String,
    /// The error's code (`AccessDenied`), or a word of gt-audit's own (`NotAsked`, `Malformed`, `Timeout`, `TooMany`).
    #[serde(rename = "error")]
    pub code: String,
    /// What AWS said, in one line.
    pub message: String,
}

/// The code of a fact that nobody asked for, because nothing showed that it would matter.
const NOT_ASKED: &str = "NotAsked";
/// The code of a call that the endpoint does not know.
const NOT_SUPPORTED: &str = "NotSupported";

impl<T> Fact<T> {
    /// The fact, for `?`.
    ///
    /// # Errors
    ///
    /// The gap, when it is unknown.
    pub fn known(&self) -> Result<&T, Gap> {
        match self {
            Self::Known(fact) => Ok(fact),
            Self::Unknown(gap) => Err(gap.clone()),
        }
    }

    /// The fact unless nobody asked for it: for questions that can be put without it.
    #[must_use]
    pub fn if_asked(&self) -> Option<&Self> {
        match self {
            Self::Unknown(gap) if gap.is_not_asked() => None,
            Self::Known(_) | Self::Unknown(_) => Some(self),
        }
    }
}

impl<T> From<Result<T, Gap>> for Fact<T> {
    fn from(result: Result<T, Gap>) -> Self {
        match result {
            Ok(fact) => Self::Known(fact),
            Err(gap) => Self::Unknown(gap),
        }
    }
}

impl Gap {
    /// A fact that nobody asked for.
    #[must_use]
    pub fn not_asked(action: &str, resource: &str) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            code: NOT_ASKED.to_owned(),
            message: "nothing showed that it would matter, so it was not asked for".to_owned(),
        }
    }

    /// The service is not there at all, as of an emulator: it has nothing that could be listed.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.code == NOT_SUPPORTED
    }

    /// A fact that is not asked for is no sign of an incomplete audit.
    #[must_use]
    pub fn is_not_asked(&self) -> bool {
        self.code == NOT_ASKED
    }
}
