//! What labeling jobs, flow definitions and workloads use, and under which role.
//!
//! The unit is the URI, not the bucket: a job that reads one manifest needs no more of the bucket than that. Knows the
//! requests; asks no policy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::needs::{self, Need, POST_FUNCTION, What};
use super::workload::{Objects, Workload};
use crate::account::{Account, Bucket, FlowDefinition, Function, LabelingJob, LabelingJobRequest, Unknown};
use crate::arn::Arn;
use crate::uri::S3Uri;

/// Everything that is used.
#[derive(Debug, Default)]
pub struct Uses<'a> {
    /// The jobs whose request is known, region by region.
    pub jobs: Vec<Job<'a>>,
    /// What is used under each role, by the role's ARN.
    by_role: BTreeMap<&'a str, RoleUses<'a>>,
    /// The places of the jobs that read or write a bucket, by its name.
    by_bucket: BTreeMap<String, BTreeSet<usize>>,
    /// The places of the jobs that call a function with the answers of workers, by its ARN without a qualifier.
    by_function: BTreeMap<String, BTreeSet<usize>>,
    /// Why there may be more than this.
    pub open: Vec<OpenUse<'a>>,
}

/// Uses that are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUse<'a> {
    /// The region of what uses.
    pub region: &'a str,
    /// Are they uses of labeling jobs? Else of flow definitions.
    pub of_jobs: bool,
    /// The job, where it is known which one.
    pub job: Option<&'a Arn>,
    /// Why they are not known.
    pub unknown: Unknown,
}

/// A labeling job and what it needs.
#[derive(Debug)]
pub struct Job<'a> {
    /// Where it runs.
    pub region: &'a str,
    /// The job.
    pub job: &'a LabelingJob,
    /// What was asked for.
    pub request: &'a LabelingJobRequest,
    /// What each field of it needs.
    pub needs: Vec<Need<'a>>,
}

/// What is used under one role.
#[derive(Debug, Default)]
pub struct RoleUses<'a> {
    /// What runs under it.
    pub by: Vec<By<'a>>,
    /// By bucket.
    pub buckets: BTreeMap<String, Vec<Area<'a>>>,
    /// Functions as they are named, by the ARN without a qualifier.
    pub functions: BTreeMap<String, Vec<Invoked<'a>>>,
}

/// Who uses something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By<'a> {
    /// A labeling job.
    Job(&'a LabelingJob),
    /// A flow definition.
    Flow(&'a FlowDefinition),
    /// A workload of the configuration, by name.
    Workload(&'a str),
}

/// A part of a bucket, and what is done there.
#[derive(Debug, Clone, PartialEq)]
pub struct Area<'a> {
    /// Where.
    pub extent: Extent,
    /// Is it read alone? Else it is written and read.
    pub reads_alone: bool,
    /// The key that is named for what is written there.
    pub key: Option<&'a str>,
    /// Who uses it first, and how many do.
    pub by: By<'a>,
    /// How many do.
    pub times: usize,
}

/// One object, or all whose ARNs begin so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// This very object.
    Object(Arn),
    /// Everything below.
    Below(String),
}

/// A function as somebody names it, perhaps with a qualifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoked<'a> {
    /// With its version or alias.
    pub function: Arn,
    /// Is it called with the answers of workers?
    pub after: bool,
    /// Who names it, if somebody does.
    pub by: Option<By<'a>>,
}

impl<'a> Uses<'a> {
    /// Gathers what an account's jobs and flow definitions use, and what the configuration says is used.
    #[must_use]
    pub fn of(account: &'a Account, workloads: &'a [Workload]) -> Self {
        let mut uses = Self::default();
        for workload in workloads {
            uses.add_workload(account, workload);
        }
        for (region, regional) in &account.regions {
            match regional.labeling_jobs.known() {
                Ok(jobs) => jobs.iter().for_each(|job| uses.add_job(region, job)),
                Err(unknown) => uses.leave_open(OpenUse { region, of_jobs: true, job: None, unknown }),
            }
            match regional.flow_definitions.known() {
                Ok(flows) => flows.iter().for_each(|flow| uses.add_flow(region, flow)),
                Err(unknown) => uses.leave_open(OpenUse { region, of_jobs: false, job: None, unknown }),
            }
        }
        uses
    }

    /// What is used under a role.
    #[must_use]
    pub fn under(&self, role: &Arn) -> Option<&RoleUses<'a>> {
        self.by_role.get(role.as_str())
    }

    /// The jobs that read or write something in a bucket.
    pub fn jobs_in(&self, bucket: &Bucket) -> impl Iterator<Item = &Job<'a>> {
        let places = self.by_bucket.get(bucket.arn.resource());
        places.into_iter().flatten().filter_map(|place| self.jobs.get(*place))
    }

    /// The jobs that call a function with the answers of workers.
    pub fn jobs_calling(&self, function: &Function) -> impl Iterator<Item = &Job<'a>> {
        let places = self.by_function.get(function.arn.as_str());
        places.into_iter().flatten().filter_map(|place| self.jobs.get(*place))
    }

    /// The roles under which something runs, with what they use.
    pub fn roles(&self) -> impl Iterator<Item = (&'a str, &RoleUses<'a>)> {
        self.by_role.iter().map(|(role, uses)| (*role, uses))
    }

    /// Why it is not known whether more uses a resource of a region; of a bucket, give none: jobs of every region may.
    pub fn open_in<'s>(&'s self, region: Option<&'s str>) -> impl Iterator<Item = &'s Unknown> {
        let concerns = move |open: &&OpenUse<'_>| region.is_none_or(|region| open.region == region);
        self.open.iter().filter(concerns).map(|open| &open.unknown)
    }

    fn leave_open(&mut self, open: OpenUse<'a>) {
        // A list that was not asked for was not thought to matter; where there is no SageMaker, there are no jobs.
        if !open.unknown.is_not_asked() && !open.unknown.is_not_supported() {
            self.open.push(open);
        }
    }

    fn add_job(&mut self, region: &'a str, job: &'a LabelingJob) {
        let request = match job.request.known() {
            Ok(request) => request,
            Err(unknown) => {
                return self.leave_open(OpenUse { region, of_jobs: true, job: Some(&job.arn), unknown });
            }
        };
        let needs = needs::needs(request, region);
        for need in &needs {
            let (places, name) = match &need.what {
                What::Read(uri) | What::Write(uri) => (&mut self.by_bucket, uri.bucket.clone()),
                What::Invoke(function) if need.field == POST_FUNCTION => (&mut self.by_function, unqualified(function)),
                _ => continue,
            };
            places.entry(name).or_default().insert(self.jobs.len());
        }
        if let Some(role) = request.role_arn.as_deref() {
            let by = By::Job(job);
            let uses = self.by_role.entry(role).or_default();
            uses.by.push(by);
            for need in &needs {
                match &need.what {
                    What::Read(uri) => uses.read(&job.arn, uri, by),
                    What::Write(uri) => uses.write(&job.arn, uri, request.output_config.kms_key_id.as_deref(), by),
                    What::Invoke(function) => uses.function(function, need.field == POST_FUNCTION, by),
                    _ => {}
                }
            }
        }
        self.jobs.push(Job { region, job, request, needs });
    }

    fn add_workload(&mut self, account: &'a Account, workload: &'a Workload) {
        let by = By::Workload(&workload.name);
        let uses = self.by_role.entry(workload.role.as_str()).or_default();
        uses.by.push(by);
        for bucket in &workload.buckets {
            let below = bucket.below(&account.partition);
            let extent = match (&bucket.objects, Arn::parse(below.as_str())) {
                (Objects::One(_), Ok(object)) => Extent::Object(object),
                _ => Extent::Below(below),
            };
            uses.add_area(&bucket.name, Area { extent, reads_alone: false, key: None, by, times: 1 });
        }
        let functions = account.regions.values().filter_map(|region| region.functions.known().ok()).flatten();
        for function in functions {
            for named in workload.functions.iter().filter(|named| named.is(&function.arn)) {
                let qualifier = named.qualifier().map_or(String::new(), |qualifier| format!(":{qualifier}"));
                if let Ok(named) = Arn::parse(format!("{}{qualifier}", function.arn)) {
                    uses.function(&named, false, by);
                }
            }
        }
    }

    fn add_flow(&mut self, region: &'a str, flow: &'a FlowDefinition) {
        let settings = match flow.settings.known() {
            Ok(settings) => settings,
            Err(unknown) => {
                return self.leave_open(OpenUse { region, of_jobs: false, job: None, unknown });
            }
        };
        let uses = self.by_role.entry(&settings.role).or_default();
        uses.by.push(By::Flow(flow));
        if let Some(uri) = settings.output.as_deref().and_then(|uri| S3Uri::parse(uri).ok()) {
            uses.write(&flow.arn, &uri, None, By::Flow(flow));
        }
    }
}

impl<'a> RoleUses<'a> {
    fn read(&mut self, who: &Arn, uri: &S3Uri, by: By<'a>) {
        let extent = Extent::Object(uri.object_arn(who.partition()));
        self.add_area(&uri.bucket, Area { extent, reads_alone: true, key: None, by, times: 1 });
    }

    fn write(&mut self, who: &Arn, uri: &S3Uri, key: Option<&'a str>, by: By<'a>) {
        let extent = Extent::Below(uri.below(who.partition()));
        self.add_area(&uri.bucket, Area { extent, reads_alone: false, key, by, times: 1 });
    }

    fn add_area(&mut self, bucket: &str, area: Area<'a>) {
        let areas = self.buckets.entry(bucket.to_owned()).or_default();
        let same = |other: &&mut Area<'a>| {
            (&other.extent, other.reads_alone, other.key) == (&area.extent, area.reads_alone, area.key)
        };
        match areas.iter_mut().find(same) {
            Some(area) => area.times += 1,
            None => areas.push(area),
        }
    }

    fn function(&mut self, function: &Arn, after: bool, by: By<'a>) {
        let invoked = self.functions.entry(unqualified(function)).or_default();
        if !invoked.iter().any(|other| other.function == *function && other.after == after) {
            invoked.push(Invoked { function: function.clone(), after, by: Some(by) });
        }
    }
}

/// A function's ARN without its version or alias.
#[must_use]
pub fn unqualified(function: &Arn) -> String {
    let qualifier = function.resource().splitn(3, ':').nth(2).map_or(0, |qualifier| qualifier.len() + 1);
    let text = function.as_str();
    text.get(..text.len() - qualifier).unwrap_or(text).to_owned()
}

impl Extent {
    /// As people write it: `s3://bucket/key` or `s3://bucket/prefix`.
    #[must_use]
    pub fn uri(&self) -> String {
        let arn = match self {
            Self::Object(arn) => arn.as_str(),
            Self::Below(prefix) => prefix,
        };
        arn.splitn(6, ':').nth(5).map_or_else(|| arn.to_owned(), |path| format!("s3://{path}"))
    }
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(job) => write!(f, "labeling job `{}`", job.arn.name()),
            Self::Flow(flow) => write!(f, "flow definition `{}`", flow.arn.name()),
            Self::Workload(name) => write!(f, "workload `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_functions_qualifier_is_cut_off() {
        let arn = |text: &str| Arn::parse(text).unwrap();
        let plain = "arn:aws:lambda:us-east-1:111122223333:function:pre";
        assert_eq!(unqualified(&arn(plain)), plain);
        assert_eq!(unqualified(&arn(&format!("{plain}:prod"))), plain);
    }
}
