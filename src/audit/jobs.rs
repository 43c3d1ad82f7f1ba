//! Which findings are about a labeling job or a workload, or about what it uses; and what comes of each job.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::finding::{RuleId, Severity};
use crate::labeling::needs::What;
use crate::labeling::uses::{Job, unqualified};
use crate::labeling::workload::Workload;
use crate::labeling::{LabelingContext, Use};
use crate::report::uses::{self, JobVerdict};
use crate::report::{Open, ReportedFinding};

/// The labeling jobs, the worst first and of these the newest.
pub(super) fn labeling_jobs(
    context: &LabelingContext<'_>,
    findings: &[ReportedFinding],
    open: &[Open],
) -> Vec<uses::LabelingJob> {
    let of = |job: &Job<'_>| {
        let used = used_by(context, job);
        let of_job: Vec<&ReportedFinding> = findings.iter().filter(|finding| used.concerns(finding)).collect();
        let worst = of_job.iter().filter(|finding| finding.counts()).map(|finding| finding.severity).min();
        let undecided = open.iter().any(|open| open.subject == job.job.arn.as_str());
        uses::LabelingJob {
            arn: job.job.arn.clone(),
            status: job.job.status.clone(),
            failure_reason: job.job.failure.clone(),
            created: job.job.created.clone(),
            role: job.request.role_arn.clone(),
            verdict: verdict(&job.job.status, worst, undecided),
            findings: of_job.iter().map(|finding| finding.id.clone()).collect(),
        }
    };
    let mut jobs: Vec<uses::LabelingJob> = context.uses.jobs.iter().map(of).collect();
    jobs.sort_by(|a, b| (a.verdict, &b.created, &a.arn).cmp(&(b.verdict, &a.created, &b.arn)));
    jobs
}

/// Does what is open concern one of these jobs: itself, its role, or what it uses under its role?
pub(super) fn leaves_open(context: &LabelingContext<'_>, jobs: &[uses::LabelingJob], open: &Open) -> bool {
    let subject = Arn::parse(open.subject.as_str()).ok();
    let resources = || subject.iter().chain(open.resources.iter());
    let is_about = |job: &Job<'_>| {
        let used = used_by(context, job);
        let is_its_role = |arn: &Arn| Some(arn.as_str()) == used.role;
        resources().any(|arn| *arn == job.job.arn)
            || (subject.as_ref().is_some_and(is_its_role)
                && (open.resources.is_empty() || resources().any(|arn| used.uses(arn))))
            || (open.principal.as_ref().is_none_or(is_its_role) && resources().any(|arn| used.uses(arn)))
    };
    // Where jobs could not be read, one that was asked for may be among them.
    let of_unread = resources().any(|arn| arn.resource() == "labeling-job/*");
    let named = |job: &&Job<'_>| jobs.iter().any(|told| told.arn == job.job.arn);
    of_unread || context.uses.jobs.iter().filter(named).any(is_about)
}

/// The workloads of the configuration, in its order.
pub(super) fn workloads(workloads: &[Workload], findings: &[ReportedFinding]) -> Vec<uses::Workload> {
    let of = |workload: &Workload| {
        let used = Used {
            job: None,
            role: Some(workload.role.as_str()),
            function_roles: BTreeSet::new(),
            resources: workload.buckets.iter().map(|bucket| bucket.name.clone()).collect(),
            functions: workload.functions.iter().map(ToString::to_string).collect(),
            rules: vec![RuleId::RoleNotAssumable],
        };
        uses::Workload {
            name: workload.name.clone(),
            role: workload.role.clone(),
            findings: findings.iter().filter(|finding| used.concerns(finding)).map(|f| f.id.clone()).collect(),
        }
    };
    workloads.iter().map(of).collect()
}

fn verdict(status: &str, worst: Option<Severity>, undecided: bool) -> JobVerdict {
    match (status, worst) {
        ("Failed", _) => JobVerdict::Failed,
        ("InProgress" | "Initializing", Some(Severity::High)) => JobVerdict::Fails,
        _ if undecided => JobVerdict::Unknown,
        _ => JobVerdict::Fine,
    }
}

/// What a job or workload uses.
struct Used<'j> {
    job: Option<&'j Arn>,
    role: Option<&'j str>,
    /// The roles of the functions that it invokes.
    function_roles: BTreeSet<String>,
    /// Buckets, by name.
    resources: BTreeSet<String>,
    /// Functions, by ARN without a qualifier or by name.
    functions: BTreeSet<String>,
    /// The rules about its role that concern it.
    rules: Vec<RuleId>,
}

fn used_by<'j>(context: &LabelingContext<'_>, job: &'j Job<'_>) -> Used<'j> {
    let mut used = Used {
        job: Some(&job.job.arn),
        role: job.request.role_arn.as_deref(),
        function_roles: BTreeSet::new(),
        resources: BTreeSet::new(),
        functions: BTreeSet::new(),
        rules: vec![RuleId::RoleNotAssumable],
    };
    for need in &job.needs {
        match &need.what {
            What::Read(uri) | What::Write(uri) => drop(used.resources.insert(uri.bucket.clone())),
            What::Invoke(function) => {
                used.functions.insert(unqualified(function));
                let role = context.function(function).ok().flatten().map(|function| function.role.clone());
                used.function_roles.extend(role);
            }
            What::Subscribe(_) => used.rules.push(RuleId::RoleCannotStream),
            What::PassItself(_) => used.rules.push(RuleId::RoleCannotPassItself),
            _ => {}
        }
    }
    used
}

impl Used<'_> {
    fn concerns(&self, finding: &ReportedFinding) -> bool {
        if finding.job.is_some() {
            return finding.job.as_ref() == self.job;
        }
        let of_role = finding.principals.iter().any(|arn| Some(arn.as_str()) == self.role);
        if of_role && self.rules.contains(&finding.rule) {
            return true;
        }
        let of_function = finding.principals.iter().any(|arn| self.function_roles.contains(arn.as_str()));
        let by_whom = finding.principals.is_empty()
            || of_role
            || (of_function && finding.rule == RuleId::FunctionCannotReadOutput);
        finding.usage == Some(Use::Used) && by_whom && finding.resources.iter().any(|resource| self.uses(resource))
    }

    fn uses(&self, resource: &Arn) -> bool {
        match resource.service() {
            "s3" => self.resources.contains(resource.resource()),
            "lambda" => self.functions.contains(resource.as_str()) || self.functions.contains(resource.name()),
            _ => false,
        }
    }
}
