//! A job that is checked before it is made, against LocalStack: what the story's snapshot says, but for the work team, which
//! LocalStack cannot tell of.

use std::collections::BTreeSet;

use serde_json::Value;

use super::live;
use crate::accounts::{root, story_path};
use crate::command_line::gt_audit;

/// Field, action and reason of the checks that do not pass.
fn troubles(told: &[u8], verdict: &str) -> BTreeSet<(String, String, String)> {
    let said: Value = serde_json::from_slice(told).unwrap();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks = said["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == verdict);
    checks.map(|check| (text(check, "field"), text(check, "action"), text(check, "reason"))).collect()
}

#[test]
fn a_job_is_checked_as_in_its_snapshot() {
    let Some(live) = live() else { return };
    let job = root().join("localstack/job.json");
    let ann = ["--as", "arn:aws:iam::111122223333:user/ann", "--format", "json"];
    let ask = |mut command: assert_cmd::Command| {
        command.arg("preflight").args(ann).arg(&job);
        command.assert().code(1).get_output().stdout.clone()
    };
    let mut of_snapshot = gt_audit();
    of_snapshot.arg("preflight").args(ann).arg("--snapshot").arg(story_path()).arg(&job);
    let of_snapshot = of_snapshot.assert().code(1).get_output().stdout.clone();
    let mut command = live();
    command.env("AWS_REGION", "us-east-1");
    let now = ask(command);
    // A live account is asked for the objects, and nothing has put these two there.
    let (failing, before) = (troubles(&now, "fail"), troubles(&of_snapshot, "fail"));
    let more: Vec<&str> = failing.difference(&before).map(|(_, _, reason)| reason.as_str()).collect();
    assert_eq!(more.len(), 2);
    assert!(more.iter().all(|reason| reason.starts_with("there is no object `s3://acme-sagemaker-data/")), "{more:?}");
    assert_eq!(before.difference(&failing).count(), 0);
    let unknown: BTreeSet<String> = troubles(&now, "unknown").into_iter().map(|(field, ..)| field).collect();
    let before: BTreeSet<String> = troubles(&of_snapshot, "unknown").into_iter().map(|(field, ..)| field).collect();
    assert!(!troubles(&now, "fail").is_empty());
    assert_eq!(unknown.difference(&before).map(String::as_str).collect::<Vec<_>>(), ["HumanTaskConfig.WorkteamArn"]);
}
