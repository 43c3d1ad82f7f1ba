//! What must hold of any bytes at all. The tests feed it mutated documents and lines (`tests/it/fuzz.rs`), cargo-fuzz what
//! it finds (`cargo +nightly fuzz run --fuzz-dir tests/fuzz parse`).

use gt_audit::commands::simulate;
use gt_audit::config::Config;
use gt_audit::policy::Document;
use gt_audit::policy::compile::{Kind, Policies};
use gt_audit::policy::lint::lints;
use serde_json::Value;

/// A text is refused with a reason, or read without loss: what is printed says the same and is read as the same.
pub fn parse(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Document::parse(text) {
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
        Ok(document) => {
            assert_eq!(*document.json(), serde_json::from_str::<Value>(text).unwrap());
            let printed = serde_json::to_string(&document).unwrap();
            assert_eq!(Document::parse(&printed).as_ref(), Ok(&document));
            assert!(document.says_the_same_as(&document));
            for kind in [Kind::Identity, Kind::Resource, Kind::Scp(0)] {
                assert!(lints(&document, kind).iter().all(|lint| !lint.says.is_empty()));
                let mut policies: Policies<'_, ()> = Policies::new();
                policies.add(kind, "fuzz", None, &document);
            }
        }
    }
}

/// A line is answered with a decision or an error, the same each time, and with nothing that would break the line.
pub fn decide(line: &[u8]) {
    let (answer, good) = simulate::answer(line);
    let json: Value = serde_json::from_str(&answer).unwrap();
    assert!(!answer.contains('\n'), "{answer}");
    match json["decision"].as_str() {
        None => assert!(!good && json["error"].as_str().is_some_and(|error| !error.is_empty()), "{answer}"),
        Some(decision) => {
            let decisions = ["allowed", "implicitDeny", "explicitDeny", "conditional"];
            assert!(good && decisions.contains(&decision), "{answer}");
        }
    }
    assert_eq!(simulate::answer(line), (answer, good));
}

/// A file is a configuration, or every mistake of it has a place in it and a line of its own.
pub fn configure(bytes: &[u8]) {
    let read = Config::parse("gt-audit.toml", bytes);
    assert_eq!(Config::parse("gt-audit.toml", bytes), read);
    let Err(mistakes) = read else { return };
    assert!(!mistakes.is_empty());
    let lines: Vec<String> =
        String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').split('\n').map(str::to_owned).collect();
    for mistake in &mistakes.first {
        assert!(!mistake.says.is_empty());
        let line = mistake.line.checked_sub(1).and_then(|line| lines.get(line));
        let columns = line.map(|line| line.chars().count() + 1);
        assert!(columns.is_some_and(|columns| (1..=columns).contains(&mistake.column)), "{mistake}");
    }
    assert!(mistakes.first.is_sorted_by_key(|mistake| (mistake.line, mistake.column)));
}
