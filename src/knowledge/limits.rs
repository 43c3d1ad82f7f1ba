//! The documented limits of the managed policies: which tokens in names, which object tags.
//!
//! The data are in `limits.json`. The same limits can be read off a policy's text ([`Limits::of`]); a test holds that
//! the documented limits and the policies' text agree.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::arn::Arn;
use crate::policy::{Condition, Document, Effect, Pattern, Selection, Statement};

/// What a policy's S3, Lambda, SNS and SQS grants depend on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// The policy's name.
    pub policy: String,
    /// The object actions a labeling job needs, which the policy grants on names with a token.
    pub object_actions: BTreeSet<String>,
    /// One of these must be in a bucket's name or an object's key, in this case.
    pub bucket_tokens: BTreeSet<String>,
    /// One of these must be in a function's name, in this case.
    pub function_tokens: BTreeSet<String>,
    /// One of these must be in a topic's name, in this case.
    pub topic_tokens: BTreeSet<String>,
    /// One of these must be in a queue's name, in this case.
    pub queue_tokens: BTreeSet<String>,
    /// Objects with one of these tags may be read, and nothing else.
    pub object_tags: BTreeSet<ObjectTag>,
}

/// An object tag that opens `s3:GetObject`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectTag {
    /// The tag's key.
    pub key: String,
    /// The tag's value, compared without case.
    pub value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    limits: Vec<Limits>,
    labeling_tokens: LabelingTokens,
    misspellings: std::collections::BTreeMap<String, String>,
}

/// The words that show, in whatever spelling, that a name was meant for labeling. Small letters, no separators.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelingTokens {
    /// In a bucket's name or a tag.
    pub bucket: Vec<String>,
    /// In a function's name.
    pub function: Vec<String>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("limits.json")).expect("limits.json has the form of File"));

/// The condition key prefix of the object-tag rule.
const OBJECT_TAG: &str = "s3:existingobjecttag/";

/// The documented limits of both managed policies.
#[must_use]
pub fn documented() -> &'static [Limits] {
    &FILE.limits
}

/// The words that show that a name was meant for labeling.
#[must_use]
pub fn labeling_tokens() -> &'static LabelingTokens {
    &FILE.labeling_tokens
}

/// Common wrong spellings, and the word that was meant.
pub fn misspellings() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILE.misspellings.iter().map(|(wrong, right)| (wrong.as_str(), right.as_str()))
}

/// Where the documented limits come from, and when they were read.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

/// The object tags by which alone a condition opens an object: `KEY=VALUE` of positive operators on
/// `s3:ExistingObjectTag/KEY`. Nothing, when the condition asks for anything else: a negated operator or one with
/// `IfExists` opens what has no tag at all.
#[must_use]
pub fn object_tags(conditions: &[Condition]) -> Option<BTreeSet<ObjectTag>> {
    let mut tags = BTreeSet::new();
    for condition in conditions {
        let operator = condition.operator.to_ascii_lowercase();
        let positive = ["stringequals", "stringequalsignorecase", "stringlike"].contains(&operator.as_str());
        let key =
            condition.key.get(..OBJECT_TAG.len()).filter(|key| key.eq_ignore_ascii_case(OBJECT_TAG) && positive)?;
        let key = condition.key.get(key.len()..)?;
        tags.extend(condition.values.iter().map(|value| ObjectTag { key: key.to_owned(), value: value.clone() }));
    }
    (!tags.is_empty()).then_some(tags)
}

impl Limits {
    /// Reads the limits off a policy's text: resources of the form `…*TOKEN*` in unconditional grants, and object tags
    /// in conditions.
    #[must_use]
    pub fn of(policy: &str, document: &Document) -> Self {
        let granted = |action: &str| {
            let grants = move |s: &&Arc<Statement>| s.effect == Effect::Allow && names(s, action);
            document.statements().iter().filter(grants).collect::<Vec<_>>()
        };
        let tokens = |action: &str, service: &str, kind: &str| {
            let plain = granted(action).into_iter().filter(|s| s.conditions.is_empty());
            plain
                .flat_map(|statement| resources(statement))
                .filter_map(|arn| token(arn, service, kind))
                .collect::<BTreeSet<_>>()
        };
        let needed = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];
        let with_token = needed.iter().filter(|action| !tokens(action, "s3", "").is_empty());
        let read_by_tag = granted("s3:GetObject").into_iter().filter_map(|s| object_tags(&s.conditions));
        Self {
            policy: policy.to_owned(),
            object_actions: with_token.map(|action| (*action).to_owned()).collect(),
            bucket_tokens: tokens("s3:PutObject", "s3", ""),
            function_tokens: tokens("lambda:InvokeFunction", "lambda", "function:"),
            topic_tokens: tokens("sns:Publish", "sns", ""),
            queue_tokens: tokens("sqs:SendMessage", "sqs", ""),
            object_tags: read_by_tag.flatten().collect(),
        }
    }

    /// Does the policy hang anything of S3 or Lambda on tokens?
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        !self.bucket_tokens.is_empty() || !self.function_tokens.is_empty()
    }
}

/// The first token that a name carries, in the case the policy writes it.
#[must_use]
pub fn carried<'a>(tokens: impl IntoIterator<Item = &'a String>, name: &str) -> Option<&'a str> {
    tokens.into_iter().map(String::as_str).find(|token| name.contains(token))
}

fn names(statement: &Statement, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let Selection::Only(globs) = &statement.actions else { return false };
    globs.iter().any(|glob| Pattern::action(glob).matches(&action))
}

fn resources(statement: &Statement) -> &[String] {
    match &statement.resources {
        Some(Selection::Only(arns)) => arns,
        _ => &[],
    }
}

/// `sagemaker` of `arn:aws:s3:::*sagemaker*`, whatever region and account the ARN names.
fn token(arn: &str, service: &str, kind: &str) -> Option<String> {
    let arn = Arn::parse(arn).ok().filter(|arn| arn.service() == service)?;
    let name = arn.resource().strip_prefix(kind)?;
    let name = name.strip_suffix("/*").unwrap_or(name);
    let token = name.strip_prefix('*')?.strip_suffix('*')?;
    (!token.is_empty() && !token.contains(['*', '?'])).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::managed;

    #[test]
    fn the_documented_limits_are_those_of_the_policies_text() {
        assert_eq!(documented().len(), 2);
        for limits in documented() {
            let newest = managed::newest(&limits.policy).unwrap();
            assert_eq!(&Limits::of(&limits.policy, &newest.document), limits, "{} {}", limits.policy, newest.version);
        }
    }

    #[test]
    fn the_two_policies_differ_as_documented() {
        let [ground_truth, full] = documented() else { panic!("two policies") };
        assert_eq!(carried(&ground_truth.bucket_tokens, "my-groundtruth-data"), Some("groundtruth"));
        assert_eq!(carried(&full.bucket_tokens, "my-groundtruth-data"), None);
        assert_eq!(carried(&ground_truth.function_tokens, "x-GtRecipePre"), Some("GtRecipe"));
        assert_eq!(carried(&full.function_tokens, "x-GtRecipePre"), None);
        assert_eq!(carried(&ground_truth.bucket_tokens, "my-ground-truth"), None);
    }
}
