//! Every call that gt-audit can make of AWS, and the least policy that allows them.
//!
//! Knows the names of operations and of the IAM actions they need; has never heard of a client. The gate takes a
//! [`Call`] of this table with every request, so that a call without an entry cannot be written, and a test holds that
//! all of them only read.

mod call;
mod table;

use serde_json::{Value, json};

pub use call::{Call, When};
pub use table::*;

/// What an auditor means to do with the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Audit every region of the account.
    pub all_regions: bool,
    /// The role to assume first.
    pub assume_role: Option<String>,
    /// Read the manifests of labeling jobs before they are made.
    pub read_manifest: bool,
    /// Also grant the calls for one resource at a time, for accounts that refuse those for many.
    pub fallback: bool,
}

/// The statements of the policy, by the services that a reader knows.
const SIDS: [(&str, &str); 8] = [
    ("ReadIam", "iam:"),
    ("ReadBuckets", "s3:"),
    ("ReadFunctions", "lambda:"),
    ("ReadTags", "tag:"),
    ("ReadLabelingJobs", "sagemaker:"),
    ("ReadKeys", "kms:"),
    ("ReadOrganization", "organizations:"),
    ("ListRegions", "account:"),
];

/// The least policy with which an audit of the chosen kind leaves no gap.
///
/// Every action is granted on `*`: most of them know no narrower resource, and an audit asks about all there is.
#[must_use]
pub fn policy(chosen: &Chosen) -> Value {
    let mut statements: Vec<Value> = vec![];
    for (sid, prefix) in SIDS {
        let mut actions: Vec<&str> = CALLS
            .iter()
            .filter(|call| call.is_made(chosen))
            .map(|call| call.action)
            .filter(|a| a.starts_with(prefix))
            .collect();
        actions.sort_unstable();
        if !actions.is_empty() {
            statements.push(json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}));
        }
    }
    if let Some(role) = &chosen.assume_role {
        statements
            .push(json!({"Sid": "AssumeRole", "Effect": "Allow", "Action": [ASSUME_ROLE.action], "Resource": role}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

impl Call {
    /// Is the call made in an audit of the chosen kind?
    #[must_use]
    pub fn is_made(&self, chosen: &Chosen) -> bool {
        match self.when {
            When::Always | When::Details => true,
            When::Fallback => chosen.fallback,
            When::ReadManifest => chosen.read_manifest,
            When::AllRegions => chosen.all_regions,
            When::AssumeRole => chosen.assume_role.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::Document;

    #[test]
    fn every_call_reads_and_stands_once_in_the_table() {
        for call in CALLS {
            let reads = ["Get", "List", "Describe"].iter().any(|verb| call.operation.starts_with(verb));
            assert!(reads || **call == ASSUME_ROLE, "{} is no reading call", call.operation);
        }
        let names: BTreeSet<_> = CALLS.iter().map(|call| (call.service, call.operation)).collect();
        assert_eq!(names.len(), CALLS.len());
    }

    #[test]
    fn the_policy_grants_what_the_chosen_audit_calls_and_no_more() {
        let least = policy(&Chosen::default());
        assert_eq!(
            serde_json::to_string(&least).unwrap(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":["#,
                r#"{"Sid":"ReadIam","Effect":"Allow","Action":["iam:GetAccountAuthorizationDetails","iam:GetPolicy","#,
                r#""iam:GetPolicyVersion","iam:ListAccountAliases"],"Resource":"*"},"#,
                r#"{"Sid":"ReadBuckets","Effect":"Allow","Action":["s3:GetBucketAbac","s3:GetBucketCORS","#,
                r#""s3:GetBucketPolicy","s3:GetBucketTagging","s3:GetEncryptionConfiguration","s3:GetObjectTagging","#,
                r#""s3:ListAllMyBuckets"],"Resource":"*"},"#,
                r#"{"Sid":"ReadFunctions","Effect":"Allow","Action":["lambda:GetPolicy","lambda:ListFunctions"],"Resource":"*"},"#,
                r#"{"Sid":"ReadTags","Effect":"Allow","Action":["tag:GetResources"],"Resource":"*"},"#,
                r#"{"Sid":"ReadLabelingJobs","Effect":"Allow","Action":["sagemaker:DescribeFlowDefinition","#,
                r#""sagemaker:DescribeLabelingJob","sagemaker:ListFlowDefinitions","sagemaker:ListLabelingJobs","#,
                r#""sagemaker:ListWorkteams"],"Resource":"*"},"#,
                r#"{"Sid":"ReadKeys","Effect":"Allow","Action":["kms:DescribeKey","kms:GetKeyPolicy","#,
                r#""kms:ListGrants"],"Resource":"*"},"#,
                r#"{"Sid":"ReadOrganization","Effect":"Allow","Action":["organizations:DescribeOrganization","#,
                r#""organizations:DescribePolicy","organizations:ListParents","#,
                r#""organizations:ListPoliciesForTarget"],"Resource":"*"}]}"#
            )
        );
        let role = "arn:aws:iam::111122223333:role/Auditor";
        let most =
            Chosen { all_regions: true, assume_role: Some(role.to_owned()), read_manifest: true, fallback: true };
        let document = Document::from_json(policy(&most)).unwrap();
        let granted: BTreeSet<&str> =
            document.statements().iter().flat_map(|s| s.actions.named()).map(String::as_str).collect();
        let made: BTreeSet<&str> = CALLS.iter().map(|call| call.action).collect();
        let missing: Vec<_> = made.difference(&granted).collect();
        assert_eq!(missing, [&"sts:GetCallerIdentity"], "needs no permission");
        assert_eq!(granted.difference(&made).count(), 0);
    }
}
