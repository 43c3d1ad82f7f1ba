//! What people met: templates, guides and issues (`tests/vectors/field`), and what AWS's pages say of the context of each
//! request (`tests/vectors/context`): each case with its facts and its request, and what of the answer is certain.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::accounts::root;
use crate::command_line::gt_audit;

#[test]
fn what_people_met_is_answered_rightly() {
    hold("field", 20);
}

#[test]
fn what_is_known_of_the_context_of_a_request_is_used() {
    hold("context", 58);
}

/// Every case of a folder is answered rightly.
fn hold(folder: &str, least: usize) {
    let folder = root().join("tests/vectors").join(folder);
    let mut directories: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    directories.sort();
    let wrong: Vec<String> = directories.iter().flat_map(|directory| differences(directory)).collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert!(directories.len() >= least, "{directories:?}");
}

/// Runs the command of a case; what differs from what is expected.
fn differences(directory: &Path) -> Vec<String> {
    let case: Value = serde_json::from_str(&std::fs::read_to_string(directory.join("case.json")).unwrap()).unwrap();
    let mut command = gt_audit();
    command.current_dir(directory).args(case["command"].as_str().unwrap().split_whitespace().skip(1));
    let output = command.output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", case["id"], String::from_utf8_lossy(&output.stderr)));
    let wrong = match case["kind"].as_str().unwrap() {
        "preflight" => of_preflight(&case["expected"], &answer),
        "scan" => of_scan(&case["expected"], &answer),
        kind => panic!("{}: there is no kind {kind}", case["id"]),
    };
    wrong.into_iter().map(|wrong| format!("{}: {wrong}", case["id"])).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// One text, or one of several.
fn is_one_of(expected: &Value, found: &Value) -> bool {
    expected == found || list(expected).contains(found)
}

fn of_preflight(expected: &Value, answer: &Value) -> Vec<String> {
    let job = answer.get(0).unwrap_or(answer);
    let mut wrong = vec![];
    if !expected["verdict"].is_null() && !is_one_of(&expected["verdict"], &job["verdict"]) {
        wrong.push(format!("expected {}, got {}", expected["verdict"], job["verdict"]));
    }
    for expected in list(&expected["checks"]) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let about = |check: &&Value| {
            text(&check["field"]).contains(&text(&expected["field"]))
                && (expected["action"].is_null()
                    || text(&check["action"]).eq_ignore_ascii_case(&text(&expected["action"])))
                && (expected["principal"].is_null() || check["principal"] == expected["principal"])
        };
        let checks: Vec<&Value> = list(&job["checks"]).iter().filter(about).collect();
        let as_expected = |check: &&&Value| is_one_of(&expected["verdict"], &check["verdict"]);
        let passes = expected["verdict"] == "pass" || expected["verdict"] == serde_json::json!(["pass"]);
        let right = if passes {
            !checks.is_empty() && checks.iter().all(|check| check["verdict"] == "pass")
        } else {
            checks.iter().any(|check| as_expected(&check))
        };
        let says =
            |check: &Value, words: &Value| check.to_string().to_lowercase().contains(&text(words).to_lowercase());
        let unsaid = !expected["says"].is_null()
            && !checks.iter().filter(as_expected).any(|check| says(check, &expected["says"]));
        let said = !expected["notSays"].is_null() && checks.iter().any(|check| says(check, &expected["notSays"]));
        if !right || unsaid || said {
            wrong.push(format!("expected {expected}, got {checks:?}"));
        }
    }
    wrong
}

fn of_scan(expected: &Value, report: &Value) -> Vec<String> {
    let is = |finding: &Value, expected: &Value| {
        ["rule", "principal", "message"].iter().all(|key| {
            expected[key].as_str().is_none_or(|text| finding[key].as_str().unwrap_or_default().contains(text))
        }) && expected["resource"].as_str().is_none_or(|text| {
            finding["resource"].to_string().contains(text) || finding["resources"].to_string().contains(text)
        })
    };
    let findings = list(&report["findings"]);
    let lacking =
        list(&expected["has"]).iter().filter(|expected| !findings.iter().any(|finding| is(finding, expected)));
    let lacking = lacking.map(|expected| format!("lacks {expected}"));
    let wrong = list(&expected["not"]).iter().flat_map(|unwanted| {
        let found = findings.iter().filter(move |finding| is(finding, unwanted));
        found.map(|finding| format!("has {} {}", finding["rule"], finding["message"]))
    });
    let open = list(&expected["undecidedNot"]).iter().flat_map(|unwanted| {
        let undecided = list(&report["undecided"]).iter();
        let found = undecided.filter(move |undecided| {
            unwanted["rule"].as_str().is_some_and(|rule| undecided["rules"].to_string().contains(rule))
        });
        found.map(|undecided| format!("is undecided: {undecided}"))
    });
    lacking.chain(wrong).chain(open).collect()
}
