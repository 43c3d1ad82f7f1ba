//! One judgement: what a role needs, whether it has it, why not, and what helps.
//!
//! A [`requirement::Requirement`] is evaluated against the account's policies and comes to an [`outcome::Outcome`]: met,
//! unmet for one or more [`cause::Cause`]s, or undecided for want of a fact. Each cause knows its [`remedy::Remedy`]s.
//! Scan, preflight, why and fix read the result; none of them derives or words it again. One file a subject: [`bucket`],
//! [`function`], [`key`], [`job`]. Asks [`LabelingContext`] what is used; has never heard of a rule or a report.

mod abroad;
pub mod bucket;
mod bucket_key;
pub mod capability;
pub mod cause;
pub mod check;
pub mod classes;
pub mod cors;
pub mod evaluator;
pub mod fixes;
pub mod function;
pub mod goal;
pub mod identity;
pub mod job;
pub mod job_check;
pub mod key;
pub mod outcome;
pub mod reached;
mod remedies;
pub mod remedy;
pub mod requirement;
pub mod role;
pub(crate) mod s3;
pub mod sentence;
pub(crate) mod statements;
mod streaming;
pub mod whole;
pub mod wording;

pub use cause::{Cause, Unmet};
pub use check::AccessCheck;
pub use evaluator::Evaluator;
pub use fixes::Fix;
pub use outcome::{Evaluation, Outcome};
pub use remedy::{Remedy, RemedyKind};
pub use requirement::{ContextEquals, Requirement, ResourceSet};
