//! The set-ups, by what they try.
//!
//! In policies `{bucket}` and `{function}` stand for the ARN of the set-up's own bucket or function, `{role}` and
//! `{session}` for the caller's, `{account}` for its account. A bucket's name has `ACCOUNT-NNN-` before what is written
//! here, a function's `fNNN-`.

use gt_audit::knowledge::managed::{FULL_ACCESS, GROUND_TRUTH_EXECUTION};
use serde_json::{Value, json};

/// A role, what bears on it, and the one call that it makes.
#[derive(Default)]
pub struct Setup {
    pub name: &'static str,
    pub managed: &'static [&'static str],
    pub inline: Vec<Value>,
    pub boundary: Vec<Value>,
    pub session: Vec<Value>,
    pub bucket_policy: Vec<Value>,
    /// The principal that may invoke the function.
    pub function_policy: Option<&'static str>,
    /// The role's, as in `/team/`.
    pub path: Option<&'static str>,
    pub role_tags: &'static [(&'static str, &'static str)],
    pub object_tags: &'static [(&'static str, &'static str)],
    /// The bucket is another account's.
    pub elsewhere: bool,
    pub call: Call,
}

#[derive(Clone, Copy)]
pub enum Call {
    Get { bucket: &'static str, key: &'static str },
    Put { bucket: &'static str, key: &'static str },
    Invoke { function: &'static str, qualifier: &'static str },
}

impl Default for Call {
    fn default() -> Self {
        Self::Get { bucket: "data", key: "a" }
    }
}

type Setups = Vec<Setup>;

const EXECUTION: &[&str] = &[GROUND_TRUTH_EXECUTION];
const FULL: &[&str] = &[FULL_ACCESS];
const GET: &str = "s3:GetObject";
const INVOKE: &str = "lambda:InvokeFunction";
const OBJECTS: &str = "{bucket}/*";
/// The role of another set-up.
const OTHER: &str = "arn:aws:iam::{account}:role/nothing";

pub fn all() -> Setups {
    let groups = [spelling(), functions(), tags(), documents(), denials(), conditions()];
    let more = [bucket_policies(), boundaries(), sessions(), other_accounts()];
    groups.into_iter().chain(more).flatten().collect()
}

fn get(name: &'static str, bucket: &'static str, key: &'static str) -> Setup {
    Setup { name, call: Call::Get { bucket, key }, ..Setup::default() }
}

fn put(name: &'static str, bucket: &'static str, key: &'static str) -> Setup {
    Setup { name, call: Call::Put { bucket, key }, ..Setup::default() }
}

fn invoke(name: &'static str, function: &'static str, qualifier: &'static str) -> Setup {
    Setup { name, call: Call::Invoke { function, qualifier }, ..Setup::default() }
}

/// A read of an object `a` in a bucket without a token.
fn plain(name: &'static str) -> Setup {
    Setup { name, ..Setup::default() }
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

fn deny(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": resource })
}

/// The statement, with one member more.
fn with(mut statement: Value, member: &str, value: Value) -> Value {
    statement[member] = value;
    statement
}

fn when(statement: Value, condition: Value) -> Value {
    with(statement, "Condition", condition)
}

/// Objects may be read, when this holds.
fn read_when(condition: Value) -> Vec<Value> {
    vec![when(allow(GET, OBJECTS), condition)]
}

/// Objects may be read, but not when this holds.
fn read_unless(condition: Value) -> Vec<Value> {
    vec![allow(GET, OBJECTS), when(deny("s3:*", "*"), condition)]
}

/// A bucket policy by which this principal may read.
fn grant(principal: &str) -> Vec<Value> {
    let principal = if principal == "*" { json!("*") } else { json!({ "AWS": principal }) };
    vec![with(allow(GET, OBJECTS), "Principal", principal)]
}

/// A bucket policy by which this principal may not.
fn refuse(principal: &str) -> Vec<Value> {
    vec![with(deny("s3:*", OBJECTS), "Principal", json!({ "AWS": principal }))]
}

/// Which names and keys the managed policies reach: they compare with case, over bucket and key as one string.
fn spelling() -> Setups {
    let execution = [
        get("bucket-sagemaker", "my-sagemaker-data", "a"),
        get("bucket-groundtruth", "groundtruth", "a"),
        get("bucket-ground-truth", "ground-truth", "a"),
        get("bucket-sage-maker", "sage-maker", "a"),
        get("key-sagemaker", "data", "x/sagemaker/y"),
        get("key-SageMaker", "data", "SageMaker"),
        get("key-Sagemaker", "data", "x-Sagemaker.json"),
        get("key-sageMaker", "data", "sageMaker/a"),
        get("key-SAGEMAKER", "data", "SAGEMAKER/a"),
        get("key-GroundTruth", "data", "in/GroundTruth-1"),
        get("key-Groundtruth", "data", "Groundtruth/a"),
        get("key-groundTruth", "data", "groundTruth/a"),
        get("key-Ground-space-Truth", "data", "Ground Truth/a"),
        get("key-with-a-star", "data", "sage*maker"),
        get("key-of-many-letters", "data", "ä ö+%41 sagemaker?"),
        get("token-over-the-slash", "sage", "maker/a"),
        put("put-bucket-sagemaker", "sagemaker", "a"),
        put("put-key-groundtruth", "data", "out/groundtruth/a"),
        put("put-plain", "data", "out/a"),
    ];
    let full = [
        get("full-bucket-groundtruth", "groundtruth", "a"),
        put("full-key-SageMaker", "data", "SageMaker/a"),
        put("full-key-aws-glue", "data", "aws-glue/a"),
    ];
    let full = full.map(|setup| Setup { managed: FULL, ..setup });
    execution.map(|setup| Setup { managed: EXECUTION, ..setup }).into_iter().chain(full).collect()
}

fn functions() -> Setups {
    let execution = [
        invoke("function-GtRecipe", "GtRecipe", ""),
        invoke("function-gtRecipe", "gtRecipe", ""),
        invoke("function-LabelingFunction", "my-LabelingFunction", ""),
        invoke("function-labeling-function", "my-labeling-function", ""),
        invoke("function-sageMaker", "sageMaker", ""),
        invoke("function-SageMaker-version", "SageMaker", ":1"),
    ];
    let mut setups: Setups = execution.map(|setup| Setup { managed: EXECUTION, ..setup }).into();
    setups.extend([
        Setup { managed: FULL, ..invoke("full-function-GtRecipe", "GtRecipe", "") },
        Setup { managed: FULL, inline: vec![deny("lambda:*", "*")], ..invoke("function-denied", "SageMaker", "") },
        Setup { inline: vec![allow(INVOKE, "{function}")], ..invoke("version-of-the-function", "f", ":1") },
        Setup { inline: vec![allow(INVOKE, "{function}:*")], ..invoke("version-of-any", "f", ":1") },
        Setup { inline: vec![allow(INVOKE, "{function}:*")], ..invoke("no-version-of-any", "f", "") },
        Setup { inline: vec![allow(INVOKE, "{function}*")], ..invoke("version-and-function", "f", ":1") },
        Setup { inline: vec![allow(INVOKE, "{function}")], ..invoke("version-latest", "f", ":$LATEST") },
        Setup { function_policy: Some("{role}"), ..invoke("function-policy-role", "f", "") },
        Setup { function_policy: Some("{role}"), ..invoke("function-policy-and-a-version", "f", ":1") },
        Setup { function_policy: Some("{account}"), ..invoke("function-policy-account", "f", "") },
        Setup {
            function_policy: Some("{account}"),
            inline: vec![allow("lambda:Invoke*", "*")],
            ..invoke("function-policy-account-and-role", "f", "")
        },
        Setup { function_policy: Some("s3.amazonaws.com"), ..invoke("function-policy-service", "f", "") },
    ]);
    setups
}

/// Object tags: a read has them, a write has not.
fn tags() -> Setups {
    let secret = || json!({ "StringNotEquals": { "s3:ExistingObjectTag/open": "yes" } });
    vec![
        Setup { managed: EXECUTION, object_tags: &[("SageMaker", "true")], ..plain("tag-true") },
        Setup { managed: EXECUTION, object_tags: &[("SageMaker", "TRUE")], ..plain("tag-TRUE") },
        Setup { managed: EXECUTION, object_tags: &[("SageMaker", "yes")], ..plain("tag-yes") },
        Setup { managed: EXECUTION, object_tags: &[("sagemaker", "true")], ..plain("tag-key-of-other-case") },
        Setup { managed: EXECUTION, object_tags: &[("Sage-Maker", "true")], ..plain("tag-key-near-miss") },
        Setup { managed: EXECUTION, object_tags: &[("SageMaker", "true")], ..put("tag-put", "data", "a") },
        Setup { managed: FULL, object_tags: &[("servicecatalog:provisioning", "true")], ..plain("full-tag") },
        Setup { managed: FULL, object_tags: &[("servicecatalog:provisioning", "True")], ..plain("full-tag-case") },
        Setup { inline: read_unless(secret()), object_tags: &[("open", "yes")], ..plain("tag-spares-from-deny") },
        Setup { inline: read_unless(secret()), ..plain("tag-wanting-for-deny") },
        Setup {
            inline: vec![allow("s3:Put*", OBJECTS), when(deny("s3:Put*", "*"), secret())],
            object_tags: &[("open", "yes")],
            ..put("tag-put-always-denied", "data", "a")
        },
        Setup { inline: read_when(json!({ "Null": { "s3:ExistingObjectTag/x": "true" } })), ..plain("tag-null") },
    ]
}

/// What a policy's own elements say.
fn documents() -> Setups {
    let not_action = |action: &str| json!({ "Effect": "Allow", "NotAction": action, "Resource": "*" });
    let not_resource = || json!({ "Effect": "Allow", "Action": GET, "NotResource": "{bucket}/private/*" });
    vec![
        plain("nothing"),
        Setup { inline: vec![allow("S3:GETOBJECT", OBJECTS)], ..plain("action-in-capitals") },
        Setup { inline: vec![allow("s3:Get?bject", OBJECTS)], ..plain("action-with-a-question-mark") },
        Setup { inline: vec![allow("s3:GetObject?*", OBJECTS)], ..plain("action-longer") },
        Setup { inline: vec![allow("*", "*")], ..put("everything", "data", "a") },
        Setup { inline: vec![allow(GET, "{bucket}")], ..plain("resource-without-the-key") },
        Setup { inline: vec![allow(GET, "{bucket}/?")], ..plain("resource-with-a-question-mark") },
        Setup { inline: vec![allow(GET, "arn:aws:s3:::*/a")], ..plain("resource-in-any-bucket") },
        Setup { inline: vec![allow(GET, "arn:aws:s3")], ..plain("resource-incomplete") },
        Setup { inline: vec![allow(GET, "{bucket}/Data/*")], ..get("resource-of-other-case", "data", "data/a") },
        Setup { inline: vec![not_action("s3:Delete*")], ..plain("not-action-other") },
        Setup { inline: vec![not_action("S3:get*")], ..plain("not-action-same") },
        Setup { inline: vec![not_resource()], ..plain("not-resource-other") },
        Setup { inline: vec![not_resource()], ..get("not-resource-same", "data", "private/a") },
        Setup {
            inline: vec![allow(GET, "{bucket}/${aws:PrincipalTag/team}/*")],
            role_tags: &[("team", "blue")],
            ..get("variable", "data", "blue/a")
        },
        Setup {
            inline: vec![allow(GET, "{bucket}/${aws:PrincipalTag/team}/*")],
            role_tags: &[("team", "blue")],
            ..get("variable-of-others", "data", "red/a")
        },
        Setup {
            inline: vec![allow(GET, "{bucket}/${aws:PrincipalTag/team, 'none'}/*")],
            ..get("variable-with-default", "data", "none/a")
        },
        Setup { inline: vec![allow(GET, "{bucket}/${aws:PrincipalTag/team}*")], ..plain("variable-without-value") },
        Setup { inline: vec![allow(GET, "{bucket}/a${*}b")], ..get("variable-star", "data", "axb") },
    ]
}

/// A Deny wins, wherever it is.
fn denials() -> Setups {
    let secret = || vec![deny("s3:*", "{bucket}/secret/*")];
    let all_but = |principals: &[&str]| {
        vec![json!({ "Effect": "Deny", "NotPrincipal": { "AWS": principals }, "Action": "s3:*", "Resource": OBJECTS })]
    };
    let deny_when = |condition: Value| refuse("*").into_iter().map(|it| when(it, condition.clone())).collect();
    let allowed = || Setup { managed: EXECUTION, ..get("", "sagemaker", "a") };
    vec![
        Setup { managed: EXECUTION, inline: secret(), ..get("deny-inline", "sagemaker", "secret/a") },
        Setup { inline: secret(), name: "deny-of-other-keys", ..allowed() },
        Setup {
            inline: vec![json!({ "Effect": "Deny", "Action": "s3:*", "NotResource": "{bucket}/a" })],
            name: "deny-not-resource",
            ..allowed()
        },
        Setup {
            inline: vec![json!({ "Effect": "Deny", "NotAction": "s3:Put*", "Resource": "*" })],
            name: "deny-not-action",
            ..allowed()
        },
        Setup { bucket_policy: refuse("{role}"), name: "bucket-denies-the-role", ..allowed() },
        Setup { bucket_policy: refuse(OTHER), name: "bucket-denies-another-role", ..allowed() },
        Setup { bucket_policy: refuse("{account}"), name: "bucket-denies-the-account", ..allowed() },
        Setup { bucket_policy: refuse("*"), name: "bucket-denies-all", ..allowed() },
        Setup { bucket_policy: all_but(&[OTHER]), name: "bucket-denies-all-but-another", ..allowed() },
        Setup {
            bucket_policy: all_but(&["{account}", "{role}", "{session}"]),
            name: "bucket-denies-all-but-the-role",
            ..allowed()
        },
        Setup {
            bucket_policy: deny_when(json!({ "Bool": { "aws:SecureTransport": "false" } })),
            name: "bucket-demands-tls",
            ..allowed()
        },
        Setup {
            bucket_policy: deny_when(json!({ "StringNotLike": { "aws:userid": ["AIDA*", "*:oracle"] } })),
            name: "bucket-spares-the-session",
            ..allowed()
        },
        Setup {
            bucket_policy: deny_when(json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } })),
            managed: EXECUTION,
            ..put("bucket-demands-encryption", "sagemaker", "a")
        },
    ]
}

fn conditions() -> Setups {
    let read = |name, condition: Value| Setup { inline: read_when(condition), ..plain(name) };
    let unless = |name, condition: Value| Setup { inline: read_unless(condition), ..plain(name) };
    vec![
        read("address-within", json!({ "IpAddress": { "AWS:sourceip": ["10.0.0.0/8", "127.0.0.0/8"] } })),
        read("address-without", json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } })),
        unless("address-not-in-any", json!({ "NotIpAddress": { "aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"] } })),
        unless("transport", json!({ "Bool": { "aws:SecureTransport": "false" } })),
        unless("mfa-absent-or-false", json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } })),
        unless("vpc-endpoint-absent", json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } })),
        unless("vpc-endpoint-if-exists", json!({ "StringEqualsIfExists": { "aws:SourceVpce": "vpce-1" } })),
        unless("organization-absent", json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } })),
        read("before-a-date", json!({ "DateLessThan": { "aws:CurrentTime": "2020-01-01T00:00:00Z" } })),
        read("after-a-date", json!({ "DateGreaterThan": { "aws:EpochTime": "1577836800" } })),
        read("after-a-day", json!({ "DateGreaterThan": { "aws:CurrentTime": "2020-01-01" } })),
        unless("session-is-not-revoked", json!({ "DateLessThan": { "aws:TokenIssueTime": "2020-01-01T00:00:00Z" } })),
        unless("mfa-age-absent", json!({ "NumericGreaterThan": { "aws:MultiFactorAuthAge": "3600" } })),
        unless("mfa-age-if-exists", json!({ "NumericGreaterThanIfExists": { "aws:MultiFactorAuthAge": "3600" } })),
        read("vpc-endpoint-not-null", json!({ "Null": { "aws:SourceVpce": "false" } })),
        read("session-by-user-id", json!({ "StringLike": { "aws:userid": "*:oracle" } })),
        read("owner", json!({ "StringEquals": { "aws:ResourceAccount": "{account}" } })),
        read(
            "one-of-two-keys",
            json!({ "StringEquals": {
            "aws:RequestedRegion": "us-east-1", "aws:PrincipalType": "User",
        } }),
        ),
        read(
            "one-of-two-operators",
            json!({
                "StringEquals": { "aws:RequestedRegion": "us-east-1" }, "StringLike": { "aws:userid": "nobody" },
            }),
        ),
        read("none-of-the-values", json!({ "StringNotLike": { "aws:RequestedRegion": ["eu-*", "us-*"] } })),
        read("all-of-no-tags", json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } })),
        read("any-of-no-tags", json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["team"] } })),
        read("any-of-no-tags-but", json!({ "ForAnyValue:StringNotEquals": { "aws:TagKeys": ["team"] } })),
        read("all-of-one-value", json!({ "ForAllValues:StringEquals": { "aws:RequestedRegion": ["us-east-1"] } })),
        read("any-of-one-value", json!({ "ForAnyValue:StringLike": { "aws:RequestedRegion": ["eu-*", "us-?ast-*"] } })),
        read("equals-knows-no-star", json!({ "StringEquals": { "aws:RequestedRegion": "us-*" } })),
        Setup {
            inline: read_when(json!({ "StringEquals": { "aws:principaltag/TEAM": "blue" } })),
            role_tags: &[("team", "blue")],
            ..plain("role-tag")
        },
        Setup {
            inline: read_when(json!({ "StringEquals": { "aws:PrincipalTag/team": "Blue" } })),
            role_tags: &[("team", "blue")],
            ..plain("role-tag-of-other-case")
        },
        read("role-by-its-arn", json!({ "ArnLike": { "aws:PrincipalArn": "{role}" } })),
        read("arn-by-segments", json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:*::{account}:*/arn-by-*" } })),
        unless("all-but-the-role", json!({ "ArnNotEquals": { "aws:PrincipalArn": "{role}" } })),
    ]
}

/// In one account an Allow of the role or of the bucket is enough.
fn bucket_policies() -> Setups {
    let list_only = || vec![with(allow("s3:*", "{bucket}"), "Principal", json!("*"))];
    let arn = |arn: &str| json!({ "ArnEquals": { "aws:PrincipalArn": arn } });
    let everybody_when = |condition: Value| grant("*").into_iter().map(|it| when(it, condition.clone())).collect();
    vec![
        Setup { bucket_policy: grant("{role}"), ..plain("grant-role") },
        Setup { bucket_policy: grant(OTHER), ..plain("grant-another-role") },
        Setup { bucket_policy: grant("{role}"), path: Some("/team/blue/"), ..plain("grant-role-with-a-path") },
        Setup { bucket_policy: grant("{session}"), ..plain("grant-session") },
        Setup { bucket_policy: grant("{session}-2"), ..plain("grant-another-session") },
        Setup { bucket_policy: grant("{account}"), ..plain("grant-account-alone") },
        Setup { bucket_policy: grant("arn:aws:iam::{account}:root"), ..plain("grant-root-alone") },
        Setup { bucket_policy: grant("{account}"), managed: EXECUTION, ..get("grant-account", "groundtruth", "a") },
        Setup { bucket_policy: grant("*"), ..plain("grant-all") },
        Setup { bucket_policy: grant("{role}"), ..put("grant-of-another-action", "data", "a") },
        Setup { bucket_policy: list_only(), ..plain("grant-without-the-key") },
        Setup {
            bucket_policy: everybody_when(json!({ "IpAddress": { "aws:SourceIp": "127.0.0.1" } })),
            ..plain("grant-all-by-address")
        },
        Setup { bucket_policy: everybody_when(arn("{role}")), ..plain("grant-all-by-role") },
        Setup { bucket_policy: everybody_when(arn(OTHER)), ..plain("grant-all-by-another-role") },
    ]
}

/// A boundary grants nothing, and limits all but what a resource's policy grants to the very session.
fn boundaries() -> Setups {
    let read = || vec![allow(GET, OBJECTS)];
    let write = || vec![allow("s3:Put*", "*")];
    let denying = || vec![allow("*", "*"), deny(GET, OBJECTS)];
    vec![
        Setup { boundary: read(), inline: read(), ..plain("boundary-and-role") },
        Setup { boundary: read(), ..plain("boundary-alone") },
        Setup { boundary: write(), inline: vec![allow("*", "*")], ..plain("boundary-of-another-action") },
        Setup { boundary: denying(), inline: read(), ..plain("boundary-denies") },
        Setup { boundary: write(), bucket_policy: grant("{role}"), ..plain("boundary-limits-grant-to-role") },
        Setup { boundary: read(), bucket_policy: grant("{role}"), ..plain("boundary-within-grant-to-role") },
        Setup { boundary: write(), bucket_policy: grant("{session}"), ..plain("boundary-spares-grant-to-session") },
        Setup { boundary: write(), bucket_policy: grant("*"), ..plain("boundary-spares-grant-to-all") },
        Setup { boundary: denying(), bucket_policy: grant("{session}"), ..plain("boundary-denies-granted-session") },
        Setup { boundary: write(), function_policy: Some("{role}"), ..invoke("boundary-limits-function", "f", "") },
    ]
}

/// And so does a session policy.
fn sessions() -> Setups {
    let only = |key: &str| vec![allow(GET, &format!("{{bucket}}/{key}"))];
    let execution = || Setup { managed: EXECUTION, ..get("", "sagemaker", "a") };
    vec![
        Setup { session: only("a"), name: "session-within", ..execution() },
        Setup { session: only("b"), name: "session-without", ..execution() },
        Setup { session: vec![allow("*", "*")], ..plain("session-grants-nothing") },
        Setup { session: vec![allow("*", "*"), deny(GET, "*")], name: "session-denies", ..execution() },
        Setup { session: only("b"), bucket_policy: grant("{role}"), ..plain("session-limits-grant-to-role") },
        Setup { session: only("b"), bucket_policy: grant("{session}"), ..plain("session-spares-grant-to-session") },
        Setup { session: only("b"), bucket_policy: grant("*"), ..plain("session-spares-grant-to-all") },
        Setup { session: only("a"), boundary: only("b"), name: "session-and-boundary-apart", ..execution() },
        Setup { session: only("a"), boundary: only("*"), name: "session-and-boundary-agree", ..execution() },
    ]
}

/// Across accounts the role and the bucket must both allow.
fn other_accounts() -> Setups {
    let write = || vec![allow("s3:Put*", "*")];
    let execution = || Setup { managed: EXECUTION, elsewhere: true, ..get("", "sagemaker", "a") };
    vec![
        Setup { name: "abroad-role-alone", ..execution() },
        Setup { bucket_policy: grant("{role}"), elsewhere: true, ..plain("abroad-bucket-alone") },
        Setup { bucket_policy: grant("{role}"), name: "abroad-both-by-role", ..execution() },
        Setup { bucket_policy: grant("{account}"), name: "abroad-both-by-account", ..execution() },
        Setup { bucket_policy: grant("{session}"), name: "abroad-both-by-session", ..execution() },
        Setup { bucket_policy: grant("*"), name: "abroad-both-by-all", ..execution() },
        Setup { bucket_policy: grant("{account}"), boundary: write(), name: "abroad-boundary", ..execution() },
        Setup { bucket_policy: grant("{account}"), session: write(), name: "abroad-session", ..execution() },
        Setup { bucket_policy: refuse("{account}"), name: "abroad-denied", ..execution() },
    ]
}
