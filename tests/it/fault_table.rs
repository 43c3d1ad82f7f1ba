//! The page of faults names tests that exist, each row at least one.

use std::path::Path;

use crate::accounts::{read, root};

#[test]
fn every_row_of_the_table_of_faults_names_a_test() {
    let mut code = String::new();
    for room in ["src", "tests/it"] {
        add(&root().join(room), &mut code);
    }
    let page = read("tests/faults.md");
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault |"));
    let rows: Vec<&str> = rows.filter(|line| !line.starts_with("| ---")).collect();
    assert!(rows.len() > 40, "{}", rows.len());
    for row in rows {
        let test = row.trim_end_matches(" |").rsplit("| ").next().unwrap().trim_matches('`');
        assert!(
            code.contains(&format!("#[test]\n    fn {test}()")) || code.contains(&format!("#[test]\nfn {test}()")),
            "{row}"
        );
    }
}

fn add(directory: &Path, code: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add(&path, code);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
