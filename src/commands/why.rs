//! `gt-audit why`: a labeling job, or a question of a principal, an action and a resource, explained.

use std::io::{self, Read};

use super::collect;
use super::error::Error;
use super::facts;
use super::terminal::Terminal;
use crate::access::Access;
use crate::account::Account;
use crate::account::concerns::Concerns;
use crate::account::snapshot::Snapshot;
use crate::arn::Arn;
use crate::audit::{Options, audit};
use crate::cli::{AnswerFormat, Connection, Why};
use crate::config::Config;
use crate::message::{self, Denial, Lack};
use crate::preflight::checks_of;
use crate::report::message::Told;
use crate::report::table::digits;
use crate::report::{self, ReportedFinding, job, json, why as page};
use crate::uri::S3Uri;
use crate::why::{Decided, Question, decide};

/// Of a log so many bytes are read.
const MOST_INPUT: u64 = 64 << 20;

pub(super) fn run(arguments: &Why, connection: &Connection, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let config = facts::configuration(arguments.facts.config.as_deref())?;
    let read = |concerns: &Concerns, terminal: &Terminal<'_>| {
        if let Some(path) = &arguments.facts.snapshot {
            return Ok(Snapshot::read(path)?);
        }
        let mut connection = facts::connection(connection, &config);
        let job = concerns.job.as_deref().and_then(|job| Arn::parse(job).ok());
        if let Some(job) = job.filter(|_| connection.region.is_empty()) {
            connection.region.push(job.region().to_owned());
        }
        collect::narrow(&connection, arguments.facts.noise, terminal, concerns)
    };
    match arguments.question.as_slice() {
        [text] if text == "-" || text.contains(char::is_whitespace) => {
            let text = if text == "-" { standard_input()? } else { text.clone() };
            let reading = message::read(&text);
            if let Some(lack) = reading.lacks() {
                return Err(Error::NoMessage(lack.question()));
            }
            // Where no message says enough, nothing is asked.
            let mut concerns = Concerns::default();
            for (principal, _, resource) in reading.denials.iter().filter_map(|denial| requested(denial).ok()) {
                concerns.add_principal(&principal);
                concerns.add_resource(&resource);
            }
            let snapshot = if concerns == Concerns::default() {
                Err(String::new())
            } else {
                read(&concerns, terminal).map_err(|error| format!("the account could not be asked: {error}"))
            };
            of_messages(arguments, &reading.denials, snapshot.as_ref().map_err(String::as_str), terminal)
        }
        [job] => {
            let concerns = Concerns { job: Some(job.clone()), ..Concerns::default() };
            of_job(arguments, &config, &read(&concerns, terminal)?, job, terminal)
        }
        [principal, action, resource] => {
            let context = context(&arguments.context)?;
            // The ARN of an object begins with a partition; that of a bucket's name matters here.
            let about = resource_in("aws", resource)?;
            let mut concerns = Concerns::default();
            concerns.add_principal(principal);
            concerns.add_resource(&about);
            let snapshot = read(&concerns, terminal)?;
            let principal = principal_of(&snapshot.account, principal)?;
            let resource = resource_of(&snapshot.account, resource)?;
            let action = action_of(action)?;
            let question = Question { action, resource, context, by_ground_truth: false };
            of_question(arguments, &config, &snapshot, &principal, &question, terminal)
        }
        _ => Err(Error::NoQuestion),
    }
}

fn write(arguments: &Why, text: &str, terminal: &mut Terminal<'_>) -> io::Result<()> {
    match arguments.page.format {
        AnswerFormat::Json => terminal.out.write_all(text.as_bytes()),
        AnswerFormat::Table => terminal.write_page(text, arguments.page.color),
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
    let text = match arguments.page.format {
        AnswerFormat::Json => json::write(&serde_json::json!({
            "schemaVersion": 1, "job": job, "findings": findings, "checks": checks,
        }))?,
        AnswerFormat::Table => {
            let access = Access::new(&snapshot.account);
            let statement = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
            job::write(told, &statement, terminal.layout(arguments.page.color))
        }
    };
    write(arguments, &text, terminal)?;
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
    let text = match arguments.page.format {
        AnswerFormat::Json => json::write(&decided)?,
        AnswerFormat::Table => {
            let access = Access::new(&snapshot.account);
            let statement = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
            // Where only this was read, the findings of the whole account are not known.
            let whole = arguments.facts.snapshot.is_some();
            let part_of = if whole { part_of(&decided, snapshot, config) } else { vec![] };
            page::write(&decided, &part_of, &statement, terminal.layout(arguments.page.color))
        }
    };
    write(arguments, &text, terminal)?;
    Ok(decided.exit_code())
}

/// Decides each message's request anew.
fn of_messages(
    arguments: &Why,
    denials: &[Denial],
    snapshot: Result<&Snapshot, &str>,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Error> {
    let context = context(&arguments.context)?;
    let told: Vec<Told<'_>> =
        denials.iter().map(|denial| Told { denial, decided: again(denial, snapshot, &context) }).collect();
    let text = match arguments.page.format {
        AnswerFormat::Json => {
            let each = told.iter().map(|told| {
                let (decided, not_decided) = (told.decided.as_ref().ok(), told.decided.as_ref().err());
                serde_json::json!({
                    "message": told.denial, "decided": decided, "notDecided": not_decided, "agrees": told.agrees(),
                })
            });
            json::write(&serde_json::json!({ "schemaVersion": 1, "messages": each.collect::<Vec<_>>() }))?
        }
        AnswerFormat::Table => {
            let access = snapshot.ok().map(|snapshot| Access::new(&snapshot.account));
            let statement = |reason: &_, about: &[&_]| access.as_ref()?.statement(reason, about).cloned();
            report::message::write(&told, &statement, terminal.layout(arguments.page.color))
        }
    };
    write(arguments, &text, terminal)?;
    let codes: Vec<u8> = told.iter().map(Told::exit_code).collect();
    Ok([1, 3].into_iter().find(|code| codes.contains(code)).unwrap_or(0))
}

/// The request of a message, decided by the policies as they are now.
fn again(
    denial: &Denial,
    snapshot: Result<&Snapshot, &str>,
    context: &[(String, Vec<String>)],
) -> Result<Decided, String> {
    let (named, action, resource) = requested(denial)?;
    let snapshot = snapshot.map_err(str::to_owned)?;
    let principal = principal_of(&snapshot.account, &named).map_err(|error| error.to_string())?;
    let question = Question { action, resource, context: context.to_vec(), by_ground_truth: false };
    decide(snapshot, &principal, &question).ok_or_else(|| format!("account {} has no `{named}`", snapshot.account.id))
}

/// The principal, action and resource of a message; or what it lacks.
fn requested(denial: &Denial) -> Result<(String, String, Arn), String> {
    let lacks: Vec<&str> = denial.lacks().into_iter().map(Lack::question).collect();
    if !lacks.is_empty() {
        return Err(lacks.join(" "));
    }
    let principal = denial.role.clone().or_else(|| denial.principal.as_ref().map(|principal| principal.text.clone()));
    match (principal, &denial.action, denial.resource_arn()) {
        (Some(principal), Some(action), Some(resource)) => Ok((principal, action.name.clone(), resource)),
        _ if denial.reason.is_some() => Err("by AWS's words this is no matter of permissions".to_owned()),
        _ => Err("the message does not name a whole request".to_owned()),
    }
}

fn standard_input() -> Result<String, Error> {
    let mut bytes = vec![];
    io::stdin()
        .lock()
        .take(MOST_INPUT)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::Read { path: "standard input".to_owned(), error })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
        Ok(arn) if arn.account() != account.id => None,
        Ok(arn) if arn.service() == "sts" => {
            let role = arn.resource().split('/').nth(1).unwrap_or_default().to_owned();
            roles().find(|other| other.name() == role)
        }
        Ok(arn) => roles().chain(users()).find(|other| **other == arn),
        Err(_) => roles().find(|arn| arn.name() == named).or_else(|| users().find(|arn| arn.name() == named)),
    };
    let refused = [account.iam.roles.known().err(), account.iam.users.known().err()].into_iter().flatten();
    // A question about a role does not ask for users.
    let refused = refused.into_iter().find(|unknown| !unknown.is_not_asked());
    match (found, refused) {
        (Some(arn), _) => Ok(arn.clone()),
        (None, Some(unknown)) => Err(Error::Unread(unknown.to_string())),
        (None, None) => Err(Error::NoPrincipal { name: named.to_owned(), account: account.id.clone() }),
    }
}

/// A resource, by ARN or by `s3://` URI.
fn resource_of(account: &Account, named: &str) -> Result<Arn, Error> {
    resource_in(&account.partition, named)
}

fn resource_in(partition: &str, named: &str) -> Result<Arn, Error> {
    if let Ok(uri) = S3Uri::parse(named) {
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
