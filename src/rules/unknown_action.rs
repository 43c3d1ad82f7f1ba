//! `unknown-action`: see its page, `unknown_action.md`.

use std::collections::BTreeSet;

use super::{Check, Checked, Rule, Scale, in_identity, list, quoted};
use crate::access::Named;
use crate::finding::{RemedyKind, RuleId, Severity};
use crate::knowledge::actions;
use crate::labeling::{LabelingIdentity, Setup};
use crate::policy::{Effect, Selection, Statement};

pub(super) const RULE: Rule = Rule {
    id: RuleId::UnknownAction,
    summary: "a policy names an action that does not exist, as some of AWS's own examples do",
    severity: Scale::Always(Severity::Low),
    page: include_str!("unknown_action.md"),
    check: Check::Identity(check),
};

fn check(_: &Setup<'_>, identity: &LabelingIdentity<'_>) -> Checked {
    let mut unknown = BTreeSet::new();
    let mut evidence = vec![];
    let mut policies = BTreeSet::new();
    for policy in identity.own_policies().filter(|policy| !policy.is_of_aws()) {
        for (number, statement) in (1..).zip(policy.document.statements()) {
            let here: BTreeSet<&str> = wrong(statement).collect();
            if here.is_empty() {
                continue;
            }
            let does = match (&statement.actions, statement.effect) {
                (Selection::AllBut(_), _) => "leaves nothing out",
                (Selection::Only(_), Effect::Allow) => "grants nothing",
                (Selection::Only(_), Effect::Deny) => "refuses nothing",
            };
            evidence.push((policy.reason(number, statement), format!("{} {does}", quoted(&here))));
            policies.insert(policy.known_as());
            unknown.extend(here);
        }
    }
    if unknown.is_empty() {
        return in_identity::nothing(identity);
    }
    let unknown: Vec<&str> = unknown.into_iter().collect();
    let (_, date) = actions::source();
    let meant: Vec<(&str, &str)> = unknown.iter().filter_map(|a| Some((*a, actions::near(a)?))).collect();
    let probably = match meant.as_slice() {
        [] => String::new(),
        meant => format!(", probably for {}", quoted(meant.iter().map(|(_, right)| right))),
    };
    let such = if unknown.len() == 1 { "there was no such action" } else { "there were no such actions" };
    let who = identity.identity.arn().name();
    let message =
        format!("`{who}` has a policy that names {}{probably}: {such} on {date}", in_identity::first_of(&unknown));
    let mut finding = in_identity::finding(RULE.id, Severity::Low, identity, message);
    for (reason, note) in evidence {
        finding = finding.evidence(&reason, note);
    }
    let mut todo: Vec<String> = meant.iter().map(|(wrong, right)| format!("write `{right}` for `{wrong}`")).collect();
    let others: Vec<&str> = unknown.iter().copied().filter(|action| actions::near(action).is_none()).collect();
    if !others.is_empty() {
        todo.push(format!("write what is meant for {}, or remove it", quoted(others)));
    }
    Ok(Some(finding.remedy(RemedyKind::Policy, format!("in {}, {}", quoted(policies), list(todo)))))
}

/// The actions of a statement that do not exist.
fn wrong(statement: &Statement) -> impl Iterator<Item = &str> {
    statement.actions.named().iter().map(String::as_str).filter(|action| !actions::exists(action))
}

/// Every action that does not exist, with the policy that names it and the statement, from 1.
pub(crate) fn unknown<'a>(identity: &LabelingIdentity<'a>) -> Vec<(Named<'a>, usize, String)> {
    let own = identity.own_policies().filter(|policy| !policy.is_of_aws());
    let of_policy = |policy: &Named<'a>| {
        let policy = *policy;
        let statements = (1..).zip(policy.document.statements());
        statements.flat_map(move |(number, statement)| wrong(statement).map(move |a| (policy, number, a.to_owned())))
    };
    own.flat_map(of_policy).collect()
}
