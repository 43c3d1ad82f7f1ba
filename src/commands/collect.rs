//! `gt-audit collect` and `gt-audit permissions`, and the collecting that an audit begins with.

use std::path::Path;

use super::error::Error;
use super::terminal::Terminal;
#[cfg(feature = "live")]
use crate::account::Regional;
use crate::account::concerns::Concerns;
use crate::account::snapshot::Snapshot;
use crate::account::{Account, LabelingJob, Unknown, Wanted};
#[cfg(feature = "live")]
use crate::arn::Arn;
use crate::cli::{self, Collect, Connection, Noise, Permissions};
use crate::collect::calls;
use crate::file;
use crate::labeling;
use crate::preflight::manifest::Manifest;
#[cfg(feature = "live")]
use crate::preflight::place;
use crate::preflight::request::Asked;
use crate::uri::S3Uri;

pub(super) fn run(arguments: &Collect, connection: &Connection, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    file::check(&arguments.output)
        .map_err(|error| Error::Files(vec![(arguments.output.display().to_string(), error)]))?;
    let snapshot =
        snapshot(connection, arguments.noise, terminal, |account| labeling::wanted(account, &[], arguments.all))?;
    snapshot.write_or_print(&arguments.output, terminal.out)?;
    let unread = snapshot.account.unread();
    let code = if unread.is_empty() { 0 } else { 3 };
    if arguments.output == Path::new("-") {
        return Ok(code);
    }
    let what = match unread.len() {
        0 => "complete".to_owned(),
        1 => "1 fact could not be read".to_owned(),
        many => format!("{many} facts could not be read"),
    };
    let path = crate::report::text::plain(&arguments.output.display().to_string());
    writeln!(terminal.out, "{path}: {} calls, {what}", snapshot.collection.api_calls)?;
    Ok(code)
}

pub(super) fn permissions(
    arguments: &Permissions,
    connection: &Connection,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Error> {
    let policy = calls::policy(&calls::Chosen {
        all_regions: connection.all_regions,
        assume_role: connection.assume_role.clone(),
        read_manifest: arguments.read_manifest,
        fallback: !arguments.no_fallback,
    });
    writeln!(terminal.out, "{}", serde_json::to_string_pretty(&policy)?)?;
    Ok(0)
}

/// Collects an account: what many resources share first, then, as long as what was learned makes more of it matter, the
/// details that are `wanted`.
#[cfg(feature = "live")]
pub(super) fn snapshot(
    connection: &cli::Connection,
    noise: Noise,
    terminal: &Terminal<'_>,
    wanted: impl Fn(&Account) -> Wanted,
) -> Result<Snapshot, Error> {
    connected(connection, noise, terminal, async |aws| collected(aws, wanted).await)?
}

/// Collects what one question is about and nothing else. No job in the answer: there is none of the name.
#[cfg(feature = "live")]
pub(super) fn narrow(
    connection: &Connection,
    noise: Noise,
    terminal: &Terminal<'_>,
    concerns: &Concerns,
) -> Result<Snapshot, Error> {
    use crate::collect;

    connected(connection, noise, terminal, async |aws| {
        let narrow = collect::narrow(aws, concerns, labeling::concerns).await;
        let mut account = narrow.map_err(|unknown| Error::Unread(unknown.to_string()))?;
        let has_job =
            account.regions.values().any(|regional| regional.labeling_jobs.known().is_ok_and(|jobs| !jobs.is_empty()));
        if let Some(job) = concerns.job.as_ref().filter(|_| !has_job) {
            return Err(Error::NoSuchJob { name: job.clone(), account: account.id.clone() });
        }
        collect::complete(aws, &mut account, |account| labeling::wanted_of(account, concerns)).await;
        if aws.is_interrupted() {
            return Err(collect::ConnectError::Interrupted.into());
        }
        Ok(Snapshot::new(account, aws.collection()))
    })?
}

/// In days: Ground Truth is younger.
#[cfg(feature = "live")]
const FOR_EVER: u32 = 36_500;

/// Collects what labeling jobs depend on that are not yet made, and reads their manifests in S3 where that is asked for.
#[cfg(feature = "live")]
pub(super) fn for_jobs(
    arguments: &cli::Preflight,
    connection: &Connection,
    asked: &[Asked],
    beyond: &[S3Uri],
    terminal: &Terminal<'_>,
) -> Result<ForJobs, Error> {
    let mut connection = connection.clone();
    if connection.region.is_empty() && !connection.all_regions {
        connection.region = place::regions(asked);
        let named = arguments.job.iter().filter_map(|job| Arn::parse(job.as_str()).ok());
        connection.region.extend(named.map(|arn| arn.region().to_owned()));
    }
    // Other jobs matter by their names alone, and these are taken for good.
    (connection.max_jobs, connection.jobs_since) = (Some(0), Some(FOR_EVER));
    connected(&connection, arguments.facts.noise, terminal, async |aws| {
        let mut asked = asked.to_vec();
        for named in &arguments.job {
            let jobs = crate::collect::labeling_job(aws, named).await;
            asked.push(asked_of(named, &jobs.map_err(|unknown| Error::Unread(unknown.to_string()))?, aws.account())?);
        }
        let mut manifests = vec![];
        let mut beyond = beyond.to_vec();
        if arguments.read_manifest {
            for asked in &asked {
                let manifest = manifest(aws, asked, connection.region.first()).await;
                beyond.extend(manifest.iter().flat_map(|manifest| &manifest.prefixes).map(|prefix| prefix.uri.clone()));
                manifests.push(manifest);
            }
        }
        let snapshot = collected(aws, |account| place::wanted(account, &asked, &beyond)).await?;
        Ok(ForJobs { snapshot, asked, manifests })
    })?
}

/// What a preflight of some jobs is decided from.
pub(super) struct ForJobs {
    /// The account.
    pub(super) snapshot: Snapshot,
    /// The jobs of the files, and then those that are there.
    pub(super) asked: Vec<Asked>,
    /// What their manifests in S3 name, where they were to be read.
    pub(super) manifests: Vec<Result<Manifest, Unknown>>,
}

/// The one job of a name, as it is there.
pub(super) fn asked_of(named: &str, jobs: &[LabelingJob], account: &str) -> Result<Asked, Error> {
    match jobs {
        [job] => Asked::of_job(job).map_err(|unknown| Error::Unread(unknown.to_string())),
        [] => Err(Error::NoSuchJob { name: named.to_owned(), account: account.to_owned() }),
        several => Err(Error::SeveralJobs(named.to_owned(), several.iter().map(|job| job.arn.to_string()).collect())),
    }
}

/// What a job's manifest in S3 names.
#[cfg(feature = "live")]
async fn manifest(aws: &crate::collect::Aws, asked: &Asked, region: Option<&String>) -> Result<Manifest, Unknown> {
    let Some(uri) = place::manifest(asked) else { return Ok(Manifest::default()) };
    let object = uri.object_arn(aws.partition());
    let file = crate::collect::object(aws, &object, region.map(String::as_str)).await?;
    crate::preflight::manifest::read(std::io::BufReader::new(file)).map_err(|error| {
        Unknown::refused("s3:GetObject", object.as_str(), "BrokenOff", format!("it could not be read again: {error}"))
    })
}

#[cfg(feature = "live")]
async fn collected(aws: &crate::collect::Aws, wanted: impl Fn(&Account) -> Wanted) -> Result<Snapshot, Error> {
    use crate::collect;

    let mut account = collect::inventory(aws).await;
    collect::complete(aws, &mut account, wanted).await;
    if aws.is_interrupted() && has_nothing(&account) {
        return Err(collect::ConnectError::Interrupted.into());
    }
    Ok(Snapshot::new(account, aws.collection()))
}

/// Is no list of it known?
#[cfg(feature = "live")]
fn has_nothing(account: &Account) -> bool {
    let known = |regional: &Regional| regional.functions.known().is_ok() || regional.labeling_jobs.known().is_ok();
    account.iam.roles.known().is_err() && account.buckets.known().is_err() && !account.regions.values().any(known)
}

#[cfg(feature = "live")]
fn connected<T>(
    connection: &cli::Connection,
    noise: Noise,
    terminal: &Terminal<'_>,
    work: impl AsyncFnOnce(&crate::collect::Aws) -> T,
) -> Result<T, Error> {
    let progress = super::progress::Progress::new(noise, terminal.watched);
    let connection = wanted(connection);
    let _listening = super::interrupt::Listening::begin(&connection.stop)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let aws = crate::collect::Aws::connect(&connection, progress.watcher()).await?;
        Ok(aws.watched(work(&aws)).await)
    });
    progress.finish();
    done
}

#[cfg(not(feature = "live"))]
pub(super) fn snapshot(
    _: &cli::Connection,
    _: Noise,
    _: &Terminal<'_>,
    _: impl Fn(&Account) -> Wanted,
) -> Result<Snapshot, Error> {
    Err(Error::NotLive)
}

#[cfg(not(feature = "live"))]
pub(super) fn narrow(_: &Connection, _: Noise, _: &Terminal<'_>, _: &Concerns) -> Result<Snapshot, Error> {
    Err(Error::NotLive)
}

#[cfg(not(feature = "live"))]
pub(super) fn for_jobs(
    _: &cli::Preflight,
    _: &Connection,
    _: &[Asked],
    _: &[S3Uri],
    _: &Terminal<'_>,
) -> Result<ForJobs, Error> {
    Err(Error::NotLive)
}

#[cfg(feature = "live")]
fn wanted(arguments: &cli::Connection) -> crate::collect::Connection {
    use std::time::Duration;

    use crate::collect::{AssumeRole, Connection};

    Connection {
        profile: arguments.profile.clone(),
        regions: arguments.region.clone(),
        all_regions: arguments.all_regions,
        endpoint_url: arguments.endpoint_url.clone(),
        assume_role: arguments.assume_role.clone().map(|arn| AssumeRole {
            arn,
            external_id: arguments.external_id.clone(),
            session_name: arguments.session_name.clone(),
        }),
        concurrency: arguments.concurrency.and_then(|n| usize::try_from(n).ok()),
        max_rps: arguments.max_rps,
        timeout: arguments.timeout.map(Duration::from_secs),
        deadline: arguments.deadline.map(Duration::from_secs),
        stop: crate::collect::Stop::default(),
        jobs_since: arguments.jobs_since,
        max_jobs: arguments.max_jobs.and_then(|n| usize::try_from(n).ok()),
    }
}
