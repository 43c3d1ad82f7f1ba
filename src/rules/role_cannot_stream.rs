//! `role-cannot-stream`: see its page, `role_cannot_stream.md`.

use super::rule::{Check, Checked, Rule, Scale};
use super::views;
use crate::evaluation::wording;
use crate::evaluation::{Evaluator, Outcome, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::{ExecutionRole, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleCannotStream,
    summary: "a streaming job's topics or its queue have names that the role does not reach",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("role_cannot_stream.md"),
    check: Check::Role(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>) -> Checked {
    let mut missing: Vec<Unmet> = vec![];
    let mut open = None;
    for job in views::jobs(&evaluator.uses.jobs, &role.role.arn) {
        for evaluation in evaluator.streaming(role, job) {
            match &evaluation.outcome {
                Outcome::Met { .. } => {}
                Outcome::Unmet(_) => missing.extend(evaluation.unmet()),
                Outcome::Undecided(unknown) => open = open.or(Some(unknown.clone())),
            }
        }
    }
    if missing.is_empty() {
        return open.map_or(Ok(None), Err);
    }
    let arn = &role.role.arn;
    let sentence = wording::needs(&missing);
    let mut finding = Finding::new(RULE.id, Severity::High, Some(arn), Some(arn), sentence);
    finding.usage = Some(Use::Used);
    Ok(Some(finding.because(missing)))
}
