//! `trust-without-source`: see its page, `trust_without_source.md`.

use super::{Check, Checked, Rule, Scale};
use crate::access::Coverage;
use crate::account::Unknown;
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::labeling::{ExecutionRole, SAGEMAKER, Setup};
use crate::policy::Effect;

pub(super) const RULE: Rule = Rule {
    id: RuleId::TrustWithoutSource,
    summary: "SageMaker may assume the role on behalf of any account: the trust asks for no aws:SourceAccount or aws:SourceArn",
    severity: Scale::Always(Severity::Low),
    page: include_str!("trust_without_source.md"),
    check: Check::Role(check),
};

/// An account that nobody has.
const STRANGER: &str = "000000000000";

fn check(setup: &Setup<'_>, role: &ExecutionRole<'_>) -> Checked {
    let role = role.role;
    let strangers = setup.access.trusts(role, SAGEMAKER, STRANGER)?;
    match strangers.coverage() {
        Coverage::None | Coverage::Denied => return Ok(None),
        Coverage::Unknown | Coverage::Some => return strangers.gap().map_or(Ok(None), Err),
        Coverage::All => {}
    }
    let own = &setup.access.account.id;
    let ours = setup.access.trusts(role, SAGEMAKER, own)?;
    match ours.coverage() {
        Coverage::All => {}
        // A role that does not serve its own account is another rule's business.
        Coverage::None | Coverage::Denied => return Ok(None),
        Coverage::Unknown | Coverage::Some => return ours.gap().map_or(Ok(None), Err),
    }
    let name = role.arn.name();
    let message = format!(
        "`{name}` trusts `{SAGEMAKER}` on behalf of any account: its trust policy asks for no aws:SourceAccount and no \
         aws:SourceArn"
    );
    let mut finding = Finding::new(RULE.id, Severity::Low, Some(&role.arn), Some(&role.arn), message);
    for reason in strangers.reasons() {
        finding = finding.evidence(reason, "lets the service in, whoever it works for");
    }
    Ok(Some(finding.remedy(
        RemedyKind::Trust,
        format!("add the condition that aws:SourceAccount is `{own}` to the statement of the trust policy of `{name}`"),
    )))
}

/// The places, from 1, of the statements that let SageMaker in on behalf of any account.
///
/// # Errors
///
/// When the trust policy is not known.
pub(crate) fn open(setup: &Setup<'_>, role: &ExecutionRole<'_>) -> Result<Vec<usize>, Unknown> {
    let strangers = setup.access.trusts(role.role, SAGEMAKER, STRANGER)?;
    let allowing = strangers.reasons().filter(|reason| reason.effect == Effect::Allow);
    Ok(allowing.filter(|reason| reason.policy == "trust policy").map(|reason| reason.statement).collect())
}
