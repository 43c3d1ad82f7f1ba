//! The worked cases of `tests/vectors`, decided through the command line.

use serde_json::Value;

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
        // A decision has its reasons: the statements that made it, or the layers that are wanting.
        let (because, missing) = (&answer["because"], &answer["missing"]);
        match answer["decision"].as_str() {
            Some("implicitDeny") => assert!(!missing.as_array().unwrap().is_empty(), "{answer}"),
            _ => assert!(!because.as_array().unwrap().is_empty(), "{answer}"),
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
    for (answer, words) in
        answers[1..6].iter().zip(["line 1", "resource", "NoSuchPolicy", "`me`", "Statement[1].Effect"])
    {
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(answers[6]["decision"], "conditional");
    assert_eq!(answers[6]["if"][0]["key"], "aws:SourceVpce");
}
