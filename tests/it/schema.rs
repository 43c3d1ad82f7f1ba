//! `schemas/report.json` is what the types say, and every report keeps to it.

use gt_audit::audit::{Options, audit};
use gt_audit::report::json;

use crate::accounts::{OPTIONS, gap, healthy, read, root, story};

#[test]
fn the_schema_file_is_made_from_the_types() {
    let schema = json::schema::<gt_audit::report::Report>().unwrap();
    if std::env::var_os("GT_AUDIT_BLESS").is_some() {
        std::fs::write(root().join("schemas/report.json"), &schema).unwrap();
    }
    assert!(read("schemas/report.json") == schema, "run the tests with GT_AUDIT_BLESS=1 and look at the change");
}

#[test]
fn a_plan_of_changes_keeps_to_its_schema() {
    let schema = json::schema::<gt_audit::fix::Plan>().unwrap();
    if std::env::var_os("GT_AUDIT_BLESS").is_some() {
        std::fs::write(root().join("schemas/fix.json"), &schema).unwrap();
    }
    assert!(read("schemas/fix.json") == schema, "run the tests with GT_AUDIT_BLESS=1 and look at the change");
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let plan = gt_audit::fix::plan(&healthy(), OPTIONS, gt_audit::fix::Selection::All).unwrap();
    assert!(validator.is_valid(&serde_json::to_value(&plan).unwrap()));
    assert!(!validator.is_valid(&serde_json::json!({"schemaVersion": 1})));
}

#[test]
fn every_report_keeps_to_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&read("schemas/report.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut blind = story();
    blind.account.buckets = gt_audit::account::Fact::Unknown(gap("s3:ListAllMyBuckets"));
    for (snapshot, all) in [(story(), false), (story(), true), (healthy(), false), (blind, true)] {
        let report = serde_json::to_value(audit(&snapshot, Options { all, ..OPTIONS })).unwrap();
        let errors: Vec<_> = validator.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    // The schema can fail.
    assert!(!validator.is_valid(&serde_json::json!({"schemaVersion": 1})));
}
