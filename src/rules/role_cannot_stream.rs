//! `role-cannot-stream`: see its page, `role_cannot_stream.md`.

use std::collections::BTreeMap;

use super::rule::{Check, Checked, Rule, Scale};
use super::views;
use crate::evaluation::wording::{Sentence, list};
use crate::evaluation::{Evaluator, Outcome, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::needs::QUEUE_ACTIONS;
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleCannotStream,
    summary: "a streaming job's topics or its queue have names that the role does not reach",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("role_cannot_stream.md"),
    check: Check::Role(check),
};

/// More jobs than this are counted and not spelled out.
const SPELLED_OUT: usize = 3;

fn check<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>) -> Checked {
    let mut missing: Vec<(&Job<'a>, Vec<Unmet>)> = vec![];
    let mut open = None;
    for job in views::jobs(&evaluator.uses.jobs, &role.role.arn) {
        let mut of_job = vec![];
        for evaluation in evaluator.streaming(role, job) {
            match &evaluation.outcome {
                Outcome::Met { .. } => {}
                Outcome::Unmet(_) => of_job.extend(evaluation.unmet()),
                Outcome::Undecided(unknown) => open = open.or(Some(unknown.clone())),
            }
        }
        if !of_job.is_empty() {
            missing.push((job, of_job));
        }
    }
    if missing.is_empty() {
        return open.map_or(Ok(None), Err);
    }
    let mut said: Vec<String> = missing.iter().take(SPELLED_OUT).map(|(job, missing)| lacks(job, missing)).collect();
    match missing.len() - said.len() {
        0 => {}
        1 => said.push("something of one more job".to_owned()),
        more => said.push(format!("something of {more} more jobs")),
    }
    let arn = &role.role.arn;
    let sentence = Sentence::around("policies do not allow ", format!(" all that streaming needs: {}", list(said)));
    let mut finding = Finding::new(RULE.id, Severity::High, Some(arn), Some(arn), sentence);
    finding.usage = Some(Use::Used);
    Ok(Some(finding.because(missing.into_iter().flat_map(|(_, unmet)| unmet))))
}

fn lacks(job: &Job<'_>, missing: &[Unmet]) -> String {
    let mut by_resource: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for unmet in missing {
        let actions = by_resource.entry(unmet.requirement.on.shown()).or_default();
        if !actions.contains(&unmet.requirement.action.as_str()) {
            actions.push(&unmet.requirement.action);
        }
    }
    let on = by_resource.iter().map(|(resource, actions)| {
        let all = actions.len() == QUEUE_ACTIONS.len();
        let actions = if all { "all seven actions of queues".to_owned() } else { list(actions) };
        format!("{actions} on `{resource}`")
    });
    format!("{} (labeling job `{}`)", list(on.collect::<Vec<_>>()), job.job.arn.name())
}
