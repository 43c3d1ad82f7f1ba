//! `function-cannot-read-output`: see its page, `function_cannot_read_output.md`.

use super::rule::{Check, Checked, Rule, Scale};
use super::views;
use crate::account::{Function, Role};
use crate::arn::Arn;
use crate::evaluation::function::{ASSUME, Ways};
use crate::evaluation::wording::Sentence;
use crate::evaluation::{Cause, Evaluator, Remedy, RemedyKind, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::Use;
use crate::labeling::needs::POST_FUNCTION;
use crate::labeling::uses::Job;

pub(super) const RULE: Rule = Rule {
    id: RuleId::FunctionCannotReadOutput,
    summary: "the post-annotation function's own role can neither read the job's output nor assume the execution role",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("function_cannot_read_output.md"),
    check: Check::Function(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, function: &'a Function) -> Checked {
    let jobs: Vec<&Job<'a>> = evaluator.uses.jobs_calling(function).collect();
    if jobs.is_empty() {
        return Ok(None);
    }
    let Some(role) = evaluator.role(&function.role)? else {
        return Ok(Some(orphan(function, &jobs)));
    };
    let (mut open, mut failing) = (None, vec![]);
    for job in &jobs {
        let ways = evaluator.ways_to_output(function, role, job);
        match ways.map(|ways| ways.map(|ways| (ways.is_open(), ways))) {
            Ok(None | Some((Ok(true), _))) => {}
            Ok(Some((Ok(false), ways))) => failing.push((*job, ways)),
            Ok(Some((Err(unknown), _))) | Err(unknown) => open = open.or(Some(unknown)),
        }
    }
    match failing.as_slice() {
        [] => open.map_or(Ok(None), Err),
        failing => Ok(Some(finding(function, role, failing))),
    }
}

fn finding(function: &Function, role: &Role, failing: &[(&Job<'_>, Ways)]) -> Finding {
    let [(job, ways), ..] = failing else { return orphan(function, &[]) };
    let execution = job.request.role_arn.as_deref().unwrap_or_default();
    let assume = execution.rsplit('/').next().unwrap_or(execution);
    let uri = ways.output.splitn(6, ':').nth(5).unwrap_or_default();
    let sentence = Sentence::around(
        "its role ",
        format!(
            " may not read the output, nor assume `{assume}`; the output of labeling job `{}` is `s3://{uri}`",
            job.job.arn.name()
        ),
    );
    let mut finding = Finding::new(RULE.id, Severity::High, Some(&role.arn), Some(&function.arn), sentence);
    finding.usage = Some(Use::Used);
    let checks = [Some(&ways.read), ways.assume.as_ref().map(|(_, check)| check)].into_iter().flatten();
    let effective = views::by_action(checks.map(|check| &check.answer));
    finding.effective = Some(effective);
    let unmet = failing.iter().flat_map(|(_, ways)| ways.unmet(role));
    let finding = finding.because(unmet);
    if ways.assume.is_none() {
        return finding;
    }
    let summary = Sentence::around(
        "or allow ",
        format!(
            " {ASSUME} in the trust policy of `{assume}`, and on `{execution}` in a policy of its own, if the function assumes \
             the role that its event names"
        ),
    );
    finding.fix(Remedy::Advice { kind: RemedyKind::Trust, summary })
}

/// A function whose role is not there cannot run.
fn orphan(function: &Function, jobs: &[&Job<'_>]) -> Finding {
    let (name, role) = (function.arn.name(), &function.role);
    let sentence = Sentence::plain(format!(
        "there is no role `{role}`, under which `{name}` runs; {}",
        views::of_jobs(jobs, "calls it with the answers of its workers", "call it with the answers of their workers")
    ));
    let principal = Arn::parse(role.as_str()).ok();
    let mut finding = Finding::new(RULE.id, Severity::High, principal.as_ref(), Some(&function.arn), sentence);
    finding.usage = Some(Use::Used);
    let cause = Cause::Missing { what: "role", name: role.clone() };
    finding.causes.push(Unmet::value(POST_FUNCTION, function.arn.as_str(), cause));
    let summary = Sentence::plain(format!("give `{name}` a role that may read the output of its jobs"));
    finding.fix(Remedy::Advice { kind: RemedyKind::Policy, summary })
}
