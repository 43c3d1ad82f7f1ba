//! Every call that gt-audit can make of AWS, and the least policy that allows them.
//!
//! Knows the names of operations and of the IAM actions they need; has never heard of a client. The gate takes a
//! [`Call`] of this table with every request, so that a call without an entry cannot be written, and a test holds that
//! all of them only read.

use serde_json::{Value, json};

/// One operation of AWS, and what its caller must be allowed to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The service's id, as the SDK names it.
    pub service: &'static str,
    /// The operation's name.
    pub operation: &'static str,
    /// The IAM action that allows it; not always of the operation's name.
    pub action: &'static str,
    /// What the audit learns from it.
    pub why: &'static str,
    /// When it is made.
    pub when: When,
}

/// When a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In every audit.
    Always,
    /// For what may have to do with labeling.
    Details,
    /// Where the call that answers for many resources at once is refused.
    Fallback,
    /// With `--all-regions`.
    AllRegions,
    /// With `--assume-role`.
    AssumeRole,
}

/// What an auditor means to do with the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Audit every region of the account.
    pub all_regions: bool,
    /// The role to assume first.
    pub assume_role: Option<String>,
    /// Also grant the calls for one resource at a time, for accounts that refuse those for many.
    pub fallback: bool,
}

/// Who asks; needs no permission.
pub const GET_CALLER_IDENTITY: Call =
    call("STS", "GetCallerIdentity", "sts:GetCallerIdentity", "the account and who audits it", When::Always);
/// Made by aws-config, which keeps the role's credentials fresh.
pub const ASSUME_ROLE: Call =
    call("STS", "AssumeRole", "sts:AssumeRole", "the credentials of the role that audits", When::AssumeRole);
/// The account's name for people.
pub const LIST_ACCOUNT_ALIASES: Call =
    call("IAM", "ListAccountAliases", "iam:ListAccountAliases", "the account's alias", When::Always);
/// The regions that the account may use.
pub const LIST_REGIONS: Call =
    call("Account", "ListRegions", "account:ListRegions", "the regions that the account has enabled", When::AllRegions);

/// Roles, users, groups and managed policies in pages of a thousand.
pub const GET_ACCOUNT_AUTHORIZATION_DETAILS: Call = call(
    "IAM",
    "GetAccountAuthorizationDetails",
    "iam:GetAccountAuthorizationDetails",
    "roles, users and groups with their policies, trust, boundaries and tags",
    When::Always,
);
/// A managed policy's default version.
pub const GET_POLICY: Call =
    call("IAM", "GetPolicy", "iam:GetPolicy", "a managed policy's default version", When::Always);
/// The text of a managed policy.
pub const GET_POLICY_VERSION: Call =
    call("IAM", "GetPolicyVersion", "iam:GetPolicyVersion", "a managed policy's text", When::Always);
/// Roles with their trust policies.
pub const LIST_ROLES: Call = call("IAM", "ListRoles", "iam:ListRoles", "the roles and whom they trust", When::Fallback);
/// A role's boundary and tags.
pub const GET_ROLE: Call = call("IAM", "GetRole", "iam:GetRole", "a role's boundary and tags", When::Fallback);
/// A role's managed policies.
pub const LIST_ATTACHED_ROLE_POLICIES: Call = call(
    "IAM",
    "ListAttachedRolePolicies",
    "iam:ListAttachedRolePolicies",
    "a role's managed policies",
    When::Fallback,
);
/// The names of a role's inline policies.
pub const LIST_ROLE_POLICIES: Call =
    call("IAM", "ListRolePolicies", "iam:ListRolePolicies", "the names of a role's inline policies", When::Fallback);
/// A role's inline policy.
pub const GET_ROLE_POLICY: Call =
    call("IAM", "GetRolePolicy", "iam:GetRolePolicy", "a role's inline policy", When::Fallback);
/// Users.
pub const LIST_USERS: Call = call("IAM", "ListUsers", "iam:ListUsers", "the users", When::Fallback);
/// A user's boundary and tags.
pub const GET_USER: Call = call("IAM", "GetUser", "iam:GetUser", "a user's boundary and tags", When::Fallback);
/// A user's managed policies.
pub const LIST_ATTACHED_USER_POLICIES: Call = call(
    "IAM",
    "ListAttachedUserPolicies",
    "iam:ListAttachedUserPolicies",
    "a user's managed policies",
    When::Fallback,
);
/// The names of a user's inline policies.
pub const LIST_USER_POLICIES: Call =
    call("IAM", "ListUserPolicies", "iam:ListUserPolicies", "the names of a user's inline policies", When::Fallback);
/// A user's inline policy.
pub const GET_USER_POLICY: Call =
    call("IAM", "GetUserPolicy", "iam:GetUserPolicy", "a user's inline policy", When::Fallback);
/// A user's groups.
pub const LIST_GROUPS_FOR_USER: Call =
    call("IAM", "ListGroupsForUser", "iam:ListGroupsForUser", "a user's groups", When::Fallback);
/// Groups.
pub const LIST_GROUPS: Call = call("IAM", "ListGroups", "iam:ListGroups", "the groups", When::Fallback);
/// A group's managed policies.
pub const LIST_ATTACHED_GROUP_POLICIES: Call = call(
    "IAM",
    "ListAttachedGroupPolicies",
    "iam:ListAttachedGroupPolicies",
    "a group's managed policies",
    When::Fallback,
);
/// The names of a group's inline policies.
pub const LIST_GROUP_POLICIES: Call =
    call("IAM", "ListGroupPolicies", "iam:ListGroupPolicies", "the names of a group's inline policies", When::Fallback);
/// A group's inline policy.
pub const GET_GROUP_POLICY: Call =
    call("IAM", "GetGroupPolicy", "iam:GetGroupPolicy", "a group's inline policy", When::Fallback);

/// Buckets with their regions.
pub const LIST_BUCKETS: Call =
    call("S3", "ListBuckets", "s3:ListAllMyBuckets", "the buckets and their regions", When::Always);
/// A bucket's region.
pub const GET_BUCKET_LOCATION: Call = call(
    "S3",
    "GetBucketLocation",
    "s3:GetBucketLocation",
    "the region of a bucket that the list names without",
    When::Fallback,
);
/// A bucket's tags.
pub const GET_BUCKET_TAGGING: Call = call(
    "S3",
    "GetBucketTagging",
    "s3:GetBucketTagging",
    "a bucket's tags, where a finding may rest on them",
    When::Details,
);
/// A bucket's policy.
pub const GET_BUCKET_POLICY: Call = call(
    "S3",
    "GetBucketPolicy",
    "s3:GetBucketPolicy",
    "the policy of a bucket that may be used for labeling",
    When::Details,
);

/// Functions.
pub const LIST_FUNCTIONS: Call =
    call("Lambda", "ListFunctions", "lambda:ListFunctions", "the functions and the roles they run under", When::Always);
/// A function's tags.
pub const LIST_TAGS: Call = call("Lambda", "ListTags", "lambda:ListTags", "a function's tags", When::Fallback);
/// A function's policy.
pub const GET_FUNCTION_POLICY: Call = call(
    "Lambda",
    "GetPolicy",
    "lambda:GetPolicy",
    "the policy of a function that may be used for labeling",
    When::Details,
);

/// The tags of a region's buckets and functions, a hundred a page.
pub const GET_RESOURCES: Call = call(
    "Resource Groups Tagging API",
    "GetResources",
    "tag:GetResources",
    "the tags of buckets and functions",
    When::Always,
);

/// Labeling jobs.
pub const LIST_LABELING_JOBS: Call = call(
    "SageMaker",
    "ListLabelingJobs",
    "sagemaker:ListLabelingJobs",
    "the labeling jobs that run or were made lately",
    When::Always,
);
/// What a labeling job was asked for.
pub const DESCRIBE_LABELING_JOB: Call = call(
    "SageMaker",
    "DescribeLabelingJob",
    "sagemaker:DescribeLabelingJob",
    "a labeling job's role, input, output, functions and keys",
    When::Always,
);

/// Every call there is.
pub static CALLS: &[&Call] = &[
    &GET_CALLER_IDENTITY,
    &ASSUME_ROLE,
    &LIST_ACCOUNT_ALIASES,
    &LIST_REGIONS,
    &GET_ACCOUNT_AUTHORIZATION_DETAILS,
    &GET_POLICY,
    &GET_POLICY_VERSION,
    &LIST_ROLES,
    &GET_ROLE,
    &LIST_ATTACHED_ROLE_POLICIES,
    &LIST_ROLE_POLICIES,
    &GET_ROLE_POLICY,
    &LIST_USERS,
    &GET_USER,
    &LIST_ATTACHED_USER_POLICIES,
    &LIST_USER_POLICIES,
    &GET_USER_POLICY,
    &LIST_GROUPS_FOR_USER,
    &LIST_GROUPS,
    &LIST_ATTACHED_GROUP_POLICIES,
    &LIST_GROUP_POLICIES,
    &GET_GROUP_POLICY,
    &LIST_BUCKETS,
    &GET_BUCKET_LOCATION,
    &GET_BUCKET_TAGGING,
    &GET_BUCKET_POLICY,
    &LIST_FUNCTIONS,
    &LIST_TAGS,
    &GET_FUNCTION_POLICY,
    &GET_RESOURCES,
    &LIST_LABELING_JOBS,
    &DESCRIBE_LABELING_JOB,
];

const fn call(
    service: &'static str,
    operation: &'static str,
    action: &'static str,
    why: &'static str,
    when: When,
) -> Call {
    Call { service, operation, action, why, when }
}

/// The statements of the policy, by the services that a reader knows.
const SIDS: [(&str, &str); 6] = [
    ("ReadIam", "iam:"),
    ("ReadBuckets", "s3:"),
    ("ReadFunctions", "lambda:"),
    ("ReadTags", "tag:"),
    ("ReadLabelingJobs", "sagemaker:"),
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
                r#"{"Sid":"ReadBuckets","Effect":"Allow","Action":["s3:GetBucketPolicy","s3:GetBucketTagging","#,
                r#""s3:ListAllMyBuckets"],"Resource":"*"},"#,
                r#"{"Sid":"ReadFunctions","Effect":"Allow","Action":["lambda:GetPolicy","lambda:ListFunctions"],"Resource":"*"},"#,
                r#"{"Sid":"ReadTags","Effect":"Allow","Action":["tag:GetResources"],"Resource":"*"},"#,
                r#"{"Sid":"ReadLabelingJobs","Effect":"Allow","Action":["sagemaker:DescribeLabelingJob","#,
                r#""sagemaker:ListLabelingJobs"],"Resource":"*"}]}"#
            )
        );
        let role = "arn:aws:iam::111122223333:role/Auditor";
        let most = Chosen { all_regions: true, assume_role: Some(role.to_owned()), fallback: true };
        let document = Document::from_json(policy(&most)).unwrap();
        let granted: BTreeSet<&str> =
            document.statements().iter().flat_map(|s| s.actions.named()).map(String::as_str).collect();
        let made: BTreeSet<&str> = CALLS.iter().map(|call| call.action).collect();
        let missing: Vec<_> = made.difference(&granted).collect();
        assert_eq!(missing, [&"sts:GetCallerIdentity"], "needs no permission");
        assert_eq!(granted.difference(&made).count(), 0);
    }
}
