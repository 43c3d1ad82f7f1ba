//! The policy language: documents, globs, and what a set of policies decides.
//!
//! Knows the JSON policy language and how AWS combines its layers; has never heard of an account, of S3's buckets or of
//! Ground Truth. It could be lifted out as a crate of its own.

pub mod compile;
pub mod condition;
pub mod cover;
pub mod decide;
pub mod difference;
pub mod document;
mod grammar;
pub mod grant;
mod index;
pub mod json;
pub mod layers;
pub mod lint;
pub mod pattern;
pub mod principal;
pub mod reach;
pub mod request;
pub mod template;

pub use document::{Condition, Document, Effect, Malformed, Principal, Selection, Statement};
pub use pattern::Pattern;
