//! `bucket-key-unusable`: see its page, `bucket_key_unusable.md`.

use super::rule::{Check, Pair, Rule, Scale};
use super::views;
use crate::account::{Bucket, Unknown, any};
use crate::evaluation::key::{KeyAsk, KeyUse};
use crate::evaluation::wording::{self, Sentence};
use crate::evaluation::{Evaluation, Evaluator, Remedy, RemedyKind, Unmet};
use crate::finding::{Finding, RuleId};
use crate::labeling::{ExecutionRole, Use};

pub(super) const RULE: Rule = Rule {
    id: RuleId::BucketKeyUnusable,
    summary: "the bucket encrypts with a customer's KMS key that role, key policy and grants together do not let the role use",
    severity: Scale::ByUse,
    page: include_str!("bucket_key_unusable.md"),
    check: Check::RoleAndBucket(Pair { found, finding, of_policies_alone: false, together }),
};

fn found<'a>(
    evaluator: &Evaluator<'a>,
    role: &ExecutionRole<'a>,
    bucket: &Bucket,
    usage: Use,
) -> Result<bool, Unknown> {
    let Some((name, asked, key)) = evaluator.key_in_use(role, bucket, usage)? else { return Ok(false) };
    any(key
        .evaluations(role.role.into(), "", name, &asked)
        .iter()
        .map(|evaluation| evaluation.is_met().map(|met| !met)))
}

fn finding<'a>(evaluator: &Evaluator<'a>, role: &ExecutionRole<'a>, bucket: &Bucket, usage: Use) -> Finding {
    let name = bucket.arn.name();
    let key = evaluator.key_in_use(role, bucket, usage).ok().flatten();
    let of = |(name, asked, key): &(&str, KeyAsk, KeyUse<'_>)| key.evaluations(role.role.into(), "", name, asked);
    let unmet: Vec<Unmet> = key.iter().flat_map(of).flat_map(|e: Evaluation| e.unmet().collect::<Vec<_>>()).collect();
    let of_bucket = key.as_ref().map(|(named, ..)| format!("; `{name}` encrypts with `{named}`")).unwrap_or_default();
    let sentence = wording::key(&unmet).and(&of_bucket);
    let severity = RULE.severity.severity(usage);
    let mut finding = Finding::new(RULE.id, severity, Some(&role.role.arn), Some(&bucket.arn), sentence);
    finding.usage = Some(usage);
    finding.region = bucket.region.known().ok().cloned();
    if let Some((_, _, KeyUse::Checked(key, checks))) = &key {
        let mut effective = views::by_action(checks.iter().map(|check| &check.answer));
        effective.denied_example = Some(key.arn.to_string());
        finding.effective = Some(effective);
    }
    let summary = Sentence::plain(format!("let `{name}` encrypt with S3's own keys, which need no permission"));
    finding.because(unmet).fix(Remedy::Advice { kind: RemedyKind::KeyPolicy, summary })
}

fn together(_: &ExecutionRole<'_>, count: usize) -> Sentence {
    let of = if count == 1 { "the key of 1 bucket".to_owned() } else { format!("the keys of {count} buckets") };
    Sentence::around("no policy allows ", format!(" to use {of} not known to be used for labeling"))
}
