//! Changes as resources of Terraform's AWS provider.
//!
//! A resource where the provider has one for just what is changed. It has none for a trust policy or for a version of a
//! managed policy: the resources around them own all the rest as well, so these are given as the argument to put into
//! the resource that exists (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs>, 2026-11-22).

use super::Change;
use super::hcl::{arguments, block, jsonencode, string, value};
use super::label::Labels;
use super::spelling::{Explained, Holder, comments, indented, not_a_holder, remarks, text};
use crate::account::CorsRule;
use crate::policy::Document;

const HEAD: [&str; 2] = [
    "Terraform from gt-audit, which has applied nothing.",
    "Each resource puts a whole text in place: what is there now is replaced, so see the plan of whatever manages it.",
];

pub(super) fn write(changes: &[Explained<'_>]) -> String {
    let mut labels = Labels::default();
    let mut lines = comments(&HEAD);
    for explained in changes {
        let mut remarks = remarks(*explained);
        let (remark, code) = match spelled(explained.change, &mut labels) {
            Spelled::Resource(code) => (None, code),
            Spelled::ForProvider(region, code) => (Some(format!("for a provider of region `{region}`")), code),
            Spelled::Argument(resource, argument) => {
                let remark = format!("Terraform sets this in the whole `{resource}` only: give yours this argument");
                (Some(remark), commented(argument))
            }
            Spelled::Nothing(why) => (Some(why), vec![]),
        };
        remarks.extend(remark);
        lines.push(String::new());
        lines.extend(comments(&remarks));
        lines.extend(code);
    }
    text(lines)
}

/// How a change is written.
enum Spelled {
    Resource(Vec<String>),
    /// A resource that is in one region.
    ForProvider(String, Vec<String>),
    /// An argument of a resource that exists.
    Argument(&'static str, Vec<String>),
    Nothing(String),
}

fn spelled(change: &Change, labels: &mut Labels) -> Spelled {
    match change {
        Change::PutInlinePolicy { identity, name, document } => {
            let (kind, whose) = match Holder::of(identity) {
                Some(Holder::Role) => ("aws_iam_role_policy", "role"),
                Some(Holder::User) => ("aws_iam_user_policy", "user"),
                Some(Holder::Group) => ("aws_iam_group_policy", "group"),
                None => return Spelled::Nothing(not_a_holder(identity)),
            };
            let named = [("name", name.as_str()), (whose, identity.name())];
            let label = labels.snake(&[identity.name(), name]);
            Spelled::Resource(resource(kind, &label, policy("policy", &named, document)))
        }
        Change::PutPolicyVersion { document, .. } => {
            Spelled::Argument("aws_iam_policy", policy("policy", &[], document))
        }
        Change::PutTrustPolicy { document, .. } => {
            Spelled::Argument("aws_iam_role", policy("assume_role_policy", &[], document))
        }
        Change::PutBucketCors { bucket, rules } => {
            let label = labels.snake(&[bucket.name()]);
            let mut body = arguments(&[("bucket".to_owned(), vec![string(bucket.name())])]);
            for rule in rules {
                body.push(String::new());
                body.extend(block("cors_rule", cors(rule)));
            }
            Spelled::Resource(resource("aws_s3_bucket_cors_configuration", &label, body))
        }
        Change::PutKeyPolicy { key, document } => {
            let label = labels.snake(&["key", key.name()]);
            let body = policy("policy", &[("key_id", key.name())], document);
            Spelled::ForProvider(key.region().to_owned(), resource("aws_kms_key_policy", &label, body))
        }
    }
}

fn resource(kind: &str, label: &str, body: Vec<String>) -> Vec<String> {
    block(&format!("resource \"{kind}\" \"{label}\""), body)
}

fn policy(name: &str, others: &[(&str, &str)], document: &Document) -> Vec<String> {
    let mut all: Vec<_> = others.iter().map(|(name, text)| ((*name).to_owned(), vec![string(text)])).collect();
    all.push((name.to_owned(), jsonencode(document.json())));
    arguments(&all)
}

fn cors(rule: &CorsRule) -> Vec<String> {
    let lists = [
        ("allowed_headers", &rule.allowed_headers),
        ("allowed_methods", &rule.allowed_methods),
        ("allowed_origins", &rule.allowed_origins),
        ("expose_headers", &rule.expose_headers),
    ];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let lists = lists.map(|(name, list)| (name.to_owned(), value(&list.clone().into())));
    let age = rule.max_age_seconds.map(|age| ("max_age_seconds".to_owned(), vec![age.to_string()]));
    arguments(&lists.chain(age).collect::<Vec<_>>())
}

/// Code as comments, apart from the words above it.
fn commented(code: Vec<String>) -> Vec<String> {
    let lines = std::iter::once(String::new()).chain(indented(code));
    lines.map(|line| format!("# {line}").trim_end().to_owned()).collect()
}
