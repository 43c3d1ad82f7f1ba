//! A line of the table: an operation, the action that allows it, and when it is called.

/// One operation of AWS, and what its caller must be allowed to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The service's id, as the SDK names it.
    pub service: &'static str,
    /// The operation's name.
    pub operation: &'static str,
    /// The IAM action that allows it; not always of the operation's name.
    pub action: &'static str,
    /// What the audit learns from it.
    pub why: &'static str,
    /// When it is made.
    pub when: When,
}

/// When a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In every audit.
    Always,
    /// For what may have to do with labeling.
    Details,
    /// Where the call that answers for many resources at once is refused, and for a single question.
    Fallback,
    /// With `preflight --read-manifest`.
    ReadManifest,
    /// With `--all-regions`.
    AllRegions,
    /// With `--assume-role`.
    AssumeRole,
}
