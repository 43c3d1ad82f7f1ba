//! One judgement: what a role needs, whether it has it, why not, and what helps.
//!
//! A [`requirement::Requirement`] is evaluated against the account's policies and comes to an [`outcome::Outcome`]: met,
//! unmet for one or more [`cause::Cause`]s, or undecided for want of a fact. Each cause knows its [`remedy::Remedy`]s.
//! Scan, preflight, why and fix read the result; none of them derives or words it again. One file a subject: [`bucket`],
//! [`function`], [`key`], [`job`]. Asks [`LabelingContext`] what is used; has never heard of a rule or a report.

pub mod bucket;
pub mod cause;
pub mod check;
pub mod classes;
pub mod cors;
pub mod function;
pub mod goal;
pub mod identity;
pub mod job;
pub mod key;
pub mod outcome;
pub mod remedy;
pub mod requirement;
pub mod role;
pub mod wording;

use std::ops::{Deref, DerefMut};

use crate::labeling::LabelingContext;
use classes::Known;

pub use cause::{Cause, Unmet};
pub use check::AccessCheck;
pub use outcome::{Evaluation, Outcome};
pub use remedy::{Fix, Remedy, RemedyKind};
pub use requirement::{ContextEquals, Requirement, ResourceSet};

/// The part of an account that has to do with labeling, to be asked what its roles may do; what was asked once for a class
/// of roles and a kind of resources is kept.
#[derive(Debug)]
pub struct Evaluator<'a> {
    labeling: LabelingContext<'a>,
    known: Known,
}

impl<'a> Evaluator<'a> {
    /// Makes a labeling context answer questions.
    #[must_use]
    pub fn new(labeling: LabelingContext<'a>) -> Self {
        Self { labeling, known: Known::default() }
    }
}

impl<'a> Deref for Evaluator<'a> {
    type Target = LabelingContext<'a>;

    fn deref(&self) -> &Self::Target {
        &self.labeling
    }
}

impl DerefMut for Evaluator<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.labeling
    }
}
