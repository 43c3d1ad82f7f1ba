//! The report for a reader: a page that is read from the top.
//!
//! Who was audited and as whom; counts that agree with what follows; labeling jobs and workloads with their causes; roles and
//! policies, buckets, functions, users and groups; what nothing shows to be used, in a line a rule; what could not be read,
//! with what to grant; and last what comes next. Silenced findings are counted and not shown. No boxes: they cost a quarter
//! of the width and break what is copied. All text is made plain first.

mod jobs;
mod names;
mod page;
mod rows;
mod sections;

use std::collections::BTreeSet;

use super::text::plain;
use super::uses::JobVerdict;
use super::{Report, ReportedFinding};
use crate::evaluation::wording::list;
use crate::finding::{Severity, id};
pub use jobs::{Block, Jobs};
pub use names::{Names, counted, kind, number, spoken, word};
pub use page::{Layout, Page, Style, wrapped};
pub use rows::Rows;
pub use sections::{Section, Unused, counts, legend, undecided, unused_lines};

/// What a reader of a page must be told that is not in the report.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Where the facts and the configuration come from: `snapshot FILE, gt-audit.toml`; empty for a live account.
    pub source: String,
    /// From which severity on the exit code is 1.
    pub fail_on: Option<Severity>,
    /// Are lists given whole?
    pub full: bool,
}

/// The report as text.
#[must_use]
pub fn write(report: &Report, layout: Layout, reading: &Reading) -> String {
    let mut page = Page::new(layout);
    head(&mut page, report, reading);
    let names = Names::of(report);
    let rows = Rows { names: &names, digits: digits(report), with_kind: false, full: reading.full };
    sections::findings(&mut page, report, &rows);
    sections::missing(&mut page, report);
    if !report.notes.is_empty() {
        page.space();
        for note in &report.notes {
            page.wrap("", "  ", &spoken(note));
        }
    }
    page.space();
    end(&mut page, report, reading, rows.digits);
    page.finish()
}

/// The fewest digits, four or more, in which all ids differ.
#[must_use]
pub fn digits(report: &Report) -> usize {
    id::digits(report.findings.iter().map(|finding| finding.id.as_str()))
}

fn head(page: &mut Page, report: &Report, reading: &Reading) {
    let account = &report.account;
    let alias = account.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
    page.wrap(
        "",
        "  ",
        &format!(
            "{} {}, account {}{alias}, {}",
            report.tool.name,
            report.tool.version,
            account.id,
            list(&account.regions)
        ),
    );
    page.line(&format!("as {}", plain(report.caller.as_str())));
    let when = report.finished_at.get(..16).map(|when| when.replace('T', " ")).unwrap_or_default();
    let source = if reading.source.is_empty() { calls(report) } else { reading.source.clone() };
    page.wrap("", "  ", &format!("{when} UTC, {source}"));
    if report.is_blind() {
        page.space();
        let actions: BTreeSet<&str> = report.gaps.iter().map(|gap| gap.gap.action.as_str()).collect();
        let refused = format!("Nothing could be audited: AWS refused all {}", counted(actions.len(), "action"));
        page.wrap("", "  ", &refused);
        return;
    }
    page.wrap("", "  ", &read(report));
    page.space();
    let complete = match (report.gaps.len(), report.undecided.len()) {
        (0, 0) => "the audit is complete",
        (0, _) => "the audit is incomplete (UNDECIDED, below)",
        _ => "the audit is incomplete (NOT READ, below)",
    };
    page.wrap("", "  ", &format!("{}; {complete}", totals(report)));
    page.wrap("", "  ", &of_jobs(report));
}

/// What was read: `39 roles (6 of them execution roles), 43 buckets …`.
#[must_use]
pub fn read(report: &Report) -> String {
    let collected = &report.collected;
    let count = |count: Option<usize>, what: &str| {
        count.map_or_else(|| format!("{what}s not read"), |count| counted(count, what))
    };
    let executing = match (collected.roles, report.execution_roles.len()) {
        (None, 0) => String::new(),
        (_, 0) => " (none of them an execution role)".to_owned(),
        (_, 1) => " (1 of them an execution role)".to_owned(),
        (_, many) => format!(" ({} of them execution roles)", number(many)),
    };
    format!(
        "{}{executing}, {}, {}, {}",
        count(collected.roles, "role"),
        count(collected.buckets, "bucket"),
        count(collected.functions, "function"),
        count(collected.labeling_jobs, "labeling job")
    )
}

/// `20 calls in 2 s`.
#[must_use]
pub fn calls(report: &Report) -> String {
    let seconds = || -> Option<i64> {
        let started: jiff::Timestamp = report.started_at.parse().ok()?;
        let finished: jiff::Timestamp = report.finished_at.parse().ok()?;
        Some(finished.as_second() - started.as_second())
    };
    let seconds = seconds().map(|seconds| format!(" in {seconds} s")).unwrap_or_default();
    let calls = usize::try_from(report.collected.api_calls).unwrap_or(usize::MAX);
    format!("{}{seconds}", counted(calls, "call"))
}

/// `51 findings: 12 high, 19 medium`.
#[must_use]
pub fn totals(report: &Report) -> String {
    let counting: Vec<&ReportedFinding> = report.findings.iter().filter(|finding| finding.counts()).collect();
    let by_severity = sections::counts(counting.iter().copied());
    let open = counting.iter().filter(|finding| !finding.rank_open.is_empty()).count();
    let open = if open == 0 { String::new() } else { format!("; {} of them may rank higher", number(open)) };
    let suppressed = match report.summary.suppressed {
        0 => String::new(),
        count => format!(", {} suppressed", number(count)),
    };
    match counting.len() {
        0 => format!("no findings{suppressed}"),
        count => format!("{}: {by_severity}{suppressed}{open}", counted(count, "finding")),
    }
}

/// What comes of the labeling jobs, in one line.
#[must_use]
pub fn of_jobs(report: &Report) -> String {
    let jobs = &report.labeling_jobs;
    if report.collected.labeling_jobs.is_none() && jobs.is_empty() {
        return "the labeling jobs were not all read: what they use is not known".to_owned();
    }
    if jobs.is_empty() {
        return match report.workloads.len() {
            0 => "no labeling jobs lately, no [[workload]]: nothing is known to be used".to_owned(),
            count => format!("no labeling jobs lately; {}", counted(count, "workload")),
        };
    }
    let of = |verdict: JobVerdict| jobs.iter().filter(move |job| job.verdict == verdict);
    let with_finding = of(JobVerdict::Fine).filter(|job| !job.findings.is_empty()).count();
    let parts = [
        (of(JobVerdict::Failed).count(), "failed"),
        (of(JobVerdict::Fails).count(), "will fail"),
        (of(JobVerdict::Unknown).count(), "undecided"),
        (with_finding, "with a finding"),
        (of(JobVerdict::Fine).count() - with_finding, "fine"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    format!("{}: {}", counted(jobs.len(), "labeling job"), parts.join(", "))
}

/// Counts and exit code, the worst thing, and what comes next.
fn end(page: &mut Page, report: &Report, reading: &Reading, digits: usize) {
    let fail_on = reading.fail_on.map(|severity| format!(" (--fail-on {})", word(severity))).unwrap_or_default();
    let incomplete = if report.summary.exit_code == 3 { "incomplete; " } else { "" };
    if report.is_blind() {
        page.line(&format!("incomplete; exit code {}", report.summary.exit_code));
        return;
    }
    page.wrap("", "  ", &format!("{}; {incomplete}exit code {}{fail_on}", totals(report), report.summary.exit_code));
    let failing = report.labeling_jobs.iter().find(|job| matches!(job.verdict, JobVerdict::Failed | JobVerdict::Fails));
    let first = report.findings.iter().find(|finding| finding.counts());
    match (failing, first) {
        (Some(job), _) => {
            let name = plain(job.arn.name());
            page.wrap("", "  ", &format!("worst: labeling job {name}; why: gt-audit why {name}"));
        }
        (None, Some(worst)) => {
            let id = worst.id.get(..digits).unwrap_or(&worst.id);
            let about = worst.resources.first().or(worst.principals.first());
            let about = about.map(|arn| format!(", {} {}", kind(arn), plain(arn.name()))).unwrap_or_default();
            page.wrap("", "  ", &format!("worst: {}{about}; whole: gt-audit explain {id}", worst.rule));
        }
        (None, None) => {}
    }
    if first.is_some() {
        page.wrap("", "  ", "one finding whole: gt-audit explain ID; what to change: gt-audit fix ID");
    }
}
