//! Labeling jobs before they are made: real requests (`tests/vectors/labeling-jobs`) under roles of three kinds, and what of
//! an account makes each check pass, fail or stay unknown.

mod command;
mod schema;

use gt_audit::account::{Fact, Unknown};
use gt_audit::arn::Arn;
use gt_audit::knowledge::managed;
use gt_audit::labeling::needs::{ALGORITHM, OUTPUT_KEY};
use gt_audit::preflight::manifest::{self, Manifest};
use gt_audit::preflight::request::Asked;
use gt_audit::preflight::{Caller, Check, Preflight, Verdict, preflight};
use serde_json::{Value, json};

use crate::accounts::*;
use crate::jobs::{Carried, Case, FIELDS, account, cases};

const ITSELF: &str = "arn:aws:iam::111122223333:role/GtExecution";

fn asked(request: &Value) -> Asked {
    Asked::parse("job.json", request.to_string().as_bytes()).unwrap()
}

/// Asks in the account of a case, for root.
fn ask(case: &Value, carried: &Carried<'_>, request: &Value) -> Preflight {
    let snapshot = account(case, carried).snapshot;
    let account = &snapshot.account;
    preflight(&snapshot, &asked(request), &Caller::find(account, &account.caller).unwrap(), None)
}

/// What the role's own checks of a field come to.
fn of_field<'p>(job: &'p Preflight, field: &str) -> Vec<&'p Check> {
    job.checks.iter().filter(|check| check.field == field).collect()
}

fn is_abroad(checks: &[&Check]) -> bool {
    checks.iter().any(|check| {
        let topic = Arn::parse(check.resource.as_str()).is_ok_and(|arn| arn.service() == "sns");
        let account = |arn: &Arn| arn.account().to_owned();
        topic && check.principal.as_ref().map(account) != Arn::parse(check.resource.as_str()).ok().as_ref().map(account)
    })
}

fn worst(checks: &[&Check]) -> Option<Verdict> {
    checks.iter().map(|check| check.verdict).min()
}

/// A policy that allows all that any of the cases needs.
pub fn fitting(case: &Value) -> Value {
    let role = case["request"]["RoleArn"].as_str().unwrap_or(ITSELF);
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListBucket", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::*"},
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"},
        {"Effect": "Allow", "Action": ["sns:Subscribe", "sns:Unsubscribe", "sns:Publish", "sqs:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role},
    ]})
}

#[test]
fn every_real_request_comes_to_what_its_case_expects_under_three_roles() {
    let (mut failing, mut passing, mut invalid) = (0, 0, 0);
    for (name, case) in cases() {
        let roles = [
            ("gt", Carried::Managed(managed::GROUND_TRUTH_EXECUTION)),
            ("full", Carried::Managed(managed::FULL_ACCESS)),
            ("own", Carried::Inline(fitting(&case))),
        ];
        for (role, carried) in roles {
            // One of them is a fragment without a role; what a role may do hangs on there being one.
            let mut request = case["request"].clone();
            request.as_object_mut().unwrap().entry("RoleArn").or_insert(ITSELF.into());
            let job = ask(&case, &carried, &request);
            let expected = if role == "own" { &case["expected"]["gt"] } else { &case["expected"][role] };
            for (short, field) in FIELDS {
                let mut checks = of_field(&job, field);
                // What is wrong with the field's form is held against the case's own list below.
                checks.retain(|check| !check.resource.is_empty());
                let verdict = match &expected[short] {
                    Value::Null => None,
                    Value::Bool(false) if role != "own" => Some(Verdict::Fail),
                    // Another account's topic: what its owner allows is not known.
                    Value::Bool(_) if is_abroad(&checks) => Some(Verdict::Unknown),
                    Value::Bool(_) => Some(Verdict::Pass),
                    builtin if builtin == "builtin" => Some(Verdict::Pass),
                    _ => Some(Verdict::Fail),
                };
                assert_eq!(worst(&checks), verdict, "{name}, {role}, {field}: {checks:#?}");
                failing += usize::from(verdict == Some(Verdict::Fail));
                passing += usize::from(verdict == Some(Verdict::Pass));
            }
            let key = worst(&of_field(&job, OUTPUT_KEY));
            let itself = worst(&of_field(&job, ALGORITHM));
            let needs_key = case["expected"]["needsKms"] == Value::Bool(true);
            let needs_itself = case["expected"]["needsPassSelf"] == Value::Bool(true);
            let verdict = |fails: bool| Some(if fails { Verdict::Fail } else { Verdict::Pass });
            assert_eq!(key, needs_key.then(|| verdict(role != "own")).flatten(), "{name}, {role}");
            assert_eq!(itself, needs_itself.then(|| verdict(role == "gt")).flatten(), "{name}, {role}");
            let job = ask(&case, &carried, &case["request"]);
            for slip in case["schemaErrors"].as_array().unwrap() {
                let path = slip.as_str().unwrap().split(": ").next().unwrap();
                let named = of_field(&job, path).iter().any(|check| check.verdict == Verdict::Fail);
                assert!(named, "{name}: {path} in {:#?}", job.checks);
                invalid += 1;
            }
        }
    }
    assert!(failing > 150 && passing > 300 && invalid == 3 * 19, "{failing} fail, {passing} pass, {invalid} invalid");
}

/// A real bounding-box job in an account where all is well.
fn fine() -> (Value, Case) {
    let case = cases().into_iter().find(|(name, _)| name.starts_with("28-")).unwrap().1;
    let of_case = account(&case, &Carried::Inline(fitting(&case)));
    (case["request"].clone(), of_case)
}

/// The checks that do not pass, as `field: verdict, reason`, for somebody, with a manifest.
fn troubles(request: &Value, case: &Case, caller: Option<&str>, manifest: Option<&str>) -> Vec<String> {
    let account = &case.snapshot.account;
    let caller = caller.map(|arn| Arn::parse(arn).unwrap());
    let caller = Caller::find(account, caller.as_ref().unwrap_or(&account.caller)).unwrap();
    let manifest: Option<Manifest> = manifest.map(|text| manifest::read(text.as_bytes()).unwrap());
    let job = preflight(&case.snapshot, &asked(request), &caller, manifest.as_ref());
    let troubles = job.checks.iter().filter(|check| check.verdict != Verdict::Pass);
    troubles
        .map(|check| format!("{}: {:?}, {}", check.field.rsplit('.').next().unwrap(), check.verdict, check.reason))
        .collect()
}

const READY: [&str; 0] = [];
const NOBODY: &str = "arn:aws:iam::111122223333:role/Functions";

#[test]
fn where_all_is_well_nothing_is_held_against_a_job() {
    let (request, case) = fine();
    let manifest = "{\"source-ref\": \"s3://mlops-world-labeling-demo/labeling/images/1.jpg\"}\n";
    assert_eq!(troubles(&request, &case, None, Some(manifest)), READY);
}

#[test]
fn a_role_must_be_there_be_trusted_and_be_the_accounts_own() {
    let (mut request, mut case) = fine();
    request["RoleArn"] = "arn:aws:iam::111122223333:role/Elsewhere".into();
    let missing = "RoleArn: Fail, there is no role `arn:aws:iam::111122223333:role/Elsewhere`";
    assert_eq!(troubles(&request, &case, None, None), [missing]);
    request["RoleArn"] = "arn:aws:iam::444455556666:role/MLOps2021Role".into();
    let abroad = "RoleArn: Fail, it is a role of another account: a job runs under a role of its own, 111122223333";
    assert_eq!(troubles(&request, &case, None, None), [abroad]);
    let (request, _) = fine();
    let roles = known(&mut case.snapshot.account.iam.roles);
    let lambda = roles.iter().find(|role| role.arn.name() == "Functions").unwrap().trust.clone();
    roles.iter_mut().find(|role| role.arn.name() == "MLOps2021Role").unwrap().trust = lambda;
    let untrusted = "RoleArn: Fail, trust policy allows `lambda.amazonaws.com`, not `sagemaker.amazonaws.com`";
    assert_eq!(troubles(&request, &case, None, None), [untrusted]);
    case.snapshot.account.iam.roles = Fact::Unknown(refused("iam:ListRoles"));
    let unread = "RoleArn: Unknown, iam:ListRoles of `*`: denied (AccessDenied)";
    assert!(troubles(&request, &case, None, None).contains(&unread.to_owned()));
}

#[test]
fn who_makes_the_job_must_be_allowed_to_and_may_pass_the_role() {
    let (mut request, mut case) = fine();
    request["Tags"] = json!([{"Key": "team", "Value": "vision"}]);
    let job = "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/mlops1-merchantName-20210601120000";
    let not = |field: &str, action: &str, on: &str| {
        format!("{field}: Fail, no identity-based policy allows `Functions` {action} on `{on}`")
    };
    let may_not = [
        not("LabelingJobName", "sagemaker:CreateLabelingJob", job),
        not("Tags", "sagemaker:AddTags", job),
        not("RoleArn", "iam:PassRole", "arn:aws:iam::111122223333:role/MLOps2021Role"),
    ];
    assert_eq!(troubles(&request, &case, Some(NOBODY), None), may_not);
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["sagemaker:CreateLabelingJob","sagemaker:AddTags"],"Resource":"*","Condition":{"StringEquals":{"sagemaker:WorkteamType":"private-crowd","aws:RequestTag/team":"vision"}}},
        {"Effect":"Deny","Action":"sagemaker:CreateLabelingJob","Resource":"*","Condition":{"Null":{"aws:RequestTag/team":"true"}}},
        {"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}]}"#;
    let roles = known(&mut case.snapshot.account.iam.roles);
    let makes = &mut roles.iter_mut().find(|role| role.arn.name() == "Functions").unwrap().grants.inline;
    known(makes).insert("makes".to_owned(), Fact::Known(document(text)));
    // WorkteamType is no key of AddTags.
    assert_eq!(
        troubles(&request, &case, Some(NOBODY), None),
        [
            "Tags: Fail, statement 1 of the inline policy `makes` allows `Functions` sagemaker:AddTags only where `sagemaker:WorkteamType` is `private-crowd`; the request has no `sagemaker:WorkteamType`"
        ]
    );
    request.as_object_mut().unwrap().remove("Tags");
    assert_eq!(
        troubles(&request, &case, Some(NOBODY), None),
        [
            "LabelingJobName: Fail, statement 1 of the inline policy `makes` allows `Functions` sagemaker:CreateLabelingJob only where `aws:RequestTag/team` is `vision`; the request has no `aws:RequestTag/team`; explicit deny in an identity-based policy (statement 2 of the inline policy `makes`) for `Functions`: it denies sagemaker:CreateLabelingJob where there is no `aws:RequestTag/team` (the request has no `aws:RequestTag/team`)"
        ]
    );
    let account = &case.snapshot.account;
    let session = Arn::parse("arn:aws:sts::111122223333:assumed-role/Functions/me").unwrap();
    assert_eq!(Caller::find(account, &session).unwrap().arn().as_str(), NOBODY);
    let stranger = Arn::parse("arn:aws:iam::111122223333:user/stranger").unwrap();
    let abroad = Arn::parse("arn:aws:iam::444455556666:user/ann").unwrap();
    let said = |arn: &Arn| Caller::find(account, arn).unwrap_err().to_string();
    assert!(said(&stranger).contains("has no role or user `arn:aws:iam::111122223333:user/stranger`"));
    assert!(said(&abroad).contains("is of another account than the job's, 111122223333"));
}

#[test]
fn everything_must_be_in_the_jobs_region() {
    let (mut request, mut case) = fine();
    known(&mut case.snapshot.account.buckets)[0].region = Fact::Known("eu-west-1".to_owned());
    let fields = ["ManifestS3Uri", "S3OutputPath", "LabelCategoryConfigS3Uri", "UiTemplateS3Uri"];
    let elsewhere = fields.map(|field| format!("{field}: Fail, it is in `eu-west-1`, and the job runs in `us-east-1`"));
    assert_eq!(troubles(&request, &case, None, None), elsewhere);
    let (_, case) = fine();
    request["HumanTaskConfig"]["WorkteamArn"] =
        "arn:aws:sagemaker:eu-west-1:111122223333:workteam/private-crowd/mlops".into();
    let team = "WorkteamArn: Fail, it is in `eu-west-1`, and the job runs in `us-east-1`";
    assert_eq!(troubles(&request, &case, None, None), [team]);
}

#[test]
fn a_work_team_must_be_there() {
    let (mut request, mut case) = fine();
    request["HumanTaskConfig"]["WorkteamArn"] =
        "arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/other".into();
    assert_eq!(
        troubles(&request, &case, None, None),
        [
            "WorkteamArn: Fail, there is no work team `arn:aws:sagemaker:us-east-1:111122223333:workteam/private-crowd/other`"
        ]
    );
    request["HumanTaskConfig"]["WorkteamArn"] =
        "arn:aws:sagemaker:us-east-1:444455556666:workteam/private-crowd/mlops".into();
    let abroad =
        "WorkteamArn: Fail, the work team is of account 444455556666, and the job would be made in 111122223333";
    assert_eq!(troubles(&request, &case, None, None), [abroad]);
    for (kind, said) in [
        (
            "111122223333:workteam/public-crowd/default",
            "Fail, the public work team is `arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default`",
        ),
        (
            "111122223333:workteam/private_crowd/mlops",
            "Fail, `private_crowd` is not a work team type; expected private-crowd, public-crowd or vendor-crowd",
        ),
        (
            "777788889999:workteam/vendor-crowd/them",
            "Unknown, `arn:aws:sagemaker:us-east-1:777788889999:workteam/vendor-crowd/them`: whether the account has subscribed to this vendor's work team is not judged",
        ),
    ] {
        request["HumanTaskConfig"]["WorkteamArn"] = format!("arn:aws:sagemaker:us-east-1:{kind}").into();
        let told = troubles(&request, &case, None, None);
        assert!(told.contains(&format!("WorkteamArn: {said}")), "{told:?}");
    }
    let (request, _) = fine();
    case.snapshot.account.regions.get_mut("us-east-1").unwrap().workteams =
        Fact::Unknown(refused("sagemaker:ListWorkteams"));
    let unread = "WorkteamArn: Unknown, sagemaker:ListWorkteams of `*`: denied (AccessDenied)";
    assert_eq!(troubles(&request, &case, None, None), [unread]);
}

#[test]
fn a_bucket_lets_the_browsers_of_workers_in_by_what_the_task_shows() {
    let (mut request, mut case) = fine();
    known(&mut case.snapshot.account.buckets)[0].cors = Fact::Known(vec![]);
    let objects = "{\"source-ref\": \"s3://mlops-world-labeling-demo/labeling/1.jpg\"}";
    let images = "ManifestS3Uri: Fail, `mlops-world-labeling-demo` has no CORS rules; workers see images from it";
    assert_eq!(troubles(&request, &case, None, Some(objects)), [images]);
    // Without the manifest, what is in its bucket is not known.
    let perhaps = "ManifestS3Uri: Unknown, `mlops-world-labeling-demo` has no CORS rules; workers see images from it, as far as is known";
    assert_eq!(troubles(&request, &case, None, None), [perhaps]);
    let functions = |request: &mut Value, task: &str| {
        let task_config = &mut request["HumanTaskConfig"];
        task_config["PreHumanTaskLambdaArn"] =
            format!("arn:aws:lambda:us-east-1:432418664414:function:PRE-{task}").into();
        task_config["AnnotationConsolidationConfig"]["AnnotationConsolidationLambdaArn"] =
            format!("arn:aws:lambda:us-east-1:432418664414:function:ACS-{task}").into();
    };
    functions(&mut request, "TextMultiClass");
    assert_eq!(troubles(&request, &case, None, None), READY);
    functions(&mut request, "3DPointCloudObjectDetection");
    let said = troubles(&request, &case, None, None);
    assert!(
        said.iter().any(|said| said.starts_with("S3OutputPath: Fail, `mlops-world-labeling-demo` has no CORS rules")),
        "{said:?}"
    );
    request["HumanTaskConfig"].as_object_mut().unwrap().remove("PreHumanTaskLambdaArn");
    request["HumanTaskConfig"].as_object_mut().unwrap().remove("AnnotationConsolidationConfig");
    assert_eq!(troubles(&request, &case, None, Some(objects)), [perhaps]);
}

#[test]
fn the_objects_of_a_manifest_are_read_by_the_role() {
    let (request, mut case) = fine();
    let line = |uri: &str| format!("{{\"source-ref\": \"{uri}\"}}\n");
    let broken = format!("{}not json\n", line("s3://mlops-world-labeling-demo/a.jpg"));
    let said = troubles(&request, &case, None, Some(&broken));
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("ManifestS3Uri: Fail, 1 of 2 lines are broken: line 2: "), "{said:?}");
    let elsewhere = line("s3://somebodys/a.jpg");
    let said = troubles(&request, &case, None, Some(&elsewhere));
    assert!(said.iter().any(|said| said.contains("`arn:aws:s3:::somebodys`: it is not in this account")), "{said:?}");
    let only = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::mlops-world-labeling-demo", "arn:aws:s3:::mlops-world-labeling-demo/labeling/*"]},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"s3:ExistingObjectTag/SageMaker": "true"}}}]});
    let role =
        known(&mut case.snapshot.account.iam.roles).iter_mut().find(|role| role.arn.name() == "MLOps2021Role").unwrap();
    known(&mut role.grants.inline).insert("own".to_owned(), Fact::Known(document(&only.to_string())));
    let both = line("s3://mlops-world-labeling-demo/labeling/1.jpg")
        + &line("s3://mlops-world-labeling-demo/tagged/1.jpg")
        + &line("s3://mlops-world-labeling-demo/tagged/2.jpg");
    let tagged = "ManifestS3Uri: Unknown, 2 objects of the manifest: only objects with the tag of an object-tag rule can be read, and their tags were not looked up";
    assert_eq!(troubles(&request, &case, None, Some(&both)), [tagged]);
    let role =
        known(&mut case.snapshot.account.iam.roles).iter_mut().find(|role| role.arn.name() == "MLOps2021Role").unwrap();
    let only = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::mlops-world-labeling-demo","arn:aws:s3:::mlops-world-labeling-demo/labeling/*"]}}"#;
    known(&mut role.grants.inline).insert("own".to_owned(), Fact::Known(document(only)));
    let refused = "ManifestS3Uri: Fail, 2 objects of the manifest: no identity-based policy allows `MLOps2021Role` s3:GetObject on `s3://mlops-world-labeling-demo/tagged/`";
    assert_eq!(troubles(&request, &case, None, Some(&both)), [refused]);
    // What is granted under a condition is open, beside what is not granted.
    let narrow = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::mlops-world-labeling-demo","arn:aws:s3:::mlops-world-labeling-demo/labeling/*"]},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::mlops-world-labeling-demo/cam/1-*","Condition":{"StringEquals":{"aws:SourceIdentity":"ann"}}}]}"#;
    let role =
        known(&mut case.snapshot.account.iam.roles).iter_mut().find(|role| role.arn.name() == "MLOps2021Role").unwrap();
    known(&mut role.grants.inline).insert("own".to_owned(), Fact::Known(document(narrow)));
    let cam = line("s3://mlops-world-labeling-demo/cam/1-1.jpg") + &line("s3://mlops-world-labeling-demo/cam/1-2.jpg");
    let said = troubles(&request, &case, None, Some(&cam));
    assert!(said.len() == 1 && said[0].contains("Unknown"), "{said:?}");
    let role =
        known(&mut case.snapshot.account.iam.roles).iter_mut().find(|role| role.arn.name() == "MLOps2021Role").unwrap();
    known(&mut role.grants.inline).insert("own".to_owned(), Fact::Known(document(only)));
    assert_eq!(troubles(&request, &case, None, Some("\n")), ["ManifestS3Uri: Unknown, the manifest names no object"]);
    // Of what begins alike the one object that was looked at shows it, or nothing is known.
    let many = |directory: &str| -> String {
        (0..1500).map(|n| line(&format!("s3://mlops-world-labeling-demo/{directory}{}/{n}.jpg", n % 150))).collect()
    };
    let fails = "ManifestS3Uri: Fail, 1500 objects of the manifest: no identity-based policy allows `MLOps2021Role` s3:GetObject on `s3://mlops-world-labeling-demo/0/0.jpg`";
    assert_eq!(troubles(&request, &case, None, Some(&many(""))), [fails]);
    let only = only.replace("labeling/*", "labeling*");
    let role =
        known(&mut case.snapshot.account.iam.roles).iter_mut().find(|role| role.arn.name() == "MLOps2021Role").unwrap();
    known(&mut role.grants.inline).insert("own".to_owned(), Fact::Known(document(&only)));
    let open = "ManifestS3Uri: Unknown, 1500 objects of the manifest: only a part of what begins so can be read, and not each object was looked at";
    assert_eq!(troubles(&request, &case, None, Some(&many("labeling"))), [open]);
}

#[test]
fn a_name_is_taken_without_regard_to_case() {
    let (request, mut case) = fine();
    let taken = gt_audit::account::LabelingJob {
        arn: Arn::parse("arn:aws:sagemaker:us-east-1:111122223333:labeling-job/MLOPS1-merchantName-20210601120000")
            .unwrap(),
        status: "Completed".to_owned(),
        created: "2026-11-20T12:00:00Z".to_owned(),
        failure: None,
        request: Fact::Unknown(refused("sagemaker:DescribeLabelingJob")),
    };
    case.snapshot.account.regions.get_mut("us-east-1").unwrap().labeling_jobs = Fact::Known(vec![taken]);
    let said = "LabelingJobName: Fail, there is a labeling job `MLOPS1-merchantName-20210601120000` already: names must differ by more than case";
    assert_eq!(troubles(&request, &case, None, None), [said]);
}

#[test]
fn a_bucket_that_only_a_network_reaches_must_let_ground_truth_and_private_workers_in() {
    let (mut request, mut case) = fine();
    let mut restricted = |endpoint: &str, region: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::mlops-world-labeling-demo/*","Condition":{{"StringNotEquals":{{"aws:SourceVpce":["vpce-1a2b3c4d","{endpoint}"]}}}}}}}}"#
        );
        let bucket = &mut known(&mut case.snapshot.account.buckets)[0];
        bucket.policy = Fact::Known(Some(document(&text)));
        bucket.region = Fact::Known(region.to_owned());
        account_troubles(&case)
    };
    let refused =
        |said: &[String]| said.iter().filter(|said| said.contains("explicit deny in a resource-based policy")).count();
    // Ground Truth's own endpoint in us-east-1.
    assert_eq!(restricted("vpce-08408e335ebf95b40", "us-east-1"), READY);
    assert_eq!(refused(&restricted("vpce-5e6f7a8b", "us-east-1")), 4);
    // Which it is elsewhere, AWS does not say.
    let said = restricted("vpce-5e6f7a8b", "sa-east-1");
    assert_eq!((refused(&said), said.iter().filter(|said| said.contains("Unknown")).count()), (0, 4), "{said:?}");
    restricted("vpce-08408e335ebf95b40", "us-east-1");
    request["HumanTaskConfig"]["WorkteamArn"] =
        "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default".into();
    let objects = "{\"source-ref\": \"s3://mlops-world-labeling-demo/labeling/1.jpg\"}";
    let public = "a policy lets only a network in, and workers who are no private work team do not come from there";
    for (manifest, verdict) in [(Some(objects), "Fail"), (None, "Unknown")] {
        let said = troubles(&request, &case, None, manifest);
        assert!(said.contains(&format!("ManifestS3Uri: {verdict}, {public}")), "{said:?}");
    }
    // Who is let in from a network is nobody kept out; nor does it matter who may not delete.
    for text in [
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"arn:aws:s3:::mlops-world-labeling-demo/*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}}}"#,
        r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::mlops-world-labeling-demo/*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}}}"#,
    ] {
        known(&mut case.snapshot.account.buckets)[0].policy = Fact::Known(Some(document(text)));
        let said = troubles(&request, &case, None, Some(objects));
        assert!(said.iter().all(|said| !said.contains("network")), "{said:?}");
    }
}

#[test]
fn what_aws_describes_of_another_account_is_not_judged_by_this_one() {
    let (mut request, case) = fine();
    let job = "labeling-job/mlops1-merchantName-20210601120000";
    request["LabelingJobArn"] = format!("arn:aws:sagemaker:us-east-1:111122223333:{job}").into();
    assert_eq!(troubles(&request, &case, None, None), READY);
    request["LabelingJobArn"] = format!("arn:aws:sagemaker:us-east-1:444455556666:{job}").into();
    let other =
        "LabelingJobArn: Unknown, the job is of the account 444455556666, and the facts are of 111122223333: ask there";
    assert_eq!(troubles(&request, &case, None, None), [other]);
}

#[test]
fn a_key_must_let_the_role_use_it_and_a_functions_role_too() {
    let mut case = cases().into_iter().find(|(name, _)| name.starts_with("14-")).unwrap().1;
    let mut of_case = account(&case, &Carried::Inline(fitting(&case)));
    let team = case["request"]["HumanTaskConfig"]["WorkteamArn"].as_str().unwrap().to_owned();
    let region = team.split(':').nth(3).unwrap().to_owned();
    let key = crate::jobs::customer_key("111122223333", &region, "1234abcd");
    let keys = &mut of_case.snapshot.account.regions.get_mut(&region).unwrap().keys;
    keys.insert("1234abcd".to_owned(), Fact::Known(Some(key.clone())));
    let before = troubles(&case["request"], &of_case, None, None);
    case["request"]["OutputConfig"]["KmsKeyId"] = "1234abcd".into();
    let said = troubles(&case["request"], &of_case, None, None);
    let more: Vec<&String> = said.iter().filter(|said| !before.contains(said)).collect();
    let function = "AnnotationConsolidationLambdaArn: Unknown, `s3://comprehend-semi-structured-docs-us-west-2-111122223333/output/`: whether the function's own role may use the key of the output is not judged";
    assert_eq!(more, [function]);
    let keys = &mut of_case.snapshot.account.regions.get_mut(&region).unwrap().keys;
    let refuses = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/other"},"Action":"kms:*","Resource":"*"}}"#;
    let narrow = gt_audit::account::Key { policy: Fact::Known(document(refuses)), ..key };
    keys.insert("1234abcd".to_owned(), Fact::Known(Some(narrow)));
    let said = troubles(&case["request"], &of_case, None, None);
    let lacking = "KmsKeyId: Fail, no resource-based policy (key policy or grant) allows ";
    assert_eq!(said.iter().filter(|said| said.starts_with(lacking)).count(), 6, "{said:?}");
}

fn account_troubles(case: &Case) -> Vec<String> {
    troubles(&fine().0, case, None, None)
}

fn refused(action: &str) -> Unknown {
    Unknown::refused(action, "*", "AccessDenied", "denied")
}
