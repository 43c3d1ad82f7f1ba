//! What an identity needs to use the Ground Truth area of the console: capabilities, each with its actions.
//!
//! The data are in `console.json`. The console's own actions, those of [`CONSOLE_ONLY_SERVICE`], have no API and no
//! resource-level permission: who holds one of them is meant to use the console. Who may create labeling jobs by
//! `sagemaker:*` alone may be a program, so no action of SageMaker shows a capability. Nothing here knows an account or
//! what it allows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The service whose actions the console alone asks for; they cannot be called by an API.
pub const CONSOLE_ONLY_SERVICE: &str = "groundtruthlabeling";

/// The action without which an identity is not meant to create labeling jobs, in the console or elsewhere.
pub const CREATE_LABELING_JOB: &str = "sagemaker:CreateLabelingJob";

/// Something that people do in the console. Each action is in one capability, but `iam:PassRole`, which both ways to an
/// execution role need.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// `private-workforce`
    pub id: String,
    /// What people do, to be read after "for": `choosing an execution role`.
    pub title: String,
    /// All that it needs. The console asks some of these of whatever the user chooses, so that an action allowed for
    /// some resource is not lacking.
    pub actions: Vec<String>,
    /// One of these shows that an identity that may create labeling jobs in the console is meant to have the capability.
    pub shown_by: Vec<String>,
    /// The capability that makes this one needless when it is complete.
    #[serde(default)]
    pub instead: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    capabilities: Vec<Capability>,
    /// By action, what its request says.
    context: BTreeMap<String, BTreeMap<String, String>>,
    /// Actions that the console asks for and no capability names, and why not.
    left_out: BTreeMap<String, String>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("console.json")).expect("console.json has the form of File"));

/// Where the capabilities come from, and when they were read.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

/// Every capability, in the order in which the console asks for them.
#[must_use]
pub fn capabilities() -> &'static [Capability] {
    &FILE.capabilities
}

/// The capability of an id.
#[must_use]
pub fn capability(id: &str) -> Option<&'static Capability> {
    FILE.capabilities.iter().find(|capability| capability.id == id)
}

/// The context keys of the console's request for an action, with their values.
pub fn context(action: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let keys =
        FILE.context.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(action)).flat_map(|(_, keys)| keys);
    keys.map(|(key, value)| (key.as_str(), value.as_str()))
}

/// Actions that the console asks for only at times, so that no capability names them, and the reason.
pub fn left_out() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILE.left_out.iter().map(|(action, why)| (action.as_str(), why.as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::knowledge::{actions, managed};
    use crate::policy::{Document, Effect, Pattern, Selection};

    /// Does some statement that allows name the action, for whatever resource?
    fn names(document: &Document, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let named = |globs: &[String]| globs.iter().any(|glob| Pattern::action(glob).matches(&action));
        document.statements().iter().filter(|s| s.effect == Effect::Allow).any(|s| match &s.actions {
            Selection::Only(globs) => named(globs),
            Selection::AllBut(globs) => !named(globs),
        })
    }

    fn shown(document: &Document) -> Vec<&'static str> {
        let shown = capabilities().iter().filter(|c| c.shown_by.iter().any(|action| names(document, action)));
        shown.map(|capability| capability.id.as_str()).collect()
    }

    fn lacking(document: &Document, capability: &Capability) -> Vec<String> {
        capability.actions.iter().filter(|action| !names(document, action)).cloned().collect()
    }

    fn policy(name: &str) -> &'static Document {
        &managed::known(name).unwrap().document
    }

    #[test]
    fn the_full_access_policies_have_whatever_they_show() {
        let all: Vec<_> = capabilities().iter().map(|capability| capability.id.as_str()).collect();
        let beyond = ["vendor-subscription", "role-creation"];
        let full: Vec<_> = all.iter().copied().filter(|id| !beyond.contains(id)).collect();
        for (name, expected) in [("AdministratorAccess", all), (managed::FULL_ACCESS, full)] {
            assert_eq!(shown(policy(name)), expected, "{name}");
            for id in expected {
                assert_eq!(lacking(policy(name), capability(id).unwrap()), [""; 0], "{name} {id}");
            }
        }
        for id in beyond {
            assert!(!lacking(policy(managed::FULL_ACCESS), capability(id).unwrap()).is_empty(), "{id}");
        }
    }

    #[test]
    fn the_policy_that_aws_documents_has_whatever_it_shows_but_for_the_vendor() {
        let documented = |actions: &[&str]| {
            let statement = serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
            let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
            serde_json::from_value::<Document>(policy).unwrap()
        };
        let mut actions = vec![
            "sagemaker:*",
            "kms:DescribeKey",
            "kms:ListAliases",
            "aws-marketplace:ViewSubscriptions",
            "secretsmanager:CreateSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecrets",
            "iam:ListRoles",
            "iam:CreateRole",
            "iam:CreatePolicy",
            "iam:AttachRolePolicy",
            "iam:PassRole",
            "groundtruthlabeling:*",
            "lambda:InvokeFunction",
            "lambda:ListFunctions",
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListBucket",
            "s3:GetBucketCors",
            "s3:PutBucketCors",
            "s3:ListAllMyBuckets",
            "cognito-idp:AdminAddUserToGroup",
            "cognito-idp:AdminCreateUser",
            "cognito-idp:AdminDeleteUser",
            "cognito-idp:AdminDisableUser",
            "cognito-idp:AdminEnableUser",
            "cognito-idp:AdminRemoveUserFromGroup",
            "cognito-idp:CreateGroup",
            "cognito-idp:CreateUserPool",
            "cognito-idp:CreateUserPoolClient",
            "cognito-idp:CreateUserPoolDomain",
            "cognito-idp:DescribeUserPool",
            "cognito-idp:DescribeUserPoolClient",
            "cognito-idp:ListGroups",
            "cognito-idp:ListIdentityProviders",
            "cognito-idp:ListUsers",
            "cognito-idp:ListUsersInGroup",
            "cognito-idp:ListUserPoolClients",
            "cognito-idp:ListUserPools",
            "cognito-idp:UpdateUserPool",
            "cognito-idp:UpdateUserPoolClient",
        ];
        let page = documented(&actions);
        let incomplete: Vec<_> = capabilities().iter().filter(|c| !lacking(&page, c).is_empty()).collect();
        assert_eq!(incomplete.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["vendor-subscription"]);
        assert!(!shown(&page).contains(&"vendor-subscription"));
        // And it names nothing but what some capability needs: each is found lacking.
        while let Some(action) = actions.pop() {
            let left = documented(&actions);
            let new = capabilities().iter().filter(|c| lacking(&left, c).len() > lacking(&page, c).len());
            assert!(new.count() > 0, "{action} is in no capability");
        }
    }

    #[test]
    fn programs_and_readers_show_nothing_of_the_console() {
        let program: Document = serde_json::from_str(
            r#"{"Statement": {"Effect": "Allow", "Action": ["sagemaker:*", "s3:*", "iam:PassRole"], "Resource": "*"}}"#,
        )
        .unwrap();
        assert_eq!(shown(&program), [""; 0]);
        assert_eq!(shown(policy(managed::GROUND_TRUTH_EXECUTION)), ["custom-workflow"]);
        for name in [managed::GROUND_TRUTH_EXECUTION, "AmazonSageMakerReadOnly", "AmazonCognitoPowerUser"] {
            assert!(!names(policy(name), CREATE_LABELING_JOB), "{name}");
        }
    }

    #[test]
    fn every_action_exists_and_is_in_one_capability() {
        let mut seen = BTreeSet::new();
        for capability in capabilities() {
            assert!(capability.actions.is_sorted() && capability.shown_by.is_sorted(), "{}", capability.id);
            assert!(!capability.actions.is_empty() && !capability.shown_by.is_empty(), "{}", capability.id);
            for action in &capability.actions {
                assert!(seen.insert(action) || action == "iam:PassRole", "{action} is in two capabilities");
            }
            for action in capability.actions.iter().chain(&capability.shown_by) {
                assert!(actions::exists(action) && !action.contains('*'), "{action}");
            }
            // A broad grant of SageMaker is no sign of the console.
            assert!(!capability.shown_by.iter().any(|action| action.starts_with("sagemaker:")), "{}", capability.id);
            if let Some(instead) = &capability.instead {
                assert_eq!(super::capability(instead).unwrap().instead.as_ref(), Some(&capability.id));
            }
        }
        for (action, _) in left_out() {
            assert!(actions::exists(action) && !seen.contains(&action.to_owned()), "{action}");
        }
        assert!(actions::service_known(CONSOLE_ONLY_SERVICE) && seen.contains(&CREATE_LABELING_JOB.to_owned()));
        let (source, date) = source();
        assert!(source.starts_with("https://docs.aws.amazon.com/") && date.len() == 10);
    }

    #[test]
    fn a_role_is_passed_to_sagemaker() {
        assert_eq!(context("IAM:PassRole").collect::<Vec<_>>(), [("iam:PassedToService", "sagemaker.amazonaws.com")]);
        assert_eq!(context("iam:ListRoles").count(), 0);
    }
}
