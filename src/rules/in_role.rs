//! What the rules about an execution role and the jobs under it have in common.

use std::collections::BTreeSet;

use super::quoted;
use crate::arn::Arn;
use crate::finding::{Finding, RemedyKind};
use crate::labeling::reach::Judged;
use crate::labeling::uses::Job;
use crate::labeling::{ExecutionRole, Setup};

/// The labeling jobs that run under a role.
pub(super) fn jobs<'s, 'a>(setup: &'s Setup<'a>, role: &ExecutionRole<'a>) -> impl Iterator<Item = &'s Job<'a>> {
    let role = role.role.arn.as_str();
    setup.uses.jobs.iter().filter(move |job| job.request.role_arn.as_deref() == Some(role))
}

/// A few jobs as the subject of a sentence, and its verb for one and for several.
pub(super) fn under(jobs: &[&Job<'_>], one: &str, several: &str) -> String {
    match jobs {
        [] => String::new(),
        [job] => format!("labeling job `{}` {one}", job.job.arn.name()),
        [first, more @ ..] => format!("labeling job `{}` and {} more {several}", first.job.arn.name(), more.len()),
    }
}

/// Why something is not allowed.
pub(super) fn why(judged: &[&Judged]) -> String {
    let policies: BTreeSet<String> = judged.iter().flat_map(|one| one.denying()).map(|reason| reason.policy).collect();
    match (policies.is_empty(), limit(judged)) {
        (false, _) => format!("{} refuses it", quoted(policies)),
        (true, Some(limit)) => format!("{limit} does not let it through"),
        (true, None) => "no policy of it allows that".to_owned(),
    }
}

/// What to do about what stops a role, if something does: no policy of the role can help there.
pub(super) fn let_through(judged: &[&Judged], role: &Arn, what: &str) -> Option<String> {
    let refused = judged.iter().any(|one| !one.denying().is_empty());
    let through = match (refused, limit(judged)) {
        (true, _) => format!("except `{role}` from the statement that refuses {what}"),
        (false, Some(limit)) => format!("let {limit} allow {what} too"),
        (false, None) => return None,
    };
    Some(format!("{through}: no policy of the role can help there"))
}

/// Adds what to do so that a role may do something: take away what stops it, and add what nothing grants.
pub(super) fn mend(finding: Finding, judged: &Judged, role: &Arn, action: &str, add: String) -> Finding {
    let add = judged.lacking.then_some(add);
    let remedies = let_through(&[judged], role, action).into_iter().chain(add);
    remedies.fold(finding, |finding, summary| finding.remedy(RemedyKind::Policy, summary))
}

/// The limit above a role that does not let it through.
fn limit(judged: &[&Judged]) -> Option<&'static str> {
    let stopped = judged.iter().any(|one| one.stopped);
    judged.iter().find_map(|one| one.limit()).or(stopped.then_some("a limit above the role"))
}
