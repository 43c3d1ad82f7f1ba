//! The report for a terminal.
//!
//! From top to bottom: what was audited, which roles labeling jobs run under and how far they reach, the findings worst
//! first with what to do, one line for each group that nothing shows to be used, and at the end what could not be read
//! or decided. All text is made plain first; colours and width are the caller's.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::text::plain;
use super::{ExecutionRole, Reach, Report};
use crate::arn::Arn;
use crate::finding::{Finding, Severity};

/// How a report is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal.
    pub width: u16,
    /// May colours be used?
    pub color: bool,
    /// Are ungrouped low findings spelled out with remedies?
    pub all: bool,
}

/// Narrower than this nothing can be laid out.
const NARROWEST: u16 = 40;

/// The report as text.
#[must_use]
pub fn write(report: &Report, layout: Layout) -> String {
    let page = Page { layout: Layout { width: layout.width.max(NARROWEST), ..layout } };
    let mut parts = vec![head(report)];
    if report.execution_roles.is_empty() {
        parts.push("No execution role for labeling jobs was found.\n".to_owned());
    } else {
        parts.push(page.roles(&report.execution_roles));
    }
    for severity in [Severity::High, Severity::Medium, Severity::Low, Severity::Info] {
        let single = |finding: &&Finding| finding.severity == severity && finding.resources.is_empty();
        let findings: Vec<&Finding> = report.findings.iter().filter(single).collect();
        if !findings.is_empty() {
            parts.push(page.findings(severity, &findings));
        }
    }
    let grouped: Vec<&Finding> = report.findings.iter().filter(|finding| !finding.resources.is_empty()).collect();
    if !grouped.is_empty() {
        parts.push(page.grouped(&grouped));
    }
    parts.extend(page.missing(report));
    parts.push(verdict(report));
    parts.join("\n")
}

struct Page {
    layout: Layout,
}

impl Page {
    fn table(&self, constraints: &[ColumnConstraint]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(self.layout.width);
        table.set_constraints(constraints.to_vec());
        if self.layout.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }

    fn roles(&self, roles: &[ExecutionRole]) -> String {
        let mut table = self.table(&[]);
        table.set_header(["execution role", "why", "buckets", "functions"]);
        for role in roles {
            let why: Vec<String> = role.why.iter().map(|why| plain(why)).collect();
            table.add_row([plain(role.arn.name()), why.join("; "), reach(role.buckets), reach(role.functions)]);
        }
        format!("{table}\n")
    }

    fn findings(&self, severity: Severity, findings: &[&Finding]) -> String {
        let mut table = self.table(&[ColumnConstraint::UpperBoundary(Width::Percentage(36))]);
        table.load_style(presets::UTF8_FULL);
        let (name, color) = spoken(severity);
        let count = if findings.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", findings.len()) };
        table.set_header([
            Cell::new(name).fg(color).add_attribute(Attribute::Bold),
            Cell::new(count).add_attribute(Attribute::Bold),
        ]);
        for finding in findings {
            table.add_row([Cell::new(about(finding)), Cell::new(said(finding))]);
        }
        format!("{table}\n")
    }

    fn grouped(&self, findings: &[&Finding]) -> String {
        let mut lines = vec!["What nothing shows to be used for labeling (`--all` spells it out):".to_owned()];
        for finding in findings {
            let (name, _) = spoken(finding.severity);
            lines.push(format!("- {} {}: {}", name.to_lowercase(), finding.rule, plain(&finding.message)));
        }
        self.wrapped(&lines)
    }

    /// What could not be read, and what could not be decided for want of it or of a decision this version can take.
    fn missing(&self, report: &Report) -> Vec<String> {
        let mut parts = vec![];
        if !report.gaps.is_empty() {
            let mut lines = vec!["Could not be read:".to_owned()];
            lines.extend(report.gaps.iter().map(|reported| {
                let gap = &reported.gap;
                format!("- {} on {}: {} ({})", plain(&gap.action), plain(&gap.resource), plain(&gap.code), plain(&gap.message))
            }));
            parts.push(self.wrapped(&lines));
        }
        if !report.undecided.is_empty() {
            let mut lines = vec!["Undecided, and not to be taken for a pass:".to_owned()];
            lines.extend(report.undecided.iter().map(|open| {
                let about = match (&open.principal, open.resources.len()) {
                    (Some(role), _) => format!("{} for {}", plain(&open.subject), plain(role.name())),
                    (None, 0) => plain(&open.subject),
                    (None, many) => format!("{many} resources for {}", plain(&open.subject)),
                };
                format!("- {} about {about}: {}, {}", open.rule, plain(&open.gap.resource), plain(&open.gap.message))
            }));
            parts.push(self.wrapped(&lines));
        }
        parts
    }

    fn wrapped(&self, lines: &[String]) -> String {
        let mut table = self.table(&[]);
        table.load_style(presets::NOTHING);
        for line in lines {
            table.add_row([line]);
        }
        let text: String = table.lines().map(|line| format!("{}\n", line.trim_end().strip_prefix(' ').unwrap_or(&line))).collect();
        text
    }
}

fn head(report: &Report) -> String {
    let account = &report.account;
    let alias = account.alias.as_ref().map(|alias| format!(" ({})", plain(alias))).unwrap_or_default();
    let collected = &report.collected;
    let seconds = seconds(report).map(|seconds| format!(" in {seconds} s")).unwrap_or_default();
    format!(
        "{} {}: account {}{alias}, {}\n{}, {}, {}; {} calls{seconds}\n",
        report.tool.name,
        report.tool.version,
        plain(&account.id),
        plain(&account.regions.join(", ")),
        counted(collected.roles, "role", "roles"),
        counted(collected.buckets, "bucket", "buckets"),
        counted(collected.functions, "function", "functions"),
        collected.api_calls,
    )
}

fn counted(count: Option<usize>, one: &str, many: &str) -> String {
    match count {
        None => format!("unknown {many}"),
        Some(1) => format!("1 {one}"),
        Some(count) => format!("{count} {many}"),
    }
}

fn seconds(report: &Report) -> Option<i64> {
    let started: jiff::Timestamp = report.started_at.parse().ok()?;
    let finished: jiff::Timestamp = report.finished_at.parse().ok()?;
    Some(finished.as_second() - started.as_second())
}

fn reach(reach: Option<Reach>) -> String {
    let Some(reach) = reach else { return "unknown".to_owned() };
    let parts = [
        (reach.all, "reached"),
        (reach.some, "in part"),
        (reach.none, "not"),
        (reach.denied, "denied"),
        (reach.unknown, "unknown"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() { "none there".to_owned() } else { parts.join(", ") }
}

fn about(finding: &Finding) -> String {
    let mut lines = vec![finding.rule.to_owned()];
    if let Some(principal) = &finding.principal {
        lines.push(format!("role {}", plain(principal.name())));
    }
    if let Some(resource) = finding.resource.as_ref().filter(|resource| Some(*resource) != finding.principal.as_ref()) {
        lines.push(format!("{} {}", kind(resource), plain(resource.name())));
    }
    lines.join("\n")
}

fn kind(arn: &Arn) -> &'static str {
    match (arn.service(), arn.resource().split(['/', ':']).next()) {
        ("s3", _) => "bucket",
        ("lambda", _) => "function",
        ("iam", Some("role")) => "role",
        ("iam", Some("policy")) => "policy",
        _ => "resource",
    }
}

fn said(finding: &Finding) -> String {
    let remedies = finding.remedy.iter().map(|remedy| format!("\n→ {}", plain(&remedy.summary)));
    std::iter::once(plain(&finding.message)).chain(remedies).collect()
}

fn spoken(severity: Severity) -> (&'static str, Color) {
    match severity {
        Severity::High => ("HIGH", Color::Red),
        Severity::Medium => ("MEDIUM", Color::Yellow),
        Severity::Low => ("LOW", Color::Blue),
        Severity::Info => ("INFO", Color::Cyan),
    }
}

fn verdict(report: &Report) -> String {
    let summary = &report.summary;
    let counts = format!(
        "{} high, {} medium, {} low, {} info",
        summary.high, summary.medium, summary.low, summary.info
    );
    match summary.exit_code {
        0 => format!("{counts}; the audit is complete.\n"),
        1 => format!("{counts}; exit code 1.\n"),
        code => format!("{counts}; the audit is incomplete: exit code {code}.\n"),
    }
}
