//! For each known fact of the story account an unknown is put in its place: what disappears from the report must be
//! undecided, and nothing may appear but of a use that is not known. No fact is left out: they are found in the account's
//! own JSON.

use std::collections::BTreeSet;

use gt_audit::account::snapshot::Snapshot;
use gt_audit::arn::Arn;
use gt_audit::audit::audit;
use gt_audit::labeling::Use;
use gt_audit::report::{Reach, Report};
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
    let whole = report(&snapshot);
    let seeing = pairs(&whole);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for part in facts.chunks(facts.len().div_ceil(threads)) {
            scope.spawn(|| part.iter().for_each(|fact| without(fact, &snapshot, &whole, &seeing)));
        }
    });
    println!("{} facts blindfolded", facts.len());
    seeing.len()
}

/// Audits an account with one fact missing.
fn without(fact: &str, snapshot: &Value, whole: &Report, seeing: &Pairs) {
    let mut blind = snapshot.clone();
    *blind.pointer_mut(fact).unwrap() =
        json!({"unknown": {"what": "blindfold", "resource": fact, "error": "AccessDenied", "message": "blind"}});
    let report = report(&blind);
    let left = pairs(&report);
    // What nobody is seen to use any longer may be found where its use was seen to be right.
    let appeared: Vec<_> = left.difference(seeing).filter(|pair| !is_of_unknown_use(&report, pair)).collect();
    assert!(appeared.is_empty(), "without {fact} there appeared {appeared:?}");
    for (rule, principal, resource) in seeing.difference(&left) {
        let said = report.open.iter().any(|open| {
            let about = open.principal.as_ref().map(ToString::to_string);
            let about_role = about.as_ref().is_none_or(|role| Some(role) == principal.as_ref());
            let subjects: Vec<String> =
                open.resources.iter().map(ToString::to_string).chain([open.subject.clone()]).collect();
            // A job that could not be read may be about anything.
            let any = open.subject == "*" || open.subject.contains(":labeling-job/");
            let wide = open.resources.is_empty() && (any || Some(&open.subject) == principal.as_ref());
            open.rule.as_str() == *rule && about_role && (subjects.contains(resource) || wide)
        });
        assert!(said, "without {fact}, {rule} about {resource} for {principal:?} is lost and not undecided");
    }
    rows_say_no_more(fact, whole, &report);
    assert!(report.gaps.iter().any(|gap| gap.gap.action == "blindfold"), "{fact} is missing and no gap says so");
    assert_ne!(report.summary.exit_code, 0, "{fact}");
}

type Pair = (&'static str, Option<String>, String);
type Pairs = BTreeSet<Pair>;

fn report(snapshot: &Value) -> Report {
    let snapshot: Snapshot = serde_json::from_value(snapshot.clone()).unwrap();
    audit(&snapshot, OPTIONS)
}

/// The rows of the execution roles: none is new, none is gone but for being undecided, and what is counted as allowed,
/// denied or allowed in part was so before; the rest is unknown.
fn rows_say_no_more(fact: &str, whole: &Report, report: &Report) {
    let row = |report: &Report, arn: &Arn| report.execution_roles.iter().find(|role| role.arn == *arn).cloned();
    for role in &report.execution_roles {
        let before = row(whole, &role.arn).unwrap_or_else(|| panic!("without {fact} there is a row for {}", role.arn));
        for (was, is) in [(before.buckets, role.buckets), (before.functions, role.functions)] {
            let (Some(was), Some(is)) = (was, is) else { continue };
            let total = |reach: Reach| reach.all + reach.some + reach.none + reach.denied + reach.unknown;
            let fewer = is.all <= was.all && is.some <= was.some && is.none <= was.none && is.denied <= was.denied;
            assert!(fewer && total(is) <= total(was), "without {fact}, of {}: {was:?}, then {is:?}", role.arn);
        }
    }
    for role in &whole.execution_roles {
        let said = |open: &gt_audit::report::Open| {
            open.subject == "*" || open.subject == role.arn.as_str() || open.subject.contains(":labeling-job/")
        };
        let there = row(report, &role.arn).is_some() || report.open.iter().any(said);
        assert!(there, "without {fact}, {} is no execution role", role.arn);
    }
}

/// Does a finding say that what uses its resource is not known?
fn is_of_unknown_use(report: &Report, (rule, principal, resource): &Pair) -> bool {
    let mut same = report.pairs.iter().filter(|finding| {
        let mut about = finding.resource.iter().chain(finding.resources.iter());
        finding.rule.as_str() == *rule
            && finding.principal.as_ref().map(Arn::as_str) == principal.as_deref()
            && about.any(|about| about.as_str() == resource)
    });
    same.all(|finding| finding.usage == Some(Use::Unknown))
}

/// Every finding as rule, principal and resource, the grouped ones too.
fn pairs(report: &Report) -> Pairs {
    let findings = report.pairs.iter().flat_map(|f| {
        let principal = f.principal.as_ref().map(ToString::to_string);
        f.resource.iter().chain(f.resources.iter()).map(move |r| (f.rule.as_str(), principal.clone(), r.to_string()))
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
