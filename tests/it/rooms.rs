//! Data goes one way: no room imports from one above it, and only `collect` knows the AWS SDK.

use std::path::{Path, PathBuf};

use crate::accounts::root;

/// The rooms from the ground up; a room may import from those before it.
const ROOMS: &[&str] = &[
    "arn",
    "file",
    "uri",
    "policy",
    "account",
    "knowledge",
    "collect",
    "access",
    "labeling",
    "evaluation",
    "finding",
    "rules",
    "preflight",
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
