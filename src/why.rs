//! One question, decided: may this principal do this to that, which policies say so, and what would help.
//!
//! Asks the evaluation what comes of the question, and puts beside it what each kind of policy says, in the order in which AWS
//! evaluates them (IAM User Guide, `reference_policies_evaluation-logic_policy-eval-denyallow`, 2026-11). Plain data comes of
//! it; how it is written, the reports know.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::{Access, Ask, Identity};
use crate::account::snapshot::Snapshot;
use crate::account::{Account, Fact, Function, Organization, Tags, Unknown};
use crate::arn::Arn;
use crate::evaluation::check::Names;
use crate::evaluation::fixes::fixes;
use crate::evaluation::s3::ask_of_bucket;
use crate::evaluation::wording::Who;
use crate::evaluation::{AccessCheck, Evaluator, Fix, Outcome, Requirement, ResourceSet, Unmet};
use crate::finding::ReportedUnknown;
use crate::knowledge::context::Sender;
use crate::labeling::{INVOKE, LabelingContext, SAGEMAKER, Uses};
use crate::policy::decide::Reason;
use crate::policy::layers::{Layer, Verdict};
use crate::policy::reach::{Clause, Origin};
use crate::policy::value::Value;
use crate::policy::{Document, Effect};

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
    let check = AccessCheck::new(access.decide(identity, &ask, &question.resource));
    let requirement = Requirement::new(principal, &question.action, ResourceSet::exactly(&question.resource));
    let role = evaluator.execution_role(principal.as_str());
    let tokens = match (role, question.action.as_str()) {
        (Some(role), INVOKE) => role.function_tokens(),
        (Some(role), action) if action.starts_with("s3:") => role.bucket_tokens(),
        _ => BTreeSet::new(),
    };
    let boundary = identity.boundary().and_then(|boundary| boundary.known().ok()).and_then(Option::as_ref);
    let names = Names { boundary, owner: owned.owner(account), tokens, partly: false };
    let outcome = check.outcome(&requirement, &names);
    let causes = match &outcome {
        Outcome::Unmet(_) => check.unmet(&requirement, &names),
        _ => vec![],
    };
    let verdict = check.answer.verdicts().next().unwrap_or(Verdict::Conditional);
    let decision = match (&outcome, verdict) {
        (Outcome::Met { .. }, _) => Decision::Allowed,
        (Outcome::Undecided(_), _) => Decision::Undecided,
        (Outcome::Unmet(_), Verdict::ExplicitlyDenied) => Decision::ExplicitDeny,
        (Outcome::Unmet(_), _) => Decision::ImplicitDeny,
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
        layers: Layers { account, identity, check: &check, owned: &owned, decision }.all(),
        fixes: fixes(&causes, &Who::of([principal])),
        causes,
    })
}

fn names_others(clause: &Clause<Unknown>) -> Option<Elsewhere> {
    let Origin::Statement(statement) = &clause.origin else { return None };
    let patterns = clause.patterns.iter().map(ToString::to_string).collect();
    Some(Elsewhere { statement: statement.clone(), patterns, but: clause.all_but })
}

/// A resource, as far as the account knows it.
enum Owned<'a> {
    Bucket(&'a crate::account::Bucket, Option<&'a Fact<Option<Tags>>>),
    Function(&'a Function, String),
    Key(&'a crate::account::Key, Vec<Document>),
    Role(&'a crate::account::Role, String),
    /// Something of the account without a policy of its own.
    Plain,
    /// It is another account's, or could not be read.
    Unread(&'a str, Unknown),
}

impl<'a> Owned<'a> {
    fn new(account: &'a Account, resource: &'a Arn) -> Self {
        let abroad = || {
            let why = "the policy of a resource of another account is not read".to_owned();
            let action = format!("{}:GetPolicy", resource.service());
            Unknown::NotJudged { action, subject: resource.to_string(), why }
        };
        match resource.service() {
            "s3" => match account.buckets.known() {
                Err(unknown) => Self::Unread("", unknown),
                Ok(buckets) => {
                    let name = resource.resource().split('/').next().unwrap_or_default();
                    let bucket = buckets.iter().find(|bucket| bucket.arn.resource() == name);
                    let of = |bucket| Self::Bucket(bucket, account.objects.get(resource));
                    bucket.map_or_else(|| Self::Unread("", abroad()), of)
                }
            },
            _ if !resource.account().is_empty() && resource.account() != account.id => {
                Self::Unread(resource.account(), abroad())
            }
            "lambda" => {
                let regions = account.regions.get(resource.region()).map(|regional| regional.functions.known());
                let functions = regions.and_then(Result::ok).into_iter().flatten();
                let is = |function: &&Function| {
                    let rest = resource.as_str().strip_prefix(function.arn.as_str());
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
                };
                let function = functions.into_iter().find(is);
                function.map_or(Self::Plain, |function| {
                    Self::Function(function, format!("policy of function `{}`", function.arn.name()))
                })
            }
            "kms" => match account.key(resource.region(), resource.as_str()) {
                Ok(Some(key)) => {
                    let grants = key.grants.known().ok().into_iter().flatten();
                    Self::Key(key, grants.filter_map(|grant| grant.document().ok()).collect())
                }
                Ok(None) => Self::Plain,
                Err(unknown) => Self::Unread(resource.account(), unknown),
            },
            "iam" => {
                let roles = account.iam.roles.known().ok().into_iter().flatten();
                let role = roles.into_iter().find(|role| role.arn == *resource);
                role.map_or(Self::Plain, |role| Self::Role(role, format!("trust policy of role `{}`", role.arn.name())))
            }
            _ => Self::Plain,
        }
    }

    fn ask<'q>(&'q self, account: &'q Account, action: &'q str, sender: Sender) -> Ask<'q> {
        let ask = Ask::new(action).sent_by(sender);
        match self {
            Self::Bucket(bucket, tags) => {
                let ask = ask_of_bucket(bucket, action, sender);
                match tags.map(|tags| tags.known()) {
                    Some(Ok(Some(tags))) => ask.tagged(tags),
                    _ => ask,
                }
            }
            Self::Function(function, name) => {
                let ask = ask.in_region(Some(function.arn.region())).of_resource_tagged(function.tags.known().ok());
                ask.of(name, &function.policy)
            }
            Self::Key(key, grants) => {
                let ask = ask.in_region(Some(key.arn.region())).owned_by(key.arn.account());
                let ask = ask.policy("key policy", key.policy.known());
                grants.iter().fold(ask, |ask, grant| ask.policy("grant", Ok(grant)))
            }
            Self::Role(role, name) if action.eq_ignore_ascii_case("sts:AssumeRole") => {
                ask.owned_by(&account.id).of_resource_tagged(role.tags.known().ok()).policy(name, role.trust.known())
            }
            Self::Role(role, _) if action.eq_ignore_ascii_case("iam:PassRole") => {
                ask.of_resource_tagged(role.tags.known().ok()).with("iam:PassedToService", SAGEMAKER)
            }
            Self::Role(..) | Self::Plain => ask,
            Self::Unread("", unknown) => {
                ask.owned_by_another_account().policy("policy of the resource", Err(unknown.clone()))
            }
            Self::Unread(owner, unknown) => ask.owned_by(owner).policy("policy of the resource", Err(unknown.clone())),
        }
    }

    /// The resource whose own policy must allow it.
    fn owner(&self, account: &Account) -> Option<&'a Arn> {
        match self {
            Self::Key(key, _) => Some(&key.arn),
            Self::Role(role, _) if role.arn.account() != account.id => Some(&role.arn),
            _ => None,
        }
    }

    /// Must the resource's own policy allow it, whatever the identity's say?
    fn has_last_word(&self) -> bool {
        matches!(self, Self::Key(..) | Self::Role(..))
    }

    /// What the resource's own policy is called, and whether there is one.
    fn policy(&self) -> (String, Result<bool, Unknown>) {
        let is_there = |policy: &Fact<Option<Document>>| policy.known().map(Option::is_some);
        match self {
            Self::Bucket(bucket, _) => (format!("bucket {}", bucket.arn.resource()), is_there(&bucket.policy)),
            Self::Function(function, _) => (format!("function {}", function.arn.name()), is_there(&function.policy)),
            Self::Key(key, _) => (format!("key {}", key.arn.name()), key.policy.known().map(|_| true)),
            Self::Role(role, _) => (format!("role {}", role.arn.name()), role.trust.known().map(|_| true)),
            Self::Plain => ("the resource".to_owned(), Ok(false)),
            Self::Unread(_, unknown) => ("the resource".to_owned(), Err(unknown.clone())),
        }
    }
}

/// What each kind of policy says of a question.
struct Layers<'l, 'a> {
    account: &'a Account,
    identity: Identity<'a>,
    check: &'l AccessCheck,
    owned: &'l Owned<'a>,
    decision: Decision,
}

impl Layers<'_, '_> {
    fn all(&self) -> Vec<Said> {
        let all = [
            ("explicit deny", self.deny()),
            ("resource control policies", self.of_organization(&["rcp"], |layer| layer == Layer::Rcp)),
            ("service control policies", self.of_organization(&["scp"], |layer| matches!(layer, Layer::Scp(_)))),
            ("resource-based policy", self.resource()),
            ("identity-based policies", self.identity()),
            ("permissions boundary", self.boundary()),
        ];
        // The first that keeps it from being allowed is the one that decides.
        let mut is_open = self.decision != Decision::Allowed;
        all.into_iter()
            .map(|(layer, (says, stops))| {
                let decides = stops && is_open;
                is_open &= !stops;
                Said { layer, says, decides }
            })
            .collect()
    }

    fn lacks(&self, layer: &str) -> bool {
        self.check.answer.outcomes().iter().any(|outcome| self.check.answer.lacking(outcome).contains(&layer))
    }

    /// The statements of some policies that apply, and are certain to.
    fn statements(&self, effect: Effect, of: impl Fn(Layer) -> bool) -> Vec<String> {
        let applying = self.check.answer.clauses();
        let these = applying.filter(|clause| clause.effect == effect && !clause.open && of(clause.layer));
        let mut all: Vec<String> = these
            .filter_map(|clause| match &clause.origin {
                Origin::Statement(reason) => Some(reason.to_string()),
                Origin::Missing(_) => None,
            })
            .collect();
        all.dedup();
        all
    }

    fn open(&self, of: impl Fn(&Clause<Unknown>) -> bool) -> Option<String> {
        let clause = self.check.answer.clauses().find(|clause| clause.open && of(clause))?;
        Some(format!("not known: {}", self.check.answer.gap_of(clause)))
    }

    fn deny(&self) -> (String, bool) {
        let denying = self.statements(Effect::Deny, |_| true);
        if !denying.is_empty() {
            return (denying.join(", "), true);
        }
        self.open(|clause| clause.effect == Effect::Deny).map_or(("none".to_owned(), false), |open| (open, true))
    }

    fn of_organization(&self, names: &[&str], of: impl Fn(Layer) -> bool) -> (String, bool) {
        let policies = match &self.account.organization {
            Organization::Free => return ("none, no organization binds the account".to_owned(), false),
            Organization::NotAsked => return ("not read".to_owned(), false),
            Organization::Unread(unknown) => return (format!("not known: {unknown}"), false),
            Organization::Policies(policies) => policies,
        };
        let is_rcp = names.contains(&"rcp");
        if (if is_rcp { &policies.rcps } else { &policies.scps }).iter().all(Vec::is_empty) {
            return ("none".to_owned(), false);
        }
        if names.iter().any(|name| self.lacks(name)) {
            return ("no Allow at one of the levels".to_owned(), true);
        }
        if let Some(open) = self.open(|clause| of(clause.layer)) {
            return (open, false);
        }
        (if is_rcp { "they do not deny it".to_owned() } else { "they allow it".to_owned() }, false)
    }

    fn resource(&self) -> (String, bool) {
        let (name, policy) = self.owned.policy();
        let lacks = self.lacks("resource");
        match policy {
            Err(unknown) => (format!("not known: {unknown}"), self.decision == Decision::Undecided),
            Ok(false) => (format!("{name} has none"), lacks),
            Ok(true) => {
                let is_own = |layer| matches!(layer, Layer::Resource(_));
                let allowing = self.statements(Effect::Allow, is_own);
                match self.open(|clause| is_own(clause.layer) && clause.effect == Effect::Allow) {
                    _ if !allowing.is_empty() => (format!("{} allows it", allowing.join(", ")), false),
                    Some(open) => (open, false),
                    None => (
                        "no Allow matches".to_owned(),
                        lacks && (!self.lacks("identity") || self.owned.has_last_word()),
                    ),
                }
            }
        }
    }

    fn identity(&self) -> (String, bool) {
        let allowing = self.statements(Effect::Allow, |layer| layer == Layer::Identity);
        if !allowing.is_empty() {
            return (format!("{} allows it", allowing.join(", ")), false);
        }
        let open = self.open(|clause| clause.layer == Layer::Identity && clause.effect == Effect::Allow);
        open.map_or_else(
            || ("no Allow matches".to_owned(), self.lacks("identity") || self.check.not_granted),
            |open| (open, true),
        )
    }

    fn boundary(&self) -> (String, bool) {
        let name = self.identity.arn().name();
        if !self.check.answer.has_boundary() {
            return (format!("{name} has none"), false);
        }
        if self.lacks("boundary") {
            return ("no Allow matches".to_owned(), true);
        }
        let allowing = self.statements(Effect::Allow, |layer| layer == Layer::Boundary);
        let says =
            if allowing.is_empty() { "it allows it".to_owned() } else { format!("{} allows it", allowing.join(", ")) };
        (says, false)
    }
}
