//! For each known fact of the story account a gap is put in its place: what disappears from the report must be
//! undecided, and nothing may appear. No fact is left out: they are found in the account's own JSON.

use std::collections::BTreeSet;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::audit::audit;
use gt_audit::report::Report;
use serde_json::{Value, json};

use crate::accounts::{OPTIONS, story};

#[test]
fn an_ignorance_never_passes_for_an_absence() {
    let lost = blindfold(&story());
    assert!(lost > 300, "the story has something to lose: {lost}");
}

/// Puts a gap in the place of each known fact of an account, one by one. What its report has to lose is counted.
pub fn blindfold(snapshot: &Snapshot) -> usize {
    let snapshot = serde_json::to_value(snapshot).unwrap();
    let mut facts = facts(&snapshot, "");
    // The alias names the account to people; no rule depends on it.
    facts.retain(|fact| fact != "/account/alias");
    let seeing = pairs(&report(&snapshot));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for part in facts.chunks(facts.len().div_ceil(threads)) {
            scope.spawn(|| part.iter().for_each(|fact| without(fact, &snapshot, &seeing)));
        }
    });
    println!("{} facts blindfolded", facts.len());
    seeing.len()
}

/// Audits an account with one fact missing.
fn without(fact: &str, snapshot: &Value, seeing: &Pairs) {
    let mut blind = snapshot.clone();
    *blind.pointer_mut(fact).unwrap() =
        json!({"unknown": {"what": "blindfold", "resource": fact, "error": "AccessDenied", "message": "blind"}});
    let report = report(&blind);
    let left = pairs(&report);
    let appeared: Vec<_> = left.difference(seeing).collect();
    assert!(appeared.is_empty(), "without {fact} there appeared {appeared:?}");
    for (rule, principal, resource) in seeing.difference(&left) {
        let said = report.undecided.iter().any(|open| {
            let about = open.principal.as_ref().map(ToString::to_string);
            let about_role = about.as_ref().is_none_or(|role| Some(role) == principal.as_ref());
            let subjects: Vec<String> =
                open.resources.iter().map(ToString::to_string).chain([open.subject.clone()]).collect();
            let wide = open.resources.is_empty() && (Some(&open.subject) == principal.as_ref() || open.subject == "*");
            open.rule == *rule && about_role && (subjects.contains(resource) || wide)
        });
        assert!(said, "without {fact}, {rule} about {resource} for {principal:?} is lost and not undecided");
    }
    assert!(report.gaps.iter().any(|gap| gap.gap.action == "blindfold"), "{fact} is missing and no gap says so");
    assert_ne!(report.summary.exit_code, 0, "{fact}");
}

type Pairs = BTreeSet<(&'static str, Option<String>, String)>;

fn report(snapshot: &Value) -> Report {
    let snapshot: Snapshot = serde_json::from_value(snapshot.clone()).unwrap();
    audit(&snapshot, OPTIONS)
}

/// Every finding as rule, principal and resource, the grouped ones too.
fn pairs(report: &Report) -> Pairs {
    let findings = report.findings.iter().flat_map(|f| {
        let principal = f.principal.as_ref().map(ToString::to_string);
        f.resource.iter().chain(f.resources.iter()).map(move |r| (f.rule, principal.clone(), r.to_string()))
    });
    findings.collect()
}

/// The place of every known fact, as a JSON pointer.
fn facts(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let here = object.len() == 1 && object.contains_key("known");
            let inner = object
                .iter()
                .flat_map(|(key, value)| facts(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))));
            here.then(|| at.to_owned()).into_iter().chain(inner).collect()
        }
        Value::Array(list) => {
            list.iter().enumerate().flat_map(|(i, value)| facts(value, &format!("{at}/{i}"))).collect()
        }
        _ => vec![],
    }
}
