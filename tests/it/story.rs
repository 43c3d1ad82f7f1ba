//! The story account: every finding it was built to cause, and none else, in each form of the report.

use std::collections::BTreeSet;

use gt_audit::account::{Fact, Unknown};
use gt_audit::arn::Arn;
use gt_audit::audit::{Options, audit};
use gt_audit::config::Config;
use gt_audit::finding::{Finding, RuleId};
use gt_audit::labeling::{Use, wanted};
use gt_audit::report::table::{Layout, Reading};
use gt_audit::report::{Report, json, table};
use gt_audit::rules::RULES;

use crate::accounts::{OPTIONS, read, story, story_path};

fn report(all: bool) -> Report {
    audit(&story(), Options { all, ..OPTIONS })
}

/// A line for each finding, undecided subject and gap.
pub fn summary(report: &Report) -> String {
    let name = |arn: Option<&Arn>| arn.map_or("-", Arn::name).to_owned();
    let mut lines: Vec<String> = report
        .pairs
        .iter()
        .map(|f| {
            let about = match f.resources.len() {
                0 => name(f.resource.as_ref()),
                many => format!("{many} resources"),
            };
            let documented = f.documented.as_ref().map_or("-".to_owned(), |d| format!("{:?}", d.verdict));
            let effective = f.effective.as_ref().map_or("-".to_owned(), |e| format!("{:?}", e.coverage));
            format!(
                "{:?} {} {} {about} {documented} {effective}",
                f.severity,
                f.rule.as_str(),
                name(f.principal.as_ref())
            )
        })
        .collect();
    lines.extend(report.open.iter().map(|u| format!("? {} {} ({})", u.rule.as_str(), u.subject, u.unknown.resource())));
    lines.extend(report.gaps.iter().map(|g| format!("gap {} on {}: {}", g.gap.action, g.gap.resource, g.gap.error)));
    lines.join("\n")
}

#[test]
fn every_finding_the_story_was_built_to_cause_and_none_else() {
    let report = report(false);
    insta::assert_snapshot!("findings", summary(&report));
    let roles: Vec<_> = report
        .execution_roles
        .iter()
        .map(|r| format!("{}: {} {:?} {:?}", r.arn.name(), r.why.join("; "), r.buckets.unwrap(), r.functions.unwrap()))
        .collect();
    insta::assert_snapshot!("execution roles", roles.join("\n"));
    assert_eq!(report.summary.exit_code, 1);
}

#[test]
fn the_story_has_a_place_for_every_rule() {
    let speaking: BTreeSet<&str> = report(false).pairs.iter().map(|finding| finding.rule.as_str()).collect();
    let silent: Vec<&str> = RULES.iter().map(|rule| rule.id.as_str()).filter(|id| !speaking.contains(id)).collect();
    assert_eq!(silent, [""; 0]);
}

#[test]
fn what_the_demos_configuration_names_is_used() {
    let config = Config::parse("gt-audit.toml", read("localstack/gt-audit.toml").as_bytes()).unwrap();
    let before = summary(&report(false));
    let after = summary(&audit(&story(), Options { workloads: &config.workloads, ..OPTIONS }));
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (before.lines().collect(), after.lines().collect());
    let gone = before.difference(&after).map(|line| format!("- {line}"));
    let new = after.difference(&before).map(|line| format!("+ {line}"));
    insta::assert_snapshot!("what the workload changes", gone.chain(new).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_story_knows_whatever_collect_would_ask_for() {
    let account = story().account;
    let wanted = wanted(&account, &[], false);
    let buckets = account.buckets.known().unwrap();
    let asked = buckets.iter().filter(|bucket| bucket.policy.known().is_ok()).map(|bucket| &bucket.arn);
    assert_eq!(wanted.buckets.iter().collect::<Vec<_>>(), asked.collect::<Vec<_>>());
    let objects: BTreeSet<&Arn> = wanted.objects.iter().map(|(_, object)| object).collect();
    assert_eq!(objects, account.objects.keys().collect());
    let keys = account.regions.iter().flat_map(|(region, regional)| regional.keys.keys().map(move |key| (region, key)));
    assert_eq!(wanted.keys.iter().map(|(region, key)| (region, key)).collect::<Vec<_>>(), keys.collect::<Vec<_>>());
    let functions = account.regions.values().flat_map(|regional| regional.functions.known().unwrap());
    let asked: BTreeSet<&Arn> = functions.filter(|f| f.policy.known().is_ok()).map(|f| &f.arn).collect();
    assert_eq!(wanted.functions.iter().collect::<BTreeSet<_>>(), asked);
}

#[test]
fn the_table_on_a_wide_and_on_a_narrow_terminal() {
    for width in [120, 72] {
        let text = table::write(&report(false), Layout { width, color: false }, &Reading::default());
        insta::assert_snapshot!(format!("table of {width} columns"), text);
        for line in text.lines() {
            let is_one_name = line.split_whitespace().count() == 1;
            assert!(line.chars().count() <= usize::from(width) || is_one_name, "{line}");
            assert_eq!(line.trim_end(), line);
        }
    }
    let colored = table::write(&report(false), Layout { width: 120, color: true }, &Reading::default());
    assert!(colored.contains("\u{1b}["));
}

/// The report with the configuration of the demo, as `gt-audit` shows it.
fn shown(width: u16) -> (Report, String) {
    let config = Config::parse("localstack/gt-audit.toml", read("localstack/gt-audit.toml").as_bytes()).unwrap();
    let report = audit(&story(), Options { workloads: &config.workloads, ..OPTIONS });
    let source = "snapshot localstack/story.json, localstack/gt-audit.toml".to_owned();
    let reading = Reading { source, fail_on: Some(gt_audit::finding::Severity::High), full: false };
    let text = table::write(&report, Layout { width, color: false }, &reading);
    (report, text)
}

#[test]
fn the_page_is_short_and_begins_with_the_worst_job() {
    let (report, text) = shown(80);
    insta::assert_snapshot!("page of 80 columns", text);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() <= 120, "{} lines", lines.len());
    let first = lines[..24].join("\n");
    assert!(first.contains(&format!("{} findings: ", report.findings.len())), "{first}");
    assert!(first.contains("acme-shops         FAILED"), "{first}");
    assert!(text.ends_with("gt-audit fix ID\n"));
}

#[test]
fn every_count_of_the_page_equals_its_rows() {
    for width in [60, 80, 100, 120, 200] {
        let (report, text) = shown(width);
        let mut of_section: Option<(String, [usize; 4])> = None;
        let mut all = [0; 4];
        let words = ["high", "medium", "low", "info"];
        let counts = |text: &str| -> [usize; 4] {
            words.map(|word| {
                let count = text.split(", ").find_map(|part| part.trim().strip_suffix(word));
                count.map_or(0, |count| count.trim().replace(',', "").parse().unwrap())
            })
        };
        let check = |section: &Option<(String, [usize; 4])>| {
            if let Some((title, rows)) = section {
                let (_, counted) = title.split_once(": ").unwrap();
                assert_eq!(counts(counted.split(" (").next().unwrap()), *rows, "{width}: {title}");
            }
        };
        for line in text.lines() {
            if line.chars().next().is_some_and(char::is_uppercase) && line.contains(": ") {
                let title: String = line.split(": ").next().unwrap().to_owned();
                if title.chars().all(|c| c.is_uppercase() || c == ' ') {
                    check(&of_section);
                    of_section = Some((line.to_owned(), [0; 4]));
                }
            }
            let columns: Vec<&str> = line.split_whitespace().collect();
            let word = columns.first().and_then(|first| words.iter().position(|word| word == first));
            let id = columns.get(1).copied().unwrap_or_default();
            if let (Some(word), true, Some((_, rows))) = (word, line.starts_with("  "), &mut of_section) {
                let many = id.strip_prefix('x').and_then(|count| count.parse::<usize>().ok());
                let is_id = id.len() >= 4 && id.chars().all(|c| c.is_ascii_hexdigit());
                assert!(many.is_some() || is_id, "{line}");
                rows[word] += many.unwrap_or(1);
                all[word] += many.unwrap_or(1);
            }
        }
        check(&of_section);
        let summary = report.summary;
        assert_eq!(all, [summary.high, summary.medium, summary.low, summary.info], "{width}");
    }
}

#[test]
fn the_json_says_what_the_table_says() {
    let report = report(false);
    let text = json::write(&report).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed["findings"].as_array().unwrap().len(), report.findings.len());
    assert_eq!(parsed["summary"]["exitCode"], 1);
    let out_of_reach =
        parsed["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "bucket-out-of-reach").unwrap();
    insta::assert_json_snapshot!("one finding as JSON", out_of_reach);
    let shown = table::write(&report, Layout { width: 400, color: false }, &Reading::default());
    for finding in report.findings.iter().filter(|finding| !finding.is_grouped) {
        assert!(shown.contains(finding.resources.first().unwrap().name()), "{}", finding.message);
    }
}

#[test]
fn the_order_of_an_accounts_lists_changes_nothing() {
    let mut turned = story();
    let account = &mut turned.account;
    crate::accounts::known(&mut account.iam.roles).reverse();
    crate::accounts::known(&mut account.buckets).reverse();
    account.regions.values_mut().for_each(|r| crate::accounts::known(&mut r.functions).reverse());
    let changed = audit(&turned, OPTIONS);
    assert_eq!(changed.pairs, report(false).pairs);
    assert_eq!(changed.summary, report(false).summary);
}

#[test]
fn the_story_file_is_as_collect_writes_it() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["story.json", "story.json.zst"] {
        let path = directory.path().join(name);
        story().write(&path).unwrap();
        assert_eq!(gt_audit::account::snapshot::Snapshot::read(&path).unwrap(), story());
    }
    let written = std::fs::read(directory.path().join("story.json")).unwrap();
    assert!(written == std::fs::read(story_path()).unwrap(), "localstack/story.json is not in collect's form");
    let packed = std::fs::metadata(directory.path().join("story.json.zst")).unwrap().len();
    assert!(packed * 10 < u64::try_from(written.len()).unwrap());
}

/// What the user's own design reads is IAM, S3 and Lambda alone: all that they decide is decided.
#[test]
fn refused_lists_of_jobs_leave_open_how_bad_a_finding_is_and_no_more() {
    let pairs = |report: &Report| -> BTreeSet<(RuleId, String, String)> {
        let of = |finding: &Finding| {
            let principal = finding.principal.as_ref().map(ToString::to_string).unwrap_or_default();
            let about = finding.resource.iter().chain(finding.resources.iter()).map(ToString::to_string);
            about.map(|about| (finding.rule, principal.clone(), about)).collect::<Vec<_>>()
        };
        report.pairs.iter().flat_map(of).collect()
    };
    let whole = pairs(&report(false));
    for refused in [&["eu-west-1", "us-east-1"][..], &["us-east-1"]] {
        let mut blind = story();
        for region in refused {
            let arn = format!("arn:aws:sagemaker:{region}:111122223333:labeling-job/*");
            let unknown =
                Unknown::refused("sagemaker:ListLabelingJobs", &arn, "AccessDeniedException", "not authorized");
            blind.account.regions.get_mut(*region).unwrap().labeling_jobs = Fact::Unknown(unknown);
        }
        let report = audit(&blind, OPTIONS);
        let left = pairs(&report);
        for (rule, principal, about) in whole.difference(&left) {
            // What a job alone shows is undecided: of each job there may be, or of the bucket that one may show.
            let of_jobs = gt_audit::rules::rule(*rule).unwrap().is_of_jobs();
            let open = report
                .open
                .iter()
                .any(|open| open.rule == *rule && (of_jobs || ["*", about].contains(&open.subject.as_str())));
            assert!(open, "{rule} about {about} for {principal} is gone");
        }
        let may_be_used = |finding: &&Finding| {
            finding.rule.as_str().ends_with("out-of-reach")
                && finding.region.as_deref().is_none_or(|region| refused.contains(&region))
        };
        for finding in report.pairs.iter().filter(may_be_used) {
            assert_eq!(finding.usage, Some(Use::Unknown), "{}", finding.message);
        }
        // One entry a missing fact, which says how many findings may rank higher.
        assert_eq!(report.undecided.len(), refused.len());
        assert_eq!(report.gaps.len(), refused.len());
        assert!(report.gaps.iter().all(|gap| gap.affects.rank_open.values().sum::<usize>() > 10), "{:?}", report.gaps);
        let text = table::write(&report, Layout { width: 100, color: false }, &Reading::default());
        assert_eq!(text.matches("sagemaker:ListLabelingJobs on ").count(), 1);
    }
}
