//! What AWS documents about Ground Truth's permissions, as data with source and date, behind typed doors.
//!
//! Knows the documented limits ([`limits`]), the managed policies' own text in the versions this build has seen
//! ([`managed`]), how people misspell the tokens ([`spelling`]), which actions there are ([`actions`]), which of them
//! the console needs ([`console`]), and what is in the context of requests ([`context`], [`condition_keys`]). Has never seen an account: the live documents decide, this only explains them.

pub mod actions;
pub mod builtin;
pub mod condition_keys;
pub mod conditions;
pub mod console;
pub mod context;
pub mod failures;
pub mod limits;
pub mod managed;
pub mod messages;
pub mod request;
pub mod spelling;
