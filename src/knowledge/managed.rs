//! The text of the two managed policies, in every version this build has seen.
//!
//! The data are in `policies/NAME.VERSION.json`, each with its source and date. AmazonSageMakerFullAccess v27, v28 and
//! v29 have the same text: a new version number is not a change.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::arn::Arn;
use crate::policy::Document;

/// The execution role's policy.
pub const GROUND_TRUTH_EXECUTION: &str = "AmazonSageMakerGroundTruthExecution";
/// The broad policy, often used for execution roles too.
pub const FULL_ACCESS: &str = "AmazonSageMakerFullAccess";

/// One version of a managed policy's text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Version {
    /// The policy's name.
    pub policy_name: String,
    /// `v3`.
    #[serde(rename = "VersionId")]
    pub version: String,
    /// When AWS made the version, RFC 3339.
    pub create_date: String,
    /// Where the text was found.
    pub source: String,
    /// The text.
    pub document: Document,
}

#[expect(
    clippy::expect_used,
    reason = "the files are part of the program, and every test that asks for them reads them"
)]
static VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(|| {
    [
        include_str!("policies/AmazonSageMakerGroundTruthExecution.v1.json"),
        include_str!("policies/AmazonSageMakerGroundTruthExecution.v2.json"),
        include_str!("policies/AmazonSageMakerGroundTruthExecution.v3.json"),
        include_str!("policies/AmazonSageMakerFullAccess.v19.json"),
        include_str!("policies/AmazonSageMakerFullAccess.v20.json"),
        include_str!("policies/AmazonSageMakerFullAccess.v29.json"),
    ]
    .map(|text| serde_json::from_str(text).expect("a policy file has the form of Version"))
    .into()
});

/// Every version this build knows of a policy, oldest first.
pub fn versions(policy: &str) -> impl DoubleEndedIterator<Item = &'static Version> {
    VERSIONS.iter().filter(move |version| version.policy_name == policy)
}

/// The newest version this build knows of a policy.
#[must_use]
pub fn newest(policy: &str) -> Option<&'static Version> {
    versions(policy).next_back()
}

/// Is this ARN the AWS managed policy of that name, in whatever partition?
#[must_use]
pub fn is(arn: &Arn, policy: &str) -> bool {
    arn.account() == "aws" && arn.name() == policy
}

/// The managed policy whose text, in some version, this document repeats.
#[must_use]
pub fn copied(document: &Document) -> Option<&'static Version> {
    VERSIONS.iter().rev().find(|version| version.document.says_the_same_as(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_text_and_is_known_by_it() {
        assert_eq!(
            versions(GROUND_TRUTH_EXECUTION).map(|v| v.version.as_str()).collect::<Vec<_>>(),
            ["v1", "v2", "v3"]
        );
        assert_eq!(newest(FULL_ACCESS).map(|v| v.version.as_str()), Some("v29"));
        for version in VERSIONS.iter() {
            assert_eq!(copied(&version.document).map(|v| &v.version), Some(&version.version));
        }
    }
}
