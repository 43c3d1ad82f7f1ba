//! `pass-role-never-matches`: see its page, `pass_role_never_matches.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Checked, Rule, Scale, in_identity, list, quoted, quoted_or};
use crate::access::{Answer, Ask, Named};
use crate::account::Unknown;
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::labeling::{LabelingIdentity, SAGEMAKER, Setup};
use crate::policy::decide::Reason;
use crate::policy::{Condition, Statement};

use in_identity::{Held, PASS_ROLE, PASSED_TO};

pub(super) const RULE: Rule = Rule {
    id: RuleId::PassRoleNeverMatches,
    summary: "iam:PassedToService is empty or not sagemaker.amazonaws.com, so that no labeling job can be given its role",
    severity: Scale::Always(Severity::Medium),
    page: include_str!("pass_role_never_matches.md"),
    check: Check::Identity(check),
};

fn check<'a>(setup: &Setup<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    if !(identity.creates_jobs || identity.uses_console) {
        return in_identity::nothing(identity);
    }
    let empty: Vec<Reason> = identity.own_policies().flat_map(asking_for_nothing).collect();
    if !empty.is_empty() {
        return Ok(Some(of_empty(identity, &empty)));
    }
    let passes = passes_some(setup, identity);
    if passes == Ok(true) {
        return in_identity::nothing(identity);
    }
    let others: Vec<(Reason, BTreeSet<String>)> =
        identity.own_policies().flat_map(|policy| to_others(setup, identity, policy)).collect();
    if others.is_empty() {
        return in_identity::nothing(identity);
    }
    passes?;
    Ok(Some(of_others(identity, &others)))
}

/// The statements that ask for an empty service.
fn asking_for_nothing<'p>(policy: &'p Named<'_>) -> impl Iterator<Item = Reason> + 'p {
    empty_in(policy).map(|(number, statement)| policy.reason(number, statement))
}

fn empty_in<'p>(policy: &Named<'p>) -> impl Iterator<Item = (usize, &'p Statement)> {
    let pass_role = in_identity::allowing(policy).filter(|(_, statement)| in_identity::names(statement, PASS_ROLE));
    pass_role.filter(|(_, statement)| statement.conditions.iter().any(is_of_nothing))
}

/// The statements that ask for an empty service, each with its policy and its place, from 1.
pub(crate) fn empty<'a>(identity: &LabelingIdentity<'a>) -> Vec<(Named<'a>, usize, &'a Statement)> {
    let of_policy = |policy: &Named<'a>| {
        let policy = *policy;
        empty_in(&policy).map(|(number, statement)| (policy, number, statement)).collect::<Vec<_>>()
    };
    identity.own_policies().flat_map(of_policy).collect()
}

fn is_of_nothing(condition: &Condition) -> bool {
    condition.key.eq_ignore_ascii_case(PASSED_TO)
        && is_positive(condition)
        && condition.values.iter().all(String::is_empty)
}

/// Does it hold where the key has one of its values?
fn is_positive(condition: &Condition) -> bool {
    let operator = condition.operator.to_ascii_lowercase();
    let name = operator.rsplit(':').next().unwrap_or_default();
    ["stringequals", "stringlike", "stringequalsignorecase"].contains(&name.trim_end_matches("ifexists"))
}

/// The statements that let roles be passed, and to other services alone; each with those.
fn to_others<'a>(
    setup: &Setup<'a>,
    identity: &LabelingIdentity<'a>,
    policy: &Named<'a>,
) -> Vec<(Reason, BTreeSet<String>)> {
    let passing = |ask: &Ask<'_>| in_identity::passing(setup.access, identity.identity, ask, policy);
    let to_sagemaker: BTreeSet<_> =
        passing(&in_identity::pass_to_sagemaker()).into_iter().map(|(number, _)| number).collect();
    let mut others: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (number, clause) in passing(&Ask::new(PASS_ROLE)) {
        let asked = clause.residual.into_iter().filter(|condition| condition.key.eq_ignore_ascii_case(PASSED_TO));
        if !to_sagemaker.contains(&number) {
            others.entry(number).or_default().extend(asked.map(|condition| services(&condition)));
        }
    }
    let statements = in_identity::allowing(policy);
    statements
        .filter_map(|(number, statement)| Some((policy.reason(number, statement), others.remove(&number)?)))
        .filter(|(_, services)| !services.is_empty())
        .collect()
}

/// What a condition lets roles be passed to.
fn services(condition: &Condition) -> String {
    let values = quoted_or(&condition.values);
    if is_positive(condition) { values } else { format!("services for which `{}` {values} holds", condition.operator) }
}

/// May it pass some role to SageMaker, or would it, if nothing stood in the way?
fn passes_some<'a>(setup: &Setup<'a>, identity: &LabelingIdentity<'a>) -> Result<bool, Unknown> {
    let who = identity.identity;
    let (access, ask) = (setup.access, in_identity::pass_to_sagemaker());
    let held = |answer: &Answer| in_identity::held(who, answer);
    // Most who may pass a role may pass every role, and to see that costs little.
    if held(&access.decide(who, &ask, &in_identity::any_role(access))) == Ok(Held::Always) {
        return Ok(true);
    }
    let answer = access.cover(who, &ask, &in_identity::roles(access));
    if held(&answer)? != Held::Never {
        return Ok(true);
    }
    let mut granted = false;
    for clause in answer.granting() {
        in_identity::settled(who, &answer, clause)?;
        granted = true;
    }
    Ok(granted)
}

fn of_empty(identity: &LabelingIdentity<'_>, empty: &[Reason]) -> Finding {
    let message = format!(
        "`{}` is granted `{PASS_ROLE}` where `{PASSED_TO}` is empty, which it never is: the grant lets no role be passed",
        identity.identity.arn().name()
    );
    let mut finding = in_identity::finding(RULE.id, Severity::Medium, identity, message);
    for reason in empty {
        finding = finding.evidence(reason, format!("asks for an empty `{PASSED_TO}`"));
    }
    let policies: BTreeSet<&str> = empty.iter().map(|reason| reason.policy.as_str()).collect();
    finding.remedy(
        RemedyKind::Policy,
        format!("in {}, write `{SAGEMAKER}` as the value of `{PASSED_TO}`", quoted(policies)),
    )
}

fn of_others(identity: &LabelingIdentity<'_>, others: &[(Reason, BTreeSet<String>)]) -> Finding {
    let services: BTreeSet<&String> = others.iter().flat_map(|(_, services)| services).collect();
    let who = identity.identity.arn().name();
    let message = format!(
        "`{who}` may pass roles only to {}, and not to `{SAGEMAKER}`: it can give no labeling job its role",
        list(services)
    );
    let mut finding = in_identity::finding(RULE.id, Severity::Medium, identity, message);
    for (reason, services) in others {
        finding = finding.evidence(reason, format!("lets roles be passed only to {}", list(services)));
    }
    finding.remedy(
        RemedyKind::Policy,
        format!("allow `{who}` to `{PASS_ROLE}` on the execution roles where `{PASSED_TO}` is `{SAGEMAKER}`"),
    )
}
