//! Each fact that is collected is read: for every kind of fact and every field of one, a report or preflight of the
//! account here changes when it changes. What nothing reads is not to be collected.
//!
//! The kinds are found in the account's own JSON, so that a new field stands among them by itself, and this test fails until
//! something reads it. The fields of a labeling job's request are preflight's as well, and have a test of their own.

use std::collections::BTreeMap;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{
    Account, ControlPolicies, ControlPolicy, Encryption, Fact, FlowDefinition, FlowSettings, Grants, Group, Key,
    ManagedPolicy, Organization, Role, User, Workteam,
};
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::preflight::request::Asked;
use gt_audit::preflight::{Caller, preflight};
use serde_json::{Value, json};

use crate::accounts::*;
use crate::rules::job;

/// What changes no report, and why it is collected all the same.
const UNREAD: [(&str, &str); 5] = [
    ("buckets.*.cors.*.AllowedHeaders.*", "`fix` writes the rules that are there again beside its own"),
    ("buckets.*.cors.*.MaxAgeSeconds", "as above"),
    ("organization.policies.rcps.*.*.arn", "identifies the policy; comes with its name, which evidence cites"),
    ("organization.policies.scps.*.*.arn", "as above"),
    ("regions.*.keys.*.grants.*.GrantId", "identifies the grant; comes with what it grants"),
];

/// Objects whose keys are names of the account's own, by the end of their kind.
const MAPS: [&str; 6] = ["iam.policies", "objects", "objects.*", "regions", "keys", "inline"];

const MANIFEST: &str = "InputConfig.DataSource.S3DataSource.ManifestS3Uri";
const OUTPUT: &str = "OutputConfig.S3OutputPath";
const POST: &str = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn";
const TEAM: &str = "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/team";

#[test]
fn each_collected_fact_and_field_is_read() {
    let snapshot = serde_json::to_value(snapshot()).unwrap();
    let before = outcome(&snapshot).unwrap();
    let matters = |place: &str, other: Value| {
        let mut changed = snapshot.clone();
        *changed.pointer_mut(place).unwrap() = other;
        outcome(&changed).is_ok_and(|after| after != before)
    };
    let (mut read, mut filled) = (BTreeMap::<String, bool>::new(), BTreeMap::<String, bool>::new());
    for Field { kind, place, others } in fields(&snapshot["account"], "/account", "") {
        let value = snapshot.pointer(&place).unwrap();
        let empty = value.is_null() || value == &json!([]) || value == &json!({}) || value.get("unknown").is_some();
        *filled.entry(kind.clone()).or_default() |= !empty;
        if !others.is_empty() {
            let read = read.entry(kind).or_default();
            *read = *read || others.into_iter().any(|other| matters(&place, other));
        }
    }
    // What is missing is reported as it is.
    filled.remove("gaps");
    let empty: Vec<_> = filled.iter().filter(|(_, filled)| !**filled).map(|(kind, _)| kind.as_str()).collect();
    assert!(empty.is_empty(), "the account here has none of {empty:?}, so that nothing shows whether it is read");
    let unread: Vec<_> = read.iter().filter(|(_, read)| !**read).map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(unread, UNREAD.map(|(kind, _)| kind), "of {} kinds", read.len());
}

/// What an audit and a preflight say, but for the list of gaps and the counts.
fn outcome(snapshot: &Value) -> Result<(Value, Value), serde_json::Error> {
    let snapshot: Snapshot = serde_json::from_value(snapshot.clone())?;
    let mut report = serde_json::to_value(audit(&snapshot, OPTIONS))?;
    for told_anyway in ["gaps", "summary"] {
        report[told_anyway].take();
    }
    let request = json!({
        "LabelingJobName": "next", "RoleArn": "arn:aws:iam::111122223333:role/GtExecution",
        "HumanTaskConfig": {"WorkteamArn": TEAM},
    });
    let asked = Asked::parse("job.json", request.to_string().as_bytes()).unwrap();
    let account = &snapshot.account;
    // A caller that is not there is none who could ask.
    let preflight =
        Caller::find(account, &account.caller).ok().map(|caller| preflight(&snapshot, &asked, &caller, None));
    Ok((report, serde_json::to_value(preflight)?))
}

/// A fact or a value within one, and what it is changed to.
struct Field {
    kind: String,
    place: String,
    others: Vec<Value>,
}

/// Every fact and every value below. A list, an object and what is not there are changed by what they hold.
fn fields(value: &Value, place: &str, kind: &str) -> Vec<Field> {
    let field = |others: Vec<Value>| Field { kind: kind.to_owned(), place: place.to_owned(), others };
    let below: Vec<(String, String, &Value)> = match value {
        Value::Bool(value) => return vec![field(vec![json!(!value)])],
        Value::Number(_) => return vec![field(vec![json!(4711)])],
        Value::String(text) => return vec![field(vec![json!(format!("{text}x")), json!("x")])],
        Value::Object(object) if object.len() == 1 && object.contains_key("known") => {
            let blind = json!({"what": "blind", "resource": place, "error": "AccessDenied", "message": "blind"});
            let fact = Field { kind: format!("{kind}, unknown"), ..field(vec![json!({ "unknown": blind })]) };
            let known = fields(&object["known"], &format!("{place}/known"), kind);
            return [fact].into_iter().chain(known).collect();
        }
        // What stands in a policy is the policy engine's; in a request, see above. What is unknown has nothing below.
        Value::Object(object) if object.contains_key("Statement") || object.contains_key("unknown") => vec![],
        Value::Object(_) if kind.ends_with(".request") => vec![],
        Value::Object(object) => {
            let is_map = MAPS.iter().any(|map| kind.ends_with(map)) || kind.ends_with("tags");
            let step = |key: &str| match (is_map, kind.is_empty()) {
                (true, _) => format!("{kind}.*"),
                (false, true) => key.to_owned(),
                (false, false) => format!("{kind}.{key}"),
            };
            let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
            object.iter().map(|(key, value)| (format!("{place}/{}", escaped(key)), step(key), value)).collect()
        }
        Value::Array(list) => {
            list.iter().enumerate().map(|(i, value)| (format!("{place}/{i}"), format!("{kind}.*"), value)).collect()
        }
        Value::Null => vec![],
    };
    let below = below.into_iter().flat_map(|(place, kind, value)| fields(value, &place, &kind));
    [field(vec![])].into_iter().chain(below).collect()
}

/// The healthy account, with something of everything for which the report depends on each of its fields.
fn snapshot() -> Snapshot {
    let mut snapshot = healthy();
    let account = &mut snapshot.account;
    account.alias = Fact::Known(Some("acme".to_owned()));
    account.caller = arn("arn:aws:iam::111122223333:user/auditor");
    identities(account);
    buckets(account);
    let own = |service: &str, name: &str| format!("arn:aws:{service}:us-east-1:111122223333:{name}");
    job(account, &[(MANIFEST, "s3://plain/in.manifest"), (OUTPUT, "s3://kept/out/")]);
    let post = function(account).arn.to_string();
    job(account, &[(POST, &post), (OUTPUT, "s3://kept/out/")]);
    let regional = account.regions.get_mut("us-east-1").unwrap();
    let failed = &mut known(&mut regional.labeling_jobs)[0];
    "Failed".clone_into(&mut failed.status);
    failed.failure = Some("ClientError: Access denied when calling s3:PutObject".to_owned());
    known(&mut regional.flow_definitions).push(FlowDefinition {
        arn: arn(&own("sagemaker", "flow-definition/reviews")),
        settings: Fact::Known(FlowSettings {
            role: "arn:aws:iam::111122223333:role/app".to_owned(),
            output: Some("s3://plain/reviews".to_owned()),
        }),
    });
    known(&mut regional.workteams).push(Workteam { arn: arn(TEAM) });
    known(&mut function(account).tags).insert("team".to_owned(), "sagemaker".to_owned());
    let deny = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}}"#;
    function(account).policy = Fact::Known(Some(document(deny)));
    // The function reads the output from its VPC alone.
    function(account).vpc = Fact::Known(Some("vpc-1".to_owned()));
    let reads = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::kept/out/*","Condition":{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}}}"#;
    let app = known(&mut account.iam.roles).iter_mut().find(|role| role.arn.name() == "app").unwrap();
    known(&mut app.grants.inline).insert("reads".to_owned(), Fact::Known(document(reads)));
    let mut idle = function(account).clone();
    idle.arn = arn(&own("lambda", "function:idle"));
    known(&mut account.regions.get_mut("us-east-1").unwrap().functions).push(idle);
    let object = arn("arn:aws:s3:::plain/in.manifest");
    account.objects.insert(object, Fact::Known(Some([("SageMaker".to_owned(), "true".to_owned())].into())));
    let policy = |kind: &str, deny: &str| ControlPolicy {
        arn: arn(&format!("arn:aws:organizations::aws:policy/{kind}/p-1")),
        name: kind.to_owned(),
        document: Fact::Known(document(deny)),
    };
    let all = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::plain/*"}]}"#;
    let for_all = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:AbortMultipartUpload","Resource":"arn:aws:s3:::plain/*"}]}"#;
    account.organization_id = Fact::Known(Some("o-1".to_owned()));
    account.organization = Organization::Policies(ControlPolicies {
        scps: vec![vec![policy("service_control_policy", all)]],
        rcps: vec![vec![policy("resource_control_policy", for_all)]],
    });
    snapshot
}

/// A tagged role and a tagged user in a group, each with a boundary, whose policies depend on their tags.
fn identities(account: &mut Account) {
    let team = || Fact::Known([("team".to_owned(), "vision".to_owned())].into());
    let own = |text: &str| Fact::Known([("own".to_owned(), Fact::Known(document(text)))].into());
    let boundary = arn("arn:aws:iam::111122223333:policy/Boundary");
    let wide = r#"{"Statement":{"Effect":"Allow","NotAction":"sqs:*","Resource":"*"}}"#;
    let policy = ManagedPolicy { version: "v7".to_owned(), document: Fact::Known(document(wide)) };
    account.iam.policies.insert(boundary.clone(), Fact::Known(policy));
    let for_team = r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::kept/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"vision"}}},
        {"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::kept/*","Condition":{"StringEquals":{"aws:ResourceTag/SageMaker":"true"}}},
        {"Effect":"Deny","Action":"s3:AbortMultipartUpload","Resource":"arn:aws:s3:::kept/*","Condition":{"StringNotLike":{"aws:userid":"AROAEXAMPLE:*"}}},
        {"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::kept/*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}]}"#;
    let carried = |role: &mut Role| {
        role.id = Fact::Known("AROAEXAMPLE".to_owned());
        role.tags = team();
        role.boundary = Fact::Known(Some(boundary.clone()));
        known(&mut role.grants.inline).insert("team".to_owned(), Fact::Known(document(for_team)));
    };
    carried(role(account));
    let console = r#"{"Statement":{"Effect":"Allow","Action":["sagemaker:CreateLabelingJob","cognito-idp:*","iam:PassRole"],"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"vision","aws:userid":"AIDAEXAMPLE"}}}}"#;
    let carried_too = role(account).grants.attached.clone();
    account.iam.users = Fact::Known(vec![User {
        arn: arn("arn:aws:iam::111122223333:user/auditor"),
        id: Fact::Known("AIDAEXAMPLE".to_owned()),
        grants: Grants { attached: carried_too, inline: own(console) },
        groups: Fact::Known(vec!["labelers".to_owned()]),
        boundary: Fact::Known(Some(boundary)),
        tags: team(),
    }]);
    account.iam.groups = Fact::Known(vec![Group {
        arn: arn("arn:aws:iam::111122223333:group/labelers"),
        grants: Grants {
            attached: role(account).grants.attached.clone(),
            inline: own(r#"{"Statement":{"Effect":"Allow","Action":"sagemaker:ListWorkteams","Resource":"*"}}"#),
        },
    }]);
}

/// One encrypted with a key that only its policy and grants open, one with a key of AWS's, one with a policy, one elsewhere.
fn buckets(account: &mut Account) {
    let another = |account: &mut Account, name: &str| {
        let mut like = bucket(account).clone();
        like.arn = Arn::bucket("aws", name);
        let all = known(&mut account.buckets);
        all.push(like);
        all.len() - 1
    };
    let encrypted = |key: &str| {
        let (algorithm, key) = ("aws:kms".to_owned(), Some(key.to_owned()));
        Fact::Known(Some(Encryption { algorithm, key, bucket_key: true }))
    };
    let kept = another(account, "kept");
    known(&mut account.buckets)[kept].encryption = encrypted("alias/signs");
    let for_context = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/GtExecution"},"Action":"kms:GenerateDataKey","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::kept"}}}}"#;
    let grant =
        r#"{"GrantId":"g","GranteePrincipal":"arn:aws:iam::111122223333:role/GtExecution","Operations":["Decrypt"]}"#;
    let key = |id: &str, manager: &str| Key {
        arn: arn(&format!("arn:aws:kms:us-east-1:111122223333:key/{id}")),
        manager: manager.to_owned(),
        state: "Enabled".to_owned(),
        policy: Fact::Known(document(for_context)),
        grants: Fact::Known(vec![serde_json::from_str(grant).unwrap()]),
    };
    let aws = another(account, "of-aws-sagemaker");
    known(&mut account.buckets)[aws].encryption = encrypted("alias/aws/s3");
    let keys = &mut account.regions.get_mut("us-east-1").unwrap().keys;
    keys.insert("alias/signs".to_owned(), Fact::Known(Some(key("1234abcd", "CUSTOMER"))));
    keys.insert("alias/aws/s3".to_owned(), Fact::Known(Some(key("5678abcd", "AWS"))));
    let cors = &mut known(&mut known(&mut account.buckets)[aws].cors)[0];
    cors.allowed_headers.push("*".to_owned());
    cors.max_age_seconds = Some(60);
    let plain = another(account, "plain");
    let deny = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::plain/out/*"}}"#;
    known(&mut account.buckets)[plain].policy = Fact::Known(Some(document(deny)));
}

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

#[test]
fn a_snapshot_with_fields_that_are_collected_no_more_is_still_read() {
    let snapshot = snapshot();
    let mut old = serde_json::to_value(&snapshot).unwrap();
    let mut set = |place: &str, field: &str, value: Value| old.pointer_mut(place).unwrap()[field] = value;
    let unread = json!({"unknown": {"what": "w", "resource": "*", "error": "AccessDenied", "message": "no"}});
    set("/account/buckets/known/0", "ownership", json!({"known": "BucketOwnerEnforced"}));
    set("/account/buckets/known/0", "accessBlock", unread);
    let region = "/account/regions/us-east-1";
    set(region, "workforce", json!({"known": {"arn": "a", "status": "Active", "cidrs": [], "vpc": null}}));
    set(&format!("{region}/workteams/known/0"), "topic", json!(null));
    set(&format!("{region}/workteams/known/0"), "workforce", json!("arn"));
    set(&format!("{region}/flow_definitions/known/0"), "status", json!("Active"));
    set(&format!("{region}/flow_definitions/known/0/settings/known"), "key", json!("alias/labels"));
    set(&format!("{region}/flow_definitions/known/0/settings/known"), "workteam", json!("arn"));
    assert_eq!(serde_json::from_value::<Snapshot>(old.clone()).unwrap(), snapshot);
    old["account"]["buckets"]["known"][0]["owner"] = json!("x");
    let error = serde_json::from_value::<Snapshot>(old).unwrap_err().to_string();
    assert!(error.starts_with("unknown field `owner`"), "{error}");
}
