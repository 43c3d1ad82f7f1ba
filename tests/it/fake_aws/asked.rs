//! What a request asks, whatever its protocol: read from what goes over the wire.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;

/// What a request asks, whatever its protocol.
pub(super) struct Asked {
    pub(super) service: &'static str,
    pub(super) operation: String,
    pub(super) region: String,
    /// The bucket or object, the function, the ARN: whatever stands in the path.
    pub(super) subject: String,
    pub(super) parameters: BTreeMap<String, String>,
}

impl Asked {
    pub(super) fn read(request: &HttpRequest) -> Self {
        let authorization = request.headers().get("authorization").expect("a signed request");
        let mut scope = authorization.split("Credential=").nth(1).expect("a credential").split('/');
        let region = scope.nth(2).expect("a region").to_owned();
        let signed_for = scope.next().expect("a service");
        let uri = request.uri().split_once("://").expect("a scheme").1;
        let (host, path_and_query) = uri.split_once('/').unwrap_or((uri, ""));
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let body = std::str::from_utf8(request.body().bytes().unwrap_or_default()).expect("text");
        let of = |service, operation: String, subject: String, parameters| Self {
            service,
            operation,
            region: region.clone(),
            subject,
            parameters,
        };
        match signed_for {
            "iam" | "sts" => {
                let mut form = form(body, true);
                let action = form.remove("Action").expect("an action");
                of(if signed_for == "iam" { "IAM" } else { "STS" }, action, String::new(), form)
            }
            "tagging" | "sagemaker" | "kms" | "organizations" => {
                let target = request.headers().get("x-amz-target").expect("a target");
                let (prefix, operation) = target.split_once('.').expect("an operation");
                let (service, signed) = match prefix {
                    "SageMaker" => ("SageMaker", "sagemaker"),
                    "TrentService" => ("KMS", "kms"),
                    "AWSOrganizationsV20161128" => ("Organizations", "organizations"),
                    _ => ("Resource Groups Tagging API", "tagging"),
                };
                assert_eq!(signed, signed_for, "{target}");
                of(service, operation.to_owned(), String::new(), json(body))
            }
            "account" => {
                assert_eq!(path, "listRegions");
                of("Account", "ListRegions".to_owned(), String::new(), json(body))
            }
            "lambda" => {
                let parts: Vec<_> = path.split('/').map(decode).collect();
                let (operation, subject) = match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                    [_, "functions"] | [_, "functions", ""] => ("ListFunctions", ""),
                    [_, "functions", name, "policy"] => ("GetPolicy", name),
                    [_, "functions", name, "configuration"] => ("GetFunctionConfiguration", name),
                    [_, "tags", arn] => ("ListTags", arn),
                    _ => panic!("{path} is nothing of Lambda's"),
                };
                of("Lambda", operation.to_owned(), subject.to_owned(), form(query, false))
            }
            "s3" => {
                // By host, or else by path.
                let subject = match host.split_once(".s3.") {
                    Some((bucket, _)) => format!("{bucket}/{}", decode(path)),
                    None => decode(path),
                };
                let subject = subject.trim_end_matches('/').to_owned();
                let query = form(query, false);
                let of_bucket = [
                    ("tagging", "GetBucketTagging"),
                    ("policy", "GetBucketPolicy"),
                    ("location", "GetBucketLocation"),
                    ("cors", "GetBucketCors"),
                    ("encryption", "GetBucketEncryption"),
                    ("abac", "GetBucketAbac"),
                ];
                let operation = match of_bucket.iter().find(|(key, _)| query.contains_key(*key)) {
                    Some(("tagging", _)) if subject.contains('/') => "GetObjectTagging",
                    Some((_, operation)) if !subject.contains('/') => operation,
                    None if subject.is_empty() => "ListBuckets",
                    None if subject.contains('/') => "GetObject",
                    _ => panic!("{uri} is nothing of S3's that gt-audit may ask"),
                };
                of("S3", operation.to_owned(), subject, query)
            }
            other => panic!("nobody speaks to {other}"),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

fn form(text: &str, plus_is_space: bool) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let decoded = |text: &str| if plus_is_space { decode(&text.replace('+', " ")) } else { decode(text) };
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned()
}

/// The members of a JSON object, as text.
fn json(text: &str) -> BTreeMap<String, String> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).expect("a JSON object");
    object
        .into_iter()
        .map(|(key, value)| (key, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect()
}
