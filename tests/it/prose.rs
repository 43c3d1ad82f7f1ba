//! What the README says is what the program does.

use std::collections::BTreeSet;

use clap::CommandFactory;
use gt_audit::audit::audit;
use gt_audit::cli::Cli;
use gt_audit::finding::Severity;
use gt_audit::report::table::{self, Layout, Reading};
use gt_audit::rules::{RULES, Scale};

use crate::accounts::{OPTIONS, read, story};

#[test]
fn the_readme_has_the_table_of_rules() {
    let readme = read("README.md");
    let rows: Vec<String> = RULES
        .iter()
        .map(|rule| {
            let severity = match rule.severity {
                Scale::Always(Severity::High) => "high",
                Scale::Always(Severity::Medium) => "medium",
                Scale::Always(Severity::Low) => "low",
                Scale::Always(Severity::Info) => "info",
                Scale::ByUse => "by use",
                Scale::ByUseAtMost(most) => {
                    assert_eq!(most, Severity::Medium);
                    "by use, medium at most"
                }
                Scale::IfUsed(severity) => {
                    assert_eq!(severity, Severity::High);
                    "high if used"
                }
            };
            format!("| `{}` | {severity} | {} |", rule.id, rule.summary)
        })
        .collect();
    assert!(readme.contains(&format!("| rule | severity | finds |\n| --- | --- | --- |\n{}\n\n", rows.join("\n"))));
}

#[test]
fn the_readme_names_every_option_of_the_audit_and_no_other() {
    let readme = read("README.md");
    let named: BTreeSet<&str> = readme
        .split("--")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap())
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect();
    let command = Cli::command();
    let options: BTreeSet<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let of_cargo = BTreeSet::from(["locked", "path", "no-default-features"]);
    let missing: Vec<_> = options.difference(&named).filter(|name| !["help", "version"].contains(name)).collect();
    let all: BTreeSet<&str> = command
        .get_subcommands()
        .flat_map(|command| command.get_arguments().filter_map(clap::Arg::get_long))
        .chain(options.iter().copied())
        .chain(["cli-input-json"])
        .collect();
    let unknown: Vec<_> = named.difference(&all).filter(|name| !of_cargo.contains(*name)).collect();
    assert!(missing.is_empty(), "the README lacks {missing:?}");
    assert!(unknown.is_empty(), "the README invents {unknown:?}");
    for command in command.get_subcommands() {
        assert!(readme.contains(&format!("gt-audit {}", command.get_name())), "{}", command.get_name());
    }
}

#[test]
fn the_readme_shows_the_storys_real_report() {
    let readme = read("README.md");
    let shown = readme.split("```text\n").nth(1).unwrap().split("\n```").next().unwrap();
    let report = table::write(&audit(&story(), OPTIONS), Layout { width: 100, color: false }, &Reading::default());
    for part in shown.split("…\n") {
        assert!(report.contains(part.trim_end()), "the report has no longer:\n{part}");
    }
}

#[test]
fn what_aws_documents_is_quoted_with_source_and_date() {
    let sources = [
        gt_audit::knowledge::actions::source(),
        gt_audit::knowledge::console::source(),
        gt_audit::knowledge::limits::source(),
    ];
    for (source, date) in sources {
        assert!(source.starts_with("https://docs.aws.amazon.com/") && date.len() == 10, "{source} {date}");
    }
    for policy in [gt_audit::knowledge::managed::GROUND_TRUTH_EXECUTION, gt_audit::knowledge::managed::FULL_ACCESS] {
        for version in gt_audit::knowledge::managed::versions(policy) {
            assert!(!version.source.is_empty() && version.create_date.len() >= 10, "{policy} {}", version.version);
        }
    }
}
