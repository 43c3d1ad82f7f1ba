//! `gt-audit why`: a labeling job, or a question of a principal, an action and a resource, explained.

use super::error::Error;
use super::facts::{self, Asked};
use super::terminal::Terminal;
use crate::access::Access;
use crate::account::Account;
use crate::account::snapshot::Snapshot;
use crate::arn::Arn;
use crate::audit::{Options, audit};
use crate::cli::{Format, Why};
use crate::config::Config;
use crate::preflight::checks_of;
use crate::report::table::digits;
use crate::report::{ReportedFinding, job, json, why as page};
use crate::uri::S3Uri;
use crate::why::{Decided, Question, decide};

pub(super) fn run(arguments: &Why, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let config = facts::configuration(arguments.config.as_deref())?;
    let read = |terminal: &Terminal<'_>| {
        let asked = Asked { all: false, noise: arguments.noise, connection: &arguments.connection };
        facts::snapshot(arguments.snapshot.as_deref(), asked, &config, terminal)
    };
    match arguments.question.as_slice() {
        [job] => of_job(arguments, &config, &read(terminal)?, job, terminal),
        [principal, action, resource] => {
            let context = context(&arguments.context)?;
            let snapshot = read(terminal)?;
            let principal = principal_of(&snapshot.account, principal)?;
            let resource = resource_of(&snapshot.account, resource)?;
            let action = action_of(action)?;
            let question = Question { action, resource, context, by_ground_truth: false };
            of_question(arguments, &config, &snapshot, &principal, &question, terminal)
        }
        _ => Err(Error::NoQuestion),
    }
}

fn options(config: &Config) -> Options<'_> {
    Options { workloads: &config.workloads, ignores: &config.ignores, ..Options::DEFAULT }
}

fn of_job(
    arguments: &Why,
    config: &Config,
    snapshot: &Snapshot,
    named: &str,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Error> {
    let report = audit(snapshot, options(config));
    let is_named = |arn: &Arn| arn.as_str() == named || arn.name() == named;
    let found: Vec<_> = report.labeling_jobs.iter().filter(|job| is_named(&job.arn)).collect();
    let job = match found.as_slice() {
        [job] => *job,
        [] => {
            let unread = report.gaps.iter().find(|gap| gap.gap.action.starts_with("sagemaker:"));
            let refused = unread.map(|gap| gap.gap.message.clone());
            return Err(Error::NoJob { name: named.to_owned(), account: snapshot.account.id.clone(), refused });
        }
        several => {
            let arns = several.iter().map(|job| job.arn.to_string()).collect();
            return Err(Error::SeveralJobs(named.to_owned(), arns));
        }
    };
    let findings: Vec<&ReportedFinding> =
        report.findings.iter().filter(|finding| finding.counts() && job.findings.contains(&finding.id)).collect();
    let checks = checks_of(snapshot, &config.workloads, &job.arn);
    let told = job::Told { job, findings: &findings, checks: &checks, digits: digits(&report), full: arguments.full };
    let text = match arguments.format {
        Format::Json => json::write(&serde_json::json!({
            "schemaVersion": 1, "job": job, "findings": findings, "checks": checks,
        }))?,
        Format::Table => {
            let access = Access::new(&snapshot.account);
            let statement = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
            job::write(told, &statement, terminal.layout(arguments.color))
        }
    };
    terminal.out.write_all(text.as_bytes())?;
    Ok(told.exit_code())
}

fn of_question(
    arguments: &Why,
    config: &Config,
    snapshot: &Snapshot,
    principal: &Arn,
    question: &Question,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Error> {
    let decided = decide(snapshot, principal, question)
        .ok_or_else(|| Error::NoPrincipal { name: principal.to_string(), account: snapshot.account.id.clone() })?;
    let text = match arguments.format {
        Format::Json => json::write(&decided)?,
        Format::Table => {
            let access = Access::new(&snapshot.account);
            let statement = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
            let part_of = part_of(&decided, snapshot, config);
            page::write(&decided, &part_of, &statement, terminal.layout(arguments.color))
        }
    };
    terminal.out.write_all(text.as_bytes())?;
    Ok(decided.exit_code())
}

/// The findings of the audit that are about what is denied, as far as four digits and more tell them apart.
fn part_of(decided: &Decided, snapshot: &Snapshot, config: &Config) -> Vec<(String, String)> {
    if decided.causes.is_empty() {
        return vec![];
    }
    let report = audit(snapshot, options(config));
    let bucket = (decided.resource.service() == "s3")
        .then(|| decided.resource.resource().split('/').next().unwrap_or_default().to_owned());
    let is_about = |finding: &&ReportedFinding| {
        let same = |arn: &Arn| {
            *arn == decided.resource || (arn.service() == "s3" && bucket.as_deref() == Some(arn.resource()))
        };
        let asks = |cause: &crate::report::ReportedCause| cause.unmet.requirement.action == decided.action;
        finding.counts()
            && !finding.is_grouped
            && finding.principals.contains(&decided.principal)
            && finding.resources.iter().any(same)
            && finding.causes.iter().any(asks)
    };
    let ids = report.findings.iter().filter(is_about);
    let digits = digits(&report);
    let short = |id: &str| id.get(..digits).unwrap_or(id).to_owned();
    ids.map(|finding| (short(&finding.id), finding.rule.as_str().to_owned())).collect()
}

/// A role or user, by ARN or name; a session is its role.
fn principal_of(account: &Account, named: &str) -> Result<Arn, Error> {
    let roles = || account.iam.roles.known().ok().into_iter().flatten().map(|role| &role.arn);
    let users = || account.iam.users.known().ok().into_iter().flatten().map(|user| &user.arn);
    let found = match Arn::parse(named) {
        Ok(arn) if arn.service() == "sts" => {
            let role = arn.resource().split('/').nth(1).unwrap_or_default().to_owned();
            roles().find(|other| other.name() == role)
        }
        Ok(arn) => roles().chain(users()).find(|other| **other == arn),
        Err(_) => roles().find(|arn| arn.name() == named).or_else(|| users().find(|arn| arn.name() == named)),
    };
    let refused = [account.iam.roles.known().err(), account.iam.users.known().err()].into_iter().flatten().next();
    match (found, refused) {
        (Some(arn), _) => Ok(arn.clone()),
        (None, Some(unknown)) => Err(Error::Unread(unknown.to_string())),
        (None, None) => Err(Error::NoPrincipal { name: named.to_owned(), account: account.id.clone() }),
    }
}

/// A resource, by ARN or by `s3://` URI.
fn resource_of(account: &Account, named: &str) -> Result<Arn, Error> {
    if let Ok(uri) = S3Uri::parse(named) {
        let partition = &account.partition;
        return Ok(if uri.key.is_empty() { uri.bucket_arn(partition) } else { uri.object_arn(partition) });
    }
    Arn::parse(named).map_err(|_| Error::NoResource(named.to_owned()))
}

/// An action has a service and a name.
fn action_of(named: &str) -> Result<String, Error> {
    let parts = named.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty());
    match parts {
        Some(_) if !named.contains(['*', '?', ' ']) => Ok(named.to_owned()),
        _ => Err(Error::NoAction(named.to_owned())),
    }
}

/// `KEY=VALUE`, of a key with several values several times; `KEY` alone is one that the request does not have.
fn context(given: &[String]) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut context: Vec<(String, Vec<String>)> = vec![];
    for text in given {
        let (key, value) = text.split_once('=').map_or((text.as_str(), None), |(key, value)| (key, Some(value)));
        if !key.contains(':') {
            return Err(Error::NoContext(text.clone()));
        }
        let values = value.map(str::to_owned);
        match context.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some((_, known)) => known.extend(values),
            None => context.push((key.to_owned(), values.into_iter().collect())),
        }
    }
    Ok(context)
}
