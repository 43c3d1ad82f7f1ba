//! `unknown-action`: see its page, `unknown_action.md`.

use std::collections::BTreeSet;

use super::rule::{Check, Checked, Rule, Scale, first_of, of_identity, undecided};
use crate::access::Named;
use crate::evaluation::goal::{EditKind, Goal, Grant};
use crate::evaluation::wording::{Sentence, list, quoted};
use crate::evaluation::{Cause, Evaluator, Remedy, Requirement, ResourceSet, Unmet, identity};
use crate::finding::{RuleId, Severity};
use crate::knowledge::actions;
use crate::labeling::LabelingIdentity;
use crate::policy::{Effect, Selection, Statement};

pub(super) const RULE: Rule = Rule {
    id: RuleId::UnknownAction,
    summary: "a policy names an action that does not exist, as some of AWS's own examples do",
    severity: Scale::Always(Severity::Low),
    page: include_str!("unknown_action.md"),
    check: Check::Identity(check),
};

fn check<'a>(_: &Evaluator<'a>, identity: &LabelingIdentity<'a>) -> Checked {
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
                (Selection::AllBut(_), _) => "excludes no action",
                (Selection::Only(_), Effect::Allow) => "allows no action",
                (Selection::Only(_), Effect::Deny) => "denies no action",
            };
            evidence.push((policy.reason(number, statement), format!("{} {does}", quoted(&here))));
            policies.insert(policy.known_as());
            unknown.extend(here);
        }
    }
    if unknown.is_empty() {
        return undecided(identity);
    }
    let unknown: Vec<&str> = unknown.into_iter().collect();
    let (_, date) = actions::source();
    let meant: Vec<(&str, &str)> = unknown.iter().filter_map(|a| Some((*a, actions::near(a)?))).collect();
    let probably = match meant.as_slice() {
        [] => String::new(),
        meant => format!(": probably {} is meant", quoted(meant.iter().map(|(_, right)| right))),
    };
    let are = if unknown.len() == 1 { "is no action" } else { "are no actions" };
    let sentence = Sentence::plain(format!("{} {are}{probably}; as of {date}", first_of(&unknown)));
    let mut finding = of_identity(&RULE, identity, sentence);
    for (reason, note) in evidence {
        finding = finding.evidence(&reason, note);
    }
    for action in &unknown {
        let requirement = Requirement::new(identity.identity.arn(), action, ResourceSet::Matching("*".to_owned()));
        let why = format!("there is no action {action}");
        let cause = Cause::WrongValue { why, wanted: actions::near(action).map(str::to_owned) };
        finding.causes.push(Unmet::new(requirement, cause));
    }
    let mut todo: Vec<String> = meant.iter().map(|(wrong, right)| format!("write `{right}` for `{wrong}`")).collect();
    let others: Vec<&str> = unknown.iter().copied().filter(|action| actions::near(action).is_none()).collect();
    if !others.is_empty() {
        todo.push(format!("write what is meant for {}, or remove it", quoted(others)));
    }
    let summary = Sentence::plain(format!("in {}, {}", quoted(policies), list(todo)));
    let goals =
        self::unknown(identity).into_iter().map(|(policy, number, wrong)| renamed(identity, &policy, number, wrong));
    let goals = goals.collect::<Option<Vec<Goal>>>().unwrap_or_default();
    Ok(Some(finding.fix(Remedy::EditStatements { goals, summary })))
}

/// What is surely a slip must be spelled right.
fn renamed(identity: &LabelingIdentity<'_>, policy: &Named<'_>, number: usize, wrong: String) -> Option<Goal> {
    let (target, statement) = identity::place(identity, policy).zip(identity::statement(policy, number))?;
    let (right, on) = actions::slip(&wrong).zip(identity::patterns(statement))?;
    if statement.effect != Effect::Allow || !matches!(statement.actions, Selection::Only(_)) {
        return None;
    }
    let gains = on.into_iter().map(|on| Grant::new(right, on)).collect();
    let losses = vec![Grant::new(&wrong, ResourceSet::Matching("*".to_owned()))];
    Some(identity::edit(&target, number, EditKind::Renamed(wrong, right), gains, losses))
}

/// The actions of a statement that do not exist.
fn wrong(statement: &Statement) -> impl Iterator<Item = &str> {
    statement.actions.named().iter().map(String::as_str).filter(|action| !actions::exists(action))
}

/// Every action that does not exist, with the policy that names it and the statement, from 1.
fn unknown<'a>(identity: &LabelingIdentity<'a>) -> Vec<(Named<'a>, usize, String)> {
    let own = identity.own_policies().filter(|policy| !policy.is_of_aws());
    let of_policy = |policy: &Named<'a>| {
        let policy = *policy;
        let statements = (1..).zip(policy.document.statements());
        statements.flat_map(move |(number, statement)| wrong(statement).map(move |a| (policy, number, a.to_owned())))
    };
    own.flat_map(of_policy).collect()
}
