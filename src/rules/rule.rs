//! What a rule is: what it looks at, how bad its findings are, and what it says.

use crate::account::{Bucket, Fact, Function, ManagedPolicy, Unknown};
use crate::arn::Arn;
use crate::evaluation::Evaluator;
use crate::evaluation::wording::{Sentence, list, quoted};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, LabelingIdentity, Use};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, in kebab-case; it never changes its meaning.
    pub id: RuleId,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// How bad that is.
    pub severity: Scale,
    /// Its documentation, as Markdown.
    pub page: &'static str,
    /// How it finds it.
    pub check: Check,
}

/// Where a rule's severity comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Always this.
    Always(Severity),
    /// Used: high, intended: medium, other: low.
    ByUse,
    /// The same, and no worse than this.
    ByUseAtMost(Severity),
    /// This, of what is used; nothing is said of anything else.
    IfUsed(Severity),
}

/// A finding, or none, or the gap that leaves it open.
pub type Checked = Result<Option<Finding>, Unknown>;

/// What a rule looks at.
#[derive(Debug)]
pub enum Check {
    /// An execution role.
    Role(for<'a> fn(&Evaluator<'a>, &ExecutionRole<'a>) -> Checked),
    /// An execution role and a bucket.
    RoleAndBucket(Pair<Bucket>),
    /// An execution role and a function.
    RoleAndFunction(Pair<Function>),
    /// A bucket.
    Bucket(for<'a> fn(&Evaluator<'a>, &'a Bucket) -> Checked),
    /// A function.
    Function(for<'a> fn(&Evaluator<'a>, &'a Function) -> Checked),
    /// A labeling job.
    Job(for<'s, 'a> fn(&'s Evaluator<'a>, &'s Job<'a>) -> Checked),
    /// An identity that has to do with labeling.
    Identity(for<'a> fn(&Evaluator<'a>, &LabelingIdentity<'a>) -> Checked),
    /// A managed policy.
    Policy(fn(&Arn, &Fact<ManagedPolicy>) -> Checked),
}

/// How a rule looks at an execution role and a resource. There are many such pairs and few findings, so that a finding is
/// spelled out only where there is one; and roles with the same policies are judged once.
#[derive(Debug)]
pub struct Pair<T: 'static> {
    /// Is it so, the resource being this to the role?
    pub found: for<'a> fn(&Evaluator<'a>, &ExecutionRole<'a>, &T, Use) -> Result<bool, Unknown>,
    /// The finding, where it is.
    pub finding: for<'a> fn(&Evaluator<'a>, &ExecutionRole<'a>, &T, Use) -> Finding,
    /// Does it depend on the role's policies alone, where the resource has none of its own and no role uses it? Then it is
    /// found once for all resources that the policies do not distinguish.
    pub of_policies_alone: bool,
    /// The sentence about so many resources that nothing shows to be used.
    pub together: fn(&ExecutionRole<'_>, usize) -> Sentence,
}

impl Rule {
    /// Does it speak of labeling jobs alone? Then nothing of it can be said of a job that could not be read.
    #[must_use]
    pub fn is_of_jobs(&self) -> bool {
        matches!(self.severity, Scale::IfUsed(_)) || matches!(self.check, Check::Job(_))
    }
}

impl Check {
    /// Does it look at execution roles one by one?
    #[must_use]
    pub fn is_of_roles(&self) -> bool {
        matches!(self, Self::Role(_) | Self::RoleAndBucket(_) | Self::RoleAndFunction(_))
    }
}

impl Scale {
    /// May a finding about a resource that is not known to be used rank higher, if it is used?
    #[must_use]
    pub fn rises(self, usage: Use) -> bool {
        self.severity(Use::Used) < self.severity(usage)
    }

    /// The severity of a finding about a resource of this use.
    #[must_use]
    pub fn severity(self, usage: Use) -> Severity {
        match (self, usage) {
            (Self::Always(severity) | Self::IfUsed(severity), _) => severity,
            // The worst comes first.
            (Self::ByUseAtMost(most), usage) => Self::ByUse.severity(usage).max(most),
            (Self::ByUse, Use::Used) => Severity::High,
            (Self::ByUse, Use::Intended) => Severity::Medium,
            (Self::ByUse, Use::Other | Use::Unknown) => Severity::Low,
        }
    }
}

/// More than this reads badly in a sentence.
const MOST: usize = 4;

/// The first of many, each in backticks.
pub(super) fn first_of<T: AsRef<str>>(items: &[T]) -> String {
    let shown = items.iter().take(MOST).map(|item| format!("`{}`", item.as_ref()));
    match items.len() {
        many if many > MOST + 1 => list(shown.chain([format!("{} more", many - MOST)])),
        _ => quoted(items),
    }
}

/// A finding about an identity.
pub(super) fn of_identity(rule: &Rule, identity: &LabelingIdentity<'_>, sentence: Sentence) -> Finding {
    let arn = identity.identity.arn();
    Finding::new(rule.id, rule.severity.severity(Use::Used), Some(arn), Some(arn), sentence)
}

/// Nothing is found; what could not be read may have it.
pub(super) fn undecided(identity: &LabelingIdentity<'_>) -> Checked {
    identity.missing.clone().map_or(Ok(None), Err)
}
