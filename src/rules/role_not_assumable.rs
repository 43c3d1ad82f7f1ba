//! `role-not-assumable`: see its page, `role_not_assumable.md`.

use super::{Check, Checked, Rule, Scale, quoted};
use crate::access::Coverage;
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::labeling::{ExecutionRole, SAGEMAKER, Setup};
use crate::policy::{Document, Effect, Selection};

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleNotAssumable,
    summary: "SageMaker is not trusted to assume the execution role",
    severity: Scale::Always(Severity::High),
    page: include_str!("role_not_assumable.md"),
    check: Check::Role(check),
};

fn check(setup: &Setup<'_>, role: &ExecutionRole<'_>) -> Checked {
    let role = role.role;
    let answer = setup.access.trusts(role, SAGEMAKER, &setup.access.account.id)?;
    let name = role.arn.name();
    let message = match answer.coverage() {
        Coverage::All => return Ok(None),
        Coverage::Unknown | Coverage::Some => return answer.gap().map_or(Ok(None), Err),
        Coverage::Denied => format!("`{name}` has a trust policy that refuses `{SAGEMAKER}`"),
        Coverage::None => match trusted(role.trust.known()?) {
            names if names.contains(&SAGEMAKER) => {
                format!(
                    "`{name}` trusts `{SAGEMAKER}` for another action, or under a condition that never holds for this account"
                )
            }
            names if names.is_empty() => format!("`{name}` has a trust policy that trusts nobody"),
            names => {
                format!("`{name}` trusts {}, and not `{SAGEMAKER}`: no labeling job can run under it", quoted(names))
            }
        },
    };
    let mut finding = Finding::new(RULE.id, Severity::High, Some(&role.arn), Some(&role.arn), message);
    for reason in answer.reasons() {
        finding = finding.evidence(reason, format!("speaks of `{SAGEMAKER}`"));
    }
    Ok(Some(finding.remedy(
        RemedyKind::Trust,
        format!("allow `{SAGEMAKER}` to sts:AssumeRole in the trust policy of `{name}`; if no labeling job is meant to run under it, detach the execution policy"),
    )))
}

/// Whom a trust policy names in an Allow, in its order.
fn trusted(trust: &Document) -> Vec<&str> {
    let allows = trust.statements().iter().filter(|s| s.effect == Effect::Allow);
    allows.filter_map(|s| s.principals.as_ref()).flat_map(Selection::named).map(|p| p.value.as_str()).collect()
}
