//! `function-cannot-read-output`: see its page, `function_cannot_read_output.md`.

use std::collections::BTreeMap;

use super::{Check, Checked, Rule, Scale, in_role};
use crate::access::Coverage;
use crate::account::{Function, Role};
use crate::arn::Arn;
use crate::finding::{Effective, Finding, RemedyKind, RuleId, Severity};
use crate::labeling::consolidation::{ASSUME, READ, Ways};
use crate::labeling::reach::Judged;
use crate::labeling::uses::Job;
use crate::labeling::{Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::FunctionCannotReadOutput,
    summary: "the post-annotation function's own role can neither read the job's output nor assume the execution role",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("function_cannot_read_output.md"),
    check: Check::Function(check),
};

fn check<'a>(setup: &Setup<'a>, function: &'a Function) -> Checked {
    let jobs: Vec<&Job<'a>> = setup.uses.jobs_calling(function).collect();
    if jobs.is_empty() {
        return Ok(None);
    }
    let Some(role) = setup.role(&function.role)? else {
        return Ok(Some(orphan(function, &jobs)));
    };
    let mut open = None;
    for job in &jobs {
        match setup.ways_to_output(role, job) {
            Ok(None) => {}
            Ok(Some(ways)) => match ways.is_open() {
                Ok(true) => {}
                Ok(false) => return Ok(Some(finding(function, role, job, &ways))),
                Err(gap) => open = open.or(Some(gap)),
            },
            Err(gap) => open = open.or(Some(gap)),
        }
    }
    open.map_or(Ok(None), Err)
}

/// What of the outputs that a function is called with its role may not read, as the beginning of ARNs; not where it may
/// assume the execution role, or where that is not known.
pub(crate) fn unread<'a>(setup: &Setup<'a>, function: &'a Function, role: &'a Role) -> Vec<(String, Judged)> {
    let jobs = setup.uses.jobs_calling(function);
    let ways = jobs.filter_map(|job| setup.ways_to_output(role, job).ok().flatten());
    ways.filter(|ways| ways.is_open() == Ok(false)).map(|ways| (ways.output, ways.read)).collect()
}

fn finding(function: &Function, role: &Role, job: &Job<'_>, ways: &Ways) -> Finding {
    let (name, who) = (function.arn.name(), role.arn.name());
    let execution = job.request.role_arn.as_deref().unwrap_or_default();
    let assume = execution.rsplit('/').next().unwrap_or(execution);
    let uri = ways.output.splitn(6, ':').nth(5).unwrap_or_default();
    let message = format!(
        "`{name}` runs under `{who}`, which may neither read `s3://{uri}` nor assume `{assume}`; labeling job `{}` keeps \
         the answers of its workers there and calls it with them",
        job.job.arn.name()
    );
    let mut finding = Finding::new(RULE.id, Severity::High, Some(&role.arn), Some(&function.arn), message);
    finding.usage = Some(Use::Used);
    let judged = || [Some(&ways.read), ways.assume.as_ref()].into_iter().flatten();
    let actions: BTreeMap<String, Coverage> =
        judged().map(|judged| (judged.answer.action().to_owned(), judged.answer.coverage())).collect();
    let coverage = Coverage::of(ways.read.answer.verdicts());
    finding.effective = Some(Effective { coverage, actions, allowed_example: None, denied_example: None });
    for reason in judged().flat_map(Judged::denying) {
        finding = finding.evidence(&reason, "refuses it, whatever else allows it");
    }
    let add = format!("add an inline policy to `{who}` that allows {READ} on `{}*`", ways.output);
    let finding = in_role::mend(finding, &ways.read, &role.arn, READ, add);
    if ways.assume.is_none() {
        return finding;
    }
    finding.remedy(
        RemedyKind::Trust,
        format!(
            "or allow {ASSUME} to `{}` in the trust policy of `{assume}`, and on `{execution}` in a policy of `{who}`, if the \
             function assumes the role that its event names",
            role.arn
        ),
    )
}

/// A function whose role is not there cannot run.
fn orphan(function: &Function, jobs: &[&Job<'_>]) -> Finding {
    let (name, role) = (function.arn.name(), &function.role);
    let message = format!(
        "`{name}` runs under `{role}`, and there is no such role; {}",
        in_role::under(jobs, "calls it with the answers", "call it with the answers")
    );
    let principal = Arn::parse(role.as_str()).ok();
    let mut finding = Finding::new(RULE.id, Severity::High, principal.as_ref(), Some(&function.arn), message);
    finding.usage = Some(Use::Used);
    finding.remedy(RemedyKind::Policy, format!("give `{name}` a role that may read the output of its jobs"))
}
