//! What a change is asked for, and why one is not offered.

use std::collections::BTreeSet;

use crate::evaluation::goal::Grant;

/// What one change is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntendedEffect {
    /// What may be allowed that was not.
    pub gains: BTreeSet<Grant>,
    /// What may be allowed no longer.
    pub losses: BTreeSet<Grant>,
}

/// Why a change is not offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub String);
