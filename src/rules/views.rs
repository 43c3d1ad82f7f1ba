//! The two views of a pair that findings show, and who uses what is in question.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::{Answer, Coverage};
use crate::account::Bucket;
use crate::arn::Arn;
use crate::evaluation::bucket::BucketReach;
use crate::evaluation::check::{AccessCheck, DENIALS};
use crate::evaluation::wording::{Sentence, list};
use crate::finding::{Documented, Effective, Finding};
use crate::knowledge::limits::carried;
use crate::labeling::uses::{By, Invoked, Job};
use crate::labeling::{self, ExecutionRole, INVOKE, Use};
use crate::policy::decide::Reason;
use crate::policy::layers::Verdict;
use crate::policy::reach::Origin;

use super::rule::Rule;

/// A finding about a role and a bucket, with both views.
pub(super) fn of_bucket(
    rule: &Rule,
    role: &ExecutionRole<'_>,
    bucket: &Bucket,
    usage: Use,
    reach: &BucketReach<'_>,
    sentence: Sentence,
) -> Finding {
    let severity = rule.severity.severity(usage);
    let mut finding = Finding::new(rule.id, severity, Some(&role.role.arn), Some(&bucket.arn), sentence);
    finding.usage = Some(usage);
    finding.region = bucket.region.known().ok().cloned();
    finding.documented = documented(role, bucket);
    finding.effective = Some(effective(reach, bucket));
    finding
}

/// What names and tags alone say: a token in the name, or a bucket tag that names SageMaker.
fn documented(role: &ExecutionRole<'_>, bucket: &Bucket) -> Option<Documented> {
    let token = carried(role.documented.iter().flat_map(|l| &l.bucket_tokens), bucket.arn.name());
    let tag = bucket.tags.known().ok().and_then(labeling::promising_tag);
    (!role.documented.is_empty()).then(|| Documented::by(token, tag))
}

/// What the policies decide about the URIs in question, or else about the whole bucket; what is allowed is shown anywhere
/// in the bucket.
pub(super) fn effective(reach: &BucketReach<'_>, bucket: &Bucket) -> Effective {
    let asked: Vec<&Answer> = reach.checks().map(|check| &check.answer).collect();
    let anywhere = reach.whole.checks.iter().map(|check| &check.answer);
    Effective {
        allowed_example: example(asked.iter().copied().chain(anywhere), &[Verdict::Allowed], bucket),
        denied_example: example(asked.iter().copied(), &DENIALS, bucket),
        ..by_action(asked)
    }
}

/// What the policies decide, action by action.
pub(super) fn by_action<'r>(answers: impl IntoIterator<Item = &'r Answer>) -> Effective {
    let mut actions: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for answer in answers {
        actions.entry(answer.action().to_owned()).or_default().extend(answer.verdicts());
    }
    Effective {
        coverage: Coverage::of(actions.values().flatten().copied()),
        actions: actions.into_iter().map(|(action, verdicts)| (action, Coverage::of(verdicts))).collect(),
        allowed_example: None,
        denied_example: None,
    }
}

/// A shortest object for which one of these is decided, as a URI.
fn example<'r>(answers: impl IntoIterator<Item = &'r Answer>, verdicts: &[Verdict], bucket: &Bucket) -> Option<String> {
    let all = format!("arn:{}:s3:::", bucket.arn.partition());
    answers.into_iter().find_map(|answer| answer.example(verdicts)).map(|arn| arn.replacen(&all, "s3://", 1))
}

/// The statements that reach some of the bucket, each once, and whether they depend on a condition.
pub(super) fn grants<'r>(checks: impl IntoIterator<Item = &'r AccessCheck>) -> BTreeSet<(Reason, bool)> {
    let clauses = checks.into_iter().flat_map(|check| check.answer.granting());
    clauses
        .filter_map(|clause| match &clause.origin {
            Origin::Statement(reason) => Some((reason.clone(), clause.open)),
            Origin::Missing(_) => None,
        })
        .collect()
}

/// The URIs of which this is true, and who uses them, as the end of a sentence; nothing where the whole bucket is in
/// question.
pub(super) fn needed_by(reach: &BucketReach<'_>, is: impl Fn(&AccessCheck) -> bool) -> String {
    let needed = reach.needed.iter().filter(|needed| needed.checks.iter().any(&is));
    let named: Vec<String> = needed
        .map(|needed| {
            let area = needed.area;
            let verb = if area.reads_alone { "reads" } else { "writes to" };
            let more = if area.times > 1 { format!(" and {} more", area.times - 1) } else { String::new() };
            format!("{}{more} {verb} `{}`", area.by, area.extent.uri())
        })
        .collect();
    match named.as_slice() {
        [] => String::new(),
        [one, two, three, more @ ..] if !more.is_empty() => {
            format!("; {one}, {two}, {three}, and {} more URIs are in use", more.len())
        }
        some => format!("; {}", list(some)),
    }
}

/// Who names a function, as the end of a sentence.
pub(super) fn named_by(invocations: &[(Invoked<'_>, AccessCheck)]) -> String {
    let names = invocations.iter().filter_map(|(invoked, _)| {
        let by = invoked.by.filter(|by| !matches!(by, By::Workload(_)))?;
        Some(format!("{by} names `{}`", invoked.function.resource()))
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() { String::new() } else { format!("; {}", list(names)) }
}

/// What the policies decide, over everything that is named.
pub(super) fn of_invocations(invocations: &[(Invoked<'_>, AccessCheck)]) -> Effective {
    let coverage = Coverage::of(invocations.iter().flat_map(|(_, check)| check.answer.verdicts()));
    Effective {
        coverage,
        actions: BTreeMap::from([(INVOKE.to_owned(), coverage)]),
        allowed_example: None,
        denied_example: invocations.first().map(|(invoked, _)| invoked.function.to_string()),
    }
}

/// The labeling jobs that run under a role.
pub(super) fn jobs<'s, 'a>(jobs: &'s [Job<'a>], role: &'s Arn) -> impl Iterator<Item = &'s Job<'a>> {
    jobs.iter().filter(move |job| job.request.role_arn.as_deref() == Some(role.as_str()))
}

/// A few jobs as the subject of a sentence, and its verb for one and for several.
pub(super) fn of_jobs(jobs: &[&Job<'_>], one: &str, several: &str) -> String {
    match jobs {
        [] => String::new(),
        [job] => format!("labeling job `{}` {one}", job.job.arn.name()),
        [first, more @ ..] => format!("labeling job `{}` and {} more {several}", first.job.arn.name(), more.len()),
    }
}
