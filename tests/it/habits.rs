//! Accounts of real habits (`tests/accounts`): one in an organization with Control Tower's region deny, one with a data
//! perimeter in the form that AWS publishes, one with the bucket policies that CDK and Terraform's modules write. Each is
//! audited to a complete report: what a guard asks of a request is known, so that none of them leaves anything open.

use gt_audit::account::snapshot::Snapshot;
use gt_audit::audit::{Options, audit};
use gt_audit::report::Report;

use crate::accounts::root;

fn report(name: &str) -> Report {
    let snapshot = Snapshot::read(&root().join(format!("tests/accounts/{name}.json"))).unwrap();
    audit(&snapshot, Options::DEFAULT)
}

/// Severity, rule, principal and resource by name, of what is found.
fn found(report: &Report) -> Vec<String> {
    let name = |arn: &Option<gt_audit::arn::Arn>| arn.as_ref().map_or("-", |arn| arn.name()).to_owned();
    let each = report.pairs.iter();
    each.map(|f| format!("{:?} {} {} {}", f.severity, f.rule, name(&f.principal), name(&f.resource))).collect()
}

/// Nothing is undecided, no fact is missing, and the exit code is that of a complete audit.
fn is_complete(report: &Report) {
    assert_eq!(report.undecided, []);
    assert_eq!(report.gaps, []);
    assert_eq!(report.summary.exit_code, 0);
}

#[test]
fn control_towers_region_deny_leaves_nothing_open() {
    let report = report("control-tower");
    is_complete(&report);
    assert_eq!(found(&report), ["Low bucket-out-of-reach GtExecution -", "Low function-out-of-reach GtExecution -"]);
}

#[test]
fn a_data_perimeter_leaves_nothing_open() {
    let report = report("data-perimeter");
    is_complete(&report);
    assert_eq!(found(&report), Vec::<String>::new());
}

#[test]
fn the_bucket_policies_of_cdk_and_terraform_leave_nothing_open() {
    let report = report("cdk-terraform");
    is_complete(&report);
    assert_eq!(
        found(&report),
        ["Low trust-without-source labeling-GtExecution3A1B2C3D-0EXAMPLE labeling-GtExecution3A1B2C3D-0EXAMPLE"]
    );
}

#[test]
fn a_region_that_the_organization_denies_is_denied() {
    let mut snapshot = Snapshot::read(&root().join("tests/accounts/control-tower.json")).unwrap();
    let text = serde_json::to_string(&snapshot.account)
        .unwrap()
        .replace(r#"["eu-west-1","eu-central-1"]"#, r#"["eu-central-1"]"#);
    snapshot.account = serde_json::from_str(&text).unwrap();
    let found = found(&audit(&snapshot, Options::DEFAULT));
    for rule in [
        "job-blocked GtExecution signs-november",
        "bucket-denied GtExecution signs-sagemaker-labels",
        "function-denied GtExecution signs-LabelingFunction-pre",
    ] {
        assert!(found.contains(&format!("High {rule}")), "{rule}: {found:#?}");
    }
}
