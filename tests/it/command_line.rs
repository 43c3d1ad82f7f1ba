//! The program as its users run it: exit codes, one clear line when something is wrong, nothing written by half.

use std::fs;

use assert_cmd::Command;

use crate::accounts::{root, story, story_path};

/// gt-audit with nothing of the machine's AWS set-up in reach.
pub fn gt_audit() -> Command {
    let mut command = Command::cargo_bin("gt-audit").unwrap();
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let nowhere = root().join("tests/accounts/nowhere");
    command
        .env("AWS_CONFIG_FILE", &nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
        .env("HOME", &nowhere)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Runs a command that cannot do its work: exit code 2, nothing on standard output, one line that holds these words.
fn refused(command: &mut Command, words: &[&str]) {
    let output = command.assert().code(2).get_output().clone();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    for word in words {
        assert!(error.contains(word), "{word:?} is missing in: {error}");
    }
}

#[test]
fn a_snapshot_is_audited_without_an_account() {
    let output = gt_audit().arg("--snapshot").arg(story_path()).assert().code(1).get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("gt-audit 0.1.0, account 111122223333 (acme-labeling), eu-west-1 and us-east-1\n"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_exit_code_follows_fail_on_and_what_is_missing() {
    let healthy = root().join("tests/accounts/healthy.json");
    gt_audit().arg("scan").arg("--snapshot").arg(&healthy).assert().code(0);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gap.json");
    let mut snapshot = crate::accounts::healthy();
    snapshot.account.buckets = gt_audit::account::Fact::Unknown(crate::accounts::gap("s3:ListAllMyBuckets"));
    snapshot.write(&path).unwrap();
    let output = gt_audit().arg("--snapshot").arg(&path).assert().code(3).get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("s3:ListAllMyBuckets, AccessDenied:"), "{text}");
    assert!(text.contains("incomplete; exit code 3"), "{text}");
    // A near miss is a medium finding: below the default, not below medium.
    let mut near = crate::accounts::healthy();
    crate::accounts::rename_bucket(&mut near.account, "signs-ground-truth");
    near.write(&path).unwrap();
    gt_audit().arg("--snapshot").arg(&path).assert().code(0);
    gt_audit().arg("--snapshot").arg(&path).args(["--fail-on", "medium"]).assert().code(1);
}

#[test]
fn reports_go_to_files_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.json");
    let output = gt_audit()
        .arg("--snapshot")
        .arg(story_path())
        .args(["--format", "json", "--output"])
        .arg(format!("json={}", path.display()))
        .assert()
        .code(1)
        .get_output()
        .clone();
    assert_eq!(fs::read(&path).unwrap(), output.stdout);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file is left");
    refused(
        gt_audit().arg("--snapshot").arg(story_path()).arg("--output").arg("json=/nonexistent/report.json"),
        &["cannot write /nonexistent/report.json"],
    );
}

#[test]
fn a_strange_snapshot_is_refused_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        let mut command = gt_audit();
        command.arg("--snapshot").arg(path);
        command
    };
    refused(gt_audit().args(["--snapshot", "/nonexistent.json"]), &["cannot read the snapshot /nonexistent.json"]);
    refused(&mut snapshot("a.json", b"{"), &["is not a snapshot of gt-audit", "line 1", "gt-audit collect -o FILE"]);
    refused(&mut snapshot("b.json", b"[]"), &["is not a snapshot of gt-audit"]);
    refused(&mut snapshot("c.json.zst", b"no zstd"), &["cannot read the snapshot"]);
    refused(
        &mut snapshot("d.json", br#"{"gtAuditSnapshot": 99, "anything": []}"#),
        &["a snapshot of version 99", "reads up to version 1", "use a newer gt-audit"],
    );
    let mut text = serde_json::to_string(&story()).unwrap();
    text.truncate(text.len() / 2);
    refused(&mut snapshot("half.json", text.as_bytes()), &["is not a snapshot of gt-audit"]);
    refused(&mut snapshot("\u{1b}[31mred.json", b"{"), &["\\u{1b}[31mred.json"]);
}

#[test]
fn a_name_with_a_terminal_escape_never_reaches_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hostile.json");
    let hostile = "Sage-Maker\u{1b}]0;owned\u{7}\u{202e}\r\n";
    let mut snapshot = crate::accounts::healthy();
    crate::accounts::rename_bucket(&mut snapshot.account, &format!("ground-truth{hostile}"));
    crate::accounts::known(&mut crate::accounts::bucket(&mut snapshot.account).tags)
        .insert(hostile.into(), hostile.into());
    snapshot.account.alias = gt_audit::account::Fact::Known(Some(hostile.to_owned()));
    snapshot.write(&path).unwrap();
    for color in ["always", "never"] {
        let output =
            gt_audit().arg("--snapshot").arg(&path).args(["--color", color]).assert().code(0).get_output().clone();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("ground-truth"), "{text}");
        for c in ['\u{7}', '\u{202e}', '\r'] {
            assert!(!text.contains(c), "{text:?}");
        }
        assert!(!text.contains("\u{1b}]"), "{text:?}");
    }
}

#[test]
fn rules_are_listed_and_explained() {
    let output = gt_audit().arg("rules").assert().code(0).get_output().clone();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), gt_audit::rules::RULES.len());
    for rule in gt_audit::rules::RULES {
        let output = gt_audit().args(["rules", rule.id.as_str()]).assert().code(0).get_output().clone();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), rule.page);
    }
    refused(
        gt_audit().args(["rules", "bucket-out-of-reech"]),
        &["there is no rule `bucket-out-of-reech`", "gt-audit rules"],
    );
}

#[test]
fn completions_the_man_page_and_the_version_are_printed() {
    for (arguments, holds) in [
        (&["completions", "bash"][..], "_gt__audit()"),
        (&["completions", "zsh"], "#compdef gt-audit"),
        (&["man"], ".TH gt-audit"),
        (&["--version"], "gt-audit 0.1.0"),
        (&["permissions"], "\"iam:GetAccountAuthorizationDetails\""),
    ] {
        let output = gt_audit().args(arguments).assert().code(0).get_output().clone();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(holds), "{arguments:?}: {text}");
    }
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    for arguments in [
        &["--formats", "json"][..],
        &["--format", "pdf"],
        &["--max-jobs", "0"],
        &["--output", "json"],
        &["collect"],
        &["--region"],
    ] {
        gt_audit().args(arguments).assert().code(2);
    }
}

#[cfg(feature = "live")]
mod live {
    use super::{gt_audit, refused};

    #[test]
    fn trouble_with_the_account_is_one_line_that_says_what_to_do() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret-that-nobody-sees")];
        refused(gt_audit().args(["--region", "us-east-1"]), &["no credentials"]);
        refused(gt_audit().envs(keys), &["no region", "--region"]);
        refused(gt_audit().args(["--profile", "nobody", "--region", "us-east-1"]), &["nobody"]);
        // Nothing listens on the discard port of loopback.
        let dead = ["--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9"];
        refused(gt_audit().envs(keys).args(dead), &["http://127.0.0.1:9", "does not answer"]);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("snapshot.json");
        refused(gt_audit().envs(keys).arg("collect").args(dead).arg("-o").arg(&file), &["does not answer"]);
        assert!(!file.exists());
    }
}
