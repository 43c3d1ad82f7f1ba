//! `gt-audit collect` and `gt-audit permissions`, and the collecting that an audit begins with.

use super::{Error, Terminal};
use crate::account::snapshot::Snapshot;
use crate::cli::{self, Collect, Noise, Permissions};
use crate::collect::calls;
use crate::file;
use crate::labeling::workload::Workload;

pub(super) fn run(arguments: &Collect, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    file::check(&arguments.output)
        .map_err(|error| Error::File { path: arguments.output.display().to_string(), error })?;
    let details = Details { all: arguments.all, workloads: &[] };
    let snapshot = snapshot(&arguments.connection, arguments.noise, details, terminal)?;
    snapshot.write(&arguments.output)?;
    let unread = snapshot.account.unread();
    let what = match unread.len() {
        0 => "complete".to_owned(),
        1 => "1 fact could not be read".to_owned(),
        many => format!("{many} facts could not be read"),
    };
    let path = crate::report::text::plain(&arguments.output.display().to_string());
    writeln!(terminal.out, "{path}: {} calls, {what}", snapshot.collection.api_calls)?;
    Ok(if unread.is_empty() { 0 } else { 3 })
}

pub(super) fn permissions(arguments: &Permissions, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let policy = calls::policy(&calls::Chosen {
        all_regions: arguments.all_regions,
        assume_role: arguments.assume_role.clone(),
        fallback: !arguments.no_fallback,
    });
    writeln!(terminal.out, "{}", serde_json::to_string_pretty(&policy)?)?;
    Ok(0)
}

/// Of what the details are collected, beside what is seen to have to do with labeling.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "live"), expect(dead_code, reason = "nothing is collected without the AWS SDK"))]
pub(super) struct Details<'a> {
    /// All there is.
    pub(super) all: bool,
    /// What the configuration says is used.
    pub(super) workloads: &'a [Workload],
}

/// Collects an account: what many resources share first, then, as long as what was learned makes more of it matter, the
/// details of those that may have to do with labeling.
#[cfg(feature = "live")]
pub(super) fn snapshot(
    connection: &cli::Connection,
    noise: Noise,
    details: Details<'_>,
    terminal: &Terminal<'_>,
) -> Result<Snapshot, Error> {
    use crate::collect::{self, Aws};
    use crate::labeling;

    let progress = super::progress::Progress::new(noise, terminal.watched);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let snapshot = runtime.block_on(async {
        let aws = Aws::connect(&wanted(connection), progress.watcher()).await?;
        let mut account = collect::inventory(&aws).await;
        collect::complete(&aws, &mut account, |account| labeling::wanted(account, details.workloads, details.all))
            .await;
        Ok(Snapshot::new(account, aws.collection()))
    });
    progress.finish();
    snapshot
}

#[cfg(not(feature = "live"))]
pub(super) fn snapshot(_: &cli::Connection, _: Noise, _: Details<'_>, _: &Terminal<'_>) -> Result<Snapshot, Error> {
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
        jobs_since: arguments.jobs_since,
        max_jobs: arguments.max_jobs.and_then(|n| usize::try_from(n).ok()),
    }
}
