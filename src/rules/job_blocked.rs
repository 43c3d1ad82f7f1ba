//! `job-blocked`: see its page, `job_blocked.md`.

use super::rule::{Check, Checked, Rule, Scale};
use crate::arn::Arn;
use crate::evaluation::job::Topic;
use crate::evaluation::wording;
use crate::evaluation::{Evaluator, Outcome, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::uses::Job;

pub(super) const RULE: Rule = Rule {
    id: RuleId::JobBlocked,
    summary: "a job that is running or was made lately needs something its role may not do: names the field, the action and the ARN",
    severity: Scale::Always(Severity::High),
    page: include_str!("job_blocked.md"),
    check: Check::Job(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, job: &Job<'a>) -> Checked {
    let of_this_rule = |topic| {
        matches!(topic, Topic::Role | Topic::Value | Topic::Permission | Topic::Existence)
            || (topic == Topic::Object && is_running(job))
    };
    let (mut unmet, mut open) = (vec![], None);
    for check in evaluator.job(job).into_iter().filter(|check| of_this_rule(check.topic)) {
        match &check.evaluation.outcome {
            Outcome::Met { .. } => {}
            Outcome::Unmet(_) => unmet.extend(check.evaluation.unmet()),
            Outcome::Undecided(unknown) => open = open.or(Some(unknown.clone())),
        }
    }
    match (unmet.is_empty(), open) {
        (true, Some(unknown)) => Err(unknown),
        (true, None) => Ok(None),
        (false, _) => Ok(Some(finding(evaluator, job, unmet))),
    }
}

fn is_running(job: &Job<'_>) -> bool {
    matches!(job.job.status.as_str(), "InProgress" | "Initializing")
}

fn finding(evaluator: &Evaluator<'_>, job: &Job<'_>, unmet: Vec<Unmet>) -> Finding {
    let role = job.request.role_arn.as_deref().and_then(|arn| evaluator.execution_role(arn));
    let principal: Option<&Arn> = role.map(|role| &role.role.arn);
    let sentence = wording::needs(&unmet);
    Finding::new(RULE.id, Severity::High, principal, Some(&job.job.arn), sentence).because(unmet)
}
