//! The smallest changes that close the findings of an audit, each proved. Nothing is ever applied to an account.

mod change;
mod cli;
mod cloudformation;
mod hcl;
mod label;
pub mod spell;
mod terraform;
mod yaml;

pub use change::Change;
