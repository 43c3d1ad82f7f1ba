//! `privilege-escalation`: see its page, `privilege_escalation.md`.

use std::collections::BTreeMap;

use super::{Check, Checked, Rule, Scale, in_identity, quoted};
use crate::access::{Answer, Ask};
use crate::account::Unknown;
use crate::arn::Arn;
use crate::finding::{RemedyKind, RuleId, Severity};
use crate::labeling::{LabelingIdentity, STRANGER, Setup};
use crate::policy::decide::Reason;
use crate::policy::reach::Origin;

use in_identity::{Held, PASS_ROLE};

pub(super) const RULE: Rule = Rule {
    id: RuleId::PrivilegeEscalation,
    summary: "CreateRole or CreatePolicy with AttachRolePolicy and PassRole on everything: the holder can make itself administrator",
    severity: Scale::Always(Severity::High),
    page: include_str!("privilege_escalation.md"),
    check: Check::Identity(check),
};

const CREATE_ROLE: &str = "iam:CreateRole";
const CREATE_POLICY: &str = "iam:CreatePolicy";
const ATTACH: &str = "iam:AttachRolePolicy";

fn check<'a>(setup: &Setup<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    let (access, who) = (setup.access, identity.identity);
    let any_role = in_identity::any_role(access);
    let any_policy = Arn::iam(&access.account.partition, &access.account.id, &format!("policy/{STRANGER}"));
    let decide = |ask: Ask<'_>, on: &Arn| {
        let answer = access.decide(who, &ask, on);
        (in_identity::held(who, &answer).map(|held| held == Held::Always), answer)
    };
    let attach = decide(Ask::new(ATTACH), &any_role);
    if attach.0 == Ok(false) {
        return Ok(None);
    }
    let create_role = decide(Ask::new(CREATE_ROLE), &any_role);
    let create_policy = decide(Ask::new(CREATE_POLICY), &any_policy);
    let pass = decide(in_identity::pass_to_sagemaker(), &any_role);
    let creates = either(&create_role.0, &create_policy.0);
    if creates == Ok(false) || pass.0 == Ok(false) {
        return Ok(None);
    }
    creates?;
    attach.0.clone()?;
    pass.0.clone()?;
    if in_identity::is_administrator(setup, who)? {
        return Ok(None);
    }
    let held = [create_role, create_policy, attach, pass];
    let answers: Vec<&Answer> = held.iter().filter(|(held, _)| *held == Ok(true)).map(|(_, answer)| answer).collect();
    let actions = quoted(answers.iter().map(|answer| answer.action()));
    let name = who.arn().name();
    let message = format!("`{name}` can make itself administrator: it is allowed {actions} on everything");
    let mut finding = in_identity::finding(RULE.id, Severity::High, identity, message);
    for (reason, actions) in granting(&answers) {
        finding = finding.evidence(reason, format!("grants {}", quoted(actions)));
    }
    Ok(Some(
        finding
            .remedy(
                RemedyKind::Policy,
                format!(
                    "if somebody else makes the execution roles, take `{CREATE_ROLE}`, `{CREATE_POLICY}` and `{ATTACH}` from `{name}`"
                ),
            )
            .remedy(
                RemedyKind::Policy,
                format!(
                    "or allow `{CREATE_ROLE}` and `{ATTACH}` only where `iam:PermissionsBoundary` is a boundary of yours, and `{PASS_ROLE}` on the execution roles alone"
                ),
            ),
    ))
}

/// Does one of both hold? One that does not hang on anything suffices.
fn either(one: &Result<bool, Unknown>, other: &Result<bool, Unknown>) -> Result<bool, Unknown> {
    match (one, other) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (Err(gap), _) | (_, Err(gap)) => Err(gap.clone()),
        (Ok(false), Ok(false)) => Ok(false),
    }
}

/// The statements that grant, each with what it grants.
fn granting<'s>(answers: &[&'s Answer]) -> BTreeMap<&'s Reason, Vec<&'s str>> {
    let mut granting: BTreeMap<&Reason, Vec<&str>> = BTreeMap::new();
    for answer in answers {
        for clause in answer.granting() {
            if let Origin::Statement(reason) = &clause.origin {
                let actions = granting.entry(reason).or_default();
                if !actions.contains(&answer.action()) {
                    actions.push(answer.action());
                }
            }
        }
    }
    granting
}
