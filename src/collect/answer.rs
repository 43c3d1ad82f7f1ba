//! Is an answer whole?
//!
//! The SDK takes a body that is empty, that lacks a list, or whose XML ends early for an answer in which little stands:
//! no functions, half of the buckets, a job without a role. AWS does not answer so; a proxy may. This module knows which
//! members AWS always sends with each operation, and nothing of what they hold.

use std::error::Error;
use std::fmt;

use aws_sdk_s3::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use memchr::memmem;

/// What AWS always sends, by service and operation, as the API references have it (2026-11). Of an operation that is not
/// here the body is no document with members: a policy's text, an object.
const ALWAYS: [(&str, &str, &[&str]); 45] = [
    ("STS", "GetCallerIdentity", &["Account", "Arn"]),
    ("Account", "ListRegions", &["Regions"]),
    ("IAM", "ListAccountAliases", &["AccountAliases"]),
    ("IAM", "GetAccountAuthorizationDetails", &["IsTruncated"]),
    ("IAM", "GetPolicy", &["DefaultVersionId"]),
    ("IAM", "GetPolicyVersion", &["Document"]),
    ("IAM", "ListRoles", &["Roles"]),
    ("IAM", "GetRole", &["Role", "Arn"]),
    ("IAM", "ListAttachedRolePolicies", &["AttachedPolicies"]),
    ("IAM", "ListRolePolicies", &["PolicyNames"]),
    ("IAM", "GetRolePolicy", &["PolicyDocument"]),
    ("IAM", "ListUsers", &["Users"]),
    ("IAM", "GetUser", &["User", "Arn"]),
    ("IAM", "ListAttachedUserPolicies", &["AttachedPolicies"]),
    ("IAM", "ListUserPolicies", &["PolicyNames"]),
    ("IAM", "GetUserPolicy", &["PolicyDocument"]),
    ("IAM", "ListGroupsForUser", &["Groups"]),
    ("IAM", "ListGroups", &["Groups"]),
    ("IAM", "ListAttachedGroupPolicies", &["AttachedPolicies"]),
    ("IAM", "ListGroupPolicies", &["PolicyNames"]),
    ("IAM", "GetGroupPolicy", &["PolicyDocument"]),
    ("S3", "ListBuckets", &["Buckets"]),
    ("S3", "GetBucketLocation", &["LocationConstraint"]),
    ("S3", "GetBucketTagging", &["TagSet"]),
    ("S3", "GetBucketCors", &["CORSRule"]),
    ("S3", "GetBucketEncryption", &["Rule"]),
    ("S3", "GetBucketAbac", &["AbacStatus"]),
    ("S3", "GetObjectTagging", &["TagSet"]),
    ("Lambda", "ListFunctions", &["Functions"]),
    ("Lambda", "GetFunctionConfiguration", &["FunctionArn", "Role"]),
    ("Lambda", "ListTags", &["Tags"]),
    ("Lambda", "GetPolicy", &["Policy"]),
    ("Resource Groups Tagging API", "GetResources", &["ResourceTagMappingList"]),
    ("SageMaker", "ListLabelingJobs", &["LabelingJobSummaryList"]),
    (
        "SageMaker",
        "DescribeLabelingJob",
        &["LabelingJobStatus", "RoleArn", "InputConfig", "OutputConfig", "HumanTaskConfig"],
    ),
    ("SageMaker", "ListFlowDefinitions", &["FlowDefinitionSummaries"]),
    ("SageMaker", "DescribeFlowDefinition", &["RoleArn"]),
    ("SageMaker", "ListWorkteams", &["Workteams"]),
    ("KMS", "DescribeKey", &["KeyMetadata", "Arn", "KeyManager", "KeyState"]),
    ("KMS", "GetKeyPolicy", &["Policy"]),
    ("KMS", "ListGrants", &["Grants"]),
    ("Organizations", "DescribeOrganization", &["Organization"]),
    ("Organizations", "ListParents", &["Parents"]),
    ("Organizations", "ListPoliciesForTarget", &["Policies"]),
    ("Organizations", "DescribePolicy", &["Content"]),
];

/// Fails a call whose answer is not whole. Registered with every client.
#[derive(Debug)]
pub(super) struct WholeAnswers;

/// What an answer lacks.
#[derive(Debug, PartialEq, Eq)]
struct NotWhole(String);

impl fmt::Display for NotWhole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for NotWhole {}

impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "gt-audit's look at whole answers"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The body of an object comes as a stream, which says itself where it breaks off.
        let Some(body) = context.response().body().bytes() else { return Ok(()) };
        match config.load::<Metadata>() {
            Some(operation) if context.output_or_error().is_ok() => {
                check(operation.service(), operation.name(), body).map_err(Into::into)
            }
            _ => Ok(()),
        }
    }
}

fn check(service: &str, operation: &str, body: &[u8]) -> Result<(), NotWhole> {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Err(NotWhole("the answer is empty".to_owned()));
    }
    let Some((.., members)) = ALWAYS.iter().find(|(of, name, _)| (*of, *name) == (service, operation)) else {
        return Ok(());
    };
    let is_xml = body.starts_with(b"<");
    if is_xml && !is_closed(body) {
        return Err(NotWhole("the answer breaks off before its end".to_owned()));
    }
    let has = |name: &str| if is_xml { has_element(body, name) } else { has_key(body, name) };
    match members.iter().find(|name| !has(name)) {
        Some(missing) => Err(NotWhole(format!("the answer lacks `{missing}`"))),
        None => Ok(()),
    }
}

/// Does an XML document end with the end of its root element?
fn is_closed(body: &[u8]) -> bool {
    let mut rest = body;
    loop {
        match rest.get(1) {
            // A declaration or a comment.
            Some(b'?' | b'!') => match memchr::memchr(b'<', rest.get(1..).unwrap_or_default()) {
                Some(next) => rest = rest.get(next + 1..).unwrap_or_default(),
                None => return false,
            },
            Some(_) => break,
            None => return false,
        }
    }
    let name: &[u8] = rest.get(1..).unwrap_or_default();
    let end = name.iter().position(|byte| byte.is_ascii_whitespace() || b"/>".contains(byte));
    let Some(name) = end.and_then(|end| name.get(..end)) else { return false };
    let alone = memchr::memchr(b'>', rest).is_some_and(|at| at + 1 == rest.len() && rest.ends_with(b"/>"));
    alone || rest.strip_suffix(b">").is_some_and(|rest| rest.trim_ascii_end().ends_with(&[b"</", name].concat()))
}

/// Is there an element of this name anywhere? In a text, `<` is never written as it is.
fn has_element(body: &[u8], name: &str) -> bool {
    let start = format!("<{name}");
    memmem::find_iter(body, &start)
        .any(|at| body.get(at + start.len()).is_some_and(|byte| byte.is_ascii_whitespace() || b"/>".contains(byte)))
}

/// Has any object a value of this name? Within a text, a quote is never written as it is.
fn has_key(body: &[u8], name: &str) -> bool {
    let key = format!("\"{name}\"");
    memmem::find_iter(body, &key).any(|at| {
        let value = body.get(at + key.len()..).and_then(|rest| rest.trim_ascii_start().strip_prefix(b":"));
        value.is_some_and(|value| !value.trim_ascii_start().starts_with(b"null"))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::collect::calls::CALLS;

    #[test]
    fn every_operation_has_members_that_are_always_there_but_for_texts_and_objects() {
        let all: BTreeSet<_> = CALLS.iter().map(|call| (call.service, call.operation)).collect();
        let known: BTreeSet<_> = ALWAYS.iter().map(|(service, operation, _)| (*service, *operation)).collect();
        assert_eq!(known.len(), ALWAYS.len());
        assert!(known.is_subset(&all));
        let others: Vec<_> = all.difference(&known).map(|(_, operation)| *operation).collect();
        assert_eq!(others, ["GetBucketPolicy", "GetObject", "AssumeRole"]);
    }

    #[test]
    fn an_xml_document_ends_with_its_root() {
        for whole in [
            "<a/>",
            "<a></a>",
            "<a xmlns=\"u\"/>",
            "<?xml version=\"1.0\"?>\n<!-- b --><a b='c'><d/></a >",
            "<a><a/></a>",
        ] {
            assert!(is_closed(whole.as_bytes()), "{whole}");
            let cut = &whole[..whole.len() - 1];
            assert!(!is_closed(cut.as_bytes()), "{cut}");
        }
        for part in ["<a><b/>", "<a><b></b>", "<a>text", "<?xml?>", "<"] {
            assert!(!is_closed(part.as_bytes()), "{part}");
        }
    }

    #[test]
    fn what_lacks_a_member_is_not_whole() {
        let of_functions = |body: &str| check("Lambda", "ListFunctions", body.as_bytes());
        assert_eq!(of_functions(r#"{"Functions" : []}"#), Ok(()));
        for body in ["{}", r#"{"Functions": null}"#, r#"{"Description": "\"Functions\": []"}"#, r#"["Functions"]"#] {
            assert_eq!(of_functions(body), Err(NotWhole("the answer lacks `Functions`".to_owned())), "{body}");
        }
        assert_eq!(of_functions(" \n"), Err(NotWhole("the answer is empty".to_owned())));
        let of_buckets = |body: &str| check("S3", "ListBuckets", body.as_bytes());
        assert_eq!(of_buckets("<R><Buckets/></R>"), Ok(()));
        assert!(of_buckets("<R><BucketsOf/></R>").is_err() && of_buckets("<R><Buckets>").is_err());
    }
}
