//! `function-cannot-read-output`: see its page, `function_cannot_read_output.md`.

use std::collections::BTreeMap;

use super::{Check, Checked, Rule, Scale, in_role};
use crate::access::{Ask, Coverage};
use crate::account::{Function, Gap, Role};
use crate::arn::Arn;
use crate::finding::{Effective, Finding, RemedyKind, Severity};
use crate::labeling::judging::access_point;
use crate::labeling::needs::{OUTPUT, What};
use crate::labeling::reach::Judged;
use crate::labeling::uses::Job;
use crate::labeling::{Setup, Use};
use crate::uri::S3Uri;

pub(super) const RULE: Rule = Rule {
    id: "function-cannot-read-output",
    summary: "the post-annotation function's own role can neither read the job's output nor assume the execution role",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("function_cannot_read_output.md"),
    check: Check::Function(check),
};

const READ: &str = "s3:GetObject";
const ASSUME: &str = "sts:AssumeRole";

/// The two ways by which a function comes to what the workers said.
struct Ways {
    /// What the job's output begins with, as an ARN.
    output: String,
    /// To read the output by itself.
    read: Judged,
    /// To assume the job's role; nothing, where there is no such role.
    assume: Option<Judged>,
}

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
        let Some(output) = output(job) else { continue };
        if let Some(gap) = access_point(output) {
            open = open.or(Some(gap));
            continue;
        }
        let ways = ways(setup, role, job, output);
        match ways.is_open() {
            Ok(true) => {}
            Ok(false) => return Ok(Some(finding(function, role, job, &ways))),
            Err(gap) => open = open.or(Some(gap)),
        }
    }
    open.map_or(Ok(None), Err)
}

/// What of the outputs that a function is called with its role may not read, as the beginning of ARNs; not where it may
/// assume the execution role, or where that is not known.
pub(crate) fn unread<'a>(setup: &Setup<'a>, function: &'a Function, role: &'a Role) -> Vec<(String, Judged)> {
    let jobs = setup.uses.jobs_calling(function);
    let outputs = jobs.filter_map(|job| Some((job, output(job).filter(|uri| access_point(uri).is_none())?)));
    let ways = outputs.map(|(job, output)| ways(setup, role, job, output));
    ways.filter(|ways| ways.is_open() == Ok(false)).map(|ways| (ways.output, ways.read)).collect()
}

/// Where a job writes to.
fn output<'j>(job: &'j Job<'_>) -> Option<&'j S3Uri> {
    job.needs.iter().find_map(|need| match &need.what {
        What::Write(uri) if need.field == OUTPUT => Some(uri),
        _ => None,
    })
}

fn ways<'a>(setup: &Setup<'a>, role: &'a Role, job: &Job<'a>, output: &S3Uri) -> Ways {
    let below = format!("{}{}/", output.below(job.job.arn.partition()), job.job.arn.name());
    let ask = Ask::new(READ);
    let ask = match setup.bucket(&output.bucket) {
        Ok(Some(bucket)) => ask.of(&bucket.policy),
        Ok(None) => ask.policy("resource policy", Err(elsewhere(output))),
        Err(gap) => ask.policy("resource policy", Err(gap)),
    };
    let read = Judged::new(setup.access.cover(role, &ask, &below));
    let execution = job.request.role_arn.as_deref();
    let assume = execution.and_then(|arn| setup.role(arn).ok().flatten()).map(|execution| {
        let ask = Ask::new(ASSUME).policy("trust policy", execution.trust.known());
        Judged::new(setup.access.decide(role, &ask, &execution.arn))
    });
    Ways { output: below, read, assume }
}

/// A bucket of another account has a policy that this account cannot read.
fn elsewhere(output: &S3Uri) -> Gap {
    Gap {
        action: READ.to_owned(),
        resource: output.to_string(),
        code: "NotDecided".to_owned(),
        message: "the bucket is none of this account's, and its policy is not known".to_owned(),
    }
}

impl Ways {
    /// Is one of them open?
    fn is_open(&self) -> Result<bool, Gap> {
        let mut open = None;
        for judged in [Some(&self.read), self.assume.as_ref()].into_iter().flatten() {
            if judged.lacking || judged.stopped {
                continue;
            }
            match judged.open_grant.as_ref().or(judged.open_stop.as_ref()) {
                None => return Ok(true),
                Some(gap) => open = open.or_else(|| Some(gap.clone())),
            }
        }
        open.map_or(Ok(false), Err)
    }
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
