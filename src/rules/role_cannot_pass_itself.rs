//! `role-cannot-pass-itself`: see its page, `role_cannot_pass_itself.md`.

use super::rule::{Check, Checked, Rule, Scale};
use super::views;
use crate::evaluation::wording::{self, Sentence};
use crate::evaluation::{Evaluator, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::needs::{ALGORITHM, What};
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleCannotPassItself,
    summary: "automated data labeling needs iam:PassRole on the role itself, and the role may not pass it",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("role_cannot_pass_itself.md"),
    check: Check::Role(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>) -> Checked {
    let passes_itself = |job: &&Job<'_>| job.needs.iter().any(|need| matches!(need.what, What::PassItself(_)));
    let jobs: Vec<&Job<'_>> = views::jobs(&evaluator.uses.jobs, &role.role.arn).filter(passes_itself).collect();
    let Some(first) = jobs.first() else { return Ok(None) };
    let mut evaluation = evaluator.passes_itself(role, first.region);
    evaluation.requirement.field = ALGORITHM;
    if evaluation.is_met()? {
        return Ok(None);
    }
    let unmet: Vec<Unmet> = evaluation.unmet().collect();
    let arn = &role.role.arn;
    let used = views::of_jobs(&jobs, "uses it", "use it");
    let sentence: Sentence = wording::blocked(&unmet)
        .and(&format!(" on itself; automated data labeling ({ALGORITHM}) needs it, and {used}"));
    let mut finding = Finding::new(RULE.id, Severity::High, Some(arn), Some(arn), sentence);
    finding.usage = Some(Use::Used);
    Ok(Some(finding.because(unmet)))
}
