//! How much of a bucket or function a role reaches, in one word: a cell of the report's matrix.
//!
//! A bucket is judged over the URIs in use, else as a whole. Under the managed policies every bucket is reached at some keys,
//! so that *only keys with a token* stands apart from *some*: the same judgement that `bucket-out-of-reach` reports. What is
//! encrypted with a key that the role cannot use is not reached.

use super::bucket::Granted;
use super::evaluator::Evaluator;
use crate::access::Coverage;
use crate::account::{Bucket, Function, any};
use crate::labeling::{ExecutionRole, Use};

/// How much of a resource is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Everything that a labeling job does.
    All,
    /// Something of it, by a grant that is meant for it.
    Some,
    /// Only keys with a token and reads of tagged objects.
    Tokens,
    /// Nothing, or nothing that the role could decrypt.
    None,
    /// Nothing, because a statement denies it.
    Denied,
    /// That depends on something that is not known.
    Unknown,
}

impl From<Coverage> for Reached {
    fn from(coverage: Coverage) -> Self {
        match coverage {
            Coverage::All => Self::All,
            Coverage::Some => Self::Some,
            Coverage::None => Self::None,
            Coverage::Denied => Self::Denied,
            Coverage::Unknown => Self::Unknown,
        }
    }
}

impl Reached {
    /// The letter that stands for it in the JSON report.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::All => 'a',
            Self::Some => 's',
            Self::Tokens => 't',
            Self::None => 'n',
            Self::Denied => 'd',
            Self::Unknown => 'u',
        }
    }
}

impl<'a> Evaluator<'a> {
    /// How much of a bucket a role reaches by policies alone: the same for all buckets that they do not distinguish.
    #[must_use]
    pub fn reached_bucket(&self, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Reached {
        let reach = self.judge(role, bucket, usage);
        let coverage = Coverage::of(reach.checks().flat_map(|check| check.answer.verdicts()));
        let is_partial = matches!(coverage, Coverage::Some | Coverage::Unknown);
        if is_partial && reach.is_not_granted_where(&Granted::No) == Ok(true) {
            return Reached::Tokens;
        }
        coverage.into()
    }

    /// What is left of it by the customer's key that the bucket encrypts with, where it has one.
    #[must_use]
    pub fn decrypted(&self, reached: Reached, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Reached {
        if !matches!(reached, Reached::All | Reached::Some | Reached::Tokens) {
            return reached;
        }
        let key = match self.key_in_use(role, bucket, usage) {
            Ok(None) => return reached,
            Ok(Some(key)) => key,
            Err(_) => return Reached::Unknown,
        };
        let (name, asked, used) = key;
        let evaluations = used.evaluations(role.role.into(), "", name, &asked);
        match any(evaluations.iter().map(|evaluation| evaluation.is_met().map(|met| !met))) {
            Ok(false) => reached,
            Ok(true) => Reached::None,
            Err(_) => Reached::Unknown,
        }
    }

    /// How much of a function a role reaches: each version and alias in use, else the function without a qualifier.
    #[must_use]
    pub fn reached_function(&self, role: &ExecutionRole<'a>, function: &Function, usage: Use) -> Reached {
        if usage != Use::Used {
            return self.invocation(role, function, usage).answer.coverage().into();
        }
        let named = self.invocations(role, function, usage);
        Coverage::of(named.iter().flat_map(|(_, check)| check.answer.verdicts())).into()
    }
}
