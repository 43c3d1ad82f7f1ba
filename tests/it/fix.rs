//! Changes that close findings: what is offered for each rule, what is named instead, and a proof that can fail.

mod cases;
mod random;
mod sabotage;

use std::collections::{BTreeMap, BTreeSet};

use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Account, Fact};
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::fix::{self, Change, Mend, Plan, Selection};
use gt_audit::report::Report;
use serde_json::Value;

use crate::accounts::*;
use crate::command_line::gt_audit;

/// One of AWS's algorithms for automated labeling.
const ALGORITHM: &str =
    "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/image-classification";

type Triples = BTreeSet<(String, Option<String>, String)>;

/// Every finding as rule, principal and resource; the grouped ones too.
fn found(report: &Report) -> Triples {
    let of = |f: &gt_audit::finding::Finding| {
        let principal = f.principal.as_ref().map(ToString::to_string);
        let about = f.resource.iter().chain(f.resources.iter()).map(ToString::to_string);
        about.map(|resource| (f.rule.as_str().to_owned(), principal.clone(), resource)).collect::<Vec<_>>()
    };
    report.pairs.iter().flat_map(of).collect()
}

/// The same of what is undecided.
fn undecided(report: &Report) -> Triples {
    let of = |open: &gt_audit::report::Open| {
        let principal = open.principal.as_ref().map(ToString::to_string);
        let about: Vec<String> = open.resources.iter().map(ToString::to_string).chain([open.subject.clone()]).collect();
        about.into_iter().map(|about| (open.rule.as_str().to_owned(), principal.clone(), about)).collect::<Vec<_>>()
    };
    report.open.iter().flat_map(of).collect()
}

/// Puts the changes of each mend in place by itself, audits again and compares. The changes are counted.
fn check(snapshot: &Snapshot, plan: &Plan) -> usize {
    if plan.mends.iter().all(|mend| mend.proof.is_none()) {
        return 0;
    }
    let before = audit(snapshot, OPTIONS);
    let (was, open) = (found(&before), undecided(&before));
    let of_others: Vec<&Change> = plan.mends.iter().flat_map(|mend| &mend.changes).collect();
    for mend in plan.mends.iter().filter(|mend| mend.proof.is_some()) {
        let mut changed = snapshot.clone();
        let joint = of_others.iter().copied().filter(|change| mend.closed_by.contains(change.resource()));
        for change in mend.changes.iter().chain(joint) {
            fix::apply(change, &mut changed.account).unwrap();
        }
        let after = audit(&changed, OPTIONS);
        for meant in &mend.findings {
            assert!(
                !after.pairs.iter().any(|finding| finding.key() == (meant.id.as_str(), meant.principal.as_ref())),
                "{} is not closed: {mend:#?}",
                meant.rule.as_str()
            );
        }
        let new: Vec<_> = found(&after).difference(&was).cloned().collect();
        assert!(new.is_empty(), "new: {new:?} by {mend:#?}");
        let new: Vec<_> = undecided(&after).difference(&open).cloned().collect();
        assert!(new.is_empty(), "newly undecided: {new:?} by {mend:#?}");
        least(mend);
    }
    of_others.len()
}

/// What is added names each action, and `*` only where no ARN can stand.
fn least(mend: &Mend) {
    for change in &mend.changes {
        let Change::PutInlinePolicy { name, document, .. } = change else { continue };
        if name != fix::POLICY_NAME {
            continue;
        }
        for statement in document.statements() {
            for action in statement.actions.named() {
                assert!(!action.contains('*'), "{mend:#?}");
                let everything = statement.resources.as_ref().unwrap().named().iter().any(|arn| arn == "*");
                let resource_level = gt_audit::knowledge::actions::has_resource_level(action);
                assert!(
                    !everything || resource_level != Some(true) || action.starts_with("s3:"),
                    "{action}: {mend:#?}"
                );
            }
        }
    }
}

/// A policy of these statements.
fn policy(statements: Value) -> Value {
    let elements = [("Version".to_owned(), Value::from("2012-10-17")), ("Statement".to_owned(), statements)];
    Value::Object(elements.into_iter().collect())
}

/// Says of an object that it has no tags.
fn untagged(account: &mut Account, object: &str) {
    account.objects.insert(Arn::parse(object).unwrap(), Fact::Known(Some(BTreeMap::new())));
}

/// What is planned for the healthy account after a change.
fn planned(change: impl FnOnce(&mut Account)) -> Plan {
    let mut snapshot = healthy();
    change(&mut snapshot.account);
    let plan = fix::plan(&snapshot, OPTIONS, Selection::All).unwrap();
    check(&snapshot, &plan);
    plan
}

/// The documents of all changes, each with the name of what is changed.
fn documents(plan: &Plan) -> Vec<(String, Value)> {
    let text = |change: &Change| match change {
        Change::PutInlinePolicy { identity, name, document } => {
            (format!("{}/{name}", identity.name()), document.json().clone())
        }
        Change::PutPolicyVersion { document, .. }
        | Change::PutTrustPolicy { document, .. }
        | Change::PutKeyPolicy { document, .. } => (change.resource().name().to_owned(), document.json().clone()),
        Change::PutBucketCors { bucket, rules } => (bucket.name().to_owned(), serde_json::to_value(rules).unwrap()),
    };
    plan.mends.iter().flat_map(|mend| &mend.changes).map(text).collect()
}

fn closed(plan: &Plan) -> Vec<&'static str> {
    let mends = plan.mends.iter().filter(|mend| mend.proof.is_some());
    mends.flat_map(|mend| &mend.findings).map(|meant| meant.rule.as_str()).collect()
}

/// Why nothing is changed, in words.
fn instead(plan: &Plan) -> String {
    let of = |mend: &Mend| {
        let reasons = gt_audit::evaluation::wording::reasons(&mend.causes);
        format!("{} {}", reasons.join("; "), mend.no_change.as_deref().unwrap_or_default())
    };
    plan.mends.iter().filter(|mend| mend.proof.is_none()).map(of).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_storys_changes_are_proved_and_as_text() {
    let plan = fix::plan(&story(), OPTIONS, Selection::All).unwrap();
    assert_eq!(plan, fix::plan_by_whole_audits(&story(), OPTIONS, Selection::All).unwrap());
    let text = fix::text::write(&plan, 100);
    insta::assert_snapshot!("the story's changes", text);
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['"', '{', '}', ']'])) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(check(&story(), &plan) > 10);
    // Each finding is spoken of, and once.
    let mut spoken: Vec<&str> = plan.mends.iter().flat_map(|mend| &mend.findings).map(|f| f.id.as_str()).collect();
    let report = audit(&story(), OPTIONS);
    let mut all: Vec<&str> = report.pairs.iter().map(|finding| finding.id.as_str()).collect();
    spoken.sort_unstable();
    all.sort_unstable();
    assert_eq!(spoken, all);
    // What has no change says why.
    for mend in plan.mends.iter().filter(|mend| mend.proof.is_none()) {
        let says = mend.no_change.is_some() || !mend.causes.is_empty() || !mend.unknown.is_empty();
        assert!(says && mend.changes.is_empty(), "{mend:#?}");
    }
    // Nobody has two policies to put under one name.
    let names: Vec<_> = documents(&plan).into_iter().map(|(name, _)| name).filter(|name| name.contains('/')).collect();
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn a_plan_that_lacks_facts_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blind.json");
    let mut blind = healthy();
    blind.account.iam.roles = Fact::Unknown(gap("iam:ListRoles"));
    blind.write(&path).unwrap();
    let run = |arguments: &[&str]| gt_audit().arg("fix").args(arguments).arg("--snapshot").arg(&path).assert().code(3);
    let text = String::from_utf8(run(&[]).get_output().stdout.clone()).unwrap();
    assert!(text.contains("incomplete: 1 fact could not be read or decided"), "{text}");
    let json: Value = serde_json::from_slice(&run(&["--as", "json"]).get_output().stdout).unwrap();
    assert_eq!(json["missingFacts"], 1);
}

#[test]
fn findings_are_named_by_id_or_by_a_report() {
    let mut near = healthy();
    rename_bucket(&mut near.account, "signs-raw");
    let report = audit(&near, OPTIONS);
    let [finding] = report.pairs.as_slice() else { panic!("{:?}", report.pairs) };
    // Nothing shows it to be used: it is opened only when it is asked for.
    let all = fix::plan(&near, OPTIONS, Selection::All).unwrap();
    assert!(documents(&all).is_empty() && instead(&all).contains("these are not known to be used"));
    let unknown = fix::plan(&near, OPTIONS, Selection::Named(&["0000".to_owned()])).unwrap_err().to_string();
    assert!(unknown.starts_with("there is no finding `0000`"), "{unknown}");
    let gone = fix::plan(&near, OPTIONS, Selection::Reported(&["0000".to_owned(), finding.id.clone()])).unwrap();
    assert_eq!((gone.notes.len(), gone.mends.len()), (1, 1));
}

#[test]
fn the_command_prints_the_plan_and_nothing_else_happens() {
    let directory = tempfile::tempdir().unwrap();
    let (path, report) = (directory.path().join("near.json"), directory.path().join("report.json"));
    let mut near = healthy();
    rename_bucket(&mut near.account, "signs-ground-truth");
    near.write(&path).unwrap();
    let run = |arguments: &[&str]| gt_audit().arg("fix").args(arguments).arg("--snapshot").arg(&path).assert();
    let text = String::from_utf8(run(&[]).code(0).get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("1 change would close 1 finding;") && text.contains("proved: an audit with this has none"),
        "{text}"
    );
    let json: Value = serde_json::from_slice(&run(&["--as", "json"]).code(0).get_output().stdout).unwrap();
    assert_eq!(json["mends"][0]["changes"][0]["change"], "putInlinePolicy");
    assert_eq!(json["mends"][0]["proof"]["closes"][0], json["mends"][0]["findings"][0]["id"]);
    let error = String::from_utf8(run(&["0123456789abcdef"]).code(2).get_output().stderr.clone()).unwrap();
    assert!(error.contains("there is no finding `0123456789abcdef`"), "{error}");
    gt_audit()
        .arg("--snapshot")
        .arg(&path)
        .args(["--format", "json", "--output"])
        .arg(format!("json={}", report.display()))
        .assert()
        .code(0);
    let of_report = run(&["--report", &report.display().to_string()]).code(0).get_output().stdout.clone();
    assert_eq!(String::from_utf8(of_report).unwrap(), text);
    run(&["--report", "/nonexistent.json"]).code(2);
    std::fs::write(&report, "[]").unwrap();
    run(&["--report", &report.display().to_string()]).code(2);
}

#[test]
fn a_name_with_a_terminal_escape_stays_harmless() {
    let plan = planned(|a| {
        rename_bucket(a, "ground-truth-\u{1b}[31m\u{202e}");
        known(&mut bucket(a).tags).insert("x".into(), "\u{9b}".into());
    });
    let text = fix::text::write(&plan, 100);
    assert!(text.contains("ground-truth-") && !text.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{text:?}");
}
