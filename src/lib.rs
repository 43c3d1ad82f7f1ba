//! gt-audit: does a labeling job's role reach what the job needs, and if not, why not?
//!
//! SageMaker Ground Truth's labeling jobs run under an IAM role, mostly with one of two AWS managed policies whose
//! grants depend on names and tags. An audit collects the facts of an account, decides as AWS does what each execution role
//! reaches, holds that against the documented limits, and says what is wrong, why, and what to change. It only reads.
//!
//! Data goes one way, and imports point down only (a test holds that):
//!
//! ```text
//! arn ← policy ← account ← access ← labeling ← evaluation ← rules ← audit ← fix ← commands ← main
//!                   ↑        knowledge ←┘                  finding ←┘  report ←┘
//!                collect                                               config ←┘
//! ```
//!
//! - [`account`]: the facts, each known or unknown, and why; a snapshot file holds them.
//! - [`collect`]: the only room that speaks to AWS, and the only asynchronous one.
//! - [`policy`]: the policy language; knows neither accounts nor Ground Truth.
//! - [`access`]: from an account's facts to the policy engine's question.
//! - [`knowledge`]: the documented limits and the managed policies' text, as data.
//! - [`labeling`]: which roles are execution roles, and what each resource is to them.
//! - [`evaluation`]: what a job needs, whether its role has it, why not, and what helps; all that follows reads it.
//! - [`rules`]: one file a rule, its page beside it.
//! - [`config`]: the configuration file, or every mistake in it.
//! - [`audit`]: every rule on every subject; [`report`]: what comes of it, and how it is written.
//! - [`preflight`], beside the audit: would a labeling job work? [`fix`]: the changes that close findings, each proved.
//! - [`cli`], [`commands`]: the command line.

pub mod access;
pub mod account;
pub mod arn;
pub mod audit;
pub mod cli;
pub mod collect;
pub mod commands;
pub mod config;
pub mod evaluation;
pub mod file;
pub mod finding;
pub mod fix;
pub mod knowledge;
pub mod labeling;
pub mod message;
pub mod policy;
pub mod preflight;
pub mod report;
pub mod rules;
pub mod uri;
pub mod why;
