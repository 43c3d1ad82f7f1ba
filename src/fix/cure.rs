//! What closes a finding, as far as the rule's own judgments say: what is wanted of which policy, what stands in the way,
//! and which fact is missing.
//!
//! Asks the same [`Setup`] as the rule did. Asked again of the account as it would be with what is wanted in place, it
//! says what stops even that.

use std::collections::BTreeSet;

use super::apply::identity;
use super::asked::{Grant, On, When};
use super::documents::POLICY_NAME;
use super::obstacle::{Obstacle, obstacles};
use super::{buckets, functions, identities, jobs, keys, roles};
use crate::account::Unknown;
use crate::arn::Arn;
use crate::finding::{Finding, RemedyKind, RuleId};
use crate::knowledge::builtin::Browsers;
use crate::labeling::Setup;
use crate::labeling::reach::Judged;

/// What closes a finding.
#[derive(Debug, Default)]
pub(super) struct Cure {
    /// All of this together, unless something is in the way.
    pub(super) wants: Vec<Want>,
    /// What stops it, whatever is granted.
    pub(super) in_the_way: BTreeSet<Obstacle>,
    /// What must be known first.
    pub(super) open: BTreeSet<Unknown>,
    /// What to do beside the change, or instead of it.
    pub(super) advice: Vec<String>,
}

/// Something wanted of a policy or of rules.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Want {
    pub(super) target: Target,
    pub(super) wish: Wish,
}

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// An inline policy of an identity.
    Inline(Arn, String),
    /// A managed policy.
    Managed(Arn),
    /// A role's trust policy.
    Trust(Arn),
    /// A bucket's CORS rules.
    Cors(Arn),
    /// A key's policy.
    Key(Arn),
}

/// What is wanted of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// A statement more.
    Grant(Grant),
    /// A statement otherwise; what that may allow, and no longer allow.
    Edit(Edit, Vec<Grant>, Vec<Grant>),
    /// What browsers need.
    Rules(&'static Browsers),
}

/// A statement, from 1, and how it is to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    pub(super) statement: usize,
    pub(super) how: How,
}

/// How a statement is to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum How {
    /// Without this action; not at all, where it has no other.
    Without(String),
    /// With the one action in the other's place.
    Renamed(String, &'static str),
    /// With this value in place of the empty ones of a condition's key.
    Filled(&'static str, &'static str),
    /// With these resources alone.
    On(BTreeSet<Arn>),
    /// With a condition more.
    When(When),
    /// Without this service among its principals.
    WithoutService(&'static str),
    /// As a copy beside it, of these actions alone, and otherwise as the others say.
    Beside {
        actions: BTreeSet<String>,
        on: Option<BTreeSet<String>>,
        when: Option<When>,
        service: Option<&'static str>,
    },
}

impl Cure {
    /// Advice alone, in the words of the finding.
    pub(super) fn advice(finding: &Finding) -> Self {
        let advice = finding.remedy.iter().map(|remedy| remedy.summary.clone()).collect();
        Self { advice, ..Self::default() }
    }

    /// An identity must be able to do what was judged.
    pub(super) fn need(&mut self, identity: &Arn, judged: &Judged, on: On, when: &[When]) {
        if judged.stopped {
            self.in_the_way.extend(obstacles(judged));
        } else if judged.lacking {
            let grant = Grant { when: when.iter().cloned().collect(), ..Grant::new(judged.answer.action(), on) };
            self.allow(identity, grant);
        } else {
            self.open.extend(judged.open_grant.clone().or_else(|| judged.open_stop.clone()));
        }
    }

    /// An identity is to be allowed something.
    pub(super) fn allow(&mut self, identity: &Arn, grant: Grant) {
        let target = Target::Inline(identity.clone(), POLICY_NAME.to_owned());
        self.want(target, Wish::Grant(grant));
    }

    /// Something is wanted.
    pub(super) fn want(&mut self, target: Target, wish: Wish) {
        let want = Want { target, wish };
        if !self.wants.contains(&want) {
            self.wants.push(want);
        }
    }

    /// Is it closed by what is wanted, as far as can be seen?
    pub(super) fn closes(&self) -> bool {
        !self.wants.is_empty() && self.in_the_way.is_empty() && self.open.is_empty()
    }
}

/// What closes a finding. What only other names or tags would do is advised beside it.
pub(super) fn cure(setup: &Setup<'_>, finding: &Finding) -> Cure {
    let mut cure = wanted(setup, finding);
    cure.in_the_way = cure.in_the_way.into_iter().map(|obstacle| by_name(setup, finding, obstacle)).collect();
    if cure.wants.is_empty() && cure.in_the_way.is_empty() && cure.open.is_empty() {
        return Cure::advice(finding);
    }
    let other = |kind: RemedyKind| matches!(kind, RemedyKind::Rename | RemedyKind::Tag);
    let beside = finding.remedy.iter().filter(|remedy| other(remedy.kind));
    cure.advice.extend(beside.map(|remedy| remedy.summary.clone()));
    cure
}

/// A permissions boundary by its name.
fn by_name(setup: &Setup<'_>, finding: &Finding, obstacle: Obstacle) -> Obstacle {
    if obstacle.policy.is_some() || obstacle.what != "permissions boundary" {
        return obstacle;
    }
    let identity = finding.principal.as_ref().and_then(|arn| identity(setup.access.account, arn));
    let boundary = identity.and_then(|identity| identity.boundary()?.known().ok()?.as_ref());
    Obstacle { policy: boundary.map(|arn| arn.name().to_owned()), ..obstacle }
}

fn wanted(setup: &Setup<'_>, finding: &Finding) -> Cure {
    match finding.rule {
        RuleId::BucketDenied | RuleId::BucketOutOfReach | RuleId::BucketReachedInPart => {
            buckets::reached(setup, finding)
        }
        RuleId::BucketKeyUnusable => keys::usable(setup, finding),
        RuleId::BucketTagGrantsNothing => buckets::reached_without_tag(setup, finding),
        RuleId::BucketWithoutCors => buckets::seen_by_browsers(setup, finding),
        RuleId::FunctionDenied | RuleId::FunctionOutOfReach => functions::invoked(setup, finding),
        RuleId::FunctionCannotReadOutput => functions::reads_output(setup, finding),
        RuleId::JobBlocked => jobs::unblocked(setup, finding),
        RuleId::RoleCannotPassItself => roles::passes_itself(setup, finding),
        RuleId::RoleCannotStream => roles::streams(setup, finding),
        RuleId::RoleNotAssumable => roles::assumable(setup, finding),
        RuleId::TrustWithoutSource => roles::trusts_own_account(setup, finding),
        RuleId::ConsoleAccessIncomplete => identities::has_console(setup, finding),
        RuleId::PassRoleNeverMatches => identities::passes_roles(setup, finding),
        RuleId::PassRoleUnrestricted => identities::passes_few_roles(setup, finding),
        RuleId::ResourceScopeIgnored => identities::scoped(setup, finding),
        RuleId::UnknownAction => identities::known_actions(setup, finding),
        // The names of buckets and of AWS's own functions, what AWS changed, what a failed job was, and what else
        // somebody is to be able to do: nothing that a smallest change could settle.
        _ => Cure::default(),
    }
}
