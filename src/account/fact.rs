//! Known, or unknown and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::decide::Reason;

/// A fact that had to be asked for. An absence is known; an ignorance is an [`Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact<T> {
    /// AWS answered.
    Known(T),
    /// AWS did not answer, or the answer could not be understood.
    Unknown(Unknown),
}

/// A call, by what it asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// The IAM action that the call needs (`s3:GetBucketTagging`): what the reader must grant.
    pub action: String,
    /// The ARN that was asked about, `*` for a list.
    pub resource: String,
}

/// What a fact or a decision depends on and is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Spelled", into = "Spelled")]
pub enum Unknown {
    /// The call was not made: no other fact showed that its answer would matter.
    NotAsked(Call),
    /// The endpoint does not have the operation, as an emulator without the service: there is nothing to list.
    NotSupported(Call, String),
    /// The call was refused or failed, or its answer could not be understood.
    Refused {
        /// What was asked.
        call: Call,
        /// AWS's code (`AccessDenied`), or a word of gt-audit's own (`Malformed`, `Timeout`, `TooMany`).
        code: String,
        /// What AWS said, in one line.
        message: String,
    },
    /// The resource belongs to another account, whose policy must allow the action too: ask there.
    OtherAccount(Call),
    /// Whether a statement applies depends on context keys or on a variable whose values are not known.
    Undecidable {
        /// The action that is asked about.
        action: String,
        /// Where the statement stands.
        statement: Box<Reason>,
        /// The keys, as the policy spells them; none where something else of the statement is not understood.
        on: Vec<String>,
    },
    /// The policies' resource patterns are too many and too entangled to be decided together.
    TooComplex {
        /// The action that is asked about.
        action: String,
    },
    /// Something that gt-audit does not judge.
    NotJudged {
        /// The action that is asked about.
        action: String,
        /// What it is about: an ARN, a URI.
        subject: String,
        /// Why, in one sentence.
        why: String,
    },
}

/// An [`Unknown`] in the form of snapshots and reports.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    what: String,
    resource: String,
    error: String,
    message: String,
}

/// The code of a call that was not made.
const NOT_ASKED: &str = "NotAsked";
/// The code of an operation that the endpoint does not have.
const NOT_SUPPORTED: &str = "NotSupported";
/// The code of a policy that is another account's.
const OTHER_ACCOUNT: &str = "OtherAccount";
/// The code of what was read and cannot be decided.
const NOT_DECIDED: &str = "NotDecided";

impl<T> Fact<T> {
    /// The fact, for `?`.
    ///
    /// # Errors
    ///
    /// Why it is unknown.
    pub fn known(&self) -> Result<&T, Unknown> {
        match self {
            Self::Known(fact) => Ok(fact),
            Self::Unknown(unknown) => Err(unknown.clone()),
        }
    }

    /// Was it not asked for?
    #[must_use]
    pub fn is_not_asked(&self) -> bool {
        self.if_asked().is_none()
    }

    /// The fact unless it was not asked for: for questions that can be put without it.
    #[must_use]
    pub fn if_asked(&self) -> Option<&Self> {
        match self {
            Self::Unknown(unknown) if unknown.is_not_asked() => None,
            Self::Known(_) | Self::Unknown(_) => Some(self),
        }
    }
}

impl<T> From<Result<T, Unknown>> for Fact<T> {
    fn from(result: Result<T, Unknown>) -> Self {
        match result {
            Ok(fact) => Self::Known(fact),
            Err(unknown) => Self::Unknown(unknown),
        }
    }
}

impl Call {
    /// A call for an action on a resource.
    #[must_use]
    pub fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned() }
    }
}

impl Unknown {
    /// A fact that was not asked for.
    #[must_use]
    pub fn not_asked(action: &str, resource: &str) -> Self {
        Self::NotAsked(Call::new(action, resource))
    }

    /// A call that was refused or failed, by AWS's code or a word of gt-audit's own.
    #[must_use]
    pub fn refused(action: &str, resource: &str, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (call, code, message) = (Call::new(action, resource), code.into(), message.into());
        if code == NOT_SUPPORTED { Self::NotSupported(call, message) } else { Self::Refused { call, code, message } }
    }

    /// The service is not there at all, as of an emulator: it has nothing that could be listed.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        matches!(self, Self::NotSupported(..))
    }

    /// A fact that is not asked for is no sign of an incomplete audit.
    #[must_use]
    pub fn is_not_asked(&self) -> bool {
        matches!(self, Self::NotAsked(_))
    }

    /// The action that was refused, or that is asked about.
    #[must_use]
    pub fn action(&self) -> &str {
        match self {
            Self::NotAsked(call)
            | Self::NotSupported(call, _)
            | Self::OtherAccount(call)
            | Self::Refused { call, .. } => &call.action,
            Self::Undecidable { action, .. } | Self::TooComplex { action } | Self::NotJudged { action, .. } => action,
        }
    }

    /// The ARN that was asked about, `*` for a list; the statement that cannot be decided.
    #[must_use]
    pub fn resource(&self) -> String {
        match self {
            Self::NotAsked(call)
            | Self::NotSupported(call, _)
            | Self::OtherAccount(call)
            | Self::Refused { call, .. } => call.resource.clone(),
            Self::Undecidable { statement, .. } => statement.to_string(),
            Self::TooComplex { .. } => "*".to_owned(),
            Self::NotJudged { subject, .. } => subject.clone(),
        }
    }

    /// AWS's code, or a word of gt-audit's own.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotAsked(_) => NOT_ASKED,
            Self::NotSupported(..) => NOT_SUPPORTED,
            Self::Refused { code, .. } => code,
            Self::OtherAccount(_) => OTHER_ACCOUNT,
            Self::Undecidable { .. } | Self::TooComplex { .. } | Self::NotJudged { .. } => NOT_DECIDED,
        }
    }

    /// Why it is not known, in one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::NotAsked(_) => "nothing showed that it would matter, so it was not asked for".to_owned(),
            Self::NotSupported(_, message) | Self::Refused { message, .. } => message.clone(),
            Self::OtherAccount(_) => "it is not in this account, so its owner must allow it too: ask there".to_owned(),
            Self::Undecidable { statement, on, .. } => match on.as_slice() {
                [] => format!("cannot tell whether {statement} applies"),
                keys => {
                    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                    let are = if keys.len() == 1 { "is" } else { "are" };
                    format!("cannot tell whether {statement} applies: {} {are} not known", keys.join(" and "))
                }
            },
            Self::TooComplex { .. } => {
                "the resource patterns of the policies are too many and too entangled to be decided together".to_owned()
            }
            Self::NotJudged { why, .. } => why.clone(),
        }
    }
}

/// Does one of several hold? Certain as soon as one certainly does.
///
/// # Errors
///
/// What is not known of the first that may hold, where none certainly does.
pub fn any(each: impl IntoIterator<Item = Result<bool, Unknown>>) -> Result<bool, Unknown> {
    let mut unknown = None;
    for holds in each {
        match holds {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(missing) => unknown = unknown.or(Some(missing)),
        }
    }
    unknown.map_or(Ok(false), Err)
}

impl From<Spelled> for Unknown {
    fn from(spelled: Spelled) -> Self {
        let Spelled { what, resource, error, message } = spelled;
        let call = Call { action: what, resource };
        match error.as_str() {
            NOT_ASKED => Self::NotAsked(call),
            NOT_SUPPORTED => Self::NotSupported(call, message),
            OTHER_ACCOUNT => Self::OtherAccount(call),
            _ => Self::Refused { call, code: error, message },
        }
    }
}

impl From<Unknown> for Spelled {
    fn from(unknown: Unknown) -> Self {
        let (what, resource) = (unknown.action().to_owned(), unknown.resource());
        Self { what, resource, error: unknown.code().to_owned(), message: unknown.message() }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecidable { .. } | Self::TooComplex { .. } => f.write_str(&self.message()),
            Self::OtherAccount(_) | Self::NotJudged { .. } => write!(f, "`{}`: {}", self.resource(), self.message()),
            _ => write!(f, "{} of `{}`: {} ({})", self.action(), self.resource(), self.message(), self.code()),
        }
    }
}
