//! What the rules about a role and a bucket have in common: the views, the statements and the words of a finding.

use std::collections::{BTreeMap, BTreeSet};

use super::list;
use crate::access::{Answer, Coverage};
use crate::account::Bucket;
use crate::finding::{Documented, Effective, Finding, Severity};
use crate::knowledge::limits::carried;
use crate::labeling::reach::{BucketReach, Judged};
use crate::labeling::uses::Extent;
use crate::labeling::{self, ExecutionRole, OBJECT_ACTIONS, Use};
use crate::policy::decide::Reason;
use crate::policy::layers::Verdict;
use crate::policy::reach::Origin;

/// The verdicts that are none.
pub(super) const DENIALS: [Verdict; 3] = [Verdict::ImplicitlyDenied, Verdict::Denied, Verdict::ExplicitlyDenied];

/// A finding about a role and a bucket, with both views.
pub(super) fn finding(
    found_by: &super::Rule,
    role: &ExecutionRole<'_>,
    bucket: &Bucket,
    usage: Use,
    reach: &BucketReach<'_>,
    message: String,
) -> Finding {
    let severity: Severity = found_by.severity.severity(usage);
    let mut finding = Finding::new(found_by.id, severity, Some(&role.role.arn), Some(&bucket.arn), message);
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
fn effective(reach: &BucketReach<'_>, bucket: &Bucket) -> Effective {
    let mut actions: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for judged in reach.judged() {
        actions.entry(judged.answer.action().to_owned()).or_default().extend(judged.answer.verdicts());
    }
    let asked: Vec<&Answer> = reach.judged().map(|judged| &judged.answer).collect();
    let anywhere = reach.whole.answers.iter().map(|judged| &judged.answer);
    Effective {
        coverage: Coverage::of(asked.iter().flat_map(|answer| answer.verdicts())),
        actions: actions.into_iter().map(|(action, verdicts)| (action, Coverage::of(verdicts))).collect(),
        allowed_example: example(asked.iter().copied().chain(anywhere), &[Verdict::Allowed], bucket),
        denied_example: example(asked.iter().copied(), &DENIALS, bucket),
    }
}

/// A shortest object for which one of these is decided, as a URI.
pub(super) fn example<'r>(
    answers: impl IntoIterator<Item = &'r Answer>,
    verdicts: &[Verdict],
    bucket: &Bucket,
) -> Option<String> {
    let all = format!("arn:{}:s3:::", bucket.arn.partition());
    answers.into_iter().find_map(|answer| answer.example(verdicts)).map(|arn| arn.replacen(&all, "s3://", 1))
}

/// The statements that reach some of the bucket, each once, and whether they hang on a condition.
pub(super) fn grants<'r>(judged: impl IntoIterator<Item = &'r Judged>) -> BTreeSet<(Reason, bool)> {
    let clauses = judged.into_iter().flat_map(|judged| judged.answer.granting());
    clauses
        .filter_map(|clause| match &clause.origin {
            Origin::Statement(reason) => Some((reason.clone(), clause.open)),
            Origin::Missing(_) => None,
        })
        .collect()
}

/// The URIs of which this is true, and who uses them; nothing where the whole bucket is in question.
pub(super) fn needed_by(reach: &BucketReach<'_>, is: impl Fn(&Judged) -> bool) -> Option<String> {
    let needed = reach.needed.iter().filter(|needed| needed.answers.iter().any(&is));
    let named: Vec<String> = needed
        .map(|needed| {
            let area = needed.area;
            let verb = if area.reads_alone { "reads" } else { "writes to" };
            let more = if area.times > 1 { format!(" and {} more", area.times - 1) } else { String::new() };
            format!("{}{more} {verb} `{}`", area.by, area.extent.uri())
        })
        .collect();
    match named.as_slice() {
        [] => None,
        [one, two, three, more @ ..] if !more.is_empty() => {
            Some(format!("{one}, {two}, {three}, and {} more URIs are in use", more.len()))
        }
        some => Some(list(some)),
    }
}

/// What nothing grants, as an inline policy would: the missing actions on each URI in use, or else all actions on all
/// objects.
pub(super) fn lacking(reach: &BucketReach<'_>, bucket: &Bucket) -> String {
    let lacking = reach.needed.iter().filter(|needed| needed.answers.iter().any(|judged| judged.lacking));
    let needed: Vec<String> = lacking
        .map(|needed| {
            let actions = needed.answers.iter().filter(|judged| judged.lacking).map(|judged| judged.answer.action());
            let resource = match &needed.area.extent {
                Extent::Object(object) => object.to_string(),
                Extent::Below(prefix) => format!("{prefix}*"),
            };
            format!("{} on `{resource}`", list(actions))
        })
        .collect();
    if needed.is_empty() { format!("{} on `{}/*`", list(OBJECT_ACTIONS), bucket.arn) } else { list(needed) }
}
