//! The policy language: documents, globs, and what a set of policies decides.
//!
//! Knows the JSON policy language and how AWS combines its layers; has never heard of an account, of S3's buckets or of
//! Ground Truth. It could be lifted out as a crate of its own.

pub mod condition;
pub mod cover;
pub mod document;
pub mod evaluate;
pub mod gather;
pub mod pattern;
pub mod principal;
pub mod request;
pub mod template;

pub use document::{Condition, Document, Effect, Malformed, Principal, Selection, Statement};
pub use pattern::Pattern;
