//! `bucket-in-other-region`: see its page, `bucket_in_other_region.md`.

use super::{Check, Checked, Rule, Scale};
use crate::account::Bucket;
use crate::finding::{Finding, RemedyKind, RuleId, Severity};
use crate::labeling::needs::{Need, What};
use crate::labeling::uses::Job;
use crate::labeling::{Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketInOtherRegion,
    summary: "a labeling job names the bucket and runs in another region",
    severity: Scale::IfUsed(Severity::High),
    page: include_str!("bucket_in_other_region.md"),
    check: Check::Bucket(check),
};

fn check<'a>(setup: &Setup<'a>, bucket: &'a Bucket) -> Checked {
    let naming: Vec<(&Job<'_>, &Need<'_>)> =
        setup.uses.jobs_in(bucket).filter_map(|job| Some((job, names(job, bucket)?))).collect();
    if naming.is_empty() {
        return Ok(None);
    }
    let region = bucket.region.known()?;
    let elsewhere: Vec<&(&Job<'_>, &Need<'_>)> = naming.iter().filter(|(job, _)| job.region != region).collect();
    let [(job, need), more @ ..] = elsewhere.as_slice() else { return Ok(None) };
    let name = bucket.arn.name();
    let others = match more.len() {
        0 => String::new(),
        1 => "; so does one more job".to_owned(),
        more => format!("; so do {more} more jobs"),
    };
    let message = format!(
        "`{name}` is in `{region}`, and labeling job `{}` runs in `{}` and names `{}` in `{}`{others}",
        job.job.arn.name(),
        job.region,
        need.value,
        need.field
    );
    let mut finding = Finding::new(RULE.id, Severity::High, None, Some(&bucket.arn), message);
    finding.usage = Some(Use::Used);
    finding.region = Some(region.clone());
    let summary =
        format!("run the job in `{region}`, or copy what it needs of `{name}` to a bucket in `{}`", job.region);
    Ok(Some(finding.remedy(RemedyKind::Rename, summary)))
}

/// The first field of a job that names something in a bucket.
fn names<'j, 'a>(job: &'j Job<'a>, bucket: &Bucket) -> Option<&'j Need<'a>> {
    job.needs.iter().find(|need| match &need.what {
        What::Read(uri) | What::Write(uri) => uri.bucket == bucket.arn.resource(),
        _ => false,
    })
}
