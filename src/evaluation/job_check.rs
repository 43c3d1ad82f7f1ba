//! A part of a job's evaluation.

use super::outcome::{Evaluation, Outcome};
use super::requirement::Requirement;

/// What a part of a job's evaluation is about; of what is there already, one rule speaks of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The role is there: `job-blocked`.
    Role,
    /// SageMaker may assume the role: `role-not-assumable`.
    Trust,
    /// A field is right in itself: `job-blocked`.
    Value,
    /// A function, interface or algorithm of AWS's own is rightly addressed: `builtin-function-misaddressed`.
    OfAws,
    /// The role may do what a field needs: `job-blocked`.
    Permission,
    /// What a field names is there: `job-blocked`.
    Existence,
    /// An object that a field names is there, when the job begins.
    Object,
    /// What a field names is in the job's region: `bucket-in-other-region`.
    Region,
    /// The role may do what streaming needs beside the fields: `role-cannot-stream`.
    Streaming,
    /// The post-annotation function comes to the output: `function-cannot-read-output`.
    Output,
    /// The role may use the key by which a bucket encrypts: `bucket-key-unusable`.
    BucketKey {
        /// Is it certain that what is read or written is encrypted so?
        certain: bool,
    },
}

/// A part of a job's evaluation.
#[derive(Debug, Clone)]
pub struct JobCheck {
    /// What it is about.
    pub topic: Topic,
    /// What is required, and what comes of it.
    pub evaluation: Evaluation,
    /// What holds, in a few words, where it is met and no statement had to allow it.
    pub holds: String,
}

impl JobCheck {
    pub(super) fn new(topic: Topic, evaluation: Evaluation, holds: impl Into<String>) -> Self {
        Self { topic, evaluation, holds: holds.into() }
    }

    /// A value of a field, and what comes of it.
    pub(super) fn value(topic: Topic, field: &'static str, value: &str, outcome: Outcome, holds: &str) -> Self {
        Self::new(topic, Evaluation::new(Requirement::of_value(field, value), outcome), holds)
    }
}
