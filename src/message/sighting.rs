//! A piece of a message that was found in a text, and what it says.
//!
//! Knows that a message has a body, wrappers before and behind it, and perhaps a record around it. How each is found, its
//! reader knows.

use std::ops::Range;

use super::denial::{ActionFrom, Printed};
use crate::knowledge::messages::{Kind, Layer};

/// A piece of a message.
pub(super) struct Sighting {
    /// Where it stands in the squeezed text.
    pub(super) range: Range<usize>,
    pub(super) part: Part,
    pub(super) facts: Facts,
}

/// Which piece of a message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What stands before the text of the message.
    Lead,
    /// The text of the message.
    Body(Body),
    /// What stands behind it.
    Trail,
}

/// How a text says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// In a service's own sentence.
    Sentence,
    /// In the sentence that all services share; it has more to say than the sentences around it.
    Denial,
}

/// What pieces of a message say.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) principal: Option<Printed>,
    pub(super) role: Option<String>,
    pub(super) action: Option<(String, ActionFrom)>,
    pub(super) resource: Option<Printed>,
    /// The object that a command copies: what was asked for, if the message names no resource.
    pub(super) object: Option<Printed>,
    pub(super) reason: Option<Kind>,
    pub(super) layer: Option<Layer>,
    pub(super) policy: Option<Printed>,
    pub(super) candidates: Vec<Kind>,
    /// The service whose words these are.
    pub(super) service: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) code: Option<String>,
    /// The service that answered.
    pub(super) speaker: Option<String>,
    pub(super) status: Option<String>,
    pub(super) region: Option<String>,
    pub(super) authorization: Option<String>,
    pub(super) encoded: Option<String>,
    pub(super) cautions: Vec<&'static str>,
}

impl Facts {
    /// Takes from other pieces of the same message what is not known yet.
    pub(super) fn fill(&mut self, other: Self) {
        fn take<T>(own: &mut Option<T>, other: Option<T>) {
            if own.is_none() {
                *own = other;
            }
        }
        take(&mut self.principal, other.principal);
        take(&mut self.role, other.role);
        take(&mut self.action, other.action);
        take(&mut self.resource, other.resource);
        take(&mut self.object, other.object);
        take(&mut self.reason, other.reason);
        take(&mut self.layer, other.layer);
        take(&mut self.policy, other.policy);
        take(&mut self.service, other.service);
        take(&mut self.operation, other.operation);
        take(&mut self.code, other.code);
        take(&mut self.speaker, other.speaker);
        take(&mut self.status, other.status);
        take(&mut self.region, other.region);
        take(&mut self.authorization, other.authorization);
        take(&mut self.encoded, other.encoded);
        if self.candidates.is_empty() {
            self.candidates = other.candidates;
        }
        self.cautions.extend(other.cautions);
    }
}
