//! The worked cases of `tests/vectors`, decided through the command line.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::accounts::read;
use crate::command_line::gt_audit;

fn decided(file: &str) -> usize {
    let input = read(format!("tests/vectors/{file}"));
    let output = gt_audit().arg("simulate").arg("-").write_stdin(input.clone()).assert().code(0).get_output().clone();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), input.lines().count());
    for (asked, answer) in input.lines().zip(answers.lines()) {
        let (asked, answer): (Value, Value) =
            (serde_json::from_str(asked).unwrap(), serde_json::from_str(answer).unwrap());
        assert_eq!(asked["id"], answer["id"]);
        assert_eq!(asked["expect"], answer["decision"], "{asked}\n{answer}");
        // A decision has its reasons: the statements that made it, or the layers that are wanting. The root user needs none,
        // nor does a request that needs no permission.
        let root = asked["principal"].as_str().is_some_and(|principal| principal.ends_with(":root"))
            || ["sts:GetSessionToken", "sts:GetCallerIdentity"].contains(&asked["action"].as_str().unwrap());
        let (because, missing) = (&answer["because"], &answer["missing"]);
        match answer["decision"].as_str() {
            Some("implicitDeny") => assert!(!missing.as_array().unwrap().is_empty(), "{answer}"),
            _ => assert!(root || !because.as_array().unwrap().is_empty(), "{answer}"),
        }
    }
    input.lines().count()
}

#[test]
fn every_systematic_case_is_decided_as_aws_documents_it() {
    assert_eq!(decided("iam-decisions.jsonl"), 203);
}

#[test]
fn every_request_against_a_managed_policy_is_decided_by_its_text() {
    assert_eq!(decided("managed-policy-decisions.jsonl"), 151);
}

/// What conformance/ has no cases of: endpoint policies, grants, the root user, organizations and services, odd documents.
#[test]
fn every_case_of_our_own_is_decided_as_its_page_says() {
    assert_eq!(decided("more-decisions.jsonl"), 84);
}

/// What AWS itself treats apart, and what stands at the edge of the documentation.
#[test]
fn every_case_at_the_edges_is_decided_as_its_page_says() {
    assert_eq!(decided("edge-decisions.jsonl"), 134);
}

fn answers(lines: &str) -> Vec<Value> {
    let output = gt_audit().arg("simulate").write_stdin(lines).assert().code(0).get_output().clone();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_denial_says_which_layer_is_missing_and_what_came_near() {
    let line = json!({
        "id": 1, "principal": "arn:aws:iam::111122223333:role/r", "action": "s3:GetObject", "resource": "arn:aws:s3:::plain/k",
        "policies": ["AmazonSageMakerGroundTruthExecution"],
        "boundary": {"Statement": {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}},
        "resourcePolicy": {"Statement": {
            "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*", "Resource": "arn:aws:s3:::plain/*",
        }},
    });
    let [answer] = answers(&line.to_string()).try_into().unwrap();
    assert_eq!(answer["missing"], json!(["identity", "boundary"]));
    let near: Vec<_> = answer["near"].as_array().unwrap().iter().map(|n| (&n["statement"], &n["because"])).collect();
    let tokens = ["*GroundTruth*", "*Groundtruth*", "*groundtruth*", "*SageMaker*", "*Sagemaker*", "*sagemaker*"];
    let condition = json!({
        "operator": "StringEqualsIgnoreCase", "key": "s3:ExistingObjectTag/SageMaker", "values": ["true"], "found": null,
    });
    assert_eq!(
        near,
        [
            (&json!(2), &json!([{"resource": tokens.map(|token| format!("arn:aws:s3:::{token}"))}])),
            (&json!(3), &json!([{"condition": condition}])),
            // The bucket policy could have allowed by itself.
            (&json!(1), &json!(["principal"])),
        ]
    );
}

#[test]
fn what_is_odd_in_a_line_is_said() {
    let allow = json!({"Effect": "Allow", "Action": "*:*", "Principal": "*", "Resource": "*"});
    let line = json!({
        "id": 1, "action": "s3:GetObject", "resource": "*", "context": {"aws:ResourceTag/a": "1", "aws:ResourceTag/A": "1"},
        "identityPolicies": [{"Statement": [allow], "Version": "1999"}],
    });
    let [answer] = answers(&line.to_string()).try_into().unwrap();
    let warnings: Vec<&str> = answer["warnings"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    for (warning, words) in warnings.iter().zip([
        "resource: `*` is no resource",
        "Version: ",
        "Statement[1].Principal: ",
        "Statement[1].Action: ",
        "context aws:ResourceTag/a",
        "identityPolicies[0] statement 1: ",
    ]) {
        assert!(warning.contains(words), "{warning}");
    }
    assert_eq!((warnings.len(), &answer["decision"]), (6, &json!("conditional")));
}

#[test]
fn a_resource_of_which_aws_does_not_say_what_it_names_is_said() {
    let line = |effect: &str, resource: &str| {
        let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let statement = json!({"Effect": effect, "Action": "lambda:*", "Resource": resource});
        let statements = if effect == "Deny" { vec![everything, statement] } else { vec![statement] };
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let line = json!({
            "id": 1, "principal": "arn:aws:iam::111122223333:role/r", "action": "lambda:InvokeFunction",
            "resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "identityPolicies": [policy],
        });
        let [answer] = answers(&line.to_string()).try_into().unwrap();
        (answer["decision"].as_str().unwrap().to_owned(), answer["warnings"].to_string())
    };
    let runs_on = "only if `*` runs past a colon";
    for (resource, allowed, denied, warning) in [
        ("arn:aws:lambda:*:function:f", "conditional", "explicitDeny", runs_on),
        ("arn:aws:lambda:*:*:f", "conditional", "explicitDeny", "depends on a variable, a resource"),
        ("arn:aws:lambda:us-*1:function:f", "implicitDeny", "allowed", ""),
        ("arn:aws:lambda:*:*:function:f", "allowed", "explicitDeny", ""),
        ("arn:aws:lambda:*", "allowed", "explicitDeny", ""),
        ("*:function:f", "conditional", "conditional", "neither an ARN nor `*`"),
        ("function:g", "implicitDeny", "allowed", "neither an ARN nor `*`"),
    ] {
        for (effect, expected) in [("Allow", allowed), ("Deny", denied)] {
            let (decision, warnings) = line(effect, resource);
            assert_eq!(decision, expected, "{effect} {resource}");
            let is_said = warnings.contains(warning) && (warning.is_empty() == (warnings == "null"));
            let open = decision == "conditional" || warning != "depends on a variable, a resource";
            assert!(is_said || !open, "{effect} {resource}: {warnings}");
        }
    }
}

#[test]
fn a_line_that_cannot_be_meant_so_is_an_error_that_says_where() {
    let line = |change: Value| {
        let mut line = json!({
            "id": 1, "principal": "arn:aws:sts::111122223333:assumed-role/r/s", "action": "s3:GetObject",
            "resource": "arn:aws:s3:::b/k", "resourceAccount": "111122223333",
        });
        line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        line.to_string()
    };
    let long = "a".repeat(5_000);
    let cases = [
        (line(json!({"action": "s3:Get*"})), "`s3:Get*` is no action"),
        (line(json!({"action": ""})), "`` is no action"),
        (line(json!({"context": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin"}})), "is not the role of"),
        (line(json!({"context": {"aws:x": [{}]}})), "context aws:x: a value is not"),
        (line(json!({"context": {"aws:x": vec!["a"; 1_001]}})), "context aws:x: it has more than 1000 values"),
        (line(json!({"context": {"aws:x": &long}})), "context aws:x: a value has more than 4096 bytes"),
        (line(json!({"resource": &long})), "resource has more than 4096 bytes"),
        (line(json!({"scps": vec![json!([]); 65]})), "scps has 65 levels"),
        (line(json!({"grants": [{"GranteePrincipal": "x.amazonaws.com", "Operations": ["*"]}]})), "Operations"),
        (line(json!({"notes": "a".repeat(1 << 20)})), "the line has more than 1048576 bytes"),
        (line(json!({"boundary": {"Statement": {"Effect": "allow"}}})), "`Allow` nor `Deny` at column 1"),
        ("{\"id\":1,\"context\":{\"aws:x\":\"a\",\"aws:x\":\"b\"}}".to_owned(), "the key `aws:x` stands twice"),
    ];
    let lines: Vec<&str> = cases.iter().map(|(line, _)| line.as_str()).collect();
    let output = gt_audit().arg("simulate").write_stdin(lines.join("\n")).assert().code(2).get_output().clone();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), cases.len());
    for (number, (answer, (_, words))) in (1..).zip(answers.lines().zip(&cases)) {
        assert!(answer.contains(words), "{words}: {answer}");
        assert!(answer.contains(&format!("\"line\":{number},\"error\":\"line {number}: ")), "{answer}");
    }
    let odd = line(
        json!({"permissionsBoundary": {}, "resource": "arn:aws:sqs:us-east-1:999999999999:q", "identityPolicies": [{"Statement": {
            "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }}]}),
    );
    let [answer] = self::answers(&odd).try_into().unwrap();
    let said = answer["warnings"].to_string();
    assert!(said.contains("permissionsBoundary: a line has no such field"), "{said}");
    assert!(said.contains("context aws:SecureTransport: every signed request has it"), "{said}");
    assert!(said.contains("resourceAccount: it says 111122223333, which counts"), "{said}");
}

/// What looks like a mistake is answered and warned of, and what is none is not.
#[test]
fn a_question_that_looks_like_a_mistake_is_warned_of() {
    let asked = |change: Value| {
        let mut line = json!({
            "id": 1, "principal": "arn:aws:iam::111122223333:role/r", "action": "s3:GetObject",
            "resource": "arn:aws:s3:::b/k", "resourceAccount": "111122223333", "context": {"aws:username": ["ann"]},
        });
        line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let [answer] = answers(&line.to_string()).try_into().unwrap();
        let warnings = answer["warnings"].as_array().cloned().unwrap_or_default();
        let warnings: Vec<String> = warnings.iter().map(|warning| warning.as_str().unwrap().to_owned()).collect();
        (answer["decision"].as_str().unwrap().to_owned(), warnings)
    };
    let policy = |resource: &str, condition: Value| {
        json!({"identityPolicies": [{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": resource, "Condition": condition,
        }}]})
    };
    let other = |action: &str, resource: &str| json!({"action": action, "resource": resource});
    let valueless = json!({"StringNotEquals": {"aws:username": "${aws:PrincipalTag/none}"}});
    for (change, decision, words) in [
        (json!({"resource": "arn:aws:s3:::b/*"}), "implicitDeny", "stand for themselves"),
        (json!({"resource": "*"}), "implicitDeny", "`*` is no resource"),
        (json!({"resource": "b/k"}), "implicitDeny", "`s3:GetObject` is not asked of it, but of these types: "),
        (json!({"resource": "arn:aws:s3:::b"}), "implicitDeny", "of these types: "),
        (json!({"action": "s3:GetObjects"}), "implicitDeny", "no action `s3:GetObjects`, and `s3:GetObject"),
        (json!({"action": "s3:Nothing"}), "implicitDeny", "no action `s3:Nothing`"),
        (other("s3:ListAllMyBuckets", "arn:aws:s3:::b"), "implicitDeny", "is asked of no resource"),
        (other("ec2:RunInstances", "web"), "implicitDeny", "neither an ARN nor `*`"),
        (json!({"resourceAccount": "1111"}), "implicitDeny", "resourceAccount: `1111` is no account"),
        (
            json!({"principal": "arn:aws:iam::11112222333:user/u"}),
            "implicitDeny",
            "principal: `11112222333` is no account",
        ),
        (
            other("sqs:SendMessage", "arn:aws:sqs:us-east-1:1111222233334:q"),
            "implicitDeny",
            "resource: `1111222233334` is no account",
        ),
        (policy("b/*", json!({})), "implicitDeny", "neither an ARN nor `*`"),
        (policy("*/k", json!({})), "conditional", "neither an ARN nor `*`"),
        (
            policy("arn:aws:s3:::b/${aws:PrincipalTag/t}", json!({})),
            "implicitDeny",
            "`${aws:PrincipalTag/t}` has no value",
        ),
        (policy("*", valueless), "allowed", "`${aws:PrincipalTag/none}` has no value"),
        (
            policy("arn:aws:s3:::b/${aws:username, k}", json!({})),
            "conditional",
            "a variable of a form that is not described",
        ),
        (policy("arn:aws:s3:::b/${}", json!({})), "conditional", "a variable of a form that is not described"),
        (
            policy("*", json!({"StringLike": {"aws:username": "${username}"}})),
            "conditional",
            "a variable of a form that is not described",
        ),
    ] {
        let (decided, warnings) = asked(change.clone());
        assert_eq!(decided, decision, "{change}: {warnings:?}");
        assert!(warnings.iter().any(|warning| warning.contains(words)), "{change}: {warnings:?}");
    }
    for change in [
        json!({}),
        other("s3:ListBucket", "arn:aws:s3:::b"),
        other("s3:ListAllMyBuckets", "*"),
        other("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        other("kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:alias/gt"),
        other("ec2:RunInstances", "*"),
        policy("arn:aws:s3:::b/${aws:username}", json!({})),
        policy("arn:aws:s3:::b/${aws:PrincipalTag/t, 'k'}", json!({})),
    ] {
        assert_eq!(asked(change.clone()).1, [""; 0], "{change}");
    }
}

#[test]
fn a_line_is_answered_before_the_next_one_is_written() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_gt-audit"))
        .arg("simulate")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for id in 0..3 {
        writeln!(to, "{}", json!({"id": id, "action": "s3:GetObject", "resource": "*"})).unwrap();
        let mut answer = String::new();
        from.read_line(&mut answer).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["id"], id);
    }
    drop(to);
    assert!(child.wait().unwrap().success());
}

#[test]
fn many_lines_are_answered_in_their_order() {
    let line = |id: usize| json!({"id": id, "action": "s3:GetObject", "resource": "*"}).to_string();
    let lines: Vec<String> = (0..20_000).map(line).collect();
    let ids: Vec<_> = answers(&lines.join("\n")).iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
    assert!(ids.into_iter().eq(0..20_000));
}

#[test]
fn a_wrong_line_is_answered_and_the_rest_go_on() {
    let lines = "{\"id\":1,\"action\":\"s3:GetObject\",\"resource\":\"arn:aws:s3:::b/k\",\"policies\":[\"AmazonS3FullAccess\"]}\n\
                 no json\n\n\
                 {\"id\":2,\"action\":\"s3:GetObject\"}\n\
                 {\"id\":3,\"action\":\"s3:GetObject\",\"resource\":\"*\",\"policies\":[\"NoSuchPolicy\"]}\n\
                 {\"id\":4,\"action\":\"s3:GetObject\",\"resource\":\"*\",\"principal\":\"me\"}\n\
                 {\"id\":5,\"action\":\"s3:GetObject\",\"resource\":\"*\",\"identityPolicies\":[{\"Statement\":[{\"Effect\":\"allow\"}]}]}\n\
                 {\"id\":6,\"action\":\"s3:GetObject\",\"resource\":\"arn:aws:s3:::b/k\",\"unknownContext\":[\"aws:SourceVpce\"],\
                 \"identityPolicies\":[{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\
                 \"Condition\":{\"StringEquals\":{\"aws:SourceVpce\":\"vpce-1\"}}}}]}\n";
    let output = gt_audit().arg("simulate").write_stdin(lines).assert().code(2).get_output().clone();
    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<_> = answers.iter().map(|a| a["id"].clone()).collect();
    assert_eq!(ids, [1.into(), Value::Null, 2.into(), 3.into(), 4.into(), 5.into(), 6.into()]);
    assert_eq!(answers[0]["decision"], "allowed");
    // Empty lines are counted.
    let wrong = [(2, "column 2"), (4, "resource"), (5, "NoSuchPolicy"), (6, "`me`"), (7, "Statement[1].Effect")];
    for (answer, (number, words)) in answers[1..6].iter().zip(wrong) {
        assert_eq!(answer["line"], number);
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(answers[6]["decision"], "conditional");
    assert_eq!(answers[6]["if"][0]["key"], "aws:SourceVpce");
}
