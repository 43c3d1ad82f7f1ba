//! Changes that close findings: each proved, and a proof that can fail.

use gt_audit::audit::audit;
use gt_audit::fix::{self, Selection};

use crate::accounts::{OPTIONS, story};

#[test]
fn the_storys_changes_as_text() {
    let plan = fix::plan(&story(), OPTIONS, Selection::All).unwrap();
    insta::assert_snapshot!("the story's changes", fix::text::write(&plan, 100));
    let report = audit(&story(), OPTIONS);
    let mut planned: Vec<&str> = plan.mends.iter().flat_map(|mend| &mend.findings).map(|f| f.id.as_str()).collect();
    planned.sort_unstable();
    let mut found: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    found.sort_unstable();
    assert_eq!(planned, found);
}
