//! The table itself, service by service.
//!
//! Data alone: what is done with it stands in the room above.

use super::call::{Call, When};

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
/// A bucket's CORS rules.
pub const GET_BUCKET_CORS: Call =
    call("S3", "GetBucketCors", "s3:GetBucketCORS", "what browsers of workers may read of a bucket", When::Details);
/// How a bucket encrypts new objects.
pub const GET_BUCKET_ENCRYPTION: Call = call(
    "S3",
    "GetBucketEncryption",
    "s3:GetEncryptionConfiguration",
    "the key that a bucket's objects are encrypted with",
    When::Details,
);
/// Whether a bucket's tags count in policies.
pub const GET_BUCKET_ABAC: Call =
    call("S3", "GetBucketAbac", "s3:GetBucketAbac", "whether a bucket's own tags count in policies", When::Details);
/// An object's tags.
pub const GET_OBJECT_TAGGING: Call = call(
    "S3",
    "GetObjectTagging",
    "s3:GetObjectTagging",
    "the tags of an object that a labeling job reads by them",
    When::Details,
);
/// A labeling job's manifest.
pub const GET_OBJECT: Call =
    call("S3", "GetObject", "s3:GetObject", "the objects that a labeling job's manifest names", When::ReadManifest);

/// Functions.
pub const LIST_FUNCTIONS: Call =
    call("Lambda", "ListFunctions", "lambda:ListFunctions", "the functions and the roles they run under", When::Always);
/// One function, and the role it runs under.
pub const GET_FUNCTION_CONFIGURATION: Call = call(
    "Lambda",
    "GetFunctionConfiguration",
    "lambda:GetFunctionConfiguration",
    "the role of a function that one question is about",
    When::Fallback,
);
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
/// Flow definitions.
pub const LIST_FLOW_DEFINITIONS: Call = call(
    "SageMaker",
    "ListFlowDefinitions",
    "sagemaker:ListFlowDefinitions",
    "the flow definitions of Augmented AI",
    When::Always,
);
/// What a flow definition uses.
pub const DESCRIBE_FLOW_DEFINITION: Call = call(
    "SageMaker",
    "DescribeFlowDefinition",
    "sagemaker:DescribeFlowDefinition",
    "a flow definition's role and output",
    When::Always,
);
/// Private work teams.
pub const LIST_WORKTEAMS: Call =
    call("SageMaker", "ListWorkteams", "sagemaker:ListWorkteams", "the private work teams", When::Always);

/// A key, by id, ARN or alias.
pub const DESCRIBE_KEY: Call =
    call("KMS", "DescribeKey", "kms:DescribeKey", "the key that a bucket or job names, and its state", When::Details);
/// A key's policy.
pub const GET_KEY_POLICY: Call =
    call("KMS", "GetKeyPolicy", "kms:GetKeyPolicy", "the policy of a customer's key", When::Details);
/// A key's grants.
pub const LIST_GRANTS: Call =
    call("KMS", "ListGrants", "kms:ListGrants", "the grants of a customer's key", When::Details);

/// The organization that the account belongs to.
pub const DESCRIBE_ORGANIZATION: Call = call(
    "Organizations",
    "DescribeOrganization",
    "organizations:DescribeOrganization",
    "whether an organization's policies bind the account",
    When::Always,
);
/// What an account or unit is below.
pub const LIST_PARENTS: Call =
    call("Organizations", "ListParents", "organizations:ListParents", "the units that the account is in", When::Always);
/// The policies set to the root, a unit or an account.
pub const LIST_POLICIES_FOR_TARGET: Call = call(
    "Organizations",
    "ListPoliciesForTarget",
    "organizations:ListPoliciesForTarget",
    "the control policies above the account",
    When::Always,
);
/// The text of a control policy.
pub const DESCRIBE_POLICY: Call =
    call("Organizations", "DescribePolicy", "organizations:DescribePolicy", "a control policy's text", When::Always);

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
    &GET_BUCKET_CORS,
    &GET_BUCKET_ENCRYPTION,
    &GET_BUCKET_ABAC,
    &GET_OBJECT_TAGGING,
    &GET_OBJECT,
    &LIST_FUNCTIONS,
    &GET_FUNCTION_CONFIGURATION,
    &LIST_TAGS,
    &GET_FUNCTION_POLICY,
    &GET_RESOURCES,
    &LIST_LABELING_JOBS,
    &DESCRIBE_LABELING_JOB,
    &LIST_FLOW_DEFINITIONS,
    &DESCRIBE_FLOW_DEFINITION,
    &LIST_WORKTEAMS,
    &DESCRIBE_KEY,
    &GET_KEY_POLICY,
    &LIST_GRANTS,
    &DESCRIBE_ORGANIZATION,
    &LIST_PARENTS,
    &LIST_POLICIES_FOR_TARGET,
    &DESCRIBE_POLICY,
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
