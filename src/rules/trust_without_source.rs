//! `trust-without-source`: see its page, `trust_without_source.md`.

use super::rule::{Check, Checked, Rule, Scale};
use crate::access::Coverage;
use crate::evaluation::wording::Sentence;
use crate::evaluation::{Cause, Evaluator, Remedy, RemedyKind, Requirement, ResourceSet, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::{ExecutionRole, SAGEMAKER};

pub(super) const RULE: Rule = Rule {
    id: RuleId::TrustWithoutSource,
    summary: "SageMaker may assume the role on behalf of any account: the trust asks for no aws:SourceAccount or aws:SourceArn",
    severity: Scale::Always(Severity::Low),
    page: include_str!("trust_without_source.md"),
    check: Check::Role(check),
};

/// A placeholder: no account has this id.
const STRANGER: &str = "000000000000";

fn check(evaluator: &Evaluator<'_>, role: &ExecutionRole<'_>) -> Checked {
    let role = role.role;
    let strangers = evaluator.access.trusts(role, SAGEMAKER, STRANGER)?;
    match strangers.coverage() {
        Coverage::None | Coverage::Denied => return Ok(None),
        Coverage::Unknown | Coverage::Some => return strangers.gap().map_or(Ok(None), Err),
        Coverage::All => {}
    }
    let own = &evaluator.access.account.id;
    let ours = evaluator.access.trusts(role, SAGEMAKER, own)?;
    match ours.coverage() {
        Coverage::All => {}
        // A role that does not serve its own account is another rule's business.
        Coverage::None | Coverage::Denied => return Ok(None),
        Coverage::Unknown | Coverage::Some => return ours.gap().map_or(Ok(None), Err),
    }
    let sentence = Sentence::plain("no condition on aws:SourceAccount or aws:SourceArn in the trust policy");
    let mut finding = Finding::new(RULE.id, Severity::Low, Some(&role.arn), Some(&role.arn), sentence);
    for reason in strangers.reasons() {
        let requirement = Requirement::new(&role.arn, ASSUME, ResourceSet::exactly(&role.arn));
        finding.causes.push(Unmet::new(requirement, Cause::Granted { statement: reason.clone() }));
        finding = finding.evidence(reason, "allows the service, whichever account it works for");
    }
    let summary = Sentence::around(
        format!("try the condition that aws:SourceAccount is `{own}` in the trust policy of "),
        ", with a small labeling job first: no page of AWS says that SageMaker sends the key for labeling jobs",
    );
    Ok(Some(finding.fix(Remedy::Advice { kind: RemedyKind::Trust, summary })))
}

const ASSUME: &str = "sts:AssumeRole";
