//! Access-denied messages as people paste them: the cases of `tests/vectors/messages.jsonl`, and cases of our own.

use gt_audit::message::{Denial, read};
use serde_json::Value;

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/messages.jsonl");
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `role NAME` as an ARN, an S3 URI and `BUCKET/KEY` as the object's, a queue's URL as the queue's.
fn arn(denial: &Denial) -> Value {
    denial.resource_arn().map_or(Value::Null, |arn| arn.as_str().into())
}

/// What differs from the case's expectation, field by field.
fn differences(case: &Value) -> Vec<String> {
    let expect = &case["expect"];
    let reading = read(case["text"].as_str().unwrap());
    let denial = reading.denials.first().cloned().unwrap_or_default();
    let found = serde_json::to_value(&denial).unwrap();
    let lower = |value: &Value| value.as_str().map(str::to_ascii_lowercase);
    let sorted = |value: &Value| {
        let mut kinds: Vec<String> =
            value.as_array().unwrap().iter().map(|kind| kind.as_str().unwrap().to_owned()).collect();
        kinds.sort();
        kinds
    };
    let mut differences = vec![];
    let mut compare = |field: &str, same: bool, found: &Value| {
        if !same {
            differences.push(format!("{field}: {found}, not {}", expect[field]));
        }
    };
    compare("count", reading.denials.len() == 1, &reading.denials.len().into());
    compare("principal", found["principal"]["text"] == expect["principal"], &found["principal"]);
    compare("action", lower(&found["action"]["name"]) == lower(&expect["action"]), &found["action"]);
    compare("actionFrom", found["action"]["from"] == expect["actionFrom"], &found["action"]);
    let resource = &found["resource"]["text"];
    compare("resource", resource == &expect["resource"] || arn(&denial) == expect["resource"], resource);
    for field in ["reason", "layer", "service"] {
        compare(field, found[field] == expect[field], &found[field]);
    }
    compare("policy", found["policy"]["text"] == expect["policy"], &found["policy"]);
    compare("candidates", sorted(&found["candidates"]) == sorted(&expect["candidates"]), &found["candidates"]);
    differences
}

/// product.md has a kind for endpoint policies; the case is from before.
const ARGUED: &[(&str, &[&str])] = &[("vpce-implicit", &["reason: \"endpointPolicy\", not null"])];

#[test]
fn every_case_is_read_as_its_page_says() {
    let cases = cases();
    assert_eq!(cases.len(), 54);
    let mut wrong = vec![];
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let argued = ARGUED.iter().find(|(argued, _)| *argued == id).map_or(&[][..], |(_, differences)| differences);
        let differences = differences(case);
        if differences != argued {
            wrong.push(format!("{id}: {differences:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// One message, in short: principal, action (how it is known), resource, reason, layer, policy, candidates, service; `-`
/// stands for what is not said. The session `S` and the user `U` are written short.
fn short(denial: &Denial) -> String {
    let value = serde_json::to_value(denial).unwrap();
    let said = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let kinds: Vec<String> = value["candidates"].as_array().unwrap().iter().map(said).collect();
    let action = value["action"]["from"]
        .as_str()
        .map_or("-".to_owned(), |from| format!("{} ({from})", value["action"]["name"].as_str().unwrap()));
    let cut = |part: &str| {
        let mark = if value[part]["cut"] == true { "…" } else { "" };
        said(&value[part]["text"]) + mark
    };
    let parts = [cut("principal"), action, cut("resource"), said(&value["reason"]), said(&value["layer"])];
    let more = [said(&value["policy"]["text"]), kinds.join(" "), said(&value["service"])];
    parts.into_iter().chain(more).collect::<Vec<_>>().join(" | ").replace(S, "S").replace(U, "U")
}

const S: &str = "arn:aws:sts::111122223333:assumed-role/GtExecution/SageMaker";
const U: &str = "arn:aws:iam::111122223333:user/ana";

fn all(text: &str) -> Vec<String> {
    read(&text.replace("[S]", S).replace("[U]", U)).denials.iter().map(short).collect()
}

/// Each text is one message, which says this.
fn says(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, said)| all(text) != [*said])
        .map(|(text, said)| format!("{text}\n  wanted {said}\n  found  {:#?}", all(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cautions(text: &str) -> Vec<&'static str> {
    let reading = read(&text.replace("[S]", S).replace("[U]", U));
    reading.denials.iter().flat_map(|denial| denial.cautions.clone()).collect()
}

#[test]
fn every_layer_is_known_by_its_phrase() {
    let core = "User: [S] is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/k\" ";
    for (phrase, reason, layer) in [
        ("because no identity-based policy allows the s3:GetObject action", "notGranted", "identity"),
        ("because no identity‑based policy allows the s3:GetObject action", "notGranted", "identity"),
        ("because no resource-based policy allows the s3:GetObject action", "resourcePolicy", "resource"),
        ("because no permissions boundary allows the s3:GetObject action", "boundary", "boundary"),
        ("because no session policy allows the s3:GetObject action", "sessionPolicy", "session"),
        ("because no sessions policy allows the s3:GetObject action", "sessionPolicy", "session"),
        ("because no service control policy allows the s3:GetObject action", "controlPolicy", "scp"),
        ("because no VPC endpoint policy allows the s3:GetObject action", "endpointPolicy", "vpcEndpoint"),
        ("because the role trust policy allows the sts:AssumeRole action", "resourcePolicy", "trust"),
        ("with an explicit deny in an identity-based policy", "explicitDeny", "identity"),
        ("with an explicit deny in a resource-based policy", "explicitDeny", "resource"),
        ("with an explicit deny in a permissions boundary", "explicitDeny", "boundary"),
        ("with an explicit deny in a session policy", "explicitDeny", "session"),
        ("with an explicit deny in a service control policy", "explicitDeny", "scp"),
        ("with an explicit deny in a resource control policy", "explicitDeny", "rcp"),
        ("with an explicit deny in a VPC endpoint policy", "explicitDeny", "vpcEndpoint"),
        ("with an explicit deny in the role trust policy", "explicitDeny", "trust"),
        (
            "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
            "explicitDeny",
            "scp",
        ),
        ("WITH AN EXPLICIT DENY", "explicitDeny", "-"),
        (
            "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
            "wrongValue",
            "blockPublicAccess",
        ),
        (
            "because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C).",
            "wrongValue",
            "bucketSetting",
        ),
    ] {
        let wanted = format!("S | s3:GetObject (message) | arn:aws:s3:::b/k | {reason} | {layer} | - |  | s3");
        assert_eq!(all(&format!("{core}{phrase}")), [wanted.as_str()], "{phrase}");
        // The same, wrapped at a column's edge within words, and in a mail.
        let text: Vec<char> = format!("{core}{phrase}").replace("[S]", S).chars().collect();
        for (width, border) in [(60, ""), (71, "│ "), (80, "> ")] {
            let lines: Vec<String> =
                text.chunks(width).map(|line| border.to_owned() + &line.iter().collect::<String>()).collect();
            assert_eq!(all(&lines.join("\n")), [wanted.as_str()], "{}", lines.join("\n"));
        }
        let escaped = serde_json::to_string(&serde_json::to_string(&format!("{core}{phrase}")).unwrap()).unwrap();
        assert_eq!(all(&escaped), [wanted.as_str()], "{escaped}");
        let html = format!("{core}{phrase}").replace('"', "&quot;").replace(' ', "&nbsp;");
        assert_eq!(all(&format!("<p>{html}</p>")), [wanted.as_str()], "{html}");
    }
}

#[test]
fn a_policy_is_the_arn_behind_the_layer() {
    let scp = "arn:aws:organizations::123456789012:policy/o-x/service_control_policy/p-x";
    for colon in [": ", ", with policy ARN: ", ", with policy ARN:\n"] {
        for tail in [
            "",
            ".",
            " (Service: S3, Status Code: 403, Request ID: A)",
            ". Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/abc for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abc",
        ] {
            let text = format!(
                "User: [U] is not authorized to perform: sqs:SendMessage with an explicit deny in a service control policy{colon}{scp}{tail}"
            );
            assert_eq!(
                all(&text),
                [format!("U | sqs:SendMessage (message) | - | explicitDeny | scp | {scp} |  | sqs")],
                "{text}"
            );
        }
    }
    says(&[(
        "User: [U] is not authorized to perform: s3:ListAllMyBuckets with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
        "U | s3:ListAllMyBuckets (message) | - | explicitDeny | identity | arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3 |  | s3",
    )]);
}

#[test]
fn a_resource_ends_where_it_is_printed_to_end() {
    says(&[
        (
            "User: [U] is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/a \"b\" c.jpg\" because no session policy allows the s3:GetObject action",
            "U | s3:GetObject (message) | arn:aws:s3:::b/a \"b\" c.jpg | sessionPolicy | session | - |  | s3",
        ),
        (
            "User: [U] is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/because no (x) policy with an explicit deny in a.jpg\" because no session policy allows the s3:GetObject action",
            "U | s3:GetObject (message) | arn:aws:s3:::b/because no (x) policy with an explicit deny in a.jpg | sessionPolicy | session | - |  | s3",
        ),
        (
            "User: [U] is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/batch 07/a b.jpg because no identity-based policy allows the s3:GetObject action",
            "U | s3:GetObject (message) | arn:aws:s3:::b/batch 07/a b.jpg | notGranted | identity | - |  | s3",
        ),
        (
            "User: [U] is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/\n   images/0001.jpg\"\n with an explicit deny in a resource-based policy",
            "U | s3:GetObject (message) | arn:aws:s3:::b/images/0001.jpg | explicitDeny | resource | - |  | s3",
        ),
        (
            "User: arn:aws:sts::111122223333:assumed-role/\nGtExecution/SageMaker is not authorized to perform: lambda:\nInvokeFunction on resource: arn:aws:lambda:us-east-1:111122223333:\nfunction:f because no identity-based policy allows",
            "S | lambda:InvokeFunction (message) | arn:aws:lambda:us-east-1:111122223333:function:f | notGranted | identity | - |  | lambda",
        ),
        (
            "User: [U] is not authorized to perform: iam:GetPolicy on resource: policy arn:aws:iam::aws:policy/ReadOnlyAccess because no identity-based policy allows the iam:GetPolicy action",
            "U | iam:GetPolicy (message) | policy arn:aws:iam::aws:policy/ReadOnlyAccess | notGranted | identity | - |  | iam",
        ),
        (
            "User: [U] is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111122223333:role/\nbecause no identity-based policy allows the iam:ListRoles action",
            "U | iam:ListRoles (message) | arn:aws:iam::111122223333:role/ | notGranted | identity | - |  | iam",
        ),
        (
            "User: [U] is not authorized to perform: iam:ListRoles\nTraceback (most recent call last):\n  File \"x.py\", line 1",
            "U | iam:ListRoles (message) | - | - | - | - |  | iam",
        ),
        (
            "User: anonymous is not authorized to perform: es:ESHttpGet on resource: arn:aws:es:us-east-1:111122223333:domain/d because no resource-based policy allows the es:ESHttpGet action",
            "anonymous | es:ESHttpGet (message) | arn:aws:es:us-east-1:111122223333:domain/d | resourcePolicy | resource | - |  | es",
        ),
        (
            "{\"message\":\"User: arn:aws-cn:sts::********3333:assumed-role/r/a@b.c is not authorized to perform: execute-api:Invoke on resource: arn:aws-cn:execute-api:cn-north-1:********3333:a1/prod/GET/x\"}",
            "arn:aws-cn:sts::********3333:assumed-role/r/a@b.c | execute-api:Invoke (message) | arn:aws-cn:execute-api:cn-north-1:********3333:a1/prod/GET/x | - | - | - |  | execute-api",
        ),
        (
            "User: arn:aws:sts::<account>:assumed-role/GtExecution/... is not authorized to perform: sagemaker:AddTags on resource: arn:aws:sagemaker:us-east-1:<account>:labeling-job/street... because no identity-based policy allows the sagemaker:AddTags action",
            "arn:aws:sts::<account>:assumed-role/GtExecution/… | sagemaker:AddTags (message) | arn:aws:sagemaker:us-east-1:<account>:labeling-job/street… | notGranted | identity | - |  | sagemaker",
        ),
        (
            "<Message>User: [U] is not authorized to perform: sns:Publish on resource: arn:aws:sns:us-east-1:111122223333:t</Message>",
            "U | sns:Publish (message) | arn:aws:sns:us-east-1:111122223333:t | - | - | - | notGranted resourcePolicy explicitDeny | sns",
        ),
        (
            "User: [U] is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/k\" because no identity-ba…",
            "U | s3:GetObject (message) | arn:aws:s3:::b/k | notGranted | identity | - |  | s3",
        ),
    ]);
}

#[test]
fn services_own_sentences_are_read() {
    says(&[
        (
            "ClientError: SageMaker was unable to assume the role 'arn:aws:iam::111122223333:role/GtExecution'",
            "sagemaker.amazonaws.com | sts:AssumeRole (words) | arn:aws:iam::111122223333:role/GtExecution | - | trust | - | resourcePolicy missing | sts",
        ),
        (
            "Could not access model data at s3://b/m/model.tar.gz. Please ensure that the role \"arn:aws:iam::111122223333:role/R\" exists and that its trust relationship policy allows the action \"sts:AssumeRole\" for the service principal \"sagemaker.amazonaws.com\". Also ensure that the role has \"s3:GetObject\" permissions and that the object is located in eu-west-1.",
            "arn:aws:iam::111122223333:role/R | s3:GetObject (message) | s3://b/m/model.tar.gz | - | - | - | missing resourcePolicy notGranted wrongRegion | s3",
        ),
        (
            "The S3 bucket 'signs' you entered in Input dataset location cannot be reached. Either the bucket does not exist, or you do not have permission to access it.",
            "- | - | signs | - | - | - | missing notGranted resourcePolicy explicitDeny | s3",
        ),
        (
            "SageMaker is unable to use your associated ExecutionRole [arn:aws:iam::111122223333:role/R] to create app. Verify that your associated ExecutionRole has permission for 'sagemaker:CreateApp'.",
            "arn:aws:iam::111122223333:role/R | sagemaker:CreateApp (message) | - | - | - | - |  | sagemaker",
        ),
        (
            "An error occurred (AccessDeniedException) when calling the CreateUserPool operation: User is not permitted to perform cognito-idp:CreateUserPool for operation CreateUserPool",
            "- | cognito-idp:CreateUserPool (message) | - | - | - | - |  | cognito-idp",
        ),
        (
            "An error occurred (AccessDeniedException) when calling the CreateFunction operation: Cross-account pass role is not allowed.",
            "- | iam:PassRole (words) | - | wrongValue | - | - |  | iam",
        ),
        (
            "An error occurred (KMSAccessDeniedException) when calling the Invoke operation: Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings. KMS Exception: AccessDeniedExceptionKMS Message: User: arn:aws:sts::111122223333:assumed-role/f-role/f is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/k because no resource-based policy allows the kms:Decrypt action",
            "arn:aws:sts::111122223333:assumed-role/f-role/f | kms:Decrypt (message) | arn:aws:kms:us-east-1:111122223333:key/k | keyPolicy | key | - |  | kms",
        ),
        (
            "Lambda was unable to decrypt the environment variables because KMS access was denied. KMS Exception: AccessDeniedException KMS Message: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
            "- | kms:Decrypt (words) | - | - | - | - | keyPolicy notGranted explicitDeny missing | kms",
        ),
        (
            "An error occurred (KMS.DisabledException) when calling the GetObject operation: arn:aws:kms:us-east-1:111122223333:key/1234abcd is disabled. (Service: Kms, Status Code: 400, Request ID: x)",
            "- | s3:GetObject (operation) | arn:aws:kms:us-east-1:111122223333:key/1234abcd | keyState | key | - |  | kms",
        ),
        (
            "An error occurred (NotFoundException) when calling the DescribeKey operation: Key 'arn:aws:kms:us-east-1:111122223333:key/1234abcd' does not exist",
            "- | kms:DescribeKey (operation) | arn:aws:kms:us-east-1:111122223333:key/1234abcd | missing | key | - |  | kms",
        ),
        (
            "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "- | sts:AssumeRoleWithWebIdentity (message) | - | - | trust | - | resourcePolicy missing | sts",
        ),
        (
            "ClientError: Exception invoking the Lambda function arn:aws:lambda:us-east-1:111122223333:function:f. LambdaErrorCode: AccessDeniedException. Ensure the Lambda function exists, that the role arn:aws:iam::111122223333:role/R has permissions to invoke it and try your request again.",
            "arn:aws:iam::111122223333:role/R | lambda:InvokeFunction (words) | arn:aws:lambda:us-east-1:111122223333:function:f | - | - | - | notGranted resourcePolicy missing explicitDeny | lambda",
        ),
    ]);
}

#[test]
fn wrappers_give_what_the_text_does_not() {
    let object = "notGranted missing resourcePolicy keyPolicy explicitDeny";
    says(&[
        (
            "An error occurred (AccessDenied) when calling the PutObject operation (reached max retries: 4): Access Denied",
            "- | s3:PutObject (operation) | - | - | - | - | notGranted resourcePolicy explicitDeny keyPolicy | s3",
        ),
        (
            "download failed: s3://b/k to ./k An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
            &format!("- | s3:GetObject (operation) | s3://b/k | - | - | - | {object} | s3"),
        ),
        (
            "com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: X; S3 Extended Request ID: Y; Proxy: null)",
            &format!("- | - | - | - | - | - | {object} | s3"),
        ),
        (
            "software.amazon.awssdk.services.s3.model.S3Exception: null (Service: S3, Status Code: 403, Request ID: X, Extended Request ID: Y)",
            &format!("- | - | - | - | - | - | {object} | s3"),
        ),
        (
            "AccessDenied: Access Denied\n\tstatus code: 403, request id: X, host id: Y",
            &format!("- | - | - | - | - | - | {object} | s3"),
        ),
        (
            "operation error S3: PutObject, https response error StatusCode: 403, RequestID: X, HostID: Y, api error AccessDenied: Access Denied",
            "- | s3:PutObject (operation) | - | - | - | - | notGranted resourcePolicy explicitDeny keyPolicy | s3",
        ),
        (
            "operation error SageMaker: CreateWorkteam, https response error StatusCode: 400, RequestID: X, api error AccessDeniedException: Access denied",
            "- | sagemaker:CreateWorkteam (operation) | - | - | - | - |  | sagemaker",
        ),
        (
            "{\"__type\":\"com.amazonaws.sagemaker#AccessDeniedException\",\"Message\":\"User: [U] is not authorized to perform: sagemaker:ListLabelingJobs because no identity-based policy allows the sagemaker:ListLabelingJobs action\"}",
            "U | sagemaker:ListLabelingJobs (message) | - | notGranted | identity | - |  | sagemaker",
        ),
        (
            "{'Error': {'Code': 'AccessDenied', 'Message': 'Access Denied'}, 'ResponseMetadata': {'HTTPStatusCode': 403}}",
            &format!("- | - | - | - | - | - | {object} | s3"),
        ),
        (
            "An error occurred (404) when calling the HeadObject operation: Not Found",
            "- | s3:GetObject (operation) | - | missing | - | - |  | s3",
        ),
        (
            "An error occurred (ExpiredToken) when calling the ListLabelingJobs operation: The security token included in the request is expired",
            "- | sagemaker:ListLabelingJobs (operation) | - | credentials | - | - |  | sagemaker",
        ),
        (
            "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: Signature expired: 20261103T1 is now earlier than 20261103T2",
            "- | sts:GetCallerIdentity (operation) | - | credentials | - | - |  | sts",
        ),
        (
            "An error occurred (AuthorizationHeaderMalformed) when calling the ListObjectsV2 operation: The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            "- | s3:ListBucket (operation) | - | wrongRegion | - | - |  | s3",
        ),
    ]);
}

#[test]
fn a_record_gives_principal_action_and_resource() {
    let record = |bucket: &str| {
        format!(
            "{{\"userIdentity\": {{\"type\": \"AssumedRole\", \"arn\": \"{S}\", \"sessionContext\": {{\"sessionIssuer\": {{\"arn\": \"arn:aws:iam::111122223333:role/service-role/GtExecution\"}}}}}}, \"eventSource\": \"s3.amazonaws.com\", \"eventName\": \"GetObject\", \"awsRegion\": \"us-east-1\", \"errorCode\": \"AccessDenied\", \"errorMessage\": \"Access Denied\", \"requestParameters\": {{\"bucketName\": \"{bucket}\", \"key\": \"k\"}}}}"
        )
    };
    let said = |bucket: &str| {
        format!(
            "S | s3:GetObject (operation) | arn:aws:s3:::{bucket}/k | - | - | - | notGranted missing resourcePolicy keyPolicy explicitDeny | s3"
        )
    };
    assert_eq!(all(&record("b")), [said("b")]);
    let records = format!("{{\"Records\": [{}, {}, {}]}}", record("a"), record("b"), record("a"));
    assert_eq!(all(&records), [said("a"), said("b")]);
    let reading = read(&records);
    assert_eq!(reading.denials[0].count, 2);
    assert_eq!(reading.denials[0].role.as_deref(), Some("arn:aws:iam::111122223333:role/service-role/GtExecution"));
    assert_eq!(reading.denials[0].role_name().as_deref(), Some("GtExecution"));
    // Within a string of another, and with its keys sorted.
    let within = serde_json::json!({"message": record("b")}).to_string();
    assert_eq!(all(&within), [said("b")]);
    let sorted: std::collections::BTreeMap<String, Value> = serde_json::from_str(&record("b")).unwrap();
    assert_eq!(all(&serde_json::to_string_pretty(&sorted).unwrap()), [said("b")]);
}

#[test]
fn a_log_gives_each_message_once_with_its_count() {
    let one = |action: &str| {
        format!(
            "2026-11-03 ERROR An error occurred (AccessDenied) when calling the GetObject operation: User: {S} is not authorized to perform: {action} on resource: \"arn:aws:s3:::b/k\" because no identity-based policy allows the {action} action\n"
        )
    };
    let log = [one("s3:GetObject"), one("s3:ListBucket"), "INFO nothing\n".repeat(50), one("s3:GetObject")].concat();
    let reading = read(&log);
    let counts: Vec<(&str, usize)> =
        reading.denials.iter().map(|d| (d.action.as_ref().unwrap().name.as_str(), d.count)).collect();
    assert_eq!(counts, [("s3:GetObject", 2), ("s3:ListBucket", 1)]);
    let span = reading.denials[1].span.clone();
    assert!(log[span.clone()].starts_with("An error occurred (AccessDenied)"), "{}", &log[span]);
    assert!(log[reading.denials[1].span.clone()].ends_with("the s3:ListBucket action"));
}

#[test]
fn every_trap_is_warned_of() {
    let full = |action: &str, why: &str| {
        format!(
            "User: [U] is not authorized to perform: {action} on resource: arn:aws:lambda:us-east-1:111122223333:function:f {why}"
        )
    };
    for (text, id) in [
        ("An error occurred (AccessDenied) when calling the GetObject operation: Access Denied".to_owned(), "missingObject"),
        ("An error occurred (403) when calling the HeadObject operation: Forbidden".to_owned(), "head"),
        ("An error occurred (AccessDenied) when calling the PutObject operation: Access Denied".to_owned(), "objectKey"),
        (full("secretsmanager:GetSecretValue", "because no resource-based policy allows it"), "crossAccount"),
        (full("lambda:InvokeFunction", "because no identity-based policy allows it"), "missingFunction"),
        ("Exception invoking the Lambda function arn:aws:lambda:us-east-1:111122223333:function:f. LambdaErrorCode: Unhandled. Ensure the Lambda function exists, that the role arn:aws:iam::111122223333:role/R has permissions to invoke it".to_owned(), "functionRaised"),
        ("User: arn:aws:sts::111122223333:assumed-role/signs-post-role/signs-post is not authorized to perform: s3:GetObject".to_owned(), "functionRole"),
        (full("iam:PassRole", "because no identity-based policy allows the iam:PassRole action"), "passedToService"),
        (full("s3:PutObject", "with an explicit deny in an identity-based policy"), "denyCondition"),
        (full("s3:PutObject", "because no session policy allows the s3:PutObject action"), "serviceSession"),
        (full("iam:X", "with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2"), "quarantine"),
        ("An error occurred (ExpiredToken) when calling the GetObject operation: The provided token has expired.".to_owned(), "credentials"),
        ("The role defined for the function cannot be assumed by Lambda.".to_owned(), "fresh"),
    ] {
        assert!(cautions(&text).contains(&id), "{id}: {text}: {:?}", cautions(&text));
        assert!(gt_audit::knowledge::messages::caution(id).is_some(), "{id}");
    }
    // SageMaker's own session is no function's; who answers in brackets is not who denies.
    assert!(!cautions("User: [S] is not authorized to perform: s3:GetObject").contains(&"functionRole"));
}

#[test]
fn what_a_text_lacks_is_asked_for() {
    use gt_audit::message::Lack;
    assert_eq!(read("it does not work").lacks(), Some(Lack::Message));
    assert_eq!(read("").lacks(), Some(Lack::Message));
    let lacks = |text: &str| read(text).denials[0].lacks();
    let bare = "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied";
    assert_eq!(lacks(bare), [Lack::Principal, Lack::Resource]);
    assert_eq!(
        lacks("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
        [Lack::Principal, Lack::Action, Lack::Resource]
    );
    assert_eq!(
        lacks(
            "User: arn:aws:iam::111122223333:user/ana is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/batch-0…"
        ),
        [Lack::Resource]
    );
    assert_eq!(lacks("An error occurred (ExpiredToken) when calling the GetObject operation: x"), []);
}

#[test]
fn an_authorization_id_gives_the_command() {
    let case = cases().into_iter().find(|case| case["id"] == "cli2-authorization-id").unwrap();
    let denial = read(case["text"].as_str().unwrap()).denials.remove(0);
    assert_eq!(
        denial.authorization_command().unwrap(),
        "aws iam-toolbox get-request-authorization-details --region us-east-1 --authorization-id example1a2b3c4d5e6f7g8h9i"
    );
    let case = cases().into_iter().find(|case| case["id"] == "encoded-only").unwrap();
    let denial = read(case["text"].as_str().unwrap()).denials.remove(0);
    assert_eq!(denial.encoded.as_deref(), Some("ExAmPlE0-encoded_authorization_failure_message-0123456789abcdef"));
}

#[test]
fn no_beginning_and_no_end_of_a_text_is_too_odd() {
    for case in cases() {
        let text = case["text"].as_str().unwrap();
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            for part in [&text[..at], &text[at..]] {
                for denial in read(part).denials {
                    assert!(part.get(denial.span.clone()).is_some(), "{part}");
                    let _ = (denial.lacks(), denial.resource_arn(), denial.role_name(), denial.principal_arn());
                }
            }
        }
    }
}

#[test]
fn what_people_do_to_a_message_is_undone() {
    says(&[
        (
            "User: `[U]` is not authorized to perform: `s3:GetObject` on resource: `arn:aws:s3:::b/k` because no identity-based policy allows the `s3:GetObject` action",
            "U | s3:GetObject (message) | arn:aws:s3:::b/k | notGranted | identity | - |  | s3",
        ),
        (
            "user: “[U]” IS NOT AUTHORIZED to perform: s3:GetObject on resource: “arn:aws:s3:::b/k” because NO identity-based policy allows the s3:GetObject action",
            "U | s3:GetObject (message) | arn:aws:s3:::b/k | notGranted | identity | - |  | s3",
        ),
        (
            "<b>User: [U] is <i>not</i> authorized to perform: iam:GetRole on resource: role GtExecution</b><br>because no identity-based policy allows the iam:GetRole action",
            "U | iam:GetRole (message) | role GtExecution | notGranted | identity | - |  | iam",
        ),
        ("You are not authorized to perform: s3:GetObject", "- | s3:GetObject (message) | - | - | - | - |  | s3"),
        (
            "User: [S] is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/k with an explicit deny in a resource-based policy\n\n[2026-11-03] because no session policy",
            "S | kms:Decrypt (message) | arn:aws:kms:us-east-1:111122223333:key/k | explicitDeny | key | - |  | kms",
        ),
        (
            "\u{1b}[31mAn error occurred (AccessDenied)\u{1b}[0m when calling the CopyObject operation: Access Denied",
            "- | s3:GetObject (operation) | - | - | - | - | notGranted missing resourcePolicy keyPolicy explicitDeny | s3",
        ),
        (
            "upload failed: a to b.json to s3://b/k An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
            "- | s3:PutObject (operation) | s3://b/k | - | - | - | notGranted resourcePolicy explicitDeny keyPolicy | s3",
        ),
    ]);
}

#[test]
fn messages_in_one_text_do_not_run_into_each_other() {
    let bare = "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied";
    let full = "An error occurred (AccessDeniedException) when calling the CreateLabelingJob operation: User: [U] is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/R because no identity-based policy allows the iam:PassRole action";
    let said_bare =
        "- | s3:PutObject (operation) | - | - | - | - | notGranted resourcePolicy explicitDeny keyPolicy | s3";
    let said_full =
        "U | iam:PassRole (message) | arn:aws:iam::111122223333:role/R | notGranted | identity | - |  | iam";
    assert_eq!(all(&format!("{bare}\n{full}\n")), [said_bare, said_full]);
    let without = full.split_once("operation: ").unwrap().1;
    assert_eq!(all(&format!("{bare}\n{without}\n")), [said_bare, said_full]);
    let codes = all("AccessDenied: Access Denied\n    at f (x.js:1:2)\nNoSuchKey: The specified key does not exist.");
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert_eq!(all(&format!("{full}\n{bare}\n")), [said_full, said_bare]);
    assert_eq!(
        all(&format!("{full}\n\nDuring handling of the above exception, another exception occurred:\n\n{full}")),
        [said_full]
    );
}
