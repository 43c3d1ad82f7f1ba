//! Changes as a CloudFormation template.
//!
//! In YAML, which has comments: what has no resource type of its own (trust policies, managed policies that exist, CORS,
//! key policies) is given as the properties to put into the resource that exists, in a form that can be pasted, and each
//! resource has its proof above it (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>,
//! 2026-11-22).

use serde_json::{Map, Value, json};

use super::Change;
use super::label::Labels;
use super::spelling::{Explained, Holder, comments, indented, not_a_holder, remarks, text};
use super::yaml;
use crate::account::CorsRule;

const HEAD: [&str; 2] = [
    "CloudFormation from gt-audit, which has deployed nothing.",
    "Each resource adds or updates the policy of that name; deleting the stack deletes the policy.",
];

const NOTHING: &str = "Nothing here can be deployed as a template of its own.";

pub(super) fn write(changes: &[Explained<'_>]) -> String {
    let mut labels = Labels::default();
    let mut resources = vec![];
    let mut rest = vec![];
    for explained in changes {
        let mut remarks = remarks(*explained);
        match spelled(explained.change) {
            Ok(Spelled::Resource(names, resource)) => {
                resources.extend(indented(comments(&remarks)));
                resources.extend(indented(yaml::lines(&json!({ labels.camel(&names): resource }))));
            }
            Ok(Spelled::Properties(kind, properties)) => {
                remarks
                    .push(format!("CloudFormation sets this in the whole `{kind}` only: give yours these properties"));
                rest.push(String::new());
                rest.extend(comments(&remarks));
                rest.push("#".to_owned());
                rest.extend(indented(yaml::lines(&properties)).map(|line| format!("# {line}")));
            }
            Err(why) => {
                remarks.push(why);
                rest.push(String::new());
                rest.extend(comments(&remarks));
            }
        }
    }
    let mut lines = comments(&HEAD);
    if resources.is_empty() {
        lines.extend(comments(&[NOTHING]));
    } else {
        lines.push("AWSTemplateFormatVersion: \"2010-09-09\"".to_owned());
        lines.push("Resources:".to_owned());
        lines.extend(resources);
    }
    lines.extend(rest);
    text(lines)
}

/// How a change is written.
enum Spelled<'a> {
    /// A resource, and what to name it after.
    Resource([&'a str; 2], Value),
    /// Properties of a resource that exists.
    Properties(&'static str, Value),
}

fn spelled(change: &Change) -> Result<Spelled<'_>, String> {
    let spelled = match change {
        Change::PutInlinePolicy { identity, name, document } => {
            let (kind, whose) = match Holder::of(identity).ok_or_else(|| not_a_holder(identity))? {
                Holder::Role => ("AWS::IAM::RolePolicy", "RoleName"),
                Holder::User => ("AWS::IAM::UserPolicy", "UserName"),
                Holder::Group => ("AWS::IAM::GroupPolicy", "GroupName"),
            };
            let properties = json!({ whose: identity.name(), "PolicyName": name, "PolicyDocument": document });
            Spelled::Resource([identity.name(), name], json!({ "Type": kind, "Properties": properties }))
        }
        Change::PutPolicyVersion { document, .. } => {
            Spelled::Properties("AWS::IAM::ManagedPolicy", json!({ "PolicyDocument": document }))
        }
        Change::PutTrustPolicy { document, .. } => {
            Spelled::Properties("AWS::IAM::Role", json!({ "AssumeRolePolicyDocument": document }))
        }
        Change::PutBucketCors { rules, .. } => {
            let rules: Vec<Value> = rules.iter().map(rule).collect();
            Spelled::Properties("AWS::S3::Bucket", json!({ "CorsConfiguration": { "CorsRules": rules } }))
        }
        Change::PutKeyPolicy { document, .. } => Spelled::Properties("AWS::KMS::Key", json!({ "KeyPolicy": document })),
    };
    let (Spelled::Resource(_, json) | Spelled::Properties(_, json)) = &spelled;
    if is_code(json) {
        return Err("left out: CloudFormation would take a part of its text for a function or a reference".to_owned());
    }
    Ok(spelled)
}

/// Would CloudFormation run or replace a part of this? There is no way to write it so that it would not.
fn is_code(json: &Value) -> bool {
    match json {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains("{{resolve:"),
        Value::Array(items) => items.iter().any(is_code),
        Value::Object(fields) => {
            fields.iter().any(|(name, json)| name == "Ref" || name.starts_with("Fn::") || is_code(json))
        }
    }
}

/// A rule with CloudFormation's names for its fields, without the lists that are empty.
fn rule(rule: &CorsRule) -> Value {
    let lists = [
        ("AllowedHeaders", &rule.allowed_headers),
        ("AllowedMethods", &rule.allowed_methods),
        ("AllowedOrigins", &rule.allowed_origins),
        ("ExposedHeaders", &rule.expose_headers),
    ];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let mut fields: Map<String, Value> = lists.map(|(name, list)| (name.to_owned(), json!(list))).collect();
    fields.extend(rule.max_age_seconds.map(|age| ("MaxAge".to_owned(), age.into())));
    Value::Object(fields)
}
