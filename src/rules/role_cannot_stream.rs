//! `role-cannot-stream`: see its page, `role_cannot_stream.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Checked, Rule, Scale, in_role, list};
use crate::arn::Arn;
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::labeling::needs::{self, QUEUE_ACTIONS, What};
use crate::labeling::reach::Judged;
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::RoleCannotStream,
    summary: "a streaming job's topics or its queue have names that the role does not reach",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("role_cannot_stream.md"),
    check: Check::Role(check),
};

/// More jobs than this are counted and not spelled out.
const SPELLED_OUT: usize = 3;

/// What a job needs and the role may not do, by the ARN.
type Missing = BTreeMap<Arn, Vec<(&'static str, Judged)>>;

fn check<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>) -> Checked {
    let mut missing: Vec<(&Job<'a>, Missing)> = vec![];
    let mut open = None;
    for job in in_role::jobs(setup, role).filter(|job| is_streaming(job)) {
        let mut of_job = Missing::new();
        for (action, resource, judged) in setup.streaming(role, job) {
            if judged.lacking || judged.stopped {
                of_job.entry(resource).or_default().push((action, judged));
            } else {
                open = open.or(judged.open_grant).or(judged.open_stop);
            }
        }
        if !of_job.is_empty() {
            missing.push((job, of_job));
        }
    }
    if missing.is_empty() {
        return open.map_or(Ok(None), Err);
    }
    let (arn, who) = (&role.role.arn, role.role.arn.name());
    let mut said: Vec<String> = missing.iter().take(SPELLED_OUT).map(|(job, missing)| lacks(job, missing)).collect();
    match missing.len() - said.len() {
        0 => {}
        1 => said.push("one more job lacks something too".to_owned()),
        more => said.push(format!("{more} more jobs lack something too")),
    }
    let message = format!("`{who}` may not do all that streaming needs: {}", list(said));
    let mut finding = Finding::new(RULE.id, Severity::High, Some(arn), Some(arn), message);
    finding.usage = Some(Use::Used);
    let judged = || missing.iter().flat_map(|(_, missing)| missing.values().flatten());
    let denying: BTreeSet<_> = judged().flat_map(|(_, judged)| judged.denying()).collect();
    for reason in &denying {
        finding = finding.evidence(reason, "refuses it, whatever else allows it");
    }
    Ok(Some(remedies(finding, &missing, arn)))
}

/// What a role may do of all that its streaming jobs need: each job's queue, the action, the resource, what is decided.
pub(crate) fn judged<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>) -> Vec<(Arn, &'static str, Arn, Judged)> {
    let streaming = in_role::jobs(setup, role).filter(|job| is_streaming(job));
    let queued = streaming.filter_map(|job| Some((job, needs::queue(&job.job.arn)?)));
    let of_job = |(job, queue): (&Job<'a>, Arn)| {
        let answers = setup.streaming(role, job).into_iter();
        answers.map(move |(action, resource, judged)| (queue.clone(), action, resource, judged))
    };
    queued.flat_map(of_job).collect()
}

/// A topic makes a job a stream.
fn is_streaming(job: &Job<'_>) -> bool {
    job.needs.iter().any(|need| matches!(need.what, What::Subscribe(_)))
}

fn lacks(job: &Job<'_>, missing: &Missing) -> String {
    let on = missing.iter().map(|(resource, actions)| {
        let all = actions.len() == QUEUE_ACTIONS.len();
        let actions = list(actions.iter().map(|(action, _)| *action));
        format!("{} on `{resource}`", if all { "all seven actions of queues" } else { &actions })
    });
    format!("labeling job `{}` lacks {}", job.job.arn.name(), list(on))
}

/// What to do, for all jobs together: add what nothing grants, take away what stops the rest.
fn remedies(mut finding: Finding, missing: &[(&Job<'_>, Missing)], role: &Arn) -> Finding {
    let mut grants: BTreeMap<&Arn, BTreeSet<&str>> = BTreeMap::new();
    let mut others = BTreeSet::new();
    for (resource, actions) in missing.iter().flat_map(|(_, missing)| missing) {
        for (action, judged) in actions {
            others.extend(in_role::let_through(&[judged], role, action));
            if judged.lacking {
                grants.entry(resource).or_default().insert(action);
            }
        }
    }
    let add: Vec<String> =
        grants.into_iter().map(|(resource, actions)| format!("{} on `{resource}`", list(actions))).collect();
    if !add.is_empty() {
        let summary = format!("add an inline policy to `{}` that allows {}", role.name(), list(add));
        finding = finding.remedy(RemedyKind::Policy, summary);
    }
    others.into_iter().fold(finding, |finding, summary| finding.remedy(RemedyKind::Policy, summary))
}
