//! The configuration file: what it means, every mistake in it, and how it and the command line narrow and silence.

use std::collections::BTreeSet;
use std::fs;

use gt_audit::account::{Fact, Unknown};
use gt_audit::arn::Arn;
use gt_audit::audit::{Glob, Options, Scope, audit};
use gt_audit::config::{Config, Ignore};
use gt_audit::finding::{Finding, RuleId, Severity, Status};
use gt_audit::labeling::workload::{FunctionName, Workload, WorkloadBucket};
use gt_audit::policy::Pattern;
use gt_audit::report::Report;
use gt_audit::report::table::{self, Layout, Reading};

use crate::accounts::{OPTIONS, bucket, gap, healthy, known, read, rename_bucket, root, story, story_path};
use crate::command_line::gt_audit;

fn config(text: &str) -> Config {
    Config::parse("gt-audit.toml", text.as_bytes()).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(text: &str) -> Vec<String> {
    Config::parse("gt-audit.toml", text.as_bytes()).unwrap_err().lines()
}

#[test]
fn the_readmes_example_means_what_it_says() {
    let readme = read("README.md");
    let example = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let workload = Workload {
        name: "street-signs".to_owned(),
        role: Arn::iam("aws", "111122223333", "role/GtExecution"),
        buckets: ["signs-raw/images/*", "signs-labels"].map(|text| WorkloadBucket::parse(text).unwrap()).into(),
        functions: ["signs-pre", "signs-post"].map(|text| FunctionName::parse(text).unwrap()).into(),
    };
    let ignore = Ignore {
        rule: RuleId::BucketOutOfReach,
        principal: None,
        resource: Some(Pattern::new("arn:aws:s3:::signs-raw")),
        reason: "the vendor's own role reads it".to_owned(),
        until: Some(jiff::civil::date(2027, 6, 30)),
        file: "gt-audit.toml".to_owned(),
        line: 10,
    };
    let expected = Config {
        file: Some("gt-audit.toml".to_owned()),
        fail_on: Some(Severity::Medium),
        regions: vec!["us-east-1".to_owned()],
        workloads: vec![workload],
        ignores: vec![ignore],
    };
    assert_eq!(config(example), expected);
    assert_eq!(config(&format!("\u{feff}{}", example.replace('\n', "\r\n"))), expected);
    assert_eq!(config(""), Config { file: Some("gt-audit.toml".to_owned()), ..Config::default() });
}

#[test]
fn more_ignores_than_can_be_meant_are_one_mistake() {
    let ignores = |number: usize| "[[ignore]]\nrule = \"bucket-denied\"\nreason = \"known\"\n".repeat(number);
    assert_eq!(config(&ignores(10_000)).ignores.len(), 10_000);
    assert_eq!(
        mistakes(&ignores(10_001)),
        ["gt-audit.toml:30001:1: there are more than 10000 ignores: write one with `*` for what many have in common"]
    );
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let wrong = read("tests/it/config/wrong.toml");
    insta::assert_snapshot!("every mistake of a configuration", mistakes(&wrong).join("\n"));
    // On the terminal they are the same, one a line, with the file as it was named.
    let path = root().join("tests/it/config/wrong.toml");
    let output =
        gt_audit().arg("--snapshot").arg(story_path()).arg("--config").arg(&path).assert().code(2).get_output().clone();
    let said = mistakes(&wrong).join("\n").replace("gt-audit.toml:", &format!("{}:", path.display())) + "\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), said);
    assert!(output.stdout.is_empty());
}

#[test]
fn what_is_no_table_no_text_and_no_toml_is_told_too() {
    for (text, said) in [
        ("workload = 1", "1:12: `workload` is a number: write a table in double brackets, `[[workload]]`"),
        ("[ignore]\nrule = 'x'", "1:1: `ignore` is a table: write a table in double brackets, `[[ignore]]`"),
        ("ignore = ['x']", "1:11: `ignore` is a text: write a table in double brackets, `[[ignore]]`"),
        ("regions = []", "1:11: `regions` is empty: name one, or leave it out for the profile's"),
        ("fail-on = true", "1:11: `fail-on` is true or false: write a text in quotes, `fail-on = \"medium\"`"),
        ("fail-on = \"low", "1:15: this is not TOML: invalid basic string, expected `\"`"),
    ] {
        assert_eq!(mistakes(text), [format!("gt-audit.toml:{said}")], "{text}");
    }
    let no_text = Config::parse("f", b"a = 1\n \xff").unwrap_err();
    assert_eq!(no_text.to_string(), "f:2:2: this is not UTF-8: save the file as UTF-8");
    let deep = format!("regions = {}", "[".repeat(10_000));
    assert!(!mistakes(&deep).is_empty());
}

#[test]
fn a_name_with_a_terminal_escape_never_reaches_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("gt-audit.toml"), "\"\\u001b]0;x\\u0007\\n\" = 1\nfail-on = \"\\u202e\"").unwrap();
    let mut command = gt_audit();
    let output = command.current_dir(&directory).arg("--snapshot").arg(story_path()).assert().code(2);
    let text = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert!(text.starts_with("gt-audit.toml:1:1: the configuration has no key `\\u{1b}]0;x\\u{7}\\u{a}`"), "{text}");
    assert!(text.contains("\ngt-audit.toml:2:11: `\\u{202e}` is no severity"), "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
}

fn silenced(text: &str) -> Report {
    let config = config(text);
    audit(&story(), Options { ignores: &config.ignores, ..OPTIONS })
}

fn suppressed(report: &Report) -> Vec<&Finding> {
    report.pairs.iter().filter(|finding| finding.status == Status::Suppressed).collect()
}

#[test]
fn an_ignore_silences_what_it_names_and_nothing_else() {
    let before = audit(&story(), OPTIONS);
    assert_eq!((before.summary.suppressed, before.summary.exit_code), (0, 1));
    let report = silenced(
        "[[ignore]]\nrule = 'role-not-assumable'\nprincipal = 'arn:aws:iam::*:role/*'\nreason = 'it is no execution role'\n\
         until = 9999-12-31",
    );
    let [finding] = suppressed(&report)[..] else { panic!("{:?}", suppressed(&report)) };
    let suppression = finding.suppression.as_ref().unwrap();
    assert_eq!(suppression.reason, "it is no execution role");
    assert_eq!(suppression.until.as_deref(), Some("9999-12-31"));
    assert_eq!((report.summary.high, report.summary.suppressed), (before.summary.high - 1, 1));
    assert_eq!(report.notes, ["1 finding suppressed by gt-audit.toml"]);
    let rest = |report: &Report| {
        let rest = report.pairs.iter().filter(|finding| finding.rule.as_str() != "role-not-assumable");
        rest.cloned().collect::<Vec<_>>()
    };
    assert_eq!(rest(&report), rest(&before));
    let shown = table::write(&report, Layout { width: 100, color: false }, &Reading::default());
    assert!(!shown.contains("role-not-assumable"), "{shown}");
    assert!(shown.contains("\n1 finding suppressed by gt-audit.toml\n"), "{shown}");
    let high: BTreeSet<&str> = before
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::High)
        .map(|finding| finding.rule.as_str())
        .collect();
    let each: Vec<String> =
        high.iter().map(|rule| format!("[[ignore]]\nrule = '{rule}'\nreason = 'all of them'\n")).collect();
    let all = each.concat();
    let report = silenced(&all);
    assert_eq!((report.summary.high, report.summary.exit_code), (0, 0), "what is silenced does not count");
    let shown = table::write(&report, Layout { width: 100, color: false }, &Reading::default());
    assert!(shown.contains(&format!(", {} suppressed; ", report.summary.suppressed)), "{shown}");
}

#[test]
fn what_nothing_shows_to_be_used_is_silenced_in_part_and_each_group_has_its_own_id() {
    let before = audit(&story(), OPTIONS);
    let report = silenced(
        "[[ignore]]\nrule = 'bucket-out-of-reach'\nprincipal = '*/GtExecution'\nresource = 'arn:aws:s3:::acme-app-0?'\n\
         reason = 'applications'\n[[ignore]]\nrule = 'function-out-of-reach'\nprincipal = '*/GtExecution'\nreason = 'none'",
    );
    // The group about the most resources.
    let group = |report: &Report, rule: &str, status| {
        let found = report.pairs.iter().filter(|finding| {
            let role = finding.principal.as_ref().map(Arn::name);
            finding.rule.as_str() == rule
                && finding.status == status
                && role == Some("GtExecution")
                && finding.resource.is_none()
        });
        found.max_by_key(|finding| finding.resources.len()).cloned().unwrap()
    };
    let whole = group(&before, "bucket-out-of-reach", Status::New);
    let part = group(&report, "bucket-out-of-reach", Status::Suppressed);
    let rest = group(&report, "bucket-out-of-reach", Status::New);
    assert_eq!(part.resources.len(), 9);
    assert_eq!(part.resources.len() + rest.resources.len(), whole.resources.len());
    // Another role has all of it still: what is left to this one is a finding of its own.
    assert_ne!(rest.id, whole.id);
    // A group that is silenced as a whole stays the same finding.
    let functions = group(&report, "function-out-of-reach", Status::Suppressed);
    assert_eq!(functions.id, group(&before, "function-out-of-reach", Status::New).id);
    let mut ids: Vec<_> = report.findings.iter().map(|finding| (&finding.id, finding.status)).collect();
    ids.sort_unstable();
    ids.dedup();
    // What is silenced of a finding keeps the finding's id.
    assert_eq!(ids.len(), report.findings.len());
}

#[test]
fn an_ignore_that_has_ended_or_matches_nothing_is_a_note() {
    let ignore = |until: &str| format!("\n[[ignore]]\nrule = 'role-not-assumable'\nreason = 'x'\n{until}");
    let day = &story().collection.finished_at[..10];
    assert_eq!(suppressed(&silenced(&ignore(&format!("until = {day}")))).len(), 1, "the last day counts");
    let report = silenced(&ignore("until = 2020-02-29"));
    assert_eq!(suppressed(&report), Vec::<&Finding>::new());
    assert_eq!(report.summary.exit_code, 1);
    let ended = "gt-audit.toml:2: the ignore of `role-not-assumable` ended on 2020-02-29, and what it silenced counts \
                 again: fix it, or renew the ignore";
    assert_eq!(report.notes, [ended]);
    let mut undated = story();
    undated.collection.finished_at = "lately".to_owned();
    let dated = config(&ignore("until = 9999-12-31"));
    let report = audit(&undated, Options { ignores: &dated.ignores, ..OPTIONS });
    assert_eq!(report.summary.suppressed, 0);
    assert!(report.notes[0].contains("do not say of what day they are"), "{:?}", report.notes);

    let idle = config(&ignore("resource = 'arn:aws:s3:::nothing'"));
    let options = Options { ignores: &idle.ignores, ..OPTIONS };
    let says = "gt-audit.toml:2: the ignore of `role-not-assumable` matches no finding: remove it, or look for a slip in \
                what it names";
    assert_eq!(audit(&story(), options).notes, [says]);
    // Where something is undecided, or was not looked at, it may yet match.
    let mut blind = story();
    blind.account.iam.roles = Fact::Unknown(gap("iam:ListRoles"));
    assert_eq!(audit(&blind, options).notes, Vec::<String>::new());
    let scope = Scope { buckets: vec![Glob::new("acme-sage*")], ..Scope::ALL };
    assert_eq!(audit(&story(), Options { scope: &scope, ..options }).notes, ["narrowed to buckets `acme-sage*`"]);
}

#[test]
fn the_command_line_narrows_what_is_audited() {
    let narrow = |arguments: &[&str]| {
        let mut command = gt_audit();
        command.arg("--snapshot").arg(story_path()).args(["--all", "--format", "json"]).args(arguments);
        serde_json::from_slice::<serde_json::Value>(&command.output().unwrap().stdout).unwrap()
    };
    let report = narrow(&["--role", "GtExecution", "--bucket", "acme-sage*"]);
    let roles: Vec<_> = report["executionRoles"].as_array().unwrap().iter().collect();
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0]["arn"], "arn:aws:iam::111122223333:role/GtExecution");
    assert_eq!(roles[0]["buckets"], serde_json::json!({"all": 2, "some": 1, "none": 0, "denied": 0, "unknown": 0}));
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 30, "functions are not narrowed: {}", findings.len());
    for finding in findings {
        // What is said of a job, a bucket, a policy or of people is of no execution role; of a function, it is of its own.
        let of_role = finding["rule"] != "function-cannot-read-output";
        if let Some(role) = finding["principal"].as_str().filter(|arn| of_role && arn.contains(":role/")) {
            assert_eq!(role, "arn:aws:iam::111122223333:role/GtExecution");
        }
        for resource in finding["resources"].as_array().unwrap() {
            let resource = resource.as_str().unwrap();
            assert!(
                !resource.starts_with("arn:aws:s3") || resource.starts_with("arn:aws:s3:::acme-sage"),
                "{resource}"
            );
        }
    }
    assert_eq!(report["notes"], serde_json::json!(["narrowed to execution roles `GtExecution`; buckets `acme-sage*`"]));

    let report = narrow(&["--function", "arn:aws:lambda:eu-west-1:*", "--function", "nothing", "--role", "Gt*"]);
    let notes: Vec<&str> = report["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert_eq!(
        notes,
        [
            "narrowed to execution roles `Gt*`; functions `arn:aws:lambda:eu-west-1:*`, `nothing`",
            "no function matches `nothing`: nothing was audited for it"
        ]
    );
    for finding in report["findings"].as_array().unwrap() {
        for resource in finding["resources"].as_array().unwrap() {
            let resource = resource.as_str().unwrap();
            assert!(!resource.starts_with("arn:aws:lambda:") || resource.contains(":eu-west-1:"), "{resource}");
        }
    }
    gt_audit().args(["--role", ""]).assert().code(2);
}

#[test]
fn what_was_not_audited_need_not_be_known() {
    let mut blind = healthy();
    bucket(&mut blind.account).tags = Fact::Unknown(gap("s3:GetBucketTagging"));
    let name = bucket(&mut blind.account).arn.clone();
    bucket(&mut blind.account).tags =
        Fact::Unknown(Unknown::refused("s3:GetBucketTagging", name.as_str(), "AccessDenied", "no"));
    let mut other = bucket(&mut blind.account).clone();
    other.arn = Arn::bucket("aws", "other-sagemaker");
    other.tags = Fact::Known(std::collections::BTreeMap::new());
    known(&mut blind.account.buckets).push(other);
    assert_eq!(audit(&blind, OPTIONS).summary.exit_code, 3);
    let scope = Scope { buckets: vec![Glob::new("other-*")], ..Scope::ALL };
    let report = audit(&blind, Options { scope: &scope, ..OPTIONS });
    assert_eq!((report.summary.exit_code, report.gaps, report.open), (0, vec![], vec![]));
    let scope = Scope { buckets: vec![Glob::new(name.name())], ..Scope::ALL };
    assert_eq!(audit(&blind, Options { scope: &scope, ..OPTIONS }).summary.exit_code, 3);
}

#[test]
fn what_is_open_of_others_is_no_matter_of_a_narrowed_audit() {
    let mut blind = story();
    let ann = known(&mut blind.account.iam.users).iter_mut().find(|user| user.arn.name() == "ann").unwrap();
    ann.grants.inline = Fact::Unknown(gap("iam:GetUserPolicy"));
    let open = |scope: Scope| audit(&blind, Options { scope: &scope, ..OPTIONS }).open;
    assert!(open(Scope::ALL).iter().any(|open| open.subject.ends_with(":user/ann")));
    assert_eq!(open(Scope { roles: vec![Glob::new("GtExecution")], ..Scope::ALL }), vec![]);
    assert_eq!(open(Scope { jobs: vec![Glob::new("acme-shops")], ..Scope::ALL }), vec![]);
    // Of a job, what it uses is.
    let mut blind = story();
    let shops = "acme-sagemaker-eu";
    let bucket = known(&mut blind.account.buckets).iter_mut().find(|bucket| bucket.arn.name() == shops).unwrap();
    bucket.policy = Fact::Unknown(gap("s3:GetBucketPolicy"));
    let open = |job: &str| {
        let scope = Scope { jobs: vec![Glob::new(job)], ..Scope::ALL };
        audit(&blind, Options { scope: &scope, ..OPTIONS }).open
    };
    let about = |open: &[gt_audit::report::Open]| open.iter().filter(|open| open.subject.ends_with(shops)).count();
    assert!(about(&open("acme-shops")) > 0, "{:?}", open("acme-shops"));
    assert_eq!(about(&open("acme-lidar")), 0);
}

#[test]
fn the_command_line_wins_over_the_file_and_the_file_over_the_default() {
    let directory = tempfile::tempdir().unwrap();
    // A near miss is a medium finding.
    let mut near = healthy();
    rename_bucket(&mut near.account, "signs-ground-truth");
    near.write(&directory.path().join("near.json")).unwrap();
    let audited = |arguments: &[&str], code: i32| {
        let mut command = gt_audit();
        command.current_dir(&directory).args(["--snapshot", "near.json"]).args(arguments);
        let output = command.assert().code(code).get_output().clone();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    audited(&[], 0);
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("gt-audit.toml", "fail-on = 'medium'");
    write("other.toml", "[[ignore]]\nrule = 'bucket-out-of-reach'\nreason = 'known'");
    audited(&[], 1);
    audited(&["--fail-on", "high"], 0);
    audited(&["--config", "/dev/null"], 0);
    let (said, _) = audited(&["--config", "other.toml", "--fail-on", "medium"], 0);
    assert!(said.contains("1 finding suppressed by other.toml"), "{said}");
    let (_, error) = audited(&["--config", "missing.toml"], 2);
    assert!(error.starts_with("gt-audit: cannot read missing.toml: "), "{error}");
    let (_, error) = audited(&["--config", "."], 2);
    assert!(error.starts_with("gt-audit: cannot read .: "), "{error}");
    // The commands that audit nothing take no configuration.
    write("gt-audit.toml", "nonsense");
    gt_audit().current_dir(&directory).arg("rules").assert().code(0);
}

#[test]
fn what_a_workload_names_and_the_account_lacks_is_said() {
    let text = r#"
        [[workload]]
        name = "slips"
        role = "arn:aws:iam::111122223333:role/GtExecutoin"
        buckets = ["signs-sagemaker/out/*", "signs-sagemakre"]
        functions = ["signs-LabelingFunction-pre", "signs-LabelingFunction-psot"]
    "#;
    let config = config(text);
    let options = Options { workloads: &config.workloads, ..OPTIONS };
    let notes = audit(&healthy(), options).notes;
    let named: Vec<&str> = notes.iter().filter_map(|note| note.split('`').nth(3)).collect();
    assert_eq!(
        named,
        ["arn:aws:iam::111122223333:role/GtExecutoin", "signs-sagemakre", "signs-LabelingFunction-psot"],
        "{notes:?}"
    );
    // A list that could not be read says nothing of what is in it.
    let mut blind = healthy();
    blind.account.buckets = Fact::Unknown(gap("s3:ListAllMyBuckets"));
    assert_eq!(audit(&blind, options).notes.len(), 2);
}
