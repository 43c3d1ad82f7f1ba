//! Would a labeling job work, before it is made?
//!
//! A request is read and held against the API's shape ([`request`], [`schema`]); the job is put into the account as if it
//! had been made ([`place`]); and what it needs is decided like an audit's: by its role, by who makes it, and for the objects
//! that its manifest names ([`manifest`]). Knows an account and a request, asks no service, and looks nothing up.

pub mod across;
mod caller;
mod check;
mod job;
pub mod manifest;
mod network;
mod objects;
pub mod place;
pub mod request;
pub mod schema;

use crate::access::Access;
use crate::account::Account;
use crate::account::snapshot::Snapshot;
use crate::arn::Arn;
use crate::evaluation::Evaluator;
use crate::evaluation::job::Topic;
use crate::labeling::workload::Workload;
use crate::labeling::{LabelingContext, Uses};
use job::{NAME, Subject};
use manifest::Manifest;
use request::Asked;

pub use caller::{Caller, NoCaller};
pub use check::{Check, Preflight, SCHEMA_VERSION, Verdict};

/// The checks of a labeling job that was made.
#[must_use]
pub fn checks_of(snapshot: &Snapshot, workloads: &[Workload], job: &Arn) -> Vec<Check> {
    let access = Access::new(&snapshot.account).as_of(&snapshot.collection.finished_at);
    let uses = Uses::of(&snapshot.account, workloads);
    let evaluator = Evaluator::new(LabelingContext::new(&access, &uses));
    let jobs = uses.jobs.iter().filter(|made| made.job.arn == *job);
    jobs.flat_map(|job| evaluator.job(job)).map(|check| Check::of_job(&check)).collect()
}

/// Checks a job. `manifest`: what its manifest names, where that was read.
#[must_use]
pub fn preflight(snapshot: &Snapshot, asked: &Asked, caller: &Caller<'_>, manifest: Option<&Manifest>) -> Preflight {
    let (account, as_of) = (&snapshot.account, &snapshot.collection.finished_at);
    let region = place::region(account, asked);
    let placed = place::placed(account, std::slice::from_ref(asked));
    let access = Access::new(&placed).as_of(as_of);
    let uses = Uses::of(&placed, &[]);
    let evaluator = Evaluator::new(LabelingContext::new(&access, &uses));
    let mut checks: Vec<Check> = of_another_account(account, asked).into_iter().collect();
    for job in &uses.jobs {
        let role = job.request.role_arn.as_deref().and_then(|role| evaluator.execution_role(role));
        let subject = Subject { evaluator: &evaluator, job, role };
        let evaluated = evaluator.job(job);
        let of_role = |topic| matches!(topic, Topic::Role | Topic::Trust);
        checks.extend(job::form(asked));
        checks.extend(evaluated.iter().filter(|check| of_role(check.topic)).map(Check::of_job));
        checks.extend(caller.checks(&Access::new(account).as_of(as_of), asked, &region));
        checks.extend(evaluated.iter().filter(|check| !of_role(check.topic)).map(Check::of_job));
        checks.extend(subject.team());
        checks.extend(manifest.into_iter().flat_map(|manifest| subject.objects(manifest)));
        checks.extend(subject.cors(manifest));
        checks.extend(subject.network(manifest));
    }
    checks.extend(name_is_taken(account, asked, &region));
    Preflight {
        schema_version: SCHEMA_VERSION,
        job: asked.name.clone(),
        file: asked.file.clone(),
        verdict: checks.iter().map(|check| check.verdict).min().unwrap_or(Verdict::Unknown),
        region,
        checks,
        notes: notes(asked, manifest),
    }
}

/// What AWS says of a job of another account cannot be judged by the facts of this one.
fn of_another_account(account: &Account, asked: &Asked) -> Option<Check> {
    let other = asked.account.as_ref().filter(|other| **other != account.id)?;
    let why = format!("the job is of the account {other}, and the facts are of {}: ask there", account.id);
    Some(Check::new("LabelingJobArn", asked.name.as_str(), Verdict::Unknown, why))
}

/// The name of a job is its own in the account and region, without regard to case. Whether it is free is not known: not
/// every job is listed. What is being described is there itself.
fn name_is_taken(account: &Account, asked: &Asked, region: &str) -> Option<Check> {
    if asked.region.is_some() {
        return None;
    }
    let jobs = match account.regions.get(region)?.labeling_jobs.known() {
        Ok(jobs) => jobs,
        // Who has not asked for the jobs knows it; where there is no SageMaker, there are none.
        Err(gap) if gap.is_not_asked() || gap.is_not_supported() => return None,
        Err(gap) => return Some(Check::unknown(NAME, asked.name.as_str(), &gap)),
    };
    let same = jobs.iter().find(|job| job.arn.name().eq_ignore_ascii_case(&asked.name))?;
    let why = format!("there is a labeling job `{}` already: names must differ by more than case", same.arn.name());
    Some(Check::fail(NAME, asked.name.as_str(), why))
}

fn notes(asked: &Asked, manifest: Option<&Manifest>) -> Vec<String> {
    let source = &asked.request.input_config.data_source;
    let reads = source.s3_data_source.as_ref().is_some_and(|source| source.manifest_s3_uri.is_some());
    let unread =
        "the objects that the manifest names were not checked: give it with --manifest FILE or --read-manifest";
    let topics = "whether topics are there, and what their policies and keys allow, was not looked at";
    let has_topics = source.sns_data_source.is_some() || asked.request.output_config.sns_topic_arn.is_some();
    let notes = [(reads && manifest.is_none(), unread), (has_topics, topics)];
    notes.into_iter().filter(|(so, _)| *so).map(|(_, note)| note.to_owned()).collect()
}
