//! What questions about whole sets may cost: counted in steps, never in time, so that the same account gives the same
//! report on every machine.
//!
//! A step is a place in a glob that is looked at; a million of them take some hundredths of a second.

use std::cell::Cell;

/// What every question may cost, however much the others have cost.
const ALWAYS: u64 = 500_000;
/// What one question may cost at the most.
const ONE_QUESTION: u64 = 4_000_000;
/// What all questions of an audit may cost beyond what each may always cost.
const ALL_QUESTIONS: u64 = 400_000_000;

/// A question about a whole set of texts costs more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the resource patterns are too many and too entangled to be decided for a whole set of resources")]
pub struct TooLarge;

/// The steps that the questions of an audit may still cost together.
#[derive(Debug)]
pub struct Budget {
    left: Cell<u64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(ALL_QUESTIONS)
    }
}

impl Budget {
    /// A budget of so many steps.
    #[must_use]
    pub fn of(steps: u64) -> Self {
        Self { left: Cell::new(steps) }
    }
}

/// Counts the steps of one question.
#[derive(Debug)]
pub struct Meter<'b> {
    budget: &'b Budget,
    spent: u64,
}

impl<'b> Meter<'b> {
    /// Begins to count.
    #[must_use]
    pub fn new(budget: &'b Budget) -> Self {
        Self { budget, spent: 0 }
    }

    /// Begins to count for another question, within the same budget.
    #[must_use]
    pub fn again(&self) -> Self {
        Self::new(self.budget)
    }

    /// Counts steps.
    ///
    /// # Errors
    ///
    /// When the question may not cost them.
    pub fn spend(&mut self, steps: usize) -> Result<(), TooLarge> {
        let before = self.spent.max(ALWAYS);
        self.spent = self.spent.saturating_add(u64::try_from(steps).unwrap_or(u64::MAX));
        if self.spent > ONE_QUESTION {
            return Err(TooLarge);
        }
        let shared = self.spent.saturating_sub(before);
        let left = self.budget.left.get().checked_sub(shared).ok_or(TooLarge)?;
        self.budget.left.set(left);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_may_always_cost_a_little_and_never_too_much() {
        let budget = Budget::of(10);
        let mut one = Meter::new(&budget);
        assert_eq!(one.spend(500_000), Ok(()));
        assert_eq!(one.spend(7), Ok(()));
        let mut other = Meter::new(&budget);
        assert_eq!(other.spend(500_003), Ok(()));
        assert_eq!(other.spend(1), Err(TooLarge));
        assert_eq!(one.spend(1), Err(TooLarge));
        assert_eq!(Meter::new(&Budget::default()).spend(4_000_001), Err(TooLarge));
    }
}
