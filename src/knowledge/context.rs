//! What is in the context of the requests that labeling depends on: who sends them, and what each condition key comes from.
//!
//! Knows requests and keys, as AWS's pages have them; the data are in `context.json`, a row a key. A [`Source`] says where a
//! value is to be found; the facts of an account are put in elsewhere. Has never heard of a policy.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;

use super::condition_keys;

/// Who sends a request, and by what way it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Sender {
    /// Ground Truth, with a session of the execution role. It is no service principal, and forwards nothing.
    GroundTruth,
    /// Amazon S3, which forwards the execution role's session to AWS KMS.
    S3,
    /// The code of a function, with a session of the function's own role.
    Function,
    /// A worker's browser, with a URL that the execution role signed.
    Worker,
    /// A person or program with an identity's own credentials.
    #[default]
    Person,
    /// Whoever has an identity's credentials, by whatever way.
    Anybody,
    /// The service `sagemaker.amazonaws.com` or `lambda.amazonaws.com` itself.
    Service(Service),
}

/// A service that assumes roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// `sagemaker.amazonaws.com`
    SageMaker,
    /// `lambda.amazonaws.com`
    Lambda,
}

/// Where the value of a condition key comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The request does not have the key.
    Absent,
    /// Nothing is known of it.
    Unknown,
    /// The request has it, with a value that is not known.
    Present,
    /// This very value.
    #[serde(skip)]
    Is(String),
    /// This very value, or the request does not have it.
    #[serde(skip)]
    AbsentOr(String),
    /// Several values, of which this is one.
    #[serde(skip)]
    Has(String),
    /// The day of the facts.
    Now,
    /// When the session was issued: not before the facts.
    Session,
    /// The same of a session that may have been there before.
    RunningSession,
    /// The ARN of who asks.
    Principal,
    /// The account of who asks.
    PrincipalAccount,
    /// `AssumedRole`, `User` or `Account`.
    PrincipalType,
    /// The tags of who asks.
    PrincipalTags,
    /// The unique id of who asks, and the session's name.
    UserId,
    /// The name of a user.
    UserName,
    /// The organization of who asks.
    Organization,
    /// The organization of who owns the resource.
    OwnerOrganization,
    /// The account that owns the resource.
    Owner,
    /// The tags of the resource.
    ResourceTags,
    /// The tags of the object.
    ObjectTags,
    /// The region that is called.
    Region,
    /// `us-east-1`, or the region of the job: what is called when a role is passed is not documented.
    PassRoleRegion,
    /// The region of the function, or `us-east-1` by the global endpoint.
    RegionOrGlobal,
    /// The region of the bucket for its list; for its location `us-east-1` too, where programs use to ask.
    BucketRegion,
    /// `us-east-1` for IAM, else the console's.
    ConsoleRegion,
    /// Ground Truth's VPC endpoint in the region.
    Endpoint,
    /// Absent, or a network of AWS's own.
    AbsentOrAws,
    /// TLS 1.2 or newer.
    Tls,
    /// The aliases of the key.
    KeyAliases,
    /// S3 in the region.
    ViaS3,
    /// The account of the job. That SageMaker sends it for labeling jobs is inferred: no page says so.
    JobAccount,
    /// Something of SageMaker's in the account of the job; of which form, no page says.
    JobArn,
    /// The organization of the account of the job.
    JobOrganization,
    /// Of a role, not known; absent of a user.
    SessionOfRole,
    /// A field of the request, which the question says.
    Asked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    /// What each request is.
    requests: BTreeMap<String, String>,
    /// By key, in small letters, and by source, the requests. A key that ends with `/` or `:` stands for all that begin so.
    keys: BTreeMap<String, BTreeMap<String, String>>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test that asks for it reads it")]
static FILE: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(include_str!("context.json")).expect("context.json has the form of File"));

/// By key, the source in each request.
static KEYS: LazyLock<HashMap<&'static str, HashMap<&'static str, Source>>> = LazyLock::new(|| {
    let rows = FILE.keys.iter().map(|(key, sources)| {
        let each = sources.iter().flat_map(|(source, requests)| {
            let source = Source::read(source);
            requests.split(' ').flat_map(requests_of).map(move |request| (request, source.clone()))
        });
        (key.as_str(), each.collect())
    });
    rows.collect()
});

/// The requests of a name; one that ends with `*` stands for all that begin so.
fn requests_of(name: &'static str) -> impl Iterator<Item = &'static str> {
    let named = move |id: &&'static str| name.strip_suffix('*').map_or(*id == name, |begin| id.starts_with(begin));
    FILE.requests.keys().map(String::as_str).filter(named)
}

impl Source {
    fn read(text: &str) -> Self {
        let with = |prefix| text.strip_prefix(prefix).map(str::to_owned);
        if let Some(value) = with("=") {
            return Self::Is(value);
        }
        if let Some(value) = with("absent-or:") {
            return Self::AbsentOr(value);
        }
        if let Some(value) = with("has:") {
            return Self::Has(value);
        }
        let named: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
        Self::deserialize(named).unwrap_or(Self::Unknown)
    }
}

/// Where the value of a key comes from in a sender's requests for an action; both in small letters.
#[must_use]
pub fn source_of(sender: Sender, action: &str, key: &str) -> Source {
    if condition_keys::is_never_in(action, key) {
        return Source::Absent;
    }
    let family = key.match_indices([':', '/']).rev().map(|(at, _)| key.get(..=at).unwrap_or(key));
    let row = std::iter::once(key).chain(family).find_map(|key| KEYS.get(key));
    match request_of(sender, action) {
        Some(request) => row.and_then(|row| row.get(request)).cloned().unwrap_or(Source::Unknown),
        None => in_every_request(key),
    }
}

/// What the requests of every identity have.
fn in_every_request(key: &str) -> Source {
    match key {
        "aws:securetransport" => Source::Is("true".to_owned()),
        "aws:principalisawsservice" => Source::Is("false".to_owned()),
        "aws:principalarn" => Source::Principal,
        "aws:principalaccount" => Source::PrincipalAccount,
        "aws:resourceaccount" => Source::Owner,
        key if key.starts_with("aws:principaltag/") => Source::PrincipalTags,
        _ => Source::Unknown,
    }
}

/// Which request it is that a sender makes for an action, in small letters.
fn request_of(sender: Sender, action: &str) -> Option<&'static str> {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    Some(match (sender, service, name) {
        (Sender::GroundTruth, "s3", "getobject") => "gt-s3-read",
        (Sender::GroundTruth, "s3", "putobject" | "abortmultipartupload") => "gt-s3-write",
        (Sender::GroundTruth, "s3", _) => "gt-s3-bucket",
        (Sender::GroundTruth, "kms", _) => "gt-kms-direct",
        (Sender::GroundTruth, "lambda", _) => "gt-lambda",
        (Sender::GroundTruth, "sns", _) => "gt-sns",
        (Sender::GroundTruth, "sqs", _) => "gt-sqs",
        (Sender::GroundTruth, "iam", _) => "gt-pass-self",
        (Sender::GroundTruth, "logs" | "cloudwatch", _) => "gt-logs",
        (Sender::S3, "kms", _) => "gt-kms-via-s3",
        (Sender::Function, "s3", _) => "fn-s3",
        (Sender::Function, "sts", _) => "fn-assume",
        (Sender::Worker, "s3", _) => "worker-s3",
        (Sender::Person, "sagemaker", "createlabelingjob") => "maker",
        (Sender::Person, "sagemaker", "addtags") => "maker-tags",
        (Sender::Person, "iam", "passrole") => "maker-pass",
        (Sender::Person, ..) => "console",
        (Sender::Service(Service::SageMaker), "sts", _) => "trust-sagemaker",
        (Sender::Service(Service::Lambda), "sts", _) => "trust-lambda",
        _ => return None,
    })
}

/// Where the data come from, and the day.
#[must_use]
pub fn source() -> (&'static str, &'static str) {
    (&FILE.source, &FILE.date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_names_requests() {
        assert!(FILE.keys.len() > 90);
        for (key, sources) in &FILE.keys {
            let mut seen = vec![];
            for (source, requests) in sources {
                let read = Source::read(source);
                assert_eq!(read == Source::Unknown, source == "unknown", "{key} {source}");
                for name in requests.split(' ') {
                    assert_ne!(requests_of(name).count(), 0, "{key} {name}");
                    seen.extend(requests_of(name));
                }
            }
            let all = seen.len();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), all, "{key}: a request has two sources");
        }
        assert_eq!(source().1, "2026-11-27");
    }

    #[test]
    fn a_source_depends_on_sender_and_action() {
        let of = |sender, action, key| source_of(sender, action, key);
        assert_eq!(of(Sender::GroundTruth, "s3:getobject", "aws:viaawsservice"), Source::Is("false".to_owned()));
        assert_eq!(of(Sender::S3, "kms:decrypt", "aws:viaawsservice"), Source::Is("true".to_owned()));
        assert_eq!(of(Sender::GroundTruth, "s3:getobject", "aws:sourcevpce"), Source::Endpoint);
        assert_eq!(of(Sender::GroundTruth, "s3:getobject", "s3:prefix"), Source::Absent);
        assert_eq!(of(Sender::GroundTruth, "s3:listbucket", "s3:prefix"), Source::Unknown);
        assert_eq!(of(Sender::Person, "sagemaker:createlabelingjob", "sagemaker:vpcsubnets"), Source::Absent);
        assert_eq!(of(Sender::Person, "iam:passrole", "aws:requestedregion"), Source::PassRoleRegion);
        assert_eq!(of(Sender::GroundTruth, "ecr:getimage", "aws:username"), Source::Unknown);
        assert_eq!(of(Sender::Anybody, "s3:getobject", "aws:principalarn"), Source::Principal);
        assert_eq!(of(Sender::GroundTruth, "s3:getobject", "aws:principaltag/team"), Source::PrincipalTags);
    }
}
