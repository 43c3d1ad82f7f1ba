//! `role-cannot-pass-itself`: see its page, `role_cannot_pass_itself.md`.

use super::{Check, Checked, Rule, Scale, in_role};
use crate::access::Ask;
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::needs::What;
use crate::labeling::reach::Judged;
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, SAGEMAKER, Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleCannotPassItself,
    summary: "automated data labeling needs iam:PassRole on the role itself, and the role may not pass it",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("role_cannot_pass_itself.md"),
    check: Check::Role(check),
};

const PASS: &str = "iam:PassRole";

fn check<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>) -> Checked {
    let passes_itself = |job: &&Job<'_>| job.needs.iter().any(|need| matches!(need.what, What::PassItself(_)));
    let jobs: Vec<&Job<'_>> = in_role::jobs(setup, role).filter(passes_itself).collect();
    if jobs.is_empty() {
        return Ok(None);
    }
    let (arn, who) = (&role.role.arn, role.role.arn.name());
    let judged = judged(setup, role);
    if !judged.lacking && !judged.stopped {
        return judged.open_grant.or(judged.open_stop).map_or(Ok(None), Err);
    }
    let message = format!(
        "`{who}` may not pass itself to `{SAGEMAKER}`, as automated data labeling needs: {}; {}",
        in_role::why(&[&judged]),
        in_role::under(&jobs, "uses it", "use it")
    );
    let mut finding = Finding::new(RULE.id, Severity::High, Some(arn), Some(arn), message);
    finding.usage = Some(Use::Used);
    for reason in &judged.denying() {
        finding = finding.evidence(reason, "refuses it, whatever else allows it");
    }
    let add = format!(
        "add an inline policy to `{who}` that allows {PASS} on `{arn}` if iam:PassedToService is `{SAGEMAKER}`"
    );
    Ok(Some(in_role::mend(finding, &judged, arn, PASS, add)))
}

/// May a role pass itself to SageMaker?
pub(crate) fn judged<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>) -> Judged {
    let ask = Ask::new(PASS).with("iam:PassedToService", SAGEMAKER);
    Judged::new(setup.access.decide(role.role, &ask, &role.role.arn))
}
