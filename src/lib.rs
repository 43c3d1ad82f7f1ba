//! gt-audit
pub mod account;
pub mod arn;
pub mod file;
pub mod policy;
