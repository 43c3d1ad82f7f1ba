//! For each rule the very change that is offered, and what is named where no change can help.

use gt_audit::account::{CorsRule, Grants, ManagedPolicy, User};
use serde_json::json;

use super::*;
use crate::rules::{job, key, organization};

const MANIFEST: &str = "InputConfig.DataSource.S3DataSource.ManifestS3Uri";
const OUTPUT: &str = "OutputConfig.S3OutputPath";
const PRE: &str = "HumanTaskConfig.PreHumanTaskLambdaArn";
const POST: &str = "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn";
const ROLE: &str = "arn:aws:iam::111122223333:role/GtExecution";
const OBJECTS: [&str; 3] = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];

/// What an inline policy that is added says.
fn added(statements: Value) -> Vec<(String, Value)> {
    vec![("GtExecution/gt-audit-fix".to_owned(), policy(statements))]
}

fn allow(actions: impl serde::Serialize, resources: impl serde::Serialize) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

fn user(account: &mut Account, policy: &Value) {
    let inline = BTreeMap::from([("p1".to_owned(), Fact::Known(document(&policy.to_string())))]);
    known(&mut account.iam.users).push(User {
        arn: Arn::iam("aws", "111122223333", "user/ann"),
        id: Fact::Known("AIDAEXAMPLE".to_owned()),
        grants: Grants { attached: Fact::Known(vec![]), inline: Fact::Known(inline) },
        groups: Fact::Known(vec![]),
        boundary: Fact::Known(None),
        tags: Fact::Known(BTreeMap::new()),
    });
}

fn bounded(account: &mut Account, text: &Value) {
    let arn = Arn::parse("arn:aws:iam::111122223333:policy/limit").unwrap();
    let policy = ManagedPolicy { version: "v1".to_owned(), document: Fact::Known(document(&text.to_string())) };
    account.iam.policies.insert(arn.clone(), Fact::Known(policy));
    role(account).boundary = Fact::Known(Some(arn));
}

#[test]
fn a_bucket_is_opened_as_far_as_it_is_needed() {
    let near = planned(|a| rename_bucket(a, "signs-ground-truth"));
    assert_eq!(documents(&near), added(json!([allow(OBJECTS, "arn:aws:s3:::signs-ground-truth/*")])));
    assert_eq!(closed(&near), ["bucket-out-of-reach"]);
    assert!(
        near.mends[0].advice[0].contains("keep the data in a bucket whose name contains"),
        "{:?}",
        near.mends[0].advice
    );
    // A job's URIs, and no more of the bucket; wildcards in keys are none.
    let used = planned(|a| {
        rename_bucket(a, "signs-raw");
        untagged(a, "arn:aws:s3:::signs-raw/in/a*b.manifest");
        job(a, &[(MANIFEST, "s3://signs-raw/in/a*b.manifest"), (OUTPUT, "s3://signs-raw/out/")]);
    });
    let (output, manifest) = ("arn:aws:s3:::signs-raw/out/*", "arn:aws:s3:::signs-raw/in/a${*}b.manifest");
    assert_eq!(documents(&used), added(json!([allow(OBJECTS, output), allow("s3:GetObject", manifest)])));
    assert_eq!(closed(&used), ["bucket-out-of-reach", "job-blocked"]);
    // Without the object's tags nobody knows whether it is lacking.
    let unknown = planned(|a| {
        rename_bucket(a, "signs-raw");
        job(a, &[(MANIFEST, "s3://signs-raw/m"), (OUTPUT, "s3://signs-raw/out/")]);
    });
    let gaps: BTreeSet<&str> = unknown.mends.iter().flat_map(|m| &m.unknown).map(|gap| gap.action.as_str()).collect();
    assert_eq!((documents(&unknown), gaps), (vec![], BTreeSet::from(["s3:GetObjectTagging"])));
    // Only what is lacking.
    let part = planned(|a| {
        rename_bucket(a, "signs-ground-truth");
        inline(a, &json!({"Statement": allow("s3:GetObject", "arn:aws:s3:::signs-ground-truth/*")}).to_string());
    });
    let writing = ["s3:AbortMultipartUpload", "s3:PutObject"];
    assert_eq!(documents(&part), added(json!([allow(writing, "arn:aws:s3:::signs-ground-truth/*")])));
    assert_eq!(closed(&part), ["bucket-reached-in-part"]);
}

#[test]
fn a_policy_of_an_earlier_fix_is_kept_and_added_to() {
    let plan = planned(|a| {
        rename_bucket(a, "signs-ground-truth");
        let earlier = json!({"Version": "2012-10-17", "Statement": allow("sqs:SendMessage", "arn:aws:sqs:::x")});
        known(&mut role(a).grants.inline)
            .insert("gt-audit-fix".to_owned(), Fact::Known(document(&earlier.to_string())));
    });
    let statements =
        json!([allow("sqs:SendMessage", "arn:aws:sqs:::x"), allow(OBJECTS, "arn:aws:s3:::signs-ground-truth/*")]);
    assert_eq!(documents(&plan), added(statements));
}

#[test]
fn what_a_tag_promises_is_granted_and_tags_are_advised() {
    let plan = planned(|a| {
        rename_bucket(a, "signs-raw");
        known(&mut bucket(a).tags).insert("SageMaker".into(), "true".into());
    });
    assert_eq!(documents(&plan), added(json!([allow(OBJECTS, "arn:aws:s3:::signs-raw/*")])));
    assert_eq!(closed(&plan), ["bucket-out-of-reach", "bucket-tag-grants-nothing"]);
    let advice: Vec<&String> = plan.mends.iter().flat_map(|mend| &mend.advice).collect();
    assert!(
        advice.iter().any(|advice| advice.contains("tag each object that is only read `SageMaker=true`")),
        "{advice:?}"
    );
}

#[test]
fn browsers_are_let_in_beside_what_was() {
    let of = |rules: Vec<CorsRule>| documents(&planned(|a| bucket(a).cors = Fact::Known(rules)));
    let get = json!({"AllowedHeaders": [], "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": ["Access-Control-Allow-Origin"]});
    assert_eq!(of(vec![]), [("signs-sagemaker".to_owned(), json!([get]))]);
    let rule = |methods: &[&str], origin: &str, expose: &[&str]| CorsRule {
        allowed_methods: methods.iter().map(ToString::to_string).collect(),
        allowed_origins: vec![origin.to_owned()],
        expose_headers: expose.iter().map(ToString::to_string).collect(),
        ..CorsRule::default()
    };
    let put = rule(&["PUT"], "https://app.example.com", &["ETag"]);
    assert_eq!(of(vec![put.clone()]), [("signs-sagemaker".to_owned(), json!([put, get]))]);
    // The rule that answers first exposes the header beside its own.
    let first = rule(&["GET"], "*", &["ETag"]);
    let both = rule(&["GET"], "*", &["ETag", "Access-Control-Allow-Origin"]);
    assert_eq!(of(vec![first, put.clone()]), [("signs-sagemaker".to_owned(), json!([both, put]))]);
}

#[test]
fn a_key_is_opened_where_it_leaves_room_else_by_its_own_policy() {
    let of = |principal: &str| {
        let policy = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}});
        documents(&planned(|a| key(a, &policy.to_string())))
    };
    let through = json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}});
    let uses = ["kms:Decrypt", "kms:GenerateDataKey"];
    let granted = json!({"Effect": "Allow", "Action": uses, "Resource": "arn:aws:kms:us-east-1:111122223333:key/1234abcd", "Condition": through});
    assert_eq!(of("arn:aws:iam::111122223333:root"), added(json!([granted])));
    let other = "arn:aws:iam::111122223333:role/Other";
    let [(_, text)] = of(other).try_into().unwrap();
    let ours =
        json!({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": uses, "Resource": "*", "Condition": through});
    assert_eq!(text["Statement"][1], ours);
    assert_eq!(text["Statement"].as_array().unwrap().len(), 2);
}

#[test]
fn functions_are_invoked_as_they_are_named() {
    let function = "arn:aws:lambda:us-east-1:111122223333:function:signs-pre";
    let near = planned(|a| rename_function(a, "signs-LabellingFunction-pre"));
    let resource = "arn:aws:lambda:us-east-1:111122223333:function:signs-LabellingFunction-pre";
    assert_eq!(documents(&near), added(json!([allow("lambda:InvokeFunction", resource)])));
    assert!(near.mends[0].advice[0].contains("give the function a name that contains"));
    for qualifier in ["", ":live", ":$LATEST"] {
        let named = format!("{function}{qualifier}");
        let used = planned(|a| {
            rename_function(a, "signs-pre");
            job(a, &[(PRE, &named)]);
        });
        assert_eq!(documents(&used), added(json!([allow("lambda:InvokeFunction", named)])));
        assert_eq!(closed(&used), ["function-out-of-reach", "job-blocked"]);
    }
}

#[test]
fn a_function_reads_the_output_of_its_jobs() {
    let plan = planned(|a| {
        let function = function(a).arn.to_string();
        job(a, &[(OUTPUT, "s3://signs-sagemaker/out/"), (POST, &function)]);
    });
    let [(name, text)] = documents(&plan).try_into().unwrap();
    assert_eq!(name, "app/gt-audit-fix");
    assert_eq!(text["Statement"], json!([allow("s3:GetObject", "arn:aws:s3:::signs-sagemaker/out/job-0/*")]));
    assert_eq!(closed(&plan), ["function-cannot-read-output"]);
}

#[test]
fn a_role_passes_itself_and_streams() {
    let passing =
        planned(|a| job(a, &[("LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn", ALGORITHM)]));
    let mut statement = allow("iam:PassRole", ROLE);
    statement["Condition"] = json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}});
    assert_eq!(documents(&passing), added(json!([statement])));
    assert_eq!(closed(&passing), ["job-blocked", "role-cannot-pass-itself"]);
    let topic = "arn:aws:sns:us-east-1:111122223333:signs";
    let streaming = planned(|a| job(a, &[("InputConfig.DataSource.SnsDataSource.SnsTopicArn", topic)]));
    let mut statement = allow("sns:Subscribe", topic);
    let queue = "arn:aws:sqs:us-east-1:111122223333:GroundTruth-job-0";
    statement["Condition"] = json!({"StringEquals": {"sns:Endpoint": queue, "sns:Protocol": "sqs"}});
    assert_eq!(documents(&streaming), added(json!([statement])));
    assert_eq!(closed(&streaming), ["job-blocked", "role-cannot-stream"]);
}

#[test]
fn trust_is_given_for_the_account_alone() {
    let trusting = |statements: Value| {
        planned(|a| {
            role(a).trust = Fact::Known(document(&policy(statements).to_string()));
        })
    };
    let assume =
        |effect: &str, principal: Value| json!({"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole"});
    let (lambda, sagemaker) =
        (json!({"Service": "lambda.amazonaws.com"}), json!({"Service": "sagemaker.amazonaws.com"}));
    let mut ours = assume("Allow", sagemaker.clone());
    ours["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
    let statements =
        |plan: &Plan| documents(plan).into_iter().map(|(_, text)| text["Statement"].clone()).collect::<Vec<_>>();
    assert_eq!(
        statements(&trusting(json!([assume("Allow", lambda.clone())]))),
        [json!([assume("Allow", lambda.clone()), ours])]
    );
    // That any account may be behind the service is no finding that a change closes: no page says that the condition works.
    assert_eq!(statements(&trusting(json!([assume("Allow", sagemaker.clone())]))), [""; 0].map(Value::from));
}

#[test]
fn what_no_policy_of_the_role_can_help_against_is_named() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = json!({"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"});
    let near = |change: &dyn Fn(&mut Account)| {
        let plan = planned(|a| {
            rename_bucket(a, "signs-ground-truth");
            change(a);
        });
        assert_eq!(documents(&plan), []);
        instead(&plan)
    };
    let said = near(&|a| inline(a, &json!({"Statement": deny}).to_string()));
    assert!(said.contains("explicit deny in an identity-based policy (`No`) for it; it denies s3:AbortMultipartUpload, s3:GetObject and s3:PutObject on `s3://signs-ground-truth/`"), "{said}");
    let said = near(&|a| a.organization = organization(&json!({"Statement": [everything, deny]}).to_string()));
    assert!(said.contains("explicit deny in a service control policy (`No`) for it; it denies "), "{said}");
    let narrow = json!({"Statement": {"Effect": "Allow", "Action": ["s3:*", "lambda:*"], "Resource": ["arn:aws:s3:::*sagemaker*", "arn:aws:lambda:*"]}});
    let said = near(&|a| bounded(a, &narrow));
    assert!(
        said.contains(
            "the permissions boundary `limit` does not allow it s3:AbortMultipartUpload, s3:GetObject and s3:PutObject"
        ),
        "{said}"
    );
    let owner = json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::signs-ground-truth/*"}});
    let said = near(&|a| bucket(a).policy = Fact::Known(Some(document(&owner.to_string()))));
    assert!(said.contains("explicit deny in a resource-based policy (statement 1 of the policy of bucket `signs-ground-truth`) for it; it denies "), "{said}");
}

#[test]
fn slips_in_policies_are_mended_where_they_stand() {
    let passing = |service: &str| json!({"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE, "Condition": {"StringEquals": {"iam:PassedToService": service}}});
    let of = |statements: Value| {
        let plan = planned(|a| user(a, &json!({"Version": "2012-10-17", "Id": "kept", "Statement": statements})));
        (closed(&plan).into_iter().map(str::to_owned).collect::<Vec<_>>(), documents(&plan))
    };
    let create = allow("sagemaker:CreateLabelingJob", "*");
    let mended = |name: &str, statements: Value| {
        vec![(name.to_owned(), json!({"Version": "2012-10-17", "Id": "kept", "Statement": statements}))]
    };
    // An empty service.
    let (rules, texts) = of(json!([create, passing("")]));
    assert_eq!(rules, ["pass-role-never-matches"]);
    assert_eq!(texts, mended("ann/p1", json!([create, passing("sagemaker.amazonaws.com")])));
    // Another service: beside it, the execution roles.
    let (rules, texts) = of(json!([create, passing("ec2.amazonaws.com")]));
    assert_eq!(rules, ["pass-role-never-matches"]);
    let mut ours = passing("sagemaker.amazonaws.com");
    ours.as_object_mut().unwrap().remove("Sid");
    assert_eq!(texts, [("ann/gt-audit-fix".to_owned(), json!({"Version": "2012-10-17", "Statement": [ours]}))]);
    // Every role to every service, beside another action.
    let (rules, texts) = of(json!([create, allow(["iam:PassRole", "iam:GetRole"], "*")]));
    assert_eq!(rules, ["pass-role-unrestricted"]);
    assert_eq!(texts, mended("ann/p1", json!([create, allow(["iam:GetRole"], "*"), ours])));
    // An action on ARNs that has no resource-level permission.
    let (rules, texts) = of(json!([create, allow(["iam:GetRole", "iam:ListRoles"], ROLE)]));
    assert_eq!(rules, ["resource-scope-ignored"]);
    assert_eq!(texts, mended("ann/p1", json!([create, allow(["iam:GetRole"], ROLE), allow("iam:ListRoles", "*")])));
    // A known slip; what is only probably one is left to people.
    let (rules, texts) = of(json!([create, allow("sqs:SendMessageBatch", "arn:aws:sqs:::q")]));
    assert_eq!(
        (rules, texts),
        (
            vec!["unknown-action".to_owned()],
            mended("ann/p1", json!([create, allow("sqs:SendMessage", "arn:aws:sqs:::q")]))
        )
    );
    assert_eq!(of(json!([create, allow("s3:GetObjekt", "*")])).1, []);
    // A glob that means more than passing roles is not taken apart.
    assert_eq!(of(json!([create, allow("iam:Pass*", "*")])).1, []);
}

#[test]
fn the_console_is_completed_as_narrowly_as_the_account_shows() {
    let plan = planned(|a| {
        let actions = [
            "sagemaker:*",
            "groundtruthlabeling:*",
            "iam:ListRoles",
            "kms:DescribeKey",
            "kms:ListAliases",
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListBucket",
            "s3:GetBucketCors",
            "s3:ListAllMyBuckets",
            "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecrets",
        ];
        user(a, &json!({"Version": "2012-10-17", "Statement": [allow(actions, "*")]}));
    });
    let [(name, text)] = documents(&plan).try_into().unwrap();
    assert_eq!((name.as_str(), closed(&plan)), ("ann/gt-audit-fix", vec!["console-access-incomplete"]));
    let mut pass = allow("iam:PassRole", ROLE);
    pass["Condition"] = json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}});
    assert_eq!(
        text["Statement"],
        json!([
            allow("s3:PutBucketCors", "arn:aws:s3:::signs-sagemaker"),
            allow("secretsmanager:CreateSecret", "arn:aws:secretsmanager:*:111122223333:secret:*"),
            pass
        ])
    );
}

#[test]
fn what_needs_no_policy_is_advised() {
    let plan = planned(|a| job(a, &[(PRE, "arn:aws:lambda:us-east-1:111122223333:function:PRE-BoundingBox")]));
    assert_eq!(documents(&plan), []);
    assert!(plan.mends.iter().all(|mend| !mend.advice.is_empty()), "{plan:#?}");
    let dead = planned(|a| {
        key(a, r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}"#);
        let key = a.regions.get_mut("us-east-1").unwrap().keys.get_mut("alias/signs").unwrap();
        known(key).as_mut().unwrap().state = "Disabled".to_owned();
    });
    assert_eq!((documents(&dead), instead(&dead).contains("is Disabled")), (vec![], true));
}
