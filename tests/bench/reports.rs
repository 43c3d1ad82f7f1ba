//! Reports of many findings: the story's, many times over, each with an id of its own.

use std::path::Path;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::audit::{Options, audit};
use gt_audit::report::Report;

/// A report of so many findings, and the account that it is of.
pub fn of_findings(count: usize) -> (Snapshot, Report) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("localstack/story.json");
    let snapshot = Snapshot::read(&path).unwrap();
    let mut report = audit(&snapshot, Options::DEFAULT);
    let of_story = std::mem::take(&mut report.findings);
    report.findings = of_story.iter().cycle().take(count).cloned().collect();
    for (finding, number) in report.findings.iter_mut().zip(1_u64..) {
        finding.id = format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    (snapshot, report)
}
