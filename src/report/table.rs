//! The report for a terminal.
//!
//! From top to bottom: what was audited, which roles labeling jobs run under and how far they reach, the findings worst
//! first with what to do, one line for each group that nothing shows to be used, what could not be read or decided, and
//! what else there is to know. Silenced findings are not shown. All text is made plain first; colours and width are the
//! caller's.

use std::collections::HashMap;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, TableStyle, Width, presets};

use super::text::plain;
use super::{ExecutionRole, Missing, Reach, Report, ReportedGap, Undecided};
use crate::arn::Arn;
use crate::evaluation::wording::{Sentence, Who};
use crate::finding::{Finding, ReportedUnknown, RuleId, Severity, Status};

/// How a report is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal.
    pub width: u16,
    /// May colours be used?
    pub color: bool,
}

/// Narrower than this nothing can be laid out.
const NARROWEST: u16 = 40;

/// The report as text.
#[must_use]
pub fn write(report: &Report, layout: Layout) -> String {
    let page = Page::new(layout);
    let mut parts = vec![page.wrapped(&head(report))];
    if report.execution_roles.is_empty() {
        let looked = report.collected.roles.is_some() && report.open.iter().all(|open| open.subject != "*");
        let none =
            if looked { "No execution role for labeling jobs was found." } else { "Not all roles could be read." };
        parts.push(page.wrapped(&[none.to_owned()]));
    } else {
        parts.push(page.roles(&report.execution_roles));
    }
    let shown = || report.findings.iter().filter(|finding| finding.status != Status::Suppressed);
    for severity in [Severity::High, Severity::Medium, Severity::Low, Severity::Info] {
        let single = |finding: &&Finding| finding.severity == severity && finding.resources.is_empty();
        let findings: Vec<&Finding> = shown().filter(single).collect();
        if !findings.is_empty() {
            parts.push(page.findings(severity, &findings));
        }
    }
    let grouped: Vec<&Finding> = shown().filter(|finding| !finding.resources.is_empty()).collect();
    if !grouped.is_empty() {
        parts.push(page.grouped(&grouped));
    }
    parts.extend(page.missing(report));
    if !report.notes.is_empty() {
        parts.push(page.wrapped(&report.notes.iter().map(|note| plain(note)).collect::<Vec<_>>()));
    }
    parts.push(page.wrapped(&[verdict(report)]));
    parts.join("\n")
}

/// Where tables and lines are laid out.
pub(super) struct Page {
    layout: Layout,
}

impl Page {
    pub(super) fn new(layout: Layout) -> Self {
        Self { layout: Layout { width: layout.width.max(NARROWEST), ..layout } }
    }

    /// An empty table of the page's width.
    pub(super) fn table(&self, style: TableStyle, header: Vec<Cell>) -> Table {
        let mut table = Table::new();
        table.load_style(style).set_header(header);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(self.layout.width);
        if self.layout.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }

    fn roles(&self, roles: &[ExecutionRole]) -> String {
        let header = ["execution role", "why", "buckets", "functions"].map(Cell::new);
        let mut table = self.table(presets::UTF8_FULL_CONDENSED, header.into());
        for role in roles {
            let why: Vec<String> = role.why.iter().map(|why| plain(why)).collect();
            table.add_row([plain(role.arn.name()), why.join("; "), reach(role.buckets), reach(role.functions)]);
        }
        format!("{table}\n")
    }

    fn findings(&self, severity: Severity, findings: &[&Finding]) -> String {
        let (name, color) = spoken(severity);
        let count = if findings.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", findings.len()) };
        let header = vec![
            Cell::new(name).fg(color).add_attribute(Attribute::Bold),
            Cell::new(count).add_attribute(Attribute::Bold),
        ];
        let mut table = self.table(presets::UTF8_FULL, header);
        if let Some(about) = table.column_mut(0) {
            about.set_constraint(ColumnConstraint::UpperBoundary(Width::Percentage(34)));
        }
        for alike in alike(findings) {
            table.add_row([Cell::new(about(&alike)), Cell::new(said(&alike))]);
        }
        format!("{table}\n")
    }

    fn grouped(&self, findings: &[&Finding]) -> String {
        let header = ["rule", "role", "not known to be used for labeling; `--all` lists them"];
        let mut table = self.table(presets::UTF8_FULL_CONDENSED, header.map(Cell::new).into());
        for finding in findings {
            let (severity, _) = spoken(finding.severity);
            let role = finding.principal.as_ref().map(|role| plain(role.name())).unwrap_or_default();
            let kind = finding.resources.first().map_or("resource", kind);
            let plural = if finding.resources.len() == 1 { "" } else { "s" };
            let count = format!("{} {kind}{plural} ({})", finding.resources.len(), severity.to_lowercase());
            table.add_row([finding.rule.to_string(), role, count]);
        }
        format!("{table}\n")
    }

    /// What could not be read, each with what depends on it; and what else could not be decided.
    fn missing(&self, report: &Report) -> Vec<String> {
        let of_gap = |index: usize| report.undecided.iter().find(move |open| open.gap == Missing::Gap(index));
        let mut parts = vec![];
        for (index, ReportedGap { gap, affects }) in report.gaps.iter().enumerate() {
            let mut lines = vec![format!("Not read: {}", unread(gap))];
            lines.extend(of_gap(index).map(|open| format!("  undecided: {}", undecided(open))));
            if !affects.rank_open.is_empty() {
                let each: Vec<String> = affects.rank_open.iter().map(|(rule, n)| format!("{n} {rule}")).collect();
                let all = counted(Some(affects.rank_open.values().sum()), "finding", "findings");
                lines.push(format!("  rank open: {all}, which may rank higher: {}", each.join(", ")));
            }
            lines.push(format!("  to grant: {} (`gt-audit permissions` prints the whole policy)", plain(&gap.action)));
            parts.push(self.wrapped(&lines));
        }
        let others = report.undecided.iter().filter_map(|open| match &open.gap {
            Missing::Gap(_) => None,
            Missing::Other(unknown) => Some((unknown, open)),
        });
        for (unknown, open) in others {
            let lines = [format!("Undecided: {}", plain(&unknown.message)), format!("  {}", undecided(open))];
            parts.push(self.wrapped(&lines));
        }
        parts
    }

    /// Lines broken at the width, hanging under their first word.
    pub(super) fn wrapped(&self, lines: &[String]) -> String {
        let options = textwrap::Options::new(usize::from(self.layout.width))
            .subsequent_indent("  ")
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        lines.iter().map(|line| textwrap::fill(line, &options) + "\n").collect()
    }
}

fn head(report: &Report) -> [String; 2] {
    let account = &report.account;
    let alias = account.alias.as_ref().map(|alias| format!(" ({})", plain(alias))).unwrap_or_default();
    let collected = &report.collected;
    let seconds = seconds(report).map(|seconds| format!(" in {seconds} s")).unwrap_or_default();
    [
        format!(
            "{} {}: account {}{alias}, {}",
            report.tool.name,
            report.tool.version,
            plain(&account.id),
            plain(&account.regions.join(", "))
        ),
        format!(
            "{}, {}, {}; {} calls{seconds}",
            counted(collected.roles, "role", "roles"),
            counted(collected.buckets, "bucket", "buckets"),
            counted(collected.functions, "function", "functions"),
            collected.api_calls
        ),
    ]
}

/// What was asked, and what AWS said.
fn unread(gap: &ReportedUnknown) -> String {
    let on = if gap.resource == "*" { String::new() } else { format!(" on {}", plain(&gap.resource)) };
    format!("{}{on}: {} ({})", plain(&gap.action), plain(&gap.error), plain(&gap.message))
}

/// For which rules, and of what.
fn undecided(open: &Undecided) -> String {
    const SHOWN: usize = 3;
    let rules: Vec<&str> = open.rules.iter().map(|rule| rule.as_str()).collect();
    let named: Vec<String> = open.subjects.iter().take(SHOWN).map(|subject| plain(subject)).collect();
    let subjects = match (named.as_slice(), open.count) {
        ([all], 1) if all == "*" => "the account".to_owned(),
        (_, count) if count > SHOWN => format!("{} and {} more", named.join(", "), count - SHOWN),
        _ => named.join(", "),
    };
    format!("{subjects} for {}", rules.join(", "))
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

/// Findings that say the same of the same resource for several roles, together.
fn alike<'a>(findings: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = vec![];
    let mut known: HashMap<(RuleId, Option<&Arn>, &Sentence), usize> = HashMap::new();
    for finding in findings {
        let own = finding.resource.as_ref().filter(|resource| Some(*resource) != finding.principal.as_ref());
        let key = (finding.rule, own, &finding.sentence);
        let index = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn about(alike: &[&Finding]) -> String {
    let Some(finding) = alike.first() else { return String::new() };
    let mut lines = vec![finding.rule.to_string()];
    if let Some(resource) = finding.resource.as_ref().filter(|resource| Some(*resource) != finding.principal.as_ref()) {
        lines.push(format!("{} {}", kind(resource), plain(resource.name())));
    }
    let roles = alike.iter().filter_map(|finding| finding.principal.as_ref());
    lines.extend(roles.map(|role| format!("{} {}", kind(role), plain(role.name()))));
    lines.join("\n")
}

fn kind(arn: &Arn) -> &'static str {
    match (arn.service(), arn.resource().split(['/', ':']).next()) {
        ("s3", _) => "bucket",
        ("lambda", _) => "function",
        ("iam", Some("role")) => "role",
        ("iam", Some("policy")) => "policy",
        ("iam", Some("user")) => "user",
        ("iam", Some("group")) => "group",
        ("sagemaker", Some("labeling-job")) => "job",
        _ => "resource",
    }
}

fn said(alike: &[&Finding]) -> String {
    let Some(finding) = alike.first() else { return String::new() };
    let who = Who::of(alike.iter().filter_map(|finding| finding.principal.as_ref()));
    let fixes = finding.fixes.iter().map(|fix| format!("\n→ {}", plain(&fix.sentence.said(&who))));
    std::iter::once(plain(&finding.sentence.said(&who))).chain(fixes).collect()
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
    let counts =
        format!("{} high, {} medium, {} low, {} info", summary.high, summary.medium, summary.low, summary.info);
    match summary.exit_code {
        0 => format!("{counts}; the audit is complete"),
        1 => format!("{counts}; exit code 1"),
        code => format!("{counts}; the audit is incomplete: exit code {code}"),
    }
}
