//! One question, decided: may this principal do this to that, which policies say so, and what would help.
//!
//! Asks the evaluation what comes of the question, and puts beside it what each kind of policy says, in the order in which AWS
//! evaluates them (IAM User Guide, `reference_policies_evaluation-logic_policy-eval-denyallow`, 2026-11). Plain data comes of
//! it; how it is written, the reports know.

mod decided;
mod key;
mod layers;
mod owned;

use std::collections::BTreeSet;

use crate::access::{Access, Identity};
use crate::account::Unknown;
use crate::account::snapshot::Snapshot;
use crate::arn::Arn;
use crate::evaluation::check::Names;
use crate::evaluation::fixes::fixes;
use crate::evaluation::wording::Who;
use crate::evaluation::{AccessCheck, Cause, Evaluator, Outcome, Requirement, ResourceSet};
use crate::finding::ReportedUnknown;
use crate::knowledge::context::Sender;
use crate::labeling::{INVOKE, LabelingContext, Uses};
use crate::policy::reach::{Clause, Origin};
use crate::policy::value::Value;
pub use decided::{Decided, Decision, Elsewhere, Question, SCHEMA_VERSION, Said};
use key::KeyOfObject;
use layers::Layers;
use owned::Owned;

/// Decides a question of a role or user of the account.
#[must_use]
pub fn decide(snapshot: &Snapshot, principal: &Arn, question: &Question) -> Option<Decided> {
    let account = &snapshot.account;
    let access = Access::new(account).as_of(&snapshot.collection.finished_at);
    let identity = access.identity(principal)?;
    let uses = Uses::of(account, &[]);
    let evaluator = Evaluator::new(LabelingContext::new(&access, &uses));
    let owned = Owned::new(account, &question.resource);
    let by_sagemaker = matches!(identity, Identity::Role(role) if evaluator.trust(role).is_met() == Ok(true));
    let sender = if question.by_ground_truth || by_sagemaker { Sender::GroundTruth } else { Sender::Person };
    let ask = owned.ask(account, &question.action, sender);
    let ask = question.context.iter().fold(ask, |ask, (key, values)| {
        let value = if values.is_empty() { Value::Absent } else { Value::Exactly(values.clone()) };
        ask.with_one_of(key, vec![value])
    });
    let check = match &owned {
        Owned::Key(key) => evaluator.asked_of_key(identity, ask, key),
        _ => AccessCheck::new(access.decide(identity, &ask, &question.resource)),
    };
    let requirement = Requirement::new(principal, &question.action, ResourceSet::exactly(&question.resource));
    let role = evaluator.execution_role(principal.as_str());
    let tokens = match (role, question.action.as_str()) {
        (Some(role), INVOKE) => role.function_tokens(),
        (Some(role), action) if action.starts_with("s3:") => role.bucket_tokens(),
        _ => BTreeSet::new(),
    };
    let names = Names { owner: owned.owner(account), tokens, ..Names::of(identity) };
    let own = check.outcome(&requirement, &names);
    let of_key = KeyOfObject::new(&evaluator, identity, &owned, question);
    let (outcome, causes) = match (own, of_key.as_ref().map(|key| &key.outcome)) {
        (Outcome::Unmet(causes), _) => (Outcome::Unmet(causes), check.unmet(&requirement, &names)),
        (Outcome::Met { .. }, Some(Outcome::Unmet(causes))) => {
            let unmet = of_key.iter().flat_map(|key| key.unmet.iter().cloned()).collect();
            (Outcome::Unmet(causes.clone()), unmet)
        }
        (Outcome::Met { .. }, Some(Outcome::Undecided(unknown))) => (Outcome::Undecided(unknown.clone()), vec![]),
        (own, _) => (own, vec![]),
    };
    let decision = match &outcome {
        Outcome::Met { .. } => Decision::Allowed,
        Outcome::Undecided(_) => Decision::Undecided,
        Outcome::Unmet(causes) if causes.iter().any(|cause| matches!(cause, Cause::ExplicitDeny { .. })) => {
            Decision::ExplicitDeny
        }
        Outcome::Unmet(_) => Decision::ImplicitDeny,
    };
    let elsewhere = check.answer.elsewhere(question.resource.as_str());
    Some(Decided {
        schema_version: SCHEMA_VERSION,
        principal: principal.clone(),
        action: question.action.clone(),
        resource: question.resource.clone(),
        decision,
        by: match &outcome {
            Outcome::Met { by } => by.clone(),
            _ => vec![],
        },
        unknown: match &outcome {
            Outcome::Undecided(unknown) => Some(ReportedUnknown::from(unknown)),
            _ => None,
        },
        elsewhere: elsewhere.filter_map(names_others).collect(),
        layers: Layers { account, identity, check: &check, owned: &owned, of_key: of_key.as_ref(), decision }.all(),
        fixes: fixes(&causes, &Who::of([principal])),
        causes,
    })
}

fn names_others(clause: &Clause<Unknown>) -> Option<Elsewhere> {
    let Origin::Statement(statement) = &clause.origin else { return None };
    let patterns = clause.patterns.iter().map(ToString::to_string).collect();
    Some(Elsewhere { statement: statement.clone(), patterns, but: clause.all_but })
}
