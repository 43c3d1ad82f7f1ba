//! Data goes one way: no room imports from one above it, no files import from each other in a circle, and only `collect`
//! knows the AWS SDK.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use self::imports::{Module, circles};
use crate::accounts::root;

mod imports;

/// The rooms from the ground up; a room may import from those before it.
const ROOMS: &[&str] = &[
    "arn",
    "file",
    "uri",
    "policy",
    "account",
    "knowledge",
    "message",
    "collect",
    "access",
    "labeling",
    "evaluation",
    "finding",
    "rules",
    "preflight",
    "why",
    "config",
    "report",
    "audit",
    "fix",
    "cli",
    "commands",
    "main",
];

/// How the names of the SDK's crates begin; Terraform's resources begin with `aws_` too.
const SDK: &[&str] =
    &["aws_config", "aws_credential", "aws_runtime", "aws_sdk_", "aws_sigv4", "aws_smithy_", "aws_types"];

#[test]
fn no_files_import_from_each_other_in_a_circle() {
    assert_eq!(circles(&modules()), Vec::<BTreeSet<String>>::new());
}

#[test]
fn a_circle_is_found_whichever_way_it_is_written() {
    let there = circles(&modules());
    for (file, import) in [
        ("policy/ternary", "use super::layers::Verdict;"),
        ("policy/layers", "use crate::policy::decide::{self, Reason};"),
        ("policy/document", "fn parsed() { super::grammar::parse() }"),
        // `grant` has the documents from the parent, which re-exports them.
        ("policy/document", "use super::grant::Grant;"),
        ("policy/kind", "pub use super::lint::{Lint as Remark};"),
        // `compare` imports what `reach` defines, so that `reach` may re-export from it and no more.
        ("policy/reach", "use compare::Difference as Compared;"),
        ("policy/reach", "fn compared() { compare::same() }"),
    ] {
        let mut modules = modules();
        let text = modules.get_mut(&module(file)).unwrap();
        *text = format!("{import}\n{text}");
        let circles = circles(&modules);
        let of_file =
            circles.iter().find(|circle| circle.contains(file)).unwrap_or_else(|| panic!("{import} in {file}"));
        assert!(!there.contains(of_file), "{import} in {file}");
    }
}

/// Every module of the library, with its text.
fn modules() -> BTreeMap<Module, String> {
    let source = root().join("src");
    let files = sources(&source).into_iter().filter(|file| !file.ends_with("main.rs"));
    let modules = files.map(|file| {
        let path = file.strip_prefix(&source).unwrap().with_extension("");
        let path = path.to_str().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        (if path == "lib" { vec![] } else { module(path) }, text)
    });
    modules.collect()
}

fn module(path: &str) -> Module {
    path.split('/').map(str::to_owned).collect()
}

#[test]
fn imports_point_down_only() {
    let mut seen = 0;
    for file in sources(&root().join("src")) {
        let room = room_of(&file);
        if room == "lib" {
            continue;
        }
        let rank = |name: &str| ROOMS.iter().position(|r| *r == name).unwrap_or_else(|| panic!("{name} is no room"));
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        assert!(
            !code.contains("use crate::{"),
            "{} imports rooms in braces, which this test does not read",
            file.display()
        );
        for path in code.split("crate::").skip(1) {
            let imported: String = path.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if imported.is_empty() {
                continue;
            }
            seen += 1;
            assert!(rank(&imported) <= rank(&room), "{} imports from {imported}", file.display());
        }
        let knows_sdk = SDK.iter().any(|of_it| code.contains(of_it));
        assert!(room == "collect" || !knows_sdk, "{} knows the AWS SDK", file.display());
    }
    assert!(seen > 50);
}

fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let (directories, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let here = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    here.chain(directories.iter().flat_map(|directory| sources(directory))).collect()
}
