//! `gt-audit preflight` as its users run it.

use std::fs;

use gt_audit::preflight::Preflight;
use gt_audit::report::{json, preflight as table, table::Layout};
use serde_json::{Value, json};

use crate::accounts::{read, root, story, story_path};
use crate::command_line::gt_audit;

const ANN: &str = "arn:aws:iam::111122223333:user/ann";

fn job() -> Value {
    serde_json::from_str(&read("localstack/job.json")).unwrap()
}

fn told(arguments: &[&str], code: i32) -> (String, String) {
    let mut command = gt_audit();
    command.arg("preflight").arg("--snapshot").arg(story_path()).args(arguments);
    let output = command.assert().code(code).get_output().clone();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Writes files into a directory of their own and gives their paths.
fn files(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let write = |(name, text): &(&str, &str)| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let paths = files.iter().map(write).collect();
    (directory, paths)
}

#[test]
fn the_table_on_a_wide_and_on_a_narrow_terminal() {
    let snapshot = story();
    let asked =
        gt_audit::preflight::request::Asked::parse("localstack/job.json", read("localstack/job.json").as_bytes());
    let caller = gt_audit::arn::Arn::parse(ANN).unwrap();
    let caller = gt_audit::preflight::Caller::find(&snapshot.account, &caller).unwrap();
    let job: Preflight = gt_audit::preflight::preflight(&snapshot, &asked.unwrap(), &caller, None);
    for width in [120, 72] {
        let text = table::write(std::slice::from_ref(&job), Layout { width, color: false }, false);
        for line in text.lines() {
            let is_one_name = line.split_whitespace().count() == 1;
            assert!(line.chars().count() <= usize::from(width) || is_one_name, "{line}");
        }
        insta::assert_snapshot!(format!("preflight of {width} columns"), text);
    }
}

#[test]
fn a_job_that_would_fail_is_exit_code_1_and_json_keeps_to_its_schema() {
    let schema = json::schema::<Preflight>().unwrap();
    if std::env::var_os("GT_AUDIT_BLESS").is_some() {
        fs::write(root().join("schemas/preflight.json"), &schema).unwrap();
    }
    assert!(read("schemas/preflight.json") == schema, "run the tests with GT_AUDIT_BLESS=1 and look at the change");
    let path = root().join("localstack/job.json");
    let (text, _) = told(&["--as", ANN, "--format", "json", path.to_str().unwrap()], 1);
    let said: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&said).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&json!({"schemaVersion": 1})));
    assert_eq!((&said["verdict"], &said["job"]), (&json!("fail"), &json!("acme-crossings")));
}

#[test]
fn several_jobs_have_a_line_each_and_what_is_no_request_costs_only_itself() {
    let mut fine = job();
    fine["OutputConfig"]["S3OutputPath"] = "s3://acme-sagemaker-data/crossings/".into();
    fine["HumanTaskConfig"]["PreHumanTaskLambdaArn"] =
        "arn:aws:lambda:us-east-1:432418664414:function:PRE-TextMultiClass".into();
    fine["HumanTaskConfig"]["AnnotationConsolidationConfig"]["AnnotationConsolidationLambdaArn"] =
        "arn:aws:lambda:us-east-1:432418664414:function:ACS-TextMultiClass".into();
    let (fine, bad) = (fine.to_string(), job().to_string());
    let (directory, paths) = files(&[("a.json", &fine), ("b.json", &bad), ("c.json", "{\n  oops"), ("notes.txt", "")]);
    let (text, _) = told(&[directory.path().to_str().unwrap()], 2);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("pass") && lines[1].contains("FAIL") && lines[2].contains("FAIL"), "{text}");
    assert!(text.contains("this is not JSON") && !text.contains("notes.txt"), "{text}");
    let (text, _) = told(&["--format", "json", &paths[0], &paths[1]], 1);
    let said: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(said.as_array().unwrap().len(), 2);
    let (text, _) = told(&[&paths[0]], 0);
    assert!(text.contains("checks pass"), "{text}");
}

#[test]
fn bad_input_is_told_in_clear_words() {
    let good = job().to_string();
    let (directory, paths) =
        files(&[("no.json", "nonsense"), ("job.json", &good), ("m.manifest", "{\"source-ref\": 1}\n")]);
    let refused = |arguments: &[&str], words: &str| {
        let (text, error) = told(arguments, 2);
        assert_eq!(text, "");
        assert!(error.contains(words), "{error}");
    };
    refused(&[&paths[0]], "no.json:1:");
    refused(&["missing.json"], "cannot read missing.json");
    refused(&["--as", "arn:aws:iam::111122223333:user/nobody", &paths[1]], "has no role or user");
    refused(&["--as", "nobody", &paths[1]], "`nobody` is not an ARN");
    refused(&["--manifest", &paths[2], &paths[1], &paths[1]], "--manifest is the manifest of one job, and there are 2");
    refused(&["--manifest", "missing", &paths[1]], "cannot read missing");
    refused(&[directory.path().join("..").join("nowhere").to_str().unwrap()], "cannot read");
    let empty = tempfile::tempdir().unwrap();
    refused(&[empty.path().to_str().unwrap()], "whose name ends in .json");
    let (text, _) = told(&["--manifest", &paths[2], &paths[1]], 1);
    assert!(text.contains("1 of 1 lines are broken: line 1: "), "{text}");
    let mut command = gt_audit();
    command.args(["preflight", "-", "--snapshot"]).arg(story_path()).write_stdin(good);
    let output = command.assert().code(1).get_output().clone();
    assert!(String::from_utf8(output.stdout).unwrap().contains("standard input"));
}

#[test]
fn a_job_that_is_there_is_checked_by_its_name_or_arn() {
    let story = crate::accounts::story();
    let jobs = story.account.regions.values().flat_map(|regional| regional.labeling_jobs.known().unwrap());
    let job = jobs.into_iter().next().unwrap();
    for named in [job.arn.name(), job.arn.as_str()] {
        let mut command = gt_audit();
        let command = command.args(["preflight", "--format", "json", "--job", named, "--snapshot"]).arg(story_path());
        let output = command.output().unwrap();
        assert!([Some(0), Some(1), Some(3)].contains(&output.status.code()), "{output:?}");
        let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(read["job"], job.arn.name());
        assert_eq!(read["file"], job.arn.as_str());
        assert!(read["checks"].as_array().unwrap().len() > 5, "{read}");
    }
    let mut command = gt_audit();
    let output = command.args(["preflight", "--job", "none-such", "--snapshot"]).arg(story_path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("has no labeling job `none-such`"));
}
