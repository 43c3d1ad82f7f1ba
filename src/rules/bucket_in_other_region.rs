//! `bucket-in-other-region`: see its page, `bucket_in_other_region.md`.

use super::rule::{Check, Checked, Rule, Scale};
use crate::account::Bucket;
use crate::evaluation::wording::Sentence;
use crate::evaluation::{Cause, Evaluator, Unmet};
use crate::finding::{Finding, RuleId, Severity};
use crate::labeling::Use;
use crate::labeling::needs::{MANIFEST, Need, OUTPUT, TEMPLATE, What};
use crate::labeling::uses::Job;

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketInOtherRegion,
    summary: "a labeling job names the bucket and runs in another region",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("bucket_in_other_region.md"),
    check: Check::Bucket(check),
};

fn check<'a>(evaluator: &Evaluator<'a>, bucket: &'a Bucket) -> Checked {
    let naming: Vec<(&Job<'_>, &Need<'_>)> =
        evaluator.uses.jobs_in(bucket).filter_map(|job| Some((job, names(job, bucket)?))).collect();
    if naming.is_empty() {
        return Ok(None);
    }
    let region = bucket.region.known()?;
    let elsewhere: Vec<&(&Job<'_>, &Need<'_>)> = naming.iter().filter(|(job, _)| job.region != region).collect();
    let [(job, need), more @ ..] = elsewhere.as_slice() else { return Ok(None) };
    let others = match more.len() {
        0 => String::new(),
        1 => "; so does one more job".to_owned(),
        more => format!("; so do {more} more jobs"),
    };
    let sentence = Sentence::plain(format!(
        "{} is in `{region}`, the job runs in `{}`; labeling job `{}`, {} `{}`{others}",
        thing(need.field),
        job.region,
        job.job.arn.name(),
        last(need.field),
        need.value
    ));
    let mut finding = Finding::new(RULE.id, Severity::High, None, Some(&bucket.arn), sentence);
    finding.usage = Some(Use::Used);
    finding.region = Some(region.clone());
    let fields = elsewhere.iter().flat_map(|(job, _)| {
        let named = job.needs.iter().filter(|need| is_in(need, bucket));
        named.map(|need| {
            let cause = Cause::WrongRegion { found: region.clone(), wanted: job.region.to_owned() };
            Unmet::value(need.field, &format!("s3://{}", bucket.arn.resource()), cause)
        })
    });
    Ok(Some(finding.because(fields)))
}

/// What a field names, as people say it.
fn thing(field: &str) -> &'static str {
    match field {
        MANIFEST => "the manifest",
        OUTPUT => "the output",
        TEMPLATE => "the template",
        _ => "what it reads",
    }
}

/// The last part of a field's path.
fn last(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}

/// The first field of a job that names something in a bucket.
fn names<'j, 'a>(job: &'j Job<'a>, bucket: &Bucket) -> Option<&'j Need<'a>> {
    job.needs.iter().find(|need| is_in(need, bucket))
}

fn is_in(need: &Need<'_>, bucket: &Bucket) -> bool {
    matches!(&need.what, What::Read(uri) | What::Write(uri) if uri.bucket == bucket.arn.resource())
}
