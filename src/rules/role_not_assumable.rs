//! `role-not-assumable`: see its page, `role_not_assumable.md`.

use super::rule::{Check, Checked, Rule, Scale};
use crate::evaluation::wording::{self, Sentence};
use crate::evaluation::{Evaluator, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::ExecutionRole;

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleNotAssumable,
    summary: "SageMaker is not trusted to assume the execution role",
    severity: Scale::Always(Severity::High),
    page: include_str!("role_not_assumable.md"),
    check: Check::Role(check),
};

fn check(evaluator: &Evaluator<'_>, role: &ExecutionRole<'_>) -> Checked {
    let role = role.role;
    let trust = evaluator.trust(role);
    if trust.is_met()? {
        return Ok(None);
    }
    let unmet: Vec<Unmet> = trust.unmet().collect();
    let sentence = Sentence::plain(wording::reasons(&unmet).join("; "));
    let finding = Finding::new(RULE.id, Severity::High, Some(&role.arn), Some(&role.arn), sentence);
    Ok(Some(finding.because(unmet)))
}
