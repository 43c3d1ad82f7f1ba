//! The policy language: documents, globs, and what a set of policies decides.
//!
//! Knows the JSON policy language, how AWS combines its layers, and the few actions that AWS itself treats apart; has
//! never heard of an account's facts or of Ground Truth. It could be lifted out as a crate of its own.
//!
//! A [`Document`] is parsed once and printed without loss; [`compile`] makes a set of several; [`decide`] answers for one
//! resource and explains, [`reach`] for whole sets of resources, and [`difference`] compares. How the layers limit each
//! other is in [`layers`] alone.

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
mod kind;
pub mod layers;
pub mod lint;
pub mod pattern;
pub mod principal;
pub mod reach;
pub mod request;
mod resource;
mod special;
pub mod template;
mod ternary;
pub mod value;

pub use document::{Condition, Document, Effect, Malformed, Principal, Selection, Statement};
pub use pattern::Pattern;
