//! Who or what gives a context key its value: so what can be done where a condition on it is not met.
//!
//! Source: IAM User Guide, `reference_policies_condition-keys`; Service Authorization Reference of Amazon SageMaker, Amazon
//! S3 and AWS KMS (2026-11). Knows keys; has never heard of a policy.

/// What gives a context key its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetBy {
    /// A field of the request: a tag, a key, a work team. The field is named where there is one.
    Request(&'static str),
    /// The tags of the object that is read.
    ObjectTag,
    /// The tags of the resource.
    ResourceTag,
    /// Who asks: its ARN, account, tags.
    Principal,
    /// What the request is for: the service that a role is passed to, the service that uses a key.
    Purpose,
    /// Where from, when and how it is asked: network, time, region, MFA, TLS.
    Circumstance,
}

/// Keys, in small letters, and what sets them; one that ends with `/` stands for all that begin so.
const KEYS: &[(&str, SetBy)] = &[
    ("aws:requesttag/", SetBy::Request("Tags")),
    ("aws:tagkeys", SetBy::Request("Tags")),
    ("sagemaker:workteamarn", SetBy::Request("HumanTaskConfig.WorkteamArn")),
    ("sagemaker:workteamtype", SetBy::Request("HumanTaskConfig.WorkteamArn")),
    ("sagemaker:outputkmskey", SetBy::Request("OutputConfig.KmsKeyId")),
    ("sagemaker:volumekmskey", SetBy::Request("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId")),
    ("sagemaker:vpcsubnets", SetBy::Request("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VpcConfig.Subnets")),
    (
        "sagemaker:vpcsecuritygroupids",
        SetBy::Request("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VpcConfig.SecurityGroupIds"),
    ),
    ("s3:x-amz-server-side-encryption", SetBy::Request("OutputConfig.KmsKeyId")),
    ("s3:x-amz-server-side-encryption-aws-kms-key-id", SetBy::Request("OutputConfig.KmsKeyId")),
    ("s3:existingobjecttag/", SetBy::ObjectTag),
    ("aws:resourcetag/", SetBy::ResourceTag),
    ("aws:principal", SetBy::Principal),
    ("aws:userid", SetBy::Principal),
    ("aws:username", SetBy::Principal),
    ("iam:passedtoservice", SetBy::Purpose),
    ("iam:associatedresourcearn", SetBy::Purpose),
    ("kms:viaservice", SetBy::Purpose),
    ("kms:grantisforawsresource", SetBy::Purpose),
    ("kms:encryptioncontext", SetBy::Purpose),
    ("sns:endpoint", SetBy::Purpose),
    ("sns:protocol", SetBy::Purpose),
];

/// What sets a key, given in any case; keys that are not listed are circumstances.
#[must_use]
pub fn set_by(key: &str) -> SetBy {
    let key = key.to_ascii_lowercase();
    let is = |known: &str| key == known || (open_ended(known) && key.starts_with(known));
    KEYS.iter().find(|(known, _)| is(known)).map_or(SetBy::Circumstance, |(_, by)| *by)
}

fn open_ended(known: &str) -> bool {
    known.ends_with('/') || matches!(known, "aws:principal" | "kms:encryptioncontext")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case_and_by_their_beginning() {
        assert_eq!(set_by("aws:RequestTag/team"), SetBy::Request("Tags"));
        assert_eq!(set_by("s3:ExistingObjectTag/SageMaker"), SetBy::ObjectTag);
        assert_eq!(set_by("aws:PrincipalOrgID"), SetBy::Principal);
        assert_eq!(set_by("aws:MultiFactorAuthPresent"), SetBy::Circumstance);
        assert_eq!(set_by("kms:EncryptionContext:aws:s3:arn"), SetBy::Purpose);
    }
}
