//! `privilege-escalation`: see its page, `privilege_escalation.md`.

use std::collections::BTreeMap;

use super::rule::{Check, Checked, Rule, Scale, of_identity};
use crate::access::{Answer, Ask};
use crate::account::any;
use crate::arn::Arn;
use crate::evaluation::identity::{self, Held, PASS_ROLE};
use crate::evaluation::wording::{Sentence, quoted};
use crate::evaluation::{Cause, Evaluator, Remedy, RemedyKind, Requirement, ResourceSet, Unmet};
use crate::finding::{RuleId, Severity};
use crate::labeling::{LabelingIdentity, STRANGER};
use crate::policy::decide::Reason;
use crate::policy::reach::Origin;

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

fn check<'a>(evaluator: &Evaluator<'a>, identity: &LabelingIdentity<'a>) -> Checked {
    let (access, who) = (evaluator.access, identity.identity);
    let any_role = identity::any_role(access);
    let any_policy = Arn::iam(&access.account.partition, &access.account.id, &format!("policy/{STRANGER}"));
    let decide = |ask: Ask<'_>, on: &Arn| {
        let answer = access.decide(who, &ask, on);
        (identity::held(who, &answer).map(|held| held == Held::Always), answer)
    };
    let attach = decide(Ask::new(ATTACH), &any_role);
    if attach.0 == Ok(false) {
        return Ok(None);
    }
    let create_role = decide(Ask::new(CREATE_ROLE), &any_role);
    let create_policy = decide(Ask::new(CREATE_POLICY), &any_policy);
    let pass = decide(identity::pass_to_sagemaker(), &any_role);
    let creates = any([create_role.0.clone(), create_policy.0.clone()]);
    if creates == Ok(false) || pass.0 == Ok(false) {
        return Ok(None);
    }
    creates?;
    attach.0.clone()?;
    pass.0.clone()?;
    if identity::is_administrator(evaluator, who)? {
        return Ok(None);
    }
    let held = [create_role, create_policy, attach, pass];
    let answers: Vec<&Answer> = held.iter().filter(|(held, _)| *held == Ok(true)).map(|(_, answer)| answer).collect();
    let actions = quoted(answers.iter().map(|answer| answer.action()));
    let sentence = Sentence::plain(format!("may become administrator: {actions} are allowed on `*`"));
    let mut finding = of_identity(&RULE, identity, sentence);
    for (reason, actions) in granting(&answers) {
        for action in &actions {
            let requirement = Requirement::new(who.arn(), action, ResourceSet::Matching("*".to_owned()));
            finding.causes.push(Unmet::new(requirement, Cause::Granted { statement: reason.clone() }));
        }
        finding = finding.evidence(reason, format!("allows {}", quoted(actions)));
    }
    let advice = |summary| Remedy::Advice { kind: RemedyKind::Policy, summary };
    let take = Sentence::around(
        format!("if others make the execution roles, take `{CREATE_ROLE}`, `{CREATE_POLICY}` and `{ATTACH}` from "),
        "",
    );
    let bound = Sentence::plain(format!(
        "or allow `{CREATE_ROLE}` and `{ATTACH}` only where `iam:PermissionsBoundary` is a boundary of yours, and \
         `{PASS_ROLE}` on the execution roles alone"
    ));
    Ok(Some(finding.fix(advice(take)).fix(advice(bound))))
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
