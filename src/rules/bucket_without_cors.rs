//! `bucket-without-cors`: see its page, `bucket_without_cors.md`.

use super::rule::{Check, Checked, Rule, Scale};
use crate::account::{Bucket, Unknown};
use crate::evaluation::wording::{Sentence, list};
use crate::evaluation::{Evaluator, cors};
use crate::finding::{Finding, RuleId, Severity};
use crate::knowledge::builtin::{Browsers, all_browsers, browsers_of_images};
use crate::labeling::Use;
use crate::labeling::needs::{MANIFEST, OUTPUT, What};
use crate::labeling::uses::{By, Job};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketWithoutCors,
    summary: "the bucket's CORS rules do not let workers' browsers see what the task shows them, or there are none",
    severity: Scale::ByUseAtMost(Severity::Medium),
    page: include_str!("bucket_without_cors.md"),
    check: Check::Bucket(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, bucket: &'a Bucket) -> Checked {
    let jobs = evaluator.uses.jobs_in(bucket);
    let shown: Vec<(&Job<'_>, &'static Browsers)> = jobs.filter_map(|job| Some((job, shown(job, bucket)?))).collect();
    if shown.is_empty() {
        return meant(evaluator, bucket);
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
    let all = shown.iter().map(|(_, browsers)| *browsers);
    Ok(Some(finding(bucket, Use::Used, all, &lacks, &who)))
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

/// A bucket of which no job shows anything, as far as is known: what a workload names, or what nothing uses and is meant
/// for labeling, is taken for a place of images.
fn meant<'a>(evaluator: &Evaluator<'a>, bucket: &'a Bucket) -> Checked {
    let Some(images) = browsers_of_images() else { return Ok(None) };
    let Some(rules) = bucket.cors.if_asked().map(|cors| cors.known()) else { return Ok(None) };
    // A labeling job that could not be read may show anything.
    let may_show = || match (&rules, evaluator.uses.open_in(None).next()) {
        (_, None) => Ok(None),
        (Ok(rules), _) if all_browsers().iter().all(|browsers| cors::lacks(rules, browsers).is_empty()) => Ok(None),
        (_, Some(unknown)) => Err(unknown.clone()),
    };
    let lacks = rules.as_ref().map(|rules| cors::lacks(rules, images)).map_err(Clone::clone);
    if lacks.as_ref().is_ok_and(Vec::is_empty) {
        return may_show();
    }
    let name = bucket.arn.resource();
    let mut areas = evaluator.uses.roles().filter_map(|(_, uses)| uses.buckets.get(name)).flatten().peekable();
    if areas.peek().is_some() {
        let workload = areas.find(|area| matches!(area.by, By::Workload(_)));
        let Some(area) = workload else { return Ok(None) };
        return Ok(Some(finding(bucket, Use::Used, [images], &lacks?, &format!("{} names it", area.by))));
    }
    if !is_intended(evaluator, bucket)? {
        return may_show();
    }
    let finding = finding(bucket, Use::Intended, [images], &lacks?, "it is meant for labeling");
    Ok(Some(finding.of_open_use(evaluator.uses.open_in(None), false)))
}

/// Do its name, its tags or the policies of an execution role show that it is meant for labeling?
fn is_intended(evaluator: &Evaluator<'_>, bucket: &Bucket) -> Result<bool, Unknown> {
    let mut open = evaluator.all_known().err();
    for role in &evaluator.execution_roles {
        match evaluator.meaning_of_bucket(role, bucket) {
            Ok(Use::Used | Use::Intended) => return Ok(true),
            // A policy that could not be read may name it.
            Ok(Use::Other | Use::Unknown) => open = open.or_else(|| role.missing.clone()),
            Err(gap) => open = open.or(Some(gap)),
        }
    }
    open.map_or(Ok(false), Err)
}

/// What lacks, things of one kind together: `the methods HEAD and PUT and the allowed header *`.
fn together(lacks: &[String]) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = vec![];
    for lack in lacks {
        let (kind, what) = lack.rsplit_once(' ').unwrap_or((lack, ""));
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, all)) => all.push(what),
            None => kinds.push((kind, vec![what])),
        }
    }
    kinds.sort_by_key(|(kind, _)| *kind != "the method");
    list(kinds.iter().map(|(kind, all)| match all.as_slice() {
        [one] => format!("{kind} {one}"),
        all => format!("{kind}s {}", list(all)),
    }))
}

fn finding(
    bucket: &Bucket,
    usage: Use,
    browsers: impl IntoIterator<Item = &'static Browsers>,
    lacks: &[String],
    who: &str,
) -> Finding {
    let rules = match bucket.cors.known() {
        Ok(rules) if !rules.is_empty() => format!("its CORS rules lack {}", together(lacks)),
        _ => "no CORS rules".to_owned(),
    };
    let sentence = Sentence::plain(format!("{rules}; {who}"));
    let mut finding = Finding::new(RULE.id, RULE.severity.severity(usage), None, Some(&bucket.arn), sentence);
    finding.usage = Some(usage);
    finding.region = bucket.region.known().ok().cloned();
    let rules = bucket.cors.known().map_or(&[][..], Vec::as_slice);
    let mut shown: Vec<&'static Browsers> = vec![];
    for browsers in browsers {
        if !shown.contains(&browsers) && !cors::lacks(rules, browsers).is_empty() {
            shown.push(browsers);
        }
    }
    let unmet = shown.into_iter().map(|browsers| cors::unmet(&bucket.arn, "", rules, browsers));
    finding.because(unmet)
}
