//! Against LocalStack, seeded with the story account: `localstack/test` sets `GT_AUDIT_LIVE` to its address. Without it
//! these tests say that they are skipped.
//!
//! LocalStack has no SageMaker, so that no audit of it is complete: the labeling jobs could not be listed. Nor has it
//! Organizations, or buckets whose own tags count in policies.

mod details;
mod fix;
mod preflight;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Fact, Organization};
use gt_audit::knowledge::managed::FULL_ACCESS;
use gt_audit::rules::RULES;
use serde_json::Value;

use crate::accounts::{known, root, story};
use crate::command_line::gt_audit;

const REGIONS: [&str; 4] = ["--region", "us-east-1", "--region", "eu-west-1"];

/// gt-audit as the story's account, or nothing when no LocalStack is there.
fn live() -> Option<impl Fn() -> Command> {
    let Some(endpoint) = std::env::var_os("GT_AUDIT_LIVE") else {
        println!("skipped: GT_AUDIT_LIVE is not set; localstack/test sets it");
        return None;
    };
    Some(move || {
        let mut command = gt_audit();
        command.env("AWS_ENDPOINT_URL", &endpoint);
        command.env("AWS_ACCESS_KEY_ID", story().account.id).env("AWS_SECRET_ACCESS_KEY", "test");
        command
    })
}

fn collected(gt_audit: &impl Fn() -> Command, file: &Path) -> Snapshot {
    gt_audit().arg("collect").args(REGIONS).arg("-o").arg(file).assert().code(3);
    Snapshot::read(file).unwrap()
}

/// The rules that have nothing to say on LocalStack, and why.
const SILENT: [(&str, &str); 8] = [
    ("bucket-in-other-region", "is about the buckets of jobs"),
    ("builtin-function-misaddressed", "is about jobs"),
    ("function-cannot-read-output", "is about the functions of jobs"),
    ("job-blocked", "is about jobs"),
    ("job-failed-on-permission", "is about jobs"),
    ("managed-policy-changed", "LocalStack has AWS's policies, with texts that this build knows; the story's is newer"),
    ("role-cannot-pass-itself", "is about what jobs ask of their role"),
    ("role-cannot-stream", "is about what jobs ask of their role"),
];

/// The story as LocalStack has it: the labeling jobs of each region are a gap there, and with them all else of SageMaker,
/// which is not asked again, nor of the objects that jobs read; an organization does not tell of itself; whether buckets' tags count is
/// one gap for all that are asked; and the policy of AWS's that is newer in the story is LocalStack's own.
fn story_without_jobs(collected: &Account) -> Snapshot {
    let mut story = story();
    for (region, regional) in &mut story.account.regions {
        let gap = collected.regions[region].labeling_jobs.known().unwrap_err();
        assert_eq!((gap.action(), gap.code()), ("sagemaker:ListLabelingJobs", "NotSupported"));
        assert!(gap.resource().contains(region), "{}", gap.resource());
        regional.labeling_jobs = Fact::Unknown(gap.clone());
        regional.flow_definitions = Fact::Unknown(gap.clone());
        regional.workteams = Fact::Unknown(gap);
    }
    let Organization::Unread(gap) = &collected.organization else { panic!("{:?}", collected.organization) };
    assert_eq!((gap.action(), gap.code()), ("organizations:DescribeOrganization", "NotSupported"));
    story.account.organization = collected.organization.clone();
    without_abac(&mut story.account, collected);
    with_what_the_server_makes(&mut story.account, collected);
    story.account.objects.clear();
    let mut policies = story.account.iam.policies.iter_mut();
    let (changed, policy) = policies.find(|(arn, _)| arn.name() == FULL_ACCESS).unwrap();
    *policy = collected.iam.policies[changed].clone();
    story
}

/// Puts in what the server makes up itself: unique ids; and that no function is in a VPC.
fn with_what_the_server_makes(account: &mut Account, collected: &Account) {
    for (role, has) in known(&mut account.iam.roles).iter_mut().zip(collected.iam.roles.known().unwrap()) {
        role.id = has.id.clone();
    }
    for (user, has) in known(&mut account.iam.users).iter_mut().zip(collected.iam.users.known().unwrap()) {
        user.id = has.id.clone();
    }
    for function in account.regions.values_mut().flat_map(|regional| known(&mut regional.functions)) {
        function.vpc = Fact::Known(None);
    }
}

/// Puts the one gap for all buckets where the file knows whether a bucket's tags count.
fn without_abac(account: &mut Account, collected: &Account) {
    let unread = collected.unread();
    let gaps: Vec<_> = unread.iter().filter(|gap| gap.action() == "s3:GetBucketAbac").collect();
    let [gap] = gaps[..] else { panic!("{gaps:?}") };
    assert_eq!((gap.resource(), gap.code()), ("*".to_owned(), "NotSupported"));
    for bucket in known(&mut account.buckets).iter_mut().filter(|bucket| bucket.abac.known().is_ok()) {
        bucket.abac = Fact::Unknown(gap.clone());
    }
}

/// A report without what differs from run to run.
fn timeless(report: &[u8]) -> Value {
    let mut report: Value = serde_json::from_slice(report).unwrap();
    for (key, value) in [("/startedAt", Value::Null), ("/finishedAt", Value::Null)] {
        *report.pointer_mut(key).unwrap() = value;
    }
    for key in ["/collected/apiCalls", "/collected/retries"] {
        *report.pointer_mut(key).unwrap() = Value::Null;
    }
    report
}

#[test]
fn what_is_collected_is_what_was_seeded() {
    let Some(gt_audit) = live() else { return };
    let directory = tempfile::tempdir().unwrap();
    let collected: Account = collected(&gt_audit, &directory.path().join("a.json.zst")).account;
    let seeded = story_without_jobs(&collected).account;
    // Part by part first, so that a difference can be read.
    assert_eq!(collected.buckets, seeded.buckets);
    assert_eq!(collected.regions, seeded.regions);
    assert_eq!(collected.organization, seeded.organization);
    assert_eq!(collected.iam.roles, seeded.iam.roles);
    assert_eq!(collected.iam.policies.keys().collect::<Vec<_>>(), seeded.iam.policies.keys().collect::<Vec<_>>());
    assert_eq!(collected, seeded);
}

#[test]
fn live_and_from_the_snapshot_the_report_is_the_same() {
    let Some(gt_audit) = live() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("snapshot.json");
    let story_file = directory.path().join("story.json");
    story_without_jobs(&collected(&gt_audit, &file).account).write(&story_file).unwrap();
    let story_file = story_file.to_str().unwrap();
    let run = |arguments: &[&str]| gt_audit().args(arguments).assert().code(1).get_output().stdout.clone();
    let json = ["--format", "json"];
    let live = run(&[&REGIONS[..], &json].concat());
    let offline = run(&[&["--snapshot", file.to_str().unwrap()][..], &json].concat());
    let story = run(&[&["--snapshot", story_file][..], &json].concat());
    assert_eq!(timeless(&live), timeless(&offline));
    assert_eq!(timeless(&live), timeless(&story));
    // The page differs in its third line alone, which has the time and where the facts are from.
    let lines = |arguments: &[&str]| -> Vec<String> {
        String::from_utf8(run(arguments)).unwrap().lines().map(str::to_owned).collect()
    };
    let (mut live, mut story) = (lines(&REGIONS), lines(&["--snapshot", story_file]));
    assert!(live.remove(2).contains(" calls in ") && story.remove(2).contains(", snapshot "));
    assert_eq!(live, story);
}

#[test]
fn every_rule_speaks_of_what_was_seeded_but_those_about_jobs() {
    let Some(gt_audit) = live() else { return };
    let mut command = gt_audit();
    command.args(REGIONS).args(["--format", "json", "--config"]).arg(root().join("localstack/gt-audit.toml"));
    let report: Value = serde_json::from_slice(&command.assert().code(1).get_output().stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let speaking: BTreeSet<&str> = findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    let silent: Vec<&str> = RULES.iter().map(|rule| rule.id.as_str()).filter(|id| !speaking.contains(id)).collect();
    assert_eq!(silent, SILENT.map(|(rule, _)| rule));
    let used = findings.iter().filter(|finding| finding["severity"] == "high" && finding["use"] == "used");
    let used: BTreeSet<&str> = used.map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert!(used.is_superset(&BTreeSet::from(["bucket-out-of-reach", "function-out-of-reach"])), "{used:?}");
}

#[test]
fn an_account_without_anything_is_healthy_as_far_as_localstack_can_tell() {
    let Some(gt_audit) = live() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("empty.json");
    gt_audit()
        .env("AWS_ACCESS_KEY_ID", "444455556666")
        .args(["--region", "us-east-1", "--format", "json", "--output"])
        .arg(format!("json={}", file.display()))
        .assert()
        .code(3);
    let report: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(report["account"]["id"], "444455556666");
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["collected"]["buckets"], 0);
    assert_eq!(report["undecided"], serde_json::json!([]));
    let gaps: Vec<_> = report["gaps"].as_array().unwrap().iter().map(|gap| &gap["action"]).collect();
    assert_eq!(gaps, ["sagemaker:ListLabelingJobs"]);
}
