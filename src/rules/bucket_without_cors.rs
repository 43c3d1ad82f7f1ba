//! `bucket-without-cors`: see its page, `bucket_without_cors.md`.

use super::{Check, Checked, Rule, Scale, list, quoted};
use crate::account::{Bucket, Unknown};
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::knowledge::builtin::{Browsers, browsers_of_images};
use crate::labeling::needs::{MANIFEST, OUTPUT, What};
use crate::labeling::uses::{By, Job};
use crate::labeling::{Setup, Use, cors};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketWithoutCors,
    summary: "the bucket's CORS rules do not let workers' browsers see what the task shows them, or there are none",
    severity: Scale::ByUseAtMost(Severity::Medium),
    page: include_str!("bucket_without_cors.md"),
    check: Check::Bucket(check),
};

fn check<'a>(setup: &Setup<'a>, bucket: &'a Bucket) -> Checked {
    let jobs = setup.uses.jobs_in(bucket);
    let shown: Vec<(&Job<'_>, &Browsers)> = jobs.filter_map(|job| Some((job, shown(job, bucket)?))).collect();
    if shown.is_empty() {
        return meant(setup, bucket);
    }
    let rules = bucket.cors.known()?;
    let failing = shown.iter().find_map(|(job, browsers)| {
        let lacks = cors::lacks(rules, browsers);
        (!lacks.is_empty()).then_some((job, browsers, lacks))
    });
    let Some((job, browsers, lacks)) = failing else { return Ok(None) };
    let more = match shown.iter().filter(|(_, browsers)| !cors::lacks(rules, browsers).is_empty()).count() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let who = format!("workers of labeling job `{}`{more} see {} from it", job.job.arn.name(), browsers.what);
    Ok(Some(finding(bucket, Use::Used, browsers, &lacks, &who)))
}

/// What the browsers of a job's workers need of a bucket, if it is one that they see or write.
fn shown(job: &Job<'_>, bucket: &Bucket) -> Option<&'static Browsers> {
    let browsers = cors::browsers(job.request).filter(|browsers| !browsers.allowed_methods.is_empty())?;
    let shows = job.needs.iter().any(|need| match &need.what {
        What::Read(uri) if need.field == MANIFEST => uri.bucket == bucket.arn.resource(),
        What::Write(uri) if need.field == OUTPUT => browsers.output && uri.bucket == bucket.arn.resource(),
        _ => false,
    });
    shows.then_some(browsers)
}

/// What browsers need of a bucket and its rules lack; where no job shows anything, what images need.
pub(crate) fn browsers<'a>(setup: &Setup<'a>, bucket: &'a Bucket) -> Vec<&'static Browsers> {
    let Ok(rules) = bucket.cors.known() else { return vec![] };
    let shown: Vec<&Browsers> = setup.uses.jobs_in(bucket).filter_map(|job| shown(job, bucket)).collect();
    let needed = if shown.is_empty() { browsers_of_images().into_iter().collect() } else { shown };
    needed.into_iter().filter(|browsers| !cors::lacks(rules, browsers).is_empty()).collect()
}

/// A bucket of which no job shows anything, as far as is known: what a workload names, or what nothing uses and is meant
/// for labeling, is taken for a place of images.
fn meant<'a>(setup: &Setup<'a>, bucket: &'a Bucket) -> Checked {
    let Some(images) = browsers_of_images() else { return Ok(None) };
    let Some(rules) = bucket.cors.if_asked().map(|cors| cors.known()) else { return Ok(None) };
    let lacks = rules.map(|rules| cors::lacks(rules, images));
    if lacks.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(None);
    }
    let name = bucket.arn.resource();
    let mut areas = setup.uses.roles().filter_map(|(_, uses)| uses.buckets.get(name)).flatten().peekable();
    if areas.peek().is_some() {
        let workload = areas.find(|area| matches!(area.by, By::Workload(_)));
        let Some(area) = workload else { return Ok(None) };
        return Ok(Some(finding(bucket, Use::Used, images, &lacks?, &format!("{} names it", area.by))));
    }
    if !is_intended(setup, bucket)? {
        return Ok(None);
    }
    // Somebody may use it for something that no browser sees.
    match &setup.uses.incomplete {
        Some(gap) => Err(gap.clone()),
        None => Ok(Some(finding(bucket, Use::Intended, images, &lacks?, "it is meant for labeling"))),
    }
}

/// Do its name, its tags or the policies of an execution role show that it is meant for labeling?
fn is_intended(setup: &Setup<'_>, bucket: &Bucket) -> Result<bool, Unknown> {
    let mut open = setup.all_known().err();
    for role in &setup.execution_roles {
        match setup.meaning_of_bucket(role, bucket) {
            Ok(Use::Used | Use::Intended) => return Ok(true),
            // A policy that could not be read may name it.
            Ok(Use::Other) => open = open.or_else(|| role.missing.clone()),
            Err(gap) => open = open.or(Some(gap)),
        }
    }
    open.map_or(Ok(false), Err)
}

fn finding(bucket: &Bucket, usage: Use, browsers: &Browsers, lacks: &[String], who: &str) -> Finding {
    let name = bucket.arn.name();
    let rules = match bucket.cors.known() {
        Ok(rules) if !rules.is_empty() => format!("CORS rules that lack {}", list(lacks)),
        _ => "no CORS rules".to_owned(),
    };
    let message = format!("`{name}` has {rules}, and {who}");
    let mut finding = Finding::new(RULE.id, RULE.severity.severity(usage), None, Some(&bucket.arn), message);
    finding.usage = Some(usage);
    finding.region = bucket.region.known().ok().cloned();
    let headers = match browsers.allowed_headers.as_slice() {
        [] => String::new(),
        headers => format!(", lets the headers {} in", quoted(headers)),
    };
    let summary = format!(
        "add a CORS rule to `{name}` that allows {} from the origin `*`{headers} and exposes {}",
        list(&browsers.allowed_methods),
        quoted(&browsers.expose_headers)
    );
    finding.remedy(RemedyKind::Cors, summary)
}
