//! The text of the two managed policies, in every version this build has seen, and of other AWS managed policies that
//! people attach to such roles, for `gt-audit simulate`.
//!
//! The data are in `policies/NAME.VERSION.json`, each with its source and date. AmazonSageMakerFullAccess v27, v28 and
//! v29 have the same text: a new version number is not a change.

use std::collections::BTreeSet;
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

/// The texts of other AWS managed policies, each with its name, default version, source and dates.
const OTHERS: &[&str] = &[
    include_str!("policies/AWSDeepLensServiceRolePolicy.json"),
    include_str!("policies/AWSGlueConsoleSageMakerNotebookFullAccess.json"),
    include_str!("policies/AWSLambdaBasicExecutionRole.json"),
    include_str!("policies/AWSLambdaExecute.json"),
    include_str!("policies/AWSLambdaRole.json"),
    include_str!("policies/AWSLambdaVPCAccessExecutionRole.json"),
    include_str!("policies/AWSLambda_FullAccess.json"),
    include_str!("policies/AWSLambda_ReadOnlyAccess.json"),
    include_str!("policies/AWSMarketplaceFullAccess.json"),
    include_str!("policies/AWSMarketplaceManageSubscriptions.json"),
    include_str!("policies/AdministratorAccess.json"),
    include_str!("policies/AmazonAppStreamServiceAccess.json"),
    include_str!("policies/AmazonAugmentedAIFullAccess.json"),
    include_str!("policies/AmazonAugmentedAIHumanLoopFullAccess.json"),
    include_str!("policies/AmazonAugmentedAIIntegratedAPIAccess.json"),
    include_str!("policies/AmazonCognitoPowerUser.json"),
    include_str!("policies/AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary.json"),
    include_str!("policies/AmazonLookoutVisionConsoleFullAccess.json"),
    include_str!("policies/AmazonMechanicalTurkFullAccess.json"),
    include_str!("policies/AmazonMechanicalTurkReadOnly.json"),
    include_str!("policies/AmazonS3FullAccess.json"),
    include_str!("policies/AmazonS3ReadOnlyAccess.json"),
    include_str!("policies/AmazonSageMakerCanvasFullAccess.json"),
    include_str!("policies/AmazonSageMakerFeatureStoreAccess.json"),
    include_str!("policies/AmazonSageMakerMechanicalTurkAccess.json"),
    include_str!("policies/AmazonSageMakerModelCustomizationCoreAccess.json"),
    include_str!("policies/AmazonSageMakerModelGovernanceUseAccess.json"),
    include_str!("policies/AmazonSageMakerModelRegistryFullAccess.json"),
    include_str!("policies/AmazonSageMakerNotebooksServiceRolePolicy.json"),
    include_str!("policies/AmazonSageMakerPipelinesIntegrations.json"),
    include_str!("policies/AmazonSageMakerReadOnly.json"),
    include_str!("policies/AmazonSageMakerServiceCatalogProductsLambdaServiceRolePolicy.json"),
    include_str!("policies/DataScientist.json"),
    include_str!("policies/GroundTruthSyntheticConsoleFullAccess.json"),
    include_str!("policies/GroundTruthSyntheticConsoleReadOnlyAccess.json"),
    include_str!("policies/IAMFullAccess.json"),
    include_str!("policies/PowerUserAccess.json"),
    include_str!("policies/ReadOnlyAccess.json"),
    include_str!("policies/SageMakerStudioProjectRoleMachineLearningPolicy.json"),
    include_str!("policies/SecurityAudit.json"),
    include_str!("policies/ViewOnlyAccess.json"),
];

/// An AWS managed policy in the version that this build knows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Other {
    policy_name: String,
    #[serde(rename = "DefaultVersionId")]
    version: String,
    default_version_date: Option<String>,
    create_date: String,
    source: String,
    document: Document,
}

/// Parsed when it is first asked for; the longest has a hundred thousand characters.
#[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them all")]
static OTHER_VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let parse = |text: &&str| serde_json::from_str(text).expect("a policy file has the form of Other");
    let versions = OTHERS.iter().map(parse).map(|other: Other| Version {
        policy_name: other.policy_name,
        version: other.version,
        create_date: other.default_version_date.unwrap_or(other.create_date),
        source: other.source,
        document: other.document,
    });
    versions.collect()
});

/// The AWS managed policy of a name, in the newest version this build knows.
#[must_use]
pub fn known(policy: &str) -> Option<&'static Version> {
    newest(policy).or_else(|| OTHER_VERSIONS.iter().find(|version| version.policy_name == policy))
}

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
    type Text = (Option<&'static serde_json::Value>, BTreeSet<String>);
    static TEXTS: LazyLock<Vec<(Text, &'static Version)>> =
        LazyLock::new(|| VERSIONS.iter().rev().map(|version| (version.document.canonical(), version)).collect());
    let own = document.canonical();
    TEXTS.iter().find(|(text, _)| *text == own).map(|(_, version)| *version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_policies_are_known_by_their_names() {
        assert_eq!(OTHER_VERSIONS.len(), OTHERS.len());
        assert_eq!(known("AWSLambdaExecute").map(|v| v.document.statements().len()), Some(2));
        assert_eq!(known(GROUND_TRUTH_EXECUTION).map(|v| v.version.as_str()), Some("v3"));
        assert!(known("NoSuchPolicy").is_none());
    }

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
