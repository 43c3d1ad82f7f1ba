//! One question, decided: may this principal do this to that, which policies say so, and what would help.
//!
//! Asks the evaluation what comes of the question, and puts beside it what each kind of policy says, in the order in which AWS
//! evaluates them (IAM User Guide, `reference_policies_evaluation-logic_policy-eval-denyallow`, 2026-11). Plain data comes of
//! it; how it is written, the reports know.

mod key;
mod layers;
mod owned;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::{Access, Identity};
use crate::account::Unknown;
use crate::account::snapshot::Snapshot;
use crate::arn::Arn;
use crate::evaluation::check::Names;
use crate::evaluation::fixes::fixes;
use crate::evaluation::wording::Who;
use crate::evaluation::{AccessCheck, Cause, Evaluator, Fix, Outcome, Requirement, ResourceSet, Unmet};
use crate::finding::ReportedUnknown;
use crate::knowledge::context::Sender;
use crate::labeling::{INVOKE, LabelingContext, Uses};
use crate::policy::decide::Reason;
use crate::policy::reach::{Clause, Origin};
use crate::policy::value::Value;
use key::KeyOfObject;
use layers::Layers;
use owned::Owned;

/// The version of the JSON form; it changes when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// A question about one resource.
#[derive(Debug, Clone)]
pub struct Question {
    /// The action, as IAM names it: `s3:PutObject`.
    pub action: String,
    /// What it is done to.
    pub resource: Arn,
    /// Context keys of the request with their values; none: the request does not have the key.
    pub context: Vec<(String, Vec<String>)>,
    /// Is the request Ground Truth's own? Else a role that SageMaker may assume is taken to be used by it.
    pub by_ground_truth: bool,
}

/// A question with its decision.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// Changes when a field changes its meaning.
    pub schema_version: u32,
    /// Who asks.
    #[schemars(with = "String")]
    pub principal: Arn,
    /// For what.
    pub action: String,
    /// Of what.
    #[schemars(with = "String")]
    pub resource: Arn,
    /// What is decided.
    pub decision: Decision,
    /// The statements that allow it, where it is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Reason>,
    /// Why it is not allowed.
    pub causes: Vec<Unmet>,
    /// What the decision depends on, where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<ReportedUnknown>,
    /// Statements that allow the action on other resources alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// What each kind of policy says, in AWS's order.
    pub layers: Vec<Said>,
    /// What to do, best first.
    pub fixes: Vec<Fix>,
}

impl Decided {
    /// What a script is told: 0 it is allowed, 1 it is not, 3 that is not known.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.decision {
            Decision::Allowed => 0,
            Decision::ImplicitDeny | Decision::ExplicitDeny => 1,
            Decision::Undecided => 3,
        }
    }
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// No policy allows it.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny,
    /// It depends on something that is not known.
    Undecided,
}

/// A statement that allows the action on other resources.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Elsewhere {
    /// Where it stands.
    pub statement: Reason,
    /// The resources that it names.
    pub patterns: Vec<String>,
    /// Are they those that it leaves out?
    pub but: bool,
}

/// What one kind of policy says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Said {
    /// `explicit deny`, `service control policies` …
    pub layer: &'static str,
    /// In a few words.
    pub says: String,
    /// Is it what decides?
    pub decides: bool,
}

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
