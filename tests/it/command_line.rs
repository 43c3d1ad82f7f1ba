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
fn an_output_that_cannot_be_written_is_told_before_the_work() {
    let directory = tempfile::tempdir().unwrap();
    let to = |path: &std::path::Path| format!("json={}", path.display());
    refused(
        gt_audit().args(["--snapshot", "/nonexistent.json", "--output"]).arg(to(directory.path())),
        &["cannot write", "directory"],
    );
    let [file, link] = ["report.json", "link.json"].map(|name| directory.path().join(name));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    refused(
        gt_audit().args(["--snapshot", "/nonexistent.json", "--output"]).arg(to(&file)).arg("--output").arg(to(&link)),
        &["two outputs go to one place", "report.json", "link.json"],
    );
    refused(gt_audit().args(["collect", "-o"]).arg(directory.path()), &["cannot write", "directory"]);
    assert!(!file.exists());
}

#[test]
fn a_file_that_fails_at_the_end_costs_the_report_nothing() {
    let directory = tempfile::tempdir().unwrap();
    // A socket is there and cannot be opened.
    let socket = directory.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let other = directory.path().join("report.json");
    let whole = gt_audit().arg("--snapshot").arg(story_path()).assert().code(1).get_output().clone();
    let output = gt_audit()
        .arg("--snapshot")
        .arg(story_path())
        .arg("--output")
        .arg(format!("json={}", socket.display()))
        .arg("--output")
        .arg(format!("json={}", other.display()))
        .assert()
        .code(2)
        .get_output()
        .clone();
    assert_eq!(output.stdout, whole.stdout);
    assert!(fs::metadata(&other).unwrap().len() > 0);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with(&format!("gt-audit: cannot write {}: ", socket.display())), "{error}");
}

#[test]
fn a_dash_is_standard_output_for_files_too() {
    let json = gt_audit().arg("--snapshot").arg(story_path()).args(["--format", "json"]).assert().get_output().clone();
    let table = gt_audit().arg("--snapshot").arg(story_path()).assert().get_output().clone();
    let both =
        gt_audit().arg("--snapshot").arg(story_path()).args(["--output", "json=-"]).assert().get_output().clone();
    assert_eq!(both.stdout, [json.stdout, table.stdout].concat());
}

#[test]
fn a_reader_that_closes_its_end_ends_the_program_quietly() {
    let story = story_path();
    let audit = ["--snapshot", story.to_str().unwrap()];
    for arguments in [&["completions", "bash"][..], &["completions", "fish"], &["man"], &["rules"], &audit] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("gt-audit"));
        let output = command.args(arguments).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn more_than_any_account_or_request_holds_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let request = directory.path().join("job.json");
    fs::File::create(&request).unwrap().set_len((4 << 20) + 1).unwrap();
    let healthy = root().join("tests/accounts/healthy.json");
    refused(
        gt_audit().arg("preflight").arg(&request).arg("--snapshot").arg(&healthy),
        &["job.json: it is larger than 4 MiB"],
    );
    refused(
        gt_audit().arg("--snapshot").arg(&healthy).arg("--config").arg(&request),
        &["job.json: it is larger than 4 MiB"],
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
    let text = String::from_utf8(output.stdout).unwrap();
    let ids: Vec<&str> =
        text.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(' ').next()).collect();
    let all = gt_audit::rules::RULES.len();
    assert_eq!(ids.len(), all + 2, "{text}");
    let place = |id: &str| ids.iter().position(|listed| *listed == id).unwrap();
    assert!(place("privilege-escalation") < place("console-access-incomplete"), "{text}");
    assert!(place("console-access-incomplete") < place("unknown-action"), "{text}");
    assert!(text.ends_with(&format!("\n{all} rules; `gt-audit rules RULE` explains one\n")), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for rule in gt_audit::rules::RULES {
        let output = gt_audit().args(["rules", rule.id.as_str()]).assert().code(0).get_output().clone();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), rule.page);
    }
    refused(
        gt_audit().args(["rules", "bucket-out-of-reech"]),
        &["there is no rule `bucket-out-of-reech`", "did you mean `bucket-out-of-reach`?"],
    );
}

#[test]
fn completions_the_man_page_and_the_version_are_printed() {
    for (arguments, holds) in [
        (&["completions", "bash"][..], "_gt__audit()"),
        (&["completions", "zsh"], "#compdef gt-audit"),
        (&["man"], ".TH gt-audit"),
        (&["man", "why"], "gt\\-audit why street\\-signs\\-7"),
        (&["completions", "fish"], "bucket-out-of-reach"),
        (&["--version"], "gt-audit 0.1.0"),
        (&["permissions"], "\"iam:GetAccountAuthorizationDetails\""),
    ] {
        let output = gt_audit().args(arguments).assert().code(0).get_output().clone();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(holds), "{arguments:?}: {text}");
    }
}

#[test]
fn every_command_has_a_man_page_with_all_its_parts() {
    for chapter in gt_audit::cli::manual::CHAPTERS {
        let named = (chapter.command != "gt-audit").then_some(chapter.command);
        let output = gt_audit().arg("man").args(named).assert().code(0).get_output().clone();
        let text = String::from_utf8(output.stdout).unwrap();
        let parts =
            ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\"", "FILES", "ENVIRONMENT"];
        let places: Vec<_> = parts.iter().map(|part| text.find(&format!(".SH {part}\n"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{:?} {places:?}: {text}", chapter.command);
        let help = gt_audit().args(named).arg("--help").assert().code(0).get_output().clone();
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(help.contains(chapter.examples[0].0) && help.contains("Exit codes:"), "{help}");
    }
    refused(gt_audit().args(["man", "wy"]), &["there is no command `wy`"]);
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
    use std::fs;
    use std::net::TcpListener;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    use super::{gt_audit, refused};

    const KEYS: [(&str, &str); 2] =
        [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret-that-nobody-sees")];

    #[test]
    fn trouble_with_the_account_is_one_line_that_says_what_to_do() {
        refused(gt_audit().args(["--region", "us-east-1"]), &["no credentials"]);
        refused(gt_audit().envs(KEYS), &["no region", "--region"]);
        refused(gt_audit().args(["--profile", "nobody", "--region", "us-east-1"]), &["nobody"]);
        // Nothing listens on the discard port of loopback.
        let dead = ["--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9"];
        refused(gt_audit().envs(KEYS).args(dead), &["http://127.0.0.1:9", "does not answer"]);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("snapshot.json");
        refused(gt_audit().envs(KEYS).arg("collect").args(dead).arg("-o").arg(&file), &["does not answer"]);
        assert!(!file.exists());
    }

    #[test]
    fn a_dead_proxy_is_named() {
        refused(
            gt_audit().envs(KEYS).args(["--region", "us-east-1"]).env("HTTPS_PROXY", "http://user:word@127.0.0.1:9"),
            &["AWS STS in region `us-east-1` does not answer through the proxy `http://127.0.0.1:9` of HTTPS_PROXY"],
        );
    }

    #[test]
    fn a_bundle_of_certificates_that_cannot_be_used_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let bundle = directory.path().join("ca.pem");
        let region = ["--region", "us-east-1"];
        let mut command = gt_audit();
        command.envs(KEYS).args(region).env("AWS_CA_BUNDLE", &bundle);
        refused(&mut command, &["`AWS_CA_BUNDLE` names", "ca.pem, which cannot be used"]);
        fs::write(&bundle, "no certificate").unwrap();
        refused(&mut command, &["ca.pem", "there is no certificate in it"]);
        let config = directory.path().join("config");
        fs::write(&config, format!("[default]\nca_bundle = {}\n", bundle.display())).unwrap();
        refused(
            gt_audit().envs(KEYS).args(region).env("AWS_CONFIG_FILE", &config),
            &["`ca_bundle` names", "there is no certificate in it"],
        );
    }

    #[test]
    fn a_credential_process_is_quoted_by_its_errors_and_never_by_its_output() {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("config");
        let region = ["--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9"];
        for (process, says) in [
            ("sh -c 'echo SECRET; echo please log in first >&2; exit 3'", "please log in first"),
            ("sh -c 'echo SECRET'", "could not parse response"),
        ] {
            fs::write(&config, format!("[default]\ncredential_process = {process}\n")).unwrap();
            let mut command = gt_audit();
            command.args(region).env("AWS_CONFIG_FILE", &config);
            refused(&mut command, &["the credentials cannot be loaded", says]);
            let error = String::from_utf8(command.output().unwrap().stderr).unwrap();
            assert!(!error.contains("SECRET"), "{error}");
        }
    }

    /// gt-audit against a server that takes the first call and never answers.
    fn unanswered() -> (std::process::Child, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let child = Command::new(assert_cmd::cargo::cargo_bin("gt-audit"))
            .args(["--region", "us-east-1", "--timeout", "3600", "--endpoint-url", &url])
            .envs(KEYS)
            .env("AWS_CONFIG_FILE", "/nonexistent")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (connection, _) = listener.accept().unwrap();
        (child, connection)
    }

    fn interrupt(child: &std::process::Child) {
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    }

    #[test]
    fn ctrl_c_before_anything_is_collected_is_exit_code_130() {
        let (child, _connection) = unanswered();
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{:?}", output.status.signal());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(error, "gt-audit: interrupted before anything was collected\n");
    }
}
