//! Which jobs and workloads something is found of, and what stands under each.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluation::wording::list;
use crate::finding::RuleId;
use crate::report::text::plain;
use crate::report::uses::JobVerdict;
use crate::report::{Report, ReportedFinding};

/// The jobs and workloads of a report.
#[derive(Debug)]
pub struct Jobs<'r> {
    /// Those that something is found of, the worst first.
    pub blocks: Vec<Block<'r>>,
    /// The names of the others.
    pub fine: Vec<&'r str>,
}

/// A job or workload that something is found of.
#[derive(Debug)]
pub struct Block<'r> {
    /// Its name.
    pub name: &'r str,
    /// `FAILED`, `WILL FAIL`, `WORKLOAD` …
    pub standing: String,
    /// Does it fail?
    pub fails: bool,
    /// `role NAME`
    pub role: String,
    /// `made 2026-11-20, `
    pub made: String,
    /// What AWS says of its failure, on one line.
    pub says: Option<String>,
    /// What is found of it and of no worse one.
    pub own: Vec<&'r ReportedFinding>,
    findings: &'r [String],
    /// The others with the same findings.
    others: BTreeMap<&'r str, Vec<&'r str>>,
}

impl<'r> Jobs<'r> {
    /// Those of a report; `told` gets the ids of what stands under one of them.
    pub fn of(report: &'r Report, told: &mut BTreeSet<&'r str>) -> Self {
        let mut all = all(report);
        let by_id: BTreeMap<&str, &ReportedFinding> =
            report.findings.iter().filter(|f| f.counts() && !f.is_grouped).map(|f| (f.id.as_str(), f)).collect();
        let mut of_findings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for block in &all {
            for id in block.findings {
                of_findings.entry(id).or_default().push(block.name);
            }
        }
        for block in &mut all {
            let own = block.findings.iter().filter_map(|id| by_id.get(id.as_str()).copied());
            block.own = own.filter(|finding| told.insert(finding.id.as_str())).collect();
            block.own.sort_by_key(|finding| finding.rule != RuleId::JobFailedOnPermission);
            for id in block.own.iter().map(|finding| finding.id.as_str()) {
                let others = of_findings.get(id).into_iter().flatten().copied().filter(|name| *name != block.name);
                block.others.insert(id, others.collect());
            }
        }
        let (blocks, fine): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|block| !block.own.is_empty() || block.says.is_some());
        Self { blocks, fine: fine.into_iter().map(|block| block.name).collect() }
    }
}

impl Block<'_> {
    /// Which others a finding is about too, as the end of its sentence.
    #[must_use]
    pub fn also(&self, finding: &ReportedFinding) -> String {
        match self.others.get(finding.id.as_str()) {
            Some(others) if !others.is_empty() => format!(" (also {})", list(others)),
            _ => String::new(),
        }
    }
}

/// All of them, in their order: what fails, workloads, all else.
fn all(report: &Report) -> Vec<Block<'_>> {
    let is_failing = |verdict: JobVerdict| matches!(verdict, JobVerdict::Failed | JobVerdict::Fails);
    let of_jobs = |failing: bool| {
        let jobs = report.labeling_jobs.iter().filter(move |job| is_failing(job.verdict) == failing);
        jobs.map(move |job| Block {
            name: job.arn.name(),
            standing: standing(&job.status, job.verdict),
            fails: failing,
            role: job
                .role
                .as_deref()
                .map_or(String::new(), |role| format!("role {}", role.rsplit('/').next().unwrap_or(role))),
            made: match job.verdict {
                JobVerdict::Fails => format!("{}, made {}, ", job.status, job.created.get(..10).unwrap_or_default()),
                _ => format!("made {}, ", job.created.get(..10).unwrap_or_default()),
            },
            says: job.failure_reason.as_deref().map(|says| says.split_whitespace().collect::<Vec<_>>().join(" ")),
            own: vec![],
            findings: &job.findings,
            others: BTreeMap::new(),
        })
    };
    let workloads = report.workloads.iter().map(|workload| Block {
        name: &workload.name,
        standing: "WORKLOAD".to_owned(),
        fails: false,
        role: format!("role {}", workload.role.name()),
        made: "from the configuration, ".to_owned(),
        says: None,
        own: vec![],
        findings: &workload.findings,
        others: BTreeMap::new(),
    });
    of_jobs(true).chain(workloads).chain(of_jobs(false)).collect()
}

/// How a job stands, in capitals.
fn standing(status: &str, verdict: JobVerdict) -> String {
    match verdict {
        JobVerdict::Failed => "FAILED".to_owned(),
        JobVerdict::Fails => "WILL FAIL".to_owned(),
        JobVerdict::Unknown | JobVerdict::Fine => plain(status).to_uppercase(),
    }
}
