//! The sections of the page: which findings stand where, and what each section begins with.

use std::collections::{BTreeMap, BTreeSet};

use super::jobs::Jobs;
use super::names::{Names, counted, number, quoted, spoken, word};
use super::page::{Page, Style};
use super::rows::{Rows, entry};
use crate::arn::Arn;
use crate::evaluation::wording::{list, quoted_or};
use crate::finding::{ReportedUnknown, RuleId, Severity};
use crate::report::text::plain;
use crate::report::{Missing, Report, ReportedFinding, ReportedGap, Undecided};

/// Where a finding stands that is not about what a job uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Execution roles and policies.
    Roles,
    /// Buckets.
    Buckets,
    /// Functions.
    Functions,
    /// Users and groups.
    People,
}

impl Section {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Roles, "ROLES AND POLICIES"),
        (Self::Buckets, "BUCKETS"),
        (Self::Functions, "FUNCTIONS"),
        (Self::People, "USERS AND GROUPS"),
    ];

    fn of(rule: RuleId) -> Self {
        match rule {
            RuleId::ConsoleAccessIncomplete
            | RuleId::PassRoleNeverMatches
            | RuleId::PassRoleUnrestricted
            | RuleId::PrivilegeEscalation
            | RuleId::ResourceScopeIgnored
            | RuleId::UnknownAction => Self::People,
            rule if rule.as_str().starts_with("bucket-") => Self::Buckets,
            rule if rule.as_str().starts_with("function-") => Self::Functions,
            _ => Self::Roles,
        }
    }
}

/// Writes the findings: those about jobs first.
pub(super) fn findings(page: &mut Page, report: &Report, rows: &Rows<'_, '_>) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    jobs(page, report, rows, &mut told);
    for (section, title) in Section::ALL {
        let of_section = |finding: &&ReportedFinding| {
            finding.counts()
                && !finding.is_grouped
                && !told.contains(finding.id.as_str())
                && Section::of(finding.rule) == section
        };
        let found: Vec<&ReportedFinding> = report.findings.iter().filter(of_section).collect();
        if found.is_empty() {
            continue;
        }
        page.space();
        page.line(&page.styled(Style::Bold, &format!("{title}: {}", counts(found.iter().copied()))));
        if let Some(legend) = legend(report, rows.names, section) {
            page.wrap("  ", "  ", &legend);
            if page.is_wide() {
                page.space();
            }
        }
        let rows = Rows { with_kind: section == Section::People, ..*rows };
        rows.write(page, &found, |_| String::new());
    }
    unused(page, report);
}

/// The thing that all rows of a section rely on.
#[must_use]
pub fn legend(report: &Report, names: &Names<'_>, section: Section) -> Option<String> {
    let tokens = |of: fn(&crate::report::PolicyTokens) -> &Vec<String>| {
        let (first, others) = report.tokens.split_first()?;
        let any = |tokens: &[String]| quoted_or(tokens).replace('`', "");
        if let [other] = others
            && of(other).iter().all(|token| of(first).contains(token))
            && of(other).len() < of(first).len()
        {
            let more: Vec<String> = of(first).iter().filter(|token| !of(other).contains(token)).cloned().collect();
            let common = of(other).join(", ");
            return Some(format!("A name must contain {common} or (for {}) {}", first.policy, any(&more)));
        }
        let differing = others.iter().filter(|other| of(other) != of(first));
        let but: Vec<String> = differing.map(|other| format!("for {}: {}", other.policy, any(of(other)))).collect();
        let but = if but.is_empty() { String::new() } else { format!(" ({})", but.join("; ")) };
        Some(format!("A name must contain {}{but}", any(of(first))))
    };
    match section {
        Section::Roles => {
            let roles: Vec<Arn> = report.execution_roles.iter().map(|role| role.arn.clone()).collect();
            match roles.len() {
                0 => None,
                count @ 1..=6 => {
                    let all = list(roles.iter().map(|arn| quoted(arn.name())));
                    Some(format!("{}: {all}", counted(count, "execution role")))
                }
                count => {
                    let classes: BTreeSet<usize> = report.execution_roles.iter().map(|role| role.class).collect();
                    let carrying = names.carrying().map(|(policy, count)| format!("{count} with {policy}"));
                    let carrying: Vec<String> = carrying.collect();
                    Some(format!(
                        "{} in {} of the same policies: {}",
                        counted(count, "execution role"),
                        counted(classes.len(), "class").replace("classs", "classes"),
                        carrying.join(", ")
                    ))
                }
            }
        }
        Section::Buckets => tokens(|policy| &policy.buckets)
            .map(|text| format!("{text}, unless a policy of your own allows the bucket.")),
        Section::Functions => tokens(|policy| &policy.functions).map(|text| format!("{text}.")),
        Section::People => None,
    }
}

/// The jobs and workloads that something is found of, and the others in a line.
fn jobs<'r>(page: &mut Page, report: &'r Report, rows: &Rows<'_, 'r>, told: &mut BTreeSet<&'r str>) {
    let Jobs { blocks, fine } = Jobs::of(report, told);
    if blocks.is_empty() && (fine.is_empty() || report.labeling_jobs.is_empty()) {
        return;
    }
    let found = blocks.iter().flat_map(|block| block.own.iter().copied());
    page.space();
    let title = if blocks.is_empty() {
        "LABELING JOBS".to_owned()
    } else {
        format!("LABELING JOBS AND WORKLOADS: {}", counts(found))
    };
    page.line(&page.styled(Style::Bold, &title));
    let widest = blocks.iter().map(|block| block.name.chars().count()).max().unwrap_or(0);
    let rows = Rows { with_kind: true, ..*rows };
    for block in &blocks {
        page.space();
        let made = if page.is_wide() { block.made.as_str() } else { "" };
        let name = plain(block.name);
        let (head, role) = (format!("{name:widest$}  {:9}", block.standing), plain(&block.role));
        if head.chars().count() + 2 + made.len() + role.chars().count() <= page.width() {
            page.line(&format!("{head}  {made}{role}"));
        } else {
            page.line(format!("{head}  {}", made.trim_end_matches(", ")).trim_end());
            page.line(&format!("  {role}"));
        }
        if let Some(says) = &block.says {
            page.wrap("  ", "  ", &format!("AWS says: {says}"));
        }
        // What AWS says of the failure stands above.
        let (failed, others): (Vec<&ReportedFinding>, Vec<&ReportedFinding>) =
            block.own.iter().partition(|finding| finding.rule == RuleId::JobFailedOnPermission);
        rows.heads(page, &failed);
        rows.write(page, &others, |finding| block.also(finding));
    }
    if !fine.is_empty() {
        page.space();
        page.wrap("", "  ", &format!("nothing found of {}: {}", counted(fine.len(), "other"), fine.join(", ")));
    }
}

/// What nothing shows to be used: a line a rule.
fn unused(page: &mut Page, report: &Report) {
    let lines = unused_lines(report);
    if lines.is_empty() {
        return;
    }
    page.space();
    let grouped = report.findings.iter().filter(|f| f.is_grouped && f.counts());
    let title = format!("NOT KNOWN TO BE USED FOR LABELING: {} (--all lists them)", counts(grouped));
    page.line(&page.styled(Style::Bold, &title));
    let widest = lines.iter().map(|line| line.rule.as_str().len()).max().unwrap_or(0);
    for Unused { severity, rule, findings, what } in lines {
        let spoken_severity = word(severity);
        let many = format!("x{findings}");
        let front =
            format!("  {}{}", page.styled(Style::Of(severity), spoken_severity), " ".repeat(8 - spoken_severity.len()));
        let rule = rule.as_str();
        if 18 + widest + what.chars().count() <= page.width() {
            page.line(&format!("{front}{many:6}{rule:widest$}  {what}"));
        } else {
            page.line(&format!("{front}{many:6}{rule}"));
            page.line(&format!("          {what}"));
        }
    }
}

/// What one rule finds of all that nothing shows to be used.
#[derive(Debug)]
pub struct Unused {
    /// How bad it is.
    pub severity: Severity,
    /// The rule.
    pub rule: RuleId,
    /// How many findings that is.
    pub findings: usize,
    /// `34 or 35 buckets for each of 6 roles`
    pub what: String,
}

/// What nothing shows to be used, rule by rule.
#[must_use]
pub fn unused_lines(report: &Report) -> Vec<Unused> {
    let mut by_rule: BTreeMap<(Severity, RuleId), Vec<&ReportedFinding>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|f| f.is_grouped && f.counts()) {
        by_rule.entry((finding.severity, finding.rule)).or_default().push(finding);
    }
    let line = |((severity, rule), findings): ((Severity, RuleId), Vec<&ReportedFinding>)| {
        // A role has to do with one or several of them.
        let mut by_role: BTreeMap<&Arn, usize> = BTreeMap::new();
        for finding in &findings {
            for role in &finding.principals {
                *by_role.entry(role).or_default() += finding.resources.len();
            }
        }
        let kind = findings.first().and_then(|f| f.resources.first()).map_or("resource", super::names::kind);
        let sizes = match (by_role.values().min(), by_role.values().max()) {
            (Some(least), Some(most)) if least == most => counted(*least, kind),
            (Some(least), Some(most)) => {
                let between = if most - least == 1 { "or" } else { "to" };
                format!("{} {between} {} {kind}s", number(*least), number(*most))
            }
            _ => String::new(),
        };
        let whom = match by_role.len() {
            1 => format!("for {}", by_role.keys().next().map_or("", |arn| arn.name())),
            many => format!("for each of {} roles", number(many)),
        };
        Unused { severity, rule, findings: findings.len(), what: format!("{sizes} {whom}") }
    };
    by_rule.into_iter().map(line).collect()
}

/// `10 high, 2 medium`.
#[must_use]
pub fn counts<'r>(findings: impl Iterator<Item = &'r ReportedFinding>) -> String {
    let mut by_severity: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *by_severity.entry(finding.severity).or_default() += 1;
    }
    let each: Vec<String> =
        by_severity.iter().map(|(severity, count)| format!("{} {}", number(*count), word(*severity))).collect();
    each.join(", ")
}

/// What could not be read, one entry a refused action; and what else could not be decided.
pub(super) fn missing(page: &mut Page, report: &Report) {
    let mut by_action: BTreeMap<(&str, &str), Vec<(usize, &ReportedGap)>> = BTreeMap::new();
    for (index, gap) in report.gaps.iter().enumerate() {
        by_action.entry((&gap.gap.action, &gap.gap.error)).or_default().push((index, gap));
    }
    if !by_action.is_empty() {
        page.space();
        page.line(&page.styled(Style::Bold, &format!("NOT READ: {}", counted(by_action.len(), "action"))));
        if report.is_blind() {
            return refused(page, report);
        }
    }
    for ((action, error), gaps) in &by_action {
        unread(page, report, action, error, gaps);
    }
    let others: Vec<(&ReportedUnknown, &Undecided)> = report
        .undecided
        .iter()
        .filter_map(|open| if let Missing::Other(unknown) = &open.gap { Some((unknown, open)) } else { None })
        .collect();
    if !others.is_empty() {
        page.space();
        page.line(&page.styled(Style::Bold, &format!("UNDECIDED: {}", counted(others.len(), "fact"))));
        for (unknown, open) in others {
            page.wrap("  ", "    ", &spoken(&unknown.message));
            entry(page, "undecided", &undecided(open));
        }
    }
}

/// An action that was refused: where, AWS's words, what depends on it, and what to grant.
fn unread(page: &mut Page, report: &Report, action: &str, error: &str, gaps: &[(usize, &ReportedGap)]) {
    let on: Vec<&str> = gaps.iter().map(|(_, gap)| gap.gap.resource.as_str()).collect();
    let place = match on.as_slice() {
        ["*"] => String::new(),
        [one] => format!(" on {one}"),
        many => format!(" on {}", counted(many.len(), "resource")),
    };
    page.wrap("  ", "  ", &format!("{action}{place}, {error}:"));
    if let Some((_, first)) = gaps.first() {
        page.wrap("  ", "  ", &spoken(&first.gap.message));
    }
    let is_of = |open: &&Undecided| gaps.iter().any(|(index, _)| open.gap == Missing::Gap(*index));
    for open in report.undecided.iter().filter(is_of) {
        entry(page, "undecided", &undecided(open));
    }
    let mut open_ranks: BTreeMap<RuleId, usize> = BTreeMap::new();
    for (rule, count) in gaps.iter().flat_map(|(_, gap)| &gap.affects.rank_open) {
        *open_ranks.entry(*rule).or_default() += count;
    }
    if !open_ranks.is_empty() {
        let all = counted(open_ranks.values().sum(), "finding");
        let each: Vec<String> = open_ranks.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
        entry(page, "rank open", &format!("{all}, which may rank higher: {}", each.join(", ")));
    }
    entry(page, "to grant", &format!("{action} (gt-audit permissions prints the whole policy)"));
}

/// Every action that was refused, by service, where nothing at all could be read.
fn refused(page: &mut Page, report: &Report) {
    let mut by_service: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for gap in &report.gaps {
        let (service, name) = gap.gap.action.split_once(':').unwrap_or((&gap.gap.action, ""));
        by_service.entry(service).or_default().insert(name);
    }
    for (service, names) in by_service {
        entry(page, service, &names.into_iter().collect::<Vec<_>>().join(", "));
    }
    page.space();
    page.line(&format!("  Grant {} the AWS managed policy", plain(report.caller.name())));
    page.line(&format!("    arn:{}:iam::aws:policy/SecurityAudit", report.account.partition));
    page.line("  or only what gt-audit needs, which this prints:");
    page.line("    gt-audit permissions");
}

/// For which rules, and of what.
#[must_use]
pub fn undecided(open: &Undecided) -> String {
    const SHOWN: usize = 3;
    let rules: Vec<&str> = open.rules.iter().map(|rule| rule.as_str()).collect();
    let named: Vec<&str> = open.subjects.iter().take(SHOWN).map(String::as_str).collect();
    let subjects = match (named.as_slice(), open.count) {
        (["*"], 1) => "the account".to_owned(),
        (_, count) if count > SHOWN => format!("{} and {} more", named.join(", "), count - SHOWN),
        _ => named.join(", "),
    };
    format!("{subjects} for {}", rules.join(", "))
}
