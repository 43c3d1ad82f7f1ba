//! Would a labeling job work, before it is made?
//!
//! A request is read and held against the API's shape ([`request`], [`schema`]); the job is put into the account as if it
//! had been made ([`place`]); and what it needs is decided like an audit's: by its role, by who makes it, and for the objects
//! that its manifest names ([`manifest`]). Knows an account and a request, asks nobody, and looks nothing up.

pub mod across;
mod caller;
mod check;
mod job;
mod keys;
pub mod manifest;
mod objects;
pub mod place;
pub mod request;
pub mod schema;

use crate::access::Access;
use crate::account::Account;
use crate::labeling::{Setup, Uses};
use caller::NAME;
use job::Subject;
use manifest::Manifest;
use request::Asked;

pub use caller::{Caller, NoCaller};
pub use check::{Check, Preflight, SCHEMA_VERSION, Verdict};

/// Checks a job. `manifest`: what its manifest names, where that was read.
#[must_use]
pub fn preflight(account: &Account, asked: &Asked, caller: &Caller<'_>, manifest: Option<&Manifest>) -> Preflight {
    let region = place::region(account, asked);
    let placed = place::placed(account, std::slice::from_ref(asked));
    let access = Access::new(&placed);
    let uses = Uses::of(&placed, &[]);
    let setup = Setup::new(&access, &uses);
    let mut checks = vec![];
    for job in &uses.jobs {
        let role = job.request.role_arn.as_deref().and_then(|role| setup.execution_role(role));
        let subject = Subject { setup: &setup, job, role };
        checks.extend(subject.form_and_role(asked));
        checks.extend(caller.checks(&Access::new(account), asked, &region));
        checks.extend(subject.fields());
        checks.extend(subject.team());
        checks.extend(manifest.into_iter().flat_map(|manifest| subject.objects(manifest)));
        checks.extend(subject.cors(manifest));
        checks.extend(subject.buckets().iter().filter_map(|(field, bucket)| subject.network(field, bucket)));
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

/// The name of a job is its own in the account and region, without regard to case. Whether it is free is not known: not
/// every job is listed. What is being described is there itself.
fn name_is_taken(account: &Account, asked: &Asked, region: &str) -> Option<Check> {
    let jobs = account.regions.get(region)?.labeling_jobs.known().ok()?;
    let same = jobs.iter().find(|job| job.arn.name().eq_ignore_ascii_case(&asked.name))?;
    asked.region.is_none().then(|| {
        let why = format!("there is a labeling job `{}` already: names must differ by more than case", same.arn.name());
        Check::fail(NAME, asked.name.as_str(), why)
    })
}

fn notes(asked: &Asked, manifest: Option<&Manifest>) -> Vec<String> {
    let source = &asked.request.input_config.data_source;
    let reads = source.s3_data_source.as_ref().is_some_and(|source| source.manifest_s3_uri.is_some());
    let unread =
        "the objects that the manifest names were not checked: give it with --manifest FILE or --read-manifest";
    if reads && manifest.is_none() { vec![unread.to_owned()] } else { vec![] }
}
