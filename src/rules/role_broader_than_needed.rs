//! `role-broader-than-needed`: see its page, `role_broader_than_needed.md`.

use std::collections::BTreeSet;

use super::rule::{Check, Checked, Rule, Scale};
use crate::access::Named;
use crate::arn::Arn;
use crate::evaluation::wording::{Sentence, list, quoted};
use crate::evaluation::{Cause, Evaluator, Remedy, RemedyKind, Requirement, ResourceSet, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::knowledge::managed::{self, FULL_ACCESS, GROUND_TRUTH_EXECUTION};
use crate::labeling::ExecutionRole;
use crate::labeling::uses::RoleUses;
use crate::policy::decide::Reason;
use crate::policy::{Effect, Selection, Statement};

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleBroaderThanNeeded,
    summary: "the execution role may do far more than label, by FullAccess or administrator-like grants; shows what it used",
    severity: Scale::Always(Severity::Low),
    page: include_str!("role_broader_than_needed.md"),
    check: Check::Role(check),
};

/// More names than this are counted and not spelled out.
const SPELLED_OUT: usize = 5;

/// What makes a policy broad.
struct Broad {
    /// As the sentence has it.
    policy: String,
    /// The statements that do, and what they allow everywhere.
    statements: Vec<(Reason, String)>,
}

fn check<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>) -> Checked {
    let mut missing = None;
    let mut broad = vec![];
    for policy in evaluator.access.policies(role.role) {
        match policy {
            Ok(policy) => broad.extend(breadth(&policy)),
            Err(gap) => missing = missing.or(Some(gap)),
        }
    }
    if broad.is_empty() {
        return missing.map_or(Ok(None), Err);
    }
    let (arn, who) = (&role.role.arn, role.role.arn.name());
    let policies = list(broad.iter().map(|broad| broad.policy.as_str()));
    let sentence = Sentence::plain(format!("has {policies}, {}", used(role.uses)));
    let mut finding = Finding::new(RULE.id, Severity::Low, Some(arn), Some(arn), sentence);
    for (reason, what) in broad.iter().flat_map(|broad| &broad.statements) {
        let requirement = Requirement::new(arn, what, ResourceSet::Matching("*".to_owned()));
        finding.causes.push(Unmet::new(requirement, Cause::Granted { statement: reason.clone() }));
        finding = finding.evidence(reason, format!("allows {what} on everything"));
    }
    let narrow = if role.documented.iter().any(|limits| limits.policy == GROUND_TRUTH_EXECUTION) {
        format!("take that from `{who}`, leave it {GROUND_TRUTH_EXECUTION}")
    } else {
        format!("attach {GROUND_TRUTH_EXECUTION} to `{who}` instead")
    };
    let summary = Sentence::plain(format!(
        "{narrow}, and name in an inline policy the buckets and functions that its jobs use and whose names have no token"
    ));
    Ok(Some(finding.fix(Remedy::Advice { kind: RemedyKind::Policy, summary })))
}

/// Is a policy far more than labeling needs?
fn breadth(policy: &Named<'_>) -> Option<Broad> {
    let full = policy.arn.is_some_and(|arn| managed::is(arn, FULL_ACCESS));
    let copy = managed::copied(policy.document).is_some_and(|version| version.policy_name == FULL_ACCESS);
    if full || copy {
        let copy = if full { String::new() } else { format!(", a copy of {FULL_ACCESS}") };
        return Some(Broad { policy: format!("`{}`{copy}", policy.name), statements: vec![] });
    }
    let statements: Vec<(Reason, String)> = (1..)
        .zip(policy.document.statements())
        .filter_map(|(number, statement)| Some((policy.reason(number, statement), everything(statement)?)))
        .collect();
    if statements.is_empty() {
        return None;
    }
    let what: BTreeSet<&str> = statements.iter().map(|(_, what)| what.as_str()).collect();
    Some(Broad { policy: format!("`{}`, which allows {} on everything", policy.name, list(what)), statements })
}

/// The whole services that a statement allows everywhere and always.
fn everything(statement: &Statement) -> Option<String> {
    if statement.effect != Effect::Allow || !statement.conditions.is_empty() || !is_everywhere(statement) {
        return None;
    }
    match &statement.actions {
        Selection::AllBut(but) => Some(format!("all but {}", quoted(but))),
        Selection::Only(actions) => {
            let whole: BTreeSet<&String> = actions.iter().filter(|action| is_whole_service(action)).collect();
            (!whole.is_empty()).then(|| quoted(whole))
        }
    }
}

/// `*`, `s3:*`.
fn is_whole_service(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    !name.is_empty() && name.bytes().all(|b| b == b'*')
}

/// `*`, `arn:aws:s3:::*`, `arn:aws:s3:::*/*`; or all but something.
fn is_everywhere(statement: &Statement) -> bool {
    let all = |resource: &String| match Arn::parse(resource.as_str()) {
        Ok(arn) => {
            let anywhere = [arn.region(), arn.account()].iter().all(|part| part.is_empty() || *part == "*");
            anywhere && arn.resource().split(['/', ':']).all(|segment| segment == "*")
        }
        Err(_) => resource == "*",
    };
    match &statement.resources {
        Some(Selection::Only(resources)) => resources.iter().any(all),
        Some(Selection::AllBut(_)) => true,
        None => false,
    }
}

/// What was used, as far as it is known.
fn used(uses: Option<&RoleUses<'_>>) -> String {
    let Some(uses) = uses.filter(|uses| !uses.by.is_empty()) else {
        return "and no job is known to run under it".to_owned();
    };
    let names = |one: &str, several: &str, names: Vec<&str>| match names.as_slice() {
        [] => None,
        [name] => Some(format!("{one} `{name}`")),
        names if names.len() <= SPELLED_OUT => Some(format!("{several} {}", quoted(names))),
        names => {
            let (first, more) = names.split_at_checked(SPELLED_OUT).unwrap_or((names, &[]));
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("{several} {} and {} more", first.join(", "), more.len()))
        }
    };
    let buckets = uses.buckets.keys().map(String::as_str).collect();
    let functions = uses.functions.keys().map(|arn| arn.rsplit(':').next().unwrap_or(arn)).collect();
    let all = [names("bucket", "buckets", buckets), names("function", "functions", functions)];
    let all: Vec<String> = all.into_iter().flatten().collect();
    if all.is_empty() {
        return "but its jobs use no bucket and no function".to_owned();
    }
    format!("but its jobs use only {}", list(all))
}
