//! The report line by line and row by row, read by other programs' parsers.

use gt_audit::account::Fact;
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::report::{Report, csv, json, jsonl};
use serde_json::Value;

use crate::accounts::*;

fn rows(report: &Report) -> Vec<::csv::StringRecord> {
    let text = csv::write(report).unwrap();
    ::csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
}

fn lines(report: &Report) -> Vec<Value> {
    jsonl::write(report).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_finding_of_the_story_is_a_line_and_a_row() {
    let report = audit(&story(), OPTIONS);
    let whole: Value = serde_json::from_str(&json::write(&report).unwrap()).unwrap();
    let findings = whole["findings"].as_array().unwrap();
    let lines = lines(&report);
    assert_eq!((&lines[0]["type"], &lines[0]["account"]), (&"header".into(), &whole["account"]));
    let mut told = lines.iter().filter(|line| line["type"] == "finding").cloned().collect::<Vec<Value>>();
    for line in &mut told {
        line.as_object_mut().unwrap().remove("type");
    }
    assert_eq!(&told, findings);
    let mut last = lines.last().unwrap().clone();
    assert_eq!(last.as_object_mut().unwrap().remove("type").unwrap(), "summary");
    assert_eq!(last, whole["summary"]);
    let rows = rows(&report);
    assert_eq!(rows.len(), findings.len());
    for (row, finding) in rows.iter().zip(findings) {
        assert_eq!(
            (&row[1], &row[2], &row[3]),
            (finding["id"].as_str().unwrap(), finding["severity"].as_str().unwrap(), finding["rule"].as_str().unwrap(),)
        );
        let resources: Vec<&str> =
            finding["resources"].as_array().unwrap().iter().map(|arn| arn.as_str().unwrap()).collect();
        assert_eq!(row[8].split_whitespace().collect::<Vec<_>>(), resources);
    }
    let text = csv::write(&report).unwrap();
    assert!(text.starts_with("account,id,severity,rule,") && text.lines().count() == rows.len() + 1);
    assert_eq!(text.matches("\r\n").count(), rows.len() + 1);
}

#[test]
fn what_was_not_read_is_a_line() {
    let mut blind = healthy();
    blind.account.iam.roles = Fact::Unknown(gap("iam:ListRoles"));
    let lines = lines(&audit(&blind, OPTIONS));
    let gaps: Vec<&Value> = lines.iter().filter(|line| line["type"] == "gap").collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0]["action"], "iam:ListRoles");
}

#[test]
fn strangers_text_stays_in_its_line_and_cell() {
    let hostile = "=cmd|' /C calc'!A0\u{202e}\u{1b}[31m,\"x\"\nnew line";
    let mut snapshot = healthy();
    rename_bucket(&mut snapshot.account, "signs-ground-truth");
    role(&mut snapshot.account).arn = Arn::parse(format!("arn:aws:iam::111122223333:role/{hostile}").as_str()).unwrap();
    let report = audit(&snapshot, OPTIONS);
    assert!(!report.findings.is_empty());
    assert_eq!(rows(&report).len(), report.findings.len());
    assert!(lines(&report).len() > report.findings.len());
    for text in [csv::write(&report).unwrap(), jsonl::write(&report).unwrap()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(text.lines().all(|line| !line.starts_with("new line")), "{text}");
    }
}
