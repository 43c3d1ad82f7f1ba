//! What the rules about an execution role and the jobs under it have in common.

use std::collections::BTreeSet;

use super::quoted;
use crate::arn::Arn;
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
pub(super) fn why(judged: &Judged) -> String {
    let policies: BTreeSet<String> = judged.denying().into_iter().map(|reason| reason.policy).collect();
    match (policies.is_empty(), judged.stopped) {
        (false, _) => format!("{} refuses it", quoted(policies)),
        (true, true) => format!("{} does not let it through", judged.limit().unwrap_or("a limit above it")),
        (true, false) => "no policy of it allows that".to_owned(),
    }
}

/// What to do so that a role may do something: add what is lacking, or else take away what stops it.
pub(super) fn mend(judged: &Judged, role: &Arn, action: &str, add: String) -> String {
    match (judged.denying().is_empty(), judged.stopped) {
        (false, _) => {
            format!("except `{role}` from the statement that refuses {action}: no policy of the role can help")
        }
        (true, true) => format!(
            "let {} allow {action} too: no policy of the role can help",
            judged.limit().unwrap_or("the limit above the role")
        ),
        (true, false) => add,
    }
}
