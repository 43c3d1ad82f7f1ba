//! What is spelled, asked of the tools it is for: the AWS CLI, Terraform, cfn-lint and a YAML parser.
//!
//! `.ci/check-fixes` brings them and sets `GT_AUDIT_FIX_TOOLS` to where they are; without it these tests say that they
//! are skipped. Nothing is sent anywhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gt_audit::fix::Change;
use gt_audit::fix::spell::Form;
use proptest::strategy::{Strategy as _, ValueTree as _};
use serde_json::Value;

use super::{HOSTILE, arguments, changes, hostile, hostile_change, meant, run, spelled};

fn tools() -> Option<PathBuf> {
    let tools = std::env::var_os("GT_AUDIT_FIX_TOOLS").map(PathBuf::from);
    if tools.is_none() {
        println!("skipped: GT_AUDIT_FIX_TOOLS is not set; .ci/check-fixes sets it");
    }
    tools
}

/// Some hundred hostile changes, ever the same ones.
fn many_hostile() -> Vec<Change> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    (0..200).map(|_| hostile_change().new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn the_aws_cli_takes_each_command() {
    let Some(tools) = tools() else { return };
    let taken = |words: &[String]| {
        let mut aws = Command::new(tools.join("aws"));
        // Checks the input against the service's model and sends nothing.
        aws.args(words).args(["--generate-cli-skeleton", "output"]).env("AWS_DEFAULT_REGION", "us-east-1");
        run(aws, "")
    };
    let all: Vec<Change> = changes().into_iter().chain(hostile().into_iter().take(1)).collect();
    for words in arguments(&spelled(Form::Cli, &all, &[])) {
        let output = taken(&words);
        assert!(output.status.success(), "{words:?}\n{output:?}");
    }
    let wrong =
        ["s3api", "put-bucket-cors", "--bucket", "b", "--cors-configuration", r#"{"CORSRules":[{"Method":"GET"}]}"#];
    assert!(!taken(&wrong.map(str::to_owned)).status.success());
}

fn terraform(tools: &Path, directory: &Path, arguments: &[&str]) -> Output {
    let mut terraform = Command::new(tools.join("terraform"));
    terraform.args(arguments).current_dir(directory).env("CHECKPOINT_DISABLE", "1");
    run(terraform, "")
}

#[test]
fn terraform_fmt_has_nothing_to_change() {
    let Some(tools) = tools() else { return };
    let formatted = |text: &str| {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("main.tf"), text).unwrap();
        terraform(&tools, directory.path(), &["fmt", "-check", "-diff", "-no-color", "."])
    };
    for changes in [changes(), hostile(), many_hostile()] {
        let text = spelled(Form::Terraform, &changes, &[HOSTILE.to_owned()]);
        // What stands in a comment is to be pasted, so it is held to the same.
        let pasted: Vec<String> = uncommented(&text).iter().map(|lines| format!("locals {{\n{lines}}}\n")).collect();
        for text in [text, pasted.join("\n")] {
            let output = formatted(&text);
            assert!(output.status.success(), "{}\n{output:?}", String::from_utf8_lossy(&output.stdout));
        }
    }
    assert!(!formatted("locals {\n  a = 1\n  bc = 2\n}\n").status.success());
    assert!(!formatted("locals {\n").status.success());
}

/// The code in comments, each piece by itself: what is indented behind the `#`.
fn uncommented(text: &str) -> Vec<String> {
    let mut pieces = vec![];
    let mut piece = String::new();
    for line in text.lines() {
        match line.strip_prefix("# ").filter(|line| line.starts_with("  ")) {
            Some(line) => piece.extend([line, "\n"]),
            None if piece.is_empty() => {}
            None => pieces.push(std::mem::take(&mut piece)),
        }
    }
    pieces.extend(Some(piece).filter(|piece| !piece.is_empty()));
    pieces
}

#[test]
fn terraform_reads_the_same_documents() {
    let Some(tools) = tools() else { return };
    let changes: Vec<Change> = many_hostile().into_iter().chain(changes().into_iter().take(3)).collect();
    let text = spelled(Form::Terraform, &changes, &[]);
    let expressions = text.split("\n  policy = ").skip(1).map(|resource| resource.split_once("\n}\n").unwrap().0);
    let outputs = expressions.enumerate().map(|(i, value)| format!("output \"o{i}\" {{\n  value = {value}\n}}\n"));
    let outputs: Vec<String> = outputs.collect();
    assert_eq!(outputs.len(), changes.len());
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("main.tf"), outputs.concat()).unwrap();
    let applied = terraform(&tools, directory.path(), &["apply", "-auto-approve", "-no-color"]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let read = terraform(&tools, directory.path(), &["output", "-json", "-no-color"]);
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    for (i, change) in changes.iter().enumerate() {
        let json: Value = serde_json::from_str(read[format!("o{i}")]["value"].as_str().unwrap()).unwrap();
        assert_eq!(json, *meant(change).unwrap().json());
    }
}

#[test]
fn cfn_lint_finds_nothing_in_the_template() {
    let Some(tools) = tools() else { return };
    let linted = |text: &str| {
        let mut lint = Command::new(tools.join("cfn-lint"));
        lint.args(["--regions", "us-east-1", "--"]);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("template.yaml");
        std::fs::write(&file, text).unwrap();
        lint.arg(&file);
        run(lint, "")
    };
    let template = spelled(Form::CloudFormation, &changes(), &[HOSTILE.to_owned()]);
    let output = linted(&template);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    for (right, wrong) in [("RoleName", "RolName"), ("Effect: Allow", "Effect: Permit"), ("Resources:", "Resource:")] {
        let broken = template.replacen(right, wrong, 1);
        assert_ne!(broken, template);
        assert!(!linted(&broken).status.success(), "{wrong} is not found");
    }
}

#[test]
fn yaml_reads_the_same_documents() {
    let Some(tools) = tools() else { return };
    let read = |yaml: &str| -> Value {
        let mut python = Command::new(tools.join("python"));
        python.args(["-c", "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)"]);
        let output = run(python, yaml);
        assert!(output.status.success(), "{}\n{yaml}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let changes_of_policies: Vec<Change> = many_hostile().into_iter().chain(changes().into_iter().take(3)).collect();
    let template = read(&spelled(Form::CloudFormation, &changes_of_policies, &[HOSTILE.to_owned()]));
    let resources = template["Resources"].as_object().unwrap();
    assert_eq!(resources.len(), changes_of_policies.len());
    for resource in resources.values() {
        let properties = &resource["Properties"];
        let name = |field: &str| properties[field].as_str();
        let holds = |change: &Change| {
            let Change::PutInlinePolicy { identity, name: policy, document } = change else { return false };
            let holder = name("RoleName").or(name("UserName")).or(name("GroupName"));
            (holder, name("PolicyName")) == (Some(identity.name()), Some(policy))
                && properties["PolicyDocument"] == *document.json()
        };
        assert!(changes_of_policies.iter().any(holds), "{resource}");
    }
    let others = changes();
    let pieces = uncommented(&spelled(Form::CloudFormation, &others, &[]));
    let pieces: Vec<Value> = pieces.iter().map(|piece| read(piece)).collect();
    assert_eq!(pieces.len(), 4);
    assert_eq!(pieces[0]["PolicyDocument"], *meant(&others[3]).unwrap().json());
    assert_eq!(pieces[1]["AssumeRolePolicyDocument"], *meant(&others[4]).unwrap().json());
    assert_eq!(pieces[2]["CorsConfiguration"]["CorsRules"][0]["MaxAge"], 3000);
    assert_eq!(pieces[3]["KeyPolicy"], *meant(&others[6]).unwrap().json());
}
