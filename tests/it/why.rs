//! `why` and `explain` on the story: right parts, the statement that decided, and exit codes.

use gt_audit::audit::audit;
use serde_json::Value;

use crate::accounts::{OPTIONS, root, story};
use crate::command_line::gt_audit;

/// What a command says of the story, and its exit code.
fn told(arguments: &[&str], code: i32) -> String {
    let snapshot = root().join("localstack/story.json");
    let mut command = gt_audit();
    command.args(arguments).args(["--config", "/dev/null", "--snapshot"]).arg(snapshot);
    let assert = command.assert().code(code);
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn each_job_of_the_story_is_explained() {
    for (job, code) in [("acme-shops", 1), ("acme-frames", 1), ("acme-lidar", 1), ("acme-street-signs", 1)] {
        insta::assert_snapshot!(format!("why {job}"), told(&["why", job], code));
    }
    let arn = "arn:aws:sagemaker:us-east-1:111122223333:labeling-job/acme-shops";
    assert_eq!(told(&["why", arn], 1), told(&["why", "acme-shops"], 1));
    let json: Value = serde_json::from_str(&told(&["why", "acme-shops", "--format", "json"], 1)).unwrap();
    assert_eq!(json["job"]["arn"], arn);
    assert!(json["checks"].as_array().unwrap().len() > 10);
}

/// Questions, and what is decided: the word of JSON, the kinds of causes, the exit code.
const QUESTIONS: [(&[&str], &str, &[&str], i32); 12] = [
    (&["GtExecution", "s3:PutObject", "s3://acme-ground-truth-images/2026/x.json"], "implicitDeny", &["notGranted"], 1),
    (&["GtExecution", "s3:GetObject", "s3://acme-sagemaker-eu/shops.manifest"], "allowed", &[], 0),
    (&["GtCopied", "s3:GetObject", "s3://acme-sagemaker-data/x"], "explicitDeny", &["explicitDeny"], 1),
    (
        &["GtExecution", "iam:PassRole", "arn:aws:iam::111122223333:role/GtExecution"],
        "implicitDeny",
        &["notGranted"],
        1,
    ),
    (
        &["GtExecution", "sns:Subscribe", "arn:aws:sns:us-east-1:111122223333:acme-new-frames"],
        "implicitDeny",
        &["notGranted"],
        1,
    ),
    (
        &["GtBounded", "lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:acme-sagemaker-eu-pre"],
        "explicitDeny",
        &["explicitDeny"],
        1,
    ),
    (
        &["GtExecution", "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:acme-GtRecipe-pre"],
        "allowed",
        &[],
        0,
    ),
    (
        &[
            "GtSigns",
            "kms:Decrypt",
            "arn:aws:kms:us-east-1:111122223333:key/0c1d2e3f-1111-4222-8333-444455556666",
            "--context",
            "kms:ViaService=s3.us-east-1.amazonaws.com",
        ],
        "implicitDeny",
        &["keyPolicy"],
        1,
    ),
    (&["ann", "iam:CreateRole", "arn:aws:iam::111122223333:role/x"], "allowed", &[], 0),
    (
        &[
            "arn:aws:sts::111122223333:assumed-role/GtExecution/SageMaker",
            "s3:ListBucket",
            "arn:aws:s3:::acme-sagemaker-eu",
        ],
        "allowed",
        &[],
        0,
    ),
    (&["GtExecution", "s3:PutObject", "s3://somebody-elses-bucket/x"], "implicitDeny", &["notGranted"], 1),
    // A grant by the tags of objects may reach it, and its own policy is not read.
    (&["GtExecution", "s3:GetObject", "s3://somebody-elses-bucket/x"], "undecided", &[], 3),
];

#[test]
fn questions_are_decided_with_their_causes_and_statements() {
    for (number, (question, decision, causes, code)) in QUESTIONS.iter().enumerate() {
        let arguments: Vec<&str> = ["why"].iter().chain(*question).copied().collect();
        let json = told(&[arguments.as_slice(), &["--format", "json"]].concat(), *code);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["decision"], *decision, "{question:?}");
        let kinds: Vec<&str> =
            json["causes"].as_array().unwrap().iter().map(|cause| cause["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, *causes, "{question:?}");
        // Reads and writes of an object of a bucket that is known depend on the bucket's key too.
        let of_known = question[1].ends_with("Object") && question[2].starts_with("s3://acme-");
        assert_eq!(json["layers"].as_array().unwrap().len(), if of_known { 7 } else { 6 }, "{question:?}");
        let denied = decision.ends_with("Deny");
        let decides = json["layers"].as_array().unwrap().iter().filter(|layer| layer["decides"] == true).count();
        assert_eq!(decides, usize::from(*decision != "allowed"), "{question:?} {json:#}");
        assert_eq!(json["fixes"].as_array().unwrap().is_empty(), !denied, "{question:?}");
        insta::assert_snapshot!(format!("question {number:02}"), told(&arguments, *code));
    }
}

#[test]
fn what_is_known_of_the_request_decides() {
    let question = ["why", "GtExecution", "sns:Subscribe", "arn:aws:sns:us-east-1:111122223333:acme-sagemaker"];
    let ask = |more: &[&str], code| told(&[question.as_slice(), more].concat(), code);
    let queue = "sns:Endpoint=arn:aws:sqs:us-east-1:111122223333:acme-GroundTruth";
    assert!(ask(&["--context", "sns:Protocol=sqs", "--context", queue], 0).starts_with("ALLOWED: "));
    let https = ask(&["--context", "sns:Protocol=https", "--context", queue], 1);
    assert!(https.contains("(conditionUnmet)") && https.contains("sns:Protocol: the request has https"), "{https}");
}

#[test]
fn each_finding_of_the_story_is_explained_and_mended_by_the_digits_of_its_row() {
    let report = audit(&story(), OPTIONS);
    let digits = gt_audit::report::table::digits(&report);
    for finding in &report.findings {
        let text = told(&["explain", &finding.id[..digits]], 0);
        assert!(text.contains(&finding.id) && text.contains(finding.rule.as_str()), "{text}");
        for cause in finding.causes.iter().filter_map(|cause| cause.unmet.cause.statement()) {
            assert!(text.contains(&gt_audit::report::excerpt::place(cause)), "{text}");
        }
    }
    insta::assert_snapshot!("explain", told(&["explain", &report.findings[0].id], 0));
    told(&["explain", "bucket-out-of-reach"], 0);
    told(&["fix", &report.findings[0].id[..digits]], 0);
    told(&["fix", "acme-frames"], 0);
    told(&["fix", "bucket-out-of-reach"], 0);
}

#[test]
fn what_cannot_be_asked_says_what_to_do() {
    let says = |arguments: &[&str], words: &str| {
        let snapshot = root().join("localstack/story.json");
        let assert = gt_audit().args(arguments).arg("--snapshot").arg(snapshot).assert().code(2);
        let text = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(text.contains(words), "{text}");
    };
    says(&["why", "no-such-job"], "no labeling job `no-such-job` is known in account 111122223333");
    says(&["why", "Nobody", "s3:GetObject", "s3://b/x"], "no role or user `Nobody`");
    says(&["why", "GtExecution", "GetObject", "s3://b/x"], "`GetObject` is no action");
    says(&["why", "GtExecution", "s3:GetObject", "b/x"], "`b/x` is no resource");
    says(&["why", "GtExecution", "s3:GetObject"], "why takes the name or ARN of a labeling job, or a principal");
    says(&["why", "GtExecution", "s3:GetObject", "s3://b/x", "--context", "x=y"], "`x=y` is no context key");
    says(&["explain", "ffffffff"], "there is no finding `ffffffff`");
    says(&["explain", "no-such-rule"], "there is no rule `no-such-rule`");
}

#[test]
fn a_message_is_read_and_decided_again() {
    let put = "An error occurred (AccessDenied) when calling the PutObject operation: User: \
               arn:aws:sts::111122223333:assumed-role/GtExecution/SageMaker is not authorized to perform: s3:PutObject on \
               resource: \"arn:aws:s3:::acme-ground-truth-images/2026/x.json\" because no identity-based policy allows the \
               s3:PutObject action";
    insta::assert_snapshot!("why message", told(&["why", put], 1));
    let json: Value = serde_json::from_str(&told(&["why", put, "--format", "json"], 1)).unwrap();
    let one = &json["messages"][0];
    assert_eq!(one["message"]["action"]["name"], "s3:PutObject");
    assert_eq!((&one["agrees"], &one["decided"]["decision"]), (&Value::from(true), &Value::from("implicitDeny")));
    // What is allowed by now, and what the policies deny for another reason.
    let get = put
        .replace("s3:PutObject", "s3:GetObject")
        .replace("acme-ground-truth-images/2026/x.json", "acme-sagemaker-eu/x");
    assert!(told(&["why", &get], 0).contains("ALLOWED NOW"));
    let other = put.replace("no identity-based policy allows", "no permissions boundary allows");
    assert!(told(&["why", &other], 1).contains("STILL DENIED, for another reason than AWS gave"));
    // Two of the same are told once, and what is said without a principal asks for it.
    let both = format!("{put}\n{put}\n");
    assert!(told(&["why", &both], 1).contains("Read from the message (2 times):"));
    let bare = "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied";
    assert!(told(&["why", bare], 3).contains("NOT DECIDED: "));
}
