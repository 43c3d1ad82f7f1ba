//! An account of middling size, as people have them: 500 roles of which 70 are execution roles and half have an inline
//! policy with `arn:aws:lambda:*:*:function:NAME`, 1,000 buckets, 500 functions.

use std::collections::BTreeSet;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::labeling::Use;
use gt_audit::report::table::{self, Layout, Reading};

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

#[test]
fn the_report_grows_with_causes_and_loses_no_pair() {
    let snapshot = Snapshot::read(&root().join("tests/accounts/seeded-500.json.zst")).unwrap();
    let report = audit(&snapshot, OPTIONS);
    let (findings, pairs) = (report.findings.len(), report.pairs.len());
    let json = gt_audit::report::json::write(&report).unwrap().len();
    let layout = Layout { width: 100, color: false };
    let lines = table::write(&report, layout, &Reading::default()).lines().count();
    println!("{findings} findings of {pairs} pairs, {json} bytes of JSON, {lines} lines");
    assert!(findings < 400 && json < 1_000_000 && lines < 200, "{findings} findings, {json} bytes, {lines} lines");
    // What rules find pair by pair is in the findings, and nothing else is.
    let of_pairs: BTreeSet<_> = report
        .pairs
        .iter()
        .flat_map(|pair| {
            let resources: Vec<Option<&Arn>> = match &pair.resource {
                Some(resource) => vec![Some(resource)],
                None if pair.resources.is_empty() => vec![None],
                None => pair.resources.iter().map(Some).collect(),
            };
            resources.into_iter().map(|resource| (pair.rule, pair.severity, pair.principal.as_ref(), resource))
        })
        .collect();
    let mut of_findings = BTreeSet::new();
    for finding in &report.findings {
        let principals: Vec<Option<&Arn>> = match finding.principals.as_slice() {
            [] => vec![None],
            some => some.iter().map(Some).collect(),
        };
        let resources: Vec<Option<&Arn>> =
            if finding.resources.is_empty() { vec![None] } else { finding.resources.iter().map(Some).collect() };
        for principal in &principals {
            for resource in &resources {
                of_findings.insert((finding.rule, finding.severity, *principal, *resource));
            }
        }
    }
    assert_eq!(of_pairs, of_findings);
}
