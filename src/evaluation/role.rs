//! What causes name of an execution role beside statements, and whether SageMaker may assume it.

use std::collections::BTreeSet;

use super::cause::{Cause, Fired, PolicyType};
use super::check::Names;
use super::evaluator::Evaluator;
use super::outcome::{Evaluation, Outcome};
use super::requirement::{Requirement, ResourceSet};
use crate::access::{Answer, Coverage};
use crate::account::Role;
use crate::knowledge::limits::{self, Limits};
use crate::labeling::needs::ROLE;
use crate::labeling::{ExecutionRole, SAGEMAKER};
use crate::policy::reach::{ConditionFact, Origin};
use crate::policy::{Document, Effect, Selection};

impl ExecutionRole<'_> {
    /// What causes name beside statements: the role's boundary.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        Names::of(self.role.into())
    }

    /// The tokens of which a bucket's name needs one; bucket names are of small letters, and `aws-glue` is no word of
    /// labeling.
    #[must_use]
    pub fn bucket_tokens(&self) -> BTreeSet<String> {
        let words = &limits::labeling_tokens().bucket;
        self.known_tokens(|limits| &limits.bucket_tokens).filter(|token| words.contains(token)).cloned().collect()
    }

    /// The tokens of which a function's name needs one.
    #[must_use]
    pub fn function_tokens(&self) -> BTreeSet<String> {
        self.known_tokens(|limits| &limits.function_tokens).cloned().collect()
    }

    fn known_tokens(&self, tokens: fn(&Limits) -> &BTreeSet<String>) -> impl Iterator<Item = &String> {
        self.limits.iter().flat_map(tokens)
    }
}

impl Evaluator<'_> {
    /// May SageMaker assume a role of the account?
    #[must_use]
    pub fn trust(&self, role: &Role) -> Evaluation {
        let requirement = Requirement {
            field: ROLE,
            principal: None,
            action: "sts:AssumeRole".to_owned(),
            on: ResourceSet::exactly(&role.arn),
            context: [].into(),
        };
        let outcome = match self.access.trusts(role, SAGEMAKER, &self.access.account.id) {
            Err(unknown) => Outcome::Undecided(unknown),
            Ok(answer) => match answer.coverage() {
                Coverage::All => Outcome::Met { by: answer.reasons().cloned().collect() },
                Coverage::Some | Coverage::Unknown => answer.gap().map_or_else(Outcome::met, Outcome::Undecided),
                Coverage::None | Coverage::Denied => Outcome::Unmet(distrust(role, &answer)),
            },
        };
        Evaluation::new(requirement, outcome)
    }
}

/// Why SageMaker may not assume a role.
fn distrust(role: &Role, answer: &Answer) -> BTreeSet<Cause> {
    let denying = answer.clauses().filter(|clause| clause.effect == Effect::Deny && !clause.open);
    let mut causes: BTreeSet<Cause> = denying
        .filter_map(|clause| {
            let Origin::Statement(statement) = &clause.origin else { return None };
            let fired = |fact: &ConditionFact| Fired {
                operator: fact.condition.operator.clone(),
                key: fact.condition.key.clone(),
                wanted: fact.condition.values.clone(),
                found: fact.found.clone(),
            };
            Some(Cause::ExplicitDeny {
                statement: statement.clone(),
                layer: PolicyType::of(clause.layer),
                because: clause.deciding.iter().map(fired).collect(),
                by_not_principal: clause.by_not_principal(),
                names_principal: clause.names_principal(SAGEMAKER),
            })
        })
        .collect();
    let unmet = answer.unmet().iter().filter_map(|clause| match &clause.origin {
        Origin::Statement(statement) => Some((statement, &clause.deciding)),
        Origin::Missing(_) => None,
    });
    let unmet: Vec<Cause> =
        unmet.flat_map(|(statement, facts)| facts.iter().map(move |fact| Cause::unmet(statement, fact))).collect();
    let allowed = answer.clauses().any(|clause| clause.effect == Effect::Allow && !clause.open);
    if !allowed && unmet.is_empty() {
        let allows = role.trust.known().map_or_else(|_| vec![], trusted);
        causes.insert(Cause::TrustPolicy { of: role.arn.clone(), allows });
    }
    causes.extend(unmet);
    causes
}

/// Whom a trust policy names in an Allow, in its order.
fn trusted(trust: &Document) -> Vec<String> {
    let allows = trust.statements().iter().filter(|s| s.effect == Effect::Allow);
    allows.filter_map(|s| s.principals.as_ref()).flat_map(Selection::named).map(|p| p.value.clone()).collect()
}
