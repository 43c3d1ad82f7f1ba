//! The commands that `gt-audit fix --as cli` prints, run by the real AWS CLI: a new audit of what is there then has none of
//! the findings that they close, and no new one.
//!
//! In an account of its own, with buckets of its own, so that the story stays as it is. `.ci/check-fixes` installs the AWS
//! CLI; `GT_AUDIT_FIX_TOOLS` says where.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command as Process;

use assert_cmd::Command;
use serde_json::Value;

use super::REGIONS;
use crate::accounts::{read, story};
use crate::command_line::gt_audit;

/// LocalStack knows accounts apart by the access key; a bucket's name is its own everywhere.
const OTHER: [(&str, &str); 2] = [("111122223333", "333344445555"), ("acme-", "other-")];

fn of_another_account(text: &str) -> String {
    OTHER.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A finding's id with one of its principals; none where it is about none.
type Pair = (String, Option<String>);

fn pairs(report: &Value) -> BTreeSet<Pair> {
    let of = |finding: &Value| {
        let id = finding["id"].as_str().unwrap().to_owned();
        let principals = finding["principals"].as_array().unwrap().iter();
        let mut all: Vec<Pair> = principals.map(|arn| (id.clone(), Some(arn.as_str().unwrap().to_owned()))).collect();
        if all.is_empty() {
            all.push((id, None));
        }
        all
    };
    report["findings"].as_array().unwrap().iter().flat_map(of).collect()
}

#[test]
fn the_commands_close_what_they_say_and_open_nothing() {
    let (Ok(endpoint), Some(tools)) = (std::env::var("GT_AUDIT_LIVE"), std::env::var_os("GT_AUDIT_FIX_TOOLS")) else {
        println!("skipped: GT_AUDIT_LIVE or GT_AUDIT_FIX_TOOLS is not set; .ci/run sets both");
        return;
    };
    assert!(endpoint.starts_with("http://127.0.0.1:"), "only a port of this machine is written to, not {endpoint}");
    let account = of_another_account(&story().account.id);
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let snapshot = write("story.json", &of_another_account(&read("localstack/story.json")));
    let config = write("gt-audit.toml", &of_another_account(&read("localstack/gt-audit.toml")));
    // `localstack/seed` has built it, beside the program.
    let seed: PathBuf = assert_cmd::cargo::cargo_bin("gt-audit").with_file_name("examples").join("seed");
    let seeded = Process::new(seed).arg(&snapshot).env("AWS_ENDPOINT_URL", &endpoint).output().unwrap();
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));

    let ask = |arguments: &[&str]| {
        let mut command: Command = gt_audit();
        command.env("AWS_ENDPOINT_URL", &endpoint);
        command.env("AWS_ACCESS_KEY_ID", &account).env("AWS_SECRET_ACCESS_KEY", "test");
        command.args(arguments).args(REGIONS).arg("--config").arg(&config);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let audited = || pairs(&serde_json::from_str(&ask(&["scan", "--format", "json"])).unwrap());
    let before = audited();
    let plan: Value = serde_json::from_str(&ask(&["fix", "--as", "json"])).unwrap();
    let proved = plan["mends"].as_array().unwrap().iter().filter(|mend| mend["proof"].is_object());
    let meant = |finding: &Value| -> Pair {
        (finding["id"].as_str().unwrap().to_owned(), finding["principal"].as_str().map(str::to_owned))
    };
    let closed: BTreeSet<Pair> = proved.flat_map(|mend| mend["findings"].as_array().unwrap()).map(meant).collect();
    let script = write("fix.sh", &ask(&["fix", "--as", "cli"]));
    let path = std::env::join_paths(
        std::iter::once(PathBuf::from(tools)).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let run = Process::new("sh")
        .arg(&script)
        .env("PATH", path)
        .env("AWS_ENDPOINT_URL", &endpoint)
        .env("AWS_ACCESS_KEY_ID", &account)
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let after = audited();
    println!("{} pairs of findings and principals, {} closed, {} left", before.len(), closed.len(), after.len());
    assert!(closed.len() >= 20, "{closed:?}");
    assert_eq!(after.intersection(&closed).collect::<Vec<_>>(), Vec::<&Pair>::new());
    assert_eq!(after.difference(&before).collect::<Vec<_>>(), Vec::<&Pair>::new());
}
