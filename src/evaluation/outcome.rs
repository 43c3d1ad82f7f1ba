//! What comes of a requirement.

use std::collections::BTreeSet;

use super::cause::{Cause, Unmet};
use super::requirement::Requirement;
use crate::account::Unknown;
use crate::policy::decide::Reason;

/// What comes of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is met, by these statements.
    Met {
        /// The statements that allow it.
        by: Vec<Reason>,
    },
    /// It is not met, for these causes.
    Unmet(BTreeSet<Cause>),
    /// That depends on something that is not known.
    Undecided(Unknown),
}

/// A requirement, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// What is required.
    pub requirement: Requirement,
    /// What comes of it.
    pub outcome: Outcome,
}

impl Outcome {
    /// It is not met, for one cause.
    #[must_use]
    pub fn unmet(cause: Cause) -> Self {
        Self::Unmet(BTreeSet::from([cause]))
    }

    /// It is met, and no statement had to allow it.
    #[must_use]
    pub fn met() -> Self {
        Self::Met { by: vec![] }
    }
}

impl Evaluation {
    /// A requirement and what comes of it.
    #[must_use]
    pub fn new(requirement: Requirement, outcome: Outcome) -> Self {
        Self { requirement, outcome }
    }

    /// Why it is not met; nothing, where it is, or where that is not certain.
    pub fn unmet(&self) -> impl Iterator<Item = Unmet> {
        let causes = if let Outcome::Unmet(causes) = &self.outcome { Some(causes) } else { None };
        causes.into_iter().flatten().map(|cause| Unmet::new(self.requirement.clone(), cause.clone()))
    }

    /// Is it met?
    ///
    /// # Errors
    ///
    /// When that depends on something that is not known.
    pub fn is_met(&self) -> Result<bool, Unknown> {
        match &self.outcome {
            Outcome::Met { .. } => Ok(true),
            Outcome::Unmet(_) => Ok(false),
            Outcome::Undecided(unknown) => Err(unknown.clone()),
        }
    }
}
