//! The smallest changes that close the findings of an audit, each proved. Nothing is ever applied to an account.

mod change;

pub use change::Change;
