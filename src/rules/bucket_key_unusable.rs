//! `bucket-key-unusable`: see its page, `bucket_key_unusable.md`.

use super::{Check, Pair, Rule, Scale, in_key};
use crate::account::{Bucket, Unknown};
use crate::finding::{Finding, RemedyKind, RuleId};
use crate::labeling::keys::KeyUse;
use crate::labeling::{ExecutionRole, Setup, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketKeyUnusable,
    summary: "the bucket encrypts with a customer's KMS key that role, key policy and grants together do not let the role use",
    severity: Scale::ByUse,
    page: include_str!("bucket_key_unusable.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: false, together }),
};

fn found<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Result<bool, Unknown> {
    match use_of_key(setup, role, bucket, usage)? {
        Some((_, key)) => key.is_hindered(),
        None => Ok(false),
    }
}

fn finding<'a>(setup: &Setup<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let (name, who) = (bucket.arn.name(), role.role.arn.name());
    let (named, key) = match use_of_key(setup, role, bucket, usage) {
        Ok(Some(found)) => found,
        Ok(None) | Err(_) => ("", KeyUse::OfAws),
    };
    let region = bucket.region.known().map_or("", String::as_str);
    let why = in_key::why(&key, region);
    let message = match key {
        KeyUse::Judged(..) => format!("`{who}` cannot use the key of `{name}`, `{named}`: {why}"),
        _ => format!("`{name}` encrypts what is written to it with `{named}`, and {why}"),
    };
    let mut finding =
        Finding::new(RULE.id, RULE.severity.severity(usage), Some(&role.role.arn), Some(&bucket.arn), message);
    finding.usage = Some(usage);
    finding.region = bucket.region.known().ok().cloned();
    finding.effective = in_key::effective(&key);
    in_key::mend(finding, &key, role)
        .remedy(RemedyKind::KeyPolicy, format!("or let `{name}` encrypt with S3's own keys, which need no permission"))
}

/// The customer's key of a bucket, as the bucket names it, and what the role may do with it; nothing, where S3's own keys
/// are used. Of a bucket that nothing shows to be used it is not asked.
///
/// # Errors
///
/// When that hangs on something.
pub(crate) fn use_of_key<'a, 'b>(
    setup: &Setup<'a>,
    role: &ExecutionRole<'a>,
    bucket: &'b Bucket,
    usage: Use,
) -> Result<Option<(&'b str, KeyUse<'a>)>, Unknown> {
    let asked = if usage == Use::Other { bucket.encryption.if_asked() } else { Some(&bucket.encryption) };
    let Some(Some(encryption)) = asked.map(|encryption| encryption.known()).transpose()? else { return Ok(None) };
    let areas = role.uses.filter(|_| usage == Use::Used).and_then(|uses| uses.buckets.get(bucket.arn.resource()));
    let read_alone = areas.is_some_and(|areas| areas.iter().all(|area| area.reads_alone));
    setup.use_of_bucket_key(role, bucket, encryption, read_alone)
}

fn together(role: &ExecutionRole<'_>, count: usize) -> String {
    let (keys, buckets) = if count == 1 { ("key", "bucket") } else { ("keys", "buckets") };
    format!(
        "`{}` cannot use the {keys} of {count} {buckets} that nothing shows to be used for labeling",
        role.role.arn.name()
    )
}
