//! The answer to a line of `simulate` that is no mistake.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use super::line::{self, Asked, Named};
use super::warnings::{self, Question};
use crate::arn::Arn;
use crate::knowledge::managed;
use crate::policy::compile::{Kind, Policies};
use crate::policy::decide::{NearMiss, Reason, explain};
use crate::policy::layers::Verdict;
use crate::policy::reach::Reach;
use crate::policy::request::Request;
use crate::policy::{Condition, decide};

/// The answer to a request.
#[derive(Debug, Serialize)]
pub(super) struct Decided {
    id: Value,
    decision: &'static str,
    because: Vec<Reason>,
    missing: Vec<&'static str>,
    #[serde(rename = "if")]
    residual: Vec<Residual>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    near: Vec<NearMiss>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A condition that cannot be decided.
#[derive(Debug, Serialize)]
struct Residual {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// Decides what a line asks; the fields of it that this build does not know are warned of.
pub(super) fn decide(asked: &Asked, unknown_fields: Vec<String>) -> Result<Decided, String> {
    let owner = asked.owner();
    // Where a line names no principal, the question is what the policies say by themselves, within the resource's account.
    let somebody = Arn::iam("aws", owner.unwrap_or("123456789012"), "role/somebody");
    let principal = asked.principal.as_deref().unwrap_or(somebody.as_str());
    asked.check(principal)?;
    let context = line::context(asked)?;
    let requester = line::requester(principal, &context)?;
    let mut request = Request::new(&asked.action, &requester, owner, &context);
    if asked.principal.is_none() {
        request = request.of_identity_alone();
    }
    let grants = line::grants(asked)?;
    let documents = line::documents(asked, &grants)?;
    let (limits, own) = compiled(asked, &documents);
    let managed = asked.policies.iter().map(|name| managed_policy(name)).collect::<Result<Vec<_>, _>>()?;
    let sets: Vec<&Policies<'_, ()>> = std::iter::once(&limits).chain(managed).chain([&own]).collect();
    let decision = explain(&sets, &request, &asked.resource);
    // The other two ways of asking come to the same; all cases of the tests pass here.
    debug_assert_eq!(decision.verdict, decide::decide(&sets, &request, &asked.resource));
    debug_assert_eq!(decision.verdict, Reach::new(&sets, &request).decide(&asked.resource).verdict);
    let question =
        Question { asked, requester: &requester, context: &context, documents: &documents, sets: [&limits, &own] };
    let mut warnings = warnings::of(&question, unknown_fields);
    warnings.extend(decision.unsure.iter().map(|reason| {
        let why = "whether it applies depends on a variable, a resource, a principal, a service or an element that is not known";
        format!("{} statement {}: {why}", reason.policy, reason.statement)
    }));
    Ok(Decided {
        id: asked.id.clone(),
        decision: match decision.verdict {
            Verdict::Allowed => "allowed",
            Verdict::ImplicitlyDenied => "implicitDeny",
            Verdict::ExplicitlyDenied => "explicitDeny",
            Verdict::Conditional | Verdict::Denied => "conditional",
        },
        because: decision.reasons,
        missing: decision.missing,
        residual: decision.residual.into_iter().map(Residual::of).collect(),
        near: decision.near,
        warnings,
    })
}

/// The policies of an organization, and all others.
fn compiled<'a>(asked: &Asked, documents: &[Named<'a>]) -> (Policies<'a, ()>, Policies<'a, ()>) {
    let (mut limits, mut own) = (Policies::new(), Policies::new());
    (0..asked.scps.len()).zip(0..).for_each(|(_, level)| limits.begin(Kind::Scp(level)));
    for (kind, name, document) in documents {
        let set = if matches!(kind, Kind::Scp(_) | Kind::Rcp) { &mut limits } else { &mut own };
        set.add(*kind, name.as_str(), None, document);
    }
    (limits, own)
}

/// A managed policy that this build knows, compiled when it is first named.
fn managed_policy(name: &str) -> Result<&'static Policies<'static, ()>, String> {
    static COMPILED: LazyLock<Mutex<HashMap<String, &'static Policies<'static, ()>>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(policies) = compiled.get(name) {
        return Ok(policies);
    }
    let version =
        managed::known(name).ok_or_else(|| format!("this build does not know the managed policy `{name}`"))?;
    let mut policies = Policies::new();
    policies.add(Kind::Identity, name, Some(&version.version), &version.document);
    // There are only so many names, and each is compiled once.
    let policies: &'static _ = Box::leak(Box::new(policies));
    compiled.insert(name.to_owned(), policies);
    Ok(policies)
}

impl Residual {
    fn of(condition: Condition) -> Self {
        Self { operator: condition.operator, key: condition.key, values: condition.values }
    }
}
