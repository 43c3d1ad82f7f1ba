//! `gt-audit preflight`: from requests and an account to what would fail.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::collect::{self, ForJobs};
use super::error::Error;
use super::facts;
use super::terminal::Terminal;
use crate::account::snapshot::Snapshot;
use crate::account::{LabelingJob, Unknown};
use crate::cli::{self, AnswerFormat, Connection};
use crate::file::read_at_most;
use crate::labeling::needs::MANIFEST;
use crate::preflight::manifest::{self, Manifest};
use crate::preflight::request::{Asked, NotAsked};
use crate::preflight::{self, Caller, Check, Preflight, SCHEMA_VERSION, Verdict, preflight};
use crate::report::{json, preflight as table};
use crate::uri::S3Uri;

/// As large a request as is read; SageMaker takes far less.
const MOST_READ: u64 = 4 << 20;

/// A file holds no request.
const NO_REQUEST: u8 = 2;

pub(super) fn run(
    arguments: &cli::Preflight,
    connection: &Connection,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Error> {
    let config = facts::configuration(arguments.facts.config.as_deref())?;
    let files = files(&arguments.jobs)?;
    let jobs = files.len() + arguments.job.len();
    if arguments.manifest.is_some() && jobs != 1 {
        return Err(Error::ManyManifests { jobs });
    }
    let local = arguments.manifest.as_deref().map(read_manifest).transpose()?;
    let read = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, Error>>()?;
    let of_files: Vec<Asked> = read.iter().filter_map(|asked| asked.as_ref().ok()).cloned().collect();
    if of_files.is_empty() && arguments.job.is_empty() {
        return Err(Error::NoRequests(read.into_iter().filter_map(Result::err).collect()));
    }
    let beyond: Vec<S3Uri> =
        local.iter().flat_map(|manifest| &manifest.prefixes).map(|prefix| prefix.uri.clone()).collect();
    let ForJobs { snapshot, asked, manifests } = match &arguments.facts.snapshot {
        Some(path) => of_snapshot(Snapshot::read(path)?, of_files.clone(), &arguments.job)?,
        None => collect::for_jobs(arguments, &facts::connection(connection, &config), &of_files, &beyond, terminal)?,
    };
    let account = &snapshot.account;
    let caller = match &arguments.caller {
        Some(arn) => Caller::find(account, arn)?,
        None => Caller::find(account, &account.caller)
            .unwrap_or_else(|error| Caller::Unknown(&account.caller, unknown(&error, &account.caller))),
    };
    let mut in_s3 = manifests.into_iter();
    let unread = read.iter().any(Result::is_err);
    let there = asked.into_iter().skip(of_files.len()).map(Ok);
    let mut jobs: Vec<Preflight> = vec![];
    for read in read.into_iter().chain(there) {
        jobs.push(match read {
            Err(error) => no_request(&error),
            Ok(asked) => match in_s3.next() {
                None => preflight(&snapshot, &asked, &caller, local.as_ref()),
                Some(Ok(manifest)) => preflight(&snapshot, &asked, &caller, Some(&manifest)),
                Some(Err(gap)) => {
                    let mut job = preflight(&snapshot, &asked, &caller, None);
                    job.notes.clear();
                    job.add(Check::unknown(MANIFEST, gap.resource(), &gap));
                    job
                }
            },
        });
    }
    let text = match arguments.page.format {
        AnswerFormat::Json => match jobs.as_slice() {
            [job] => json::write(job)?,
            jobs => json::write(&jobs)?,
        },
        AnswerFormat::Table => table::write(&jobs, terminal.layout(arguments.page.color), arguments.full),
    };
    terminal.out.write_all(text.as_bytes())?;
    Ok(match jobs.iter().map(|job| job.verdict).min() {
        _ if unread => NO_REQUEST,
        Some(Verdict::Fail) => 1,
        Some(Verdict::Unknown) => 3,
        Some(Verdict::Pass) | None => 0,
    })
}

/// A snapshot, and beside the jobs of files those that it has.
fn of_snapshot(snapshot: Snapshot, mut asked: Vec<Asked>, named: &[String]) -> Result<ForJobs, Error> {
    for named in named {
        let lists = snapshot.account.regions.values().filter_map(|regional| regional.labeling_jobs.known().ok());
        let is_named = |job: &&LabelingJob| job.arn.as_str() == named || job.arn.name() == named;
        let jobs: Vec<LabelingJob> = lists.flatten().filter(is_named).cloned().collect();
        let unread = snapshot.account.regions.values().find_map(|regional| regional.labeling_jobs.known().err());
        match unread {
            Some(unknown) if jobs.is_empty() => return Err(Error::Unread(unknown.to_string())),
            _ => asked.push(collect::asked_of(named, &jobs, &snapshot.account.id)?),
        }
    }
    Ok(ForJobs { snapshot, asked, manifests: vec![] })
}

/// The files that are named, and those of directories that end in `.json`, in the order of their names.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = vec![];
    for path in named {
        if path.is_dir() {
            let unread = |error| Error::Read { path: path.display().to_string(), error };
            let mut inside: Vec<PathBuf> = vec![];
            for entry in fs::read_dir(path).map_err(unread)? {
                inside.push(entry.map_err(unread)?.path());
            }
            inside.retain(|path| {
                path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
            });
            inside.sort();
            if inside.is_empty() {
                return Err(Error::NoJobs { path: path.display().to_string() });
            }
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Result<Asked, NotAsked>, Error> {
    let name = path.display().to_string();
    let bytes = if path == Path::new("-") {
        read_at_most(io::stdin().lock(), MOST_READ)
    } else {
        File::open(path).and_then(|file| read_at_most(file, MOST_READ))
    };
    let bytes = bytes.map_err(|error| Error::Read { path: name.clone(), error })?;
    let name = if name == "-" { "standard input" } else { &name };
    Ok(Asked::parse(name, &bytes))
}

fn read_manifest(path: &Path) -> Result<Manifest, Error> {
    let read = |lines: Box<dyn BufRead>| manifest::read(lines);
    let manifest = File::open(path).and_then(|file| read(Box::new(BufReader::new(file))));
    manifest.map_err(|error| Error::Read { path: path.display().to_string(), error })
}

/// A file that holds no request fails like a job.
fn no_request(error: &NotAsked) -> Preflight {
    Preflight {
        schema_version: SCHEMA_VERSION,
        job: error.file.clone(),
        file: error.file.clone(),
        region: String::new(),
        verdict: Verdict::Fail,
        checks: vec![Check::fail("", "", error.to_string())],
        notes: vec![],
    }
}

fn unknown(error: &preflight::NoCaller, caller: &crate::arn::Arn) -> Unknown {
    Unknown::NotJudged {
        action: "sts:GetCallerIdentity".to_owned(),
        subject: caller.to_string(),
        why: format!("{error}; name who will make the job with --as"),
    }
}
