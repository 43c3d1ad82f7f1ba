//! An account of middling size, as people have them: 500 roles of which 70 are execution roles and half have an inline
//! policy with `arn:aws:lambda:*:*:function:NAME`, 1,000 buckets, 500 functions.

use std::collections::BTreeSet;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::labeling::Use;

use crate::accounts::{OPTIONS, root};

#[test]
fn nothing_is_intended_that_nothing_speaks_for_and_nothing_is_found_twice() {
    let snapshot = Snapshot::read(&root().join("tests/accounts/seeded-500.json.zst")).unwrap();
    let report = audit(&snapshot, OPTIONS);
    let roles = snapshot.account.iam.roles.known().unwrap();
    let grants = |arn: &Arn| -> String {
        let role = roles.iter().find(|role| role.arn == *arn).unwrap();
        let documents = role.grants.inline.known().unwrap().values();
        documents.map(|document| document.known().unwrap().json().to_string()).collect()
    };
    assert!(roles.iter().filter(|role| grants(&role.arn).contains("arn:aws:lambda:*:*:function:")).count() >= 30);
    let (mut seen, mut intended) = (BTreeSet::new(), 0);
    for finding in &report.pairs {
        for about in finding.resource.iter().chain(finding.resources.iter()) {
            assert!(seen.insert((finding.rule.as_str(), &finding.principal, about)), "{} twice", finding.message);
        }
        if finding.rule.as_str().starts_with("function-") && finding.usage == Some(Use::Intended) {
            let (name, role) = (finding.resource.as_ref().unwrap().name(), finding.principal.as_ref().unwrap());
            let speaks = ["groundtruth", "ground-truth", "gtrecipe", "label", "sagemaker"];
            let by_name = speaks.iter().any(|word| name.to_lowercase().contains(word));
            assert!(by_name || grants(role).contains(&format!("function:{name}\"")), "{}", finding.message);
            intended += 1;
        }
    }
    // Ten functions have a name that is near a token, and twenty roles have a managed policy that does not take it.
    assert_eq!(intended, 200);
    assert_eq!(report.open, []);
}
