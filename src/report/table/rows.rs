//! Findings as rows: severity, id, rule and subject in columns, and below them the sentence.
//!
//! Findings with the same sentence stand above it one after the other; three or more of one rule are one row.

use comfy_table::{ContentArrangement, Table, presets};

use super::names::{Names, counted, kind, quoted, spoken, word};
use super::page::{Page, Style, wrapped};
use crate::arn::Arn;
use crate::evaluation::wording::{Sentence, Who};
use crate::finding::{RuleId, Severity};
use crate::report::ReportedFinding;
use crate::report::text::plain;

/// So many findings of one rule and sentence are one row.
const MANY: usize = 3;
/// So many subjects stand in a list; more stand in columns.
const LISTED: usize = 6;
/// A list of more lines than this is cut.
const MOST_LINES: usize = 10;
/// How many lines of such a list are left.
const LEFT_LINES: usize = 6;
/// Where sentences begin.
const INDENT: &str = "          ";

/// The rows of a section or of a job.
#[derive(Debug)]
pub struct Rows<'p, 'r> {
    /// What things are called.
    pub names: &'p Names<'r>,
    /// How many digits of an id distinguish all.
    pub digits: usize,
    /// Is the kind of the subject named?
    pub with_kind: bool,
    /// Are lists given whole?
    pub full: bool,
}

/// Findings of one rule that are one row.
struct Row<'r> {
    severity: Severity,
    rule: RuleId,
    findings: Vec<&'r ReportedFinding>,
}

impl<'r> Rows<'_, 'r> {
    /// Writes findings; `also`: what is said at the end of a finding's sentence.
    pub fn write(&self, page: &mut Page, findings: &[&'r ReportedFinding], also: impl Fn(&ReportedFinding) -> String) {
        let sentence = |finding: &ReportedFinding| self.sentence(page.is_wide(), finding) + &also(finding);
        let mut stacks: Vec<(String, Vec<Row<'r>>)> = vec![];
        for finding in findings {
            let said = sentence(finding);
            let same = stacks.iter_mut().find(|(known, rows)| {
                *known == said && rows.first().is_some_and(|row| row.severity == finding.severity)
            });
            let alone = Row { severity: finding.severity, rule: finding.rule, findings: vec![finding] };
            let Some((_, rows)) = same else {
                stacks.push((said, vec![alone]));
                continue;
            };
            match rows.iter_mut().find(|row| row.rule == finding.rule) {
                Some(row) => row.findings.push(finding),
                None => rows.push(alone),
            }
        }
        let rules = stacks.iter().flat_map(|(_, rows)| rows).map(|row| row.rule.as_str().len()).max().unwrap_or(0);
        for (said, rows) in &stacks {
            for row in rows {
                if row.findings.len() < MANY {
                    for finding in &row.findings {
                        let id = finding.id.get(..self.digits).unwrap_or(&finding.id);
                        self.head(page, (row.severity, id, row.rule.as_str(), rules), &self.subject(finding));
                    }
                } else {
                    let many = format!("x{}", row.findings.len());
                    let what = row.findings.first().and_then(|finding| subject_of(finding)).map_or("finding", kind);
                    self.head(
                        page,
                        (row.severity, &many, row.rule.as_str(), rules),
                        &counted(row.findings.len(), what),
                    );
                }
            }
            page.wrap(INDENT, INDENT, said);
            for row in rows.iter().filter(|row| row.findings.len() >= MANY) {
                self.subjects(page, &row.findings);
            }
        }
    }

    /// Writes findings without their sentences.
    pub fn heads(&self, page: &mut Page, findings: &[&ReportedFinding]) {
        for finding in findings {
            let id = finding.id.get(..self.digits).unwrap_or(&finding.id);
            self.head(page, (finding.severity, id, finding.rule.as_str(), 0), "");
        }
    }

    /// The columns: severity, id, rule, and the subject, on a line of its own where it does not fit.
    fn head(&self, page: &mut Page, (severity, id, rule, rules): (Severity, &str, &str, usize), subject: &str) {
        let word = word(severity);
        let digits = self.digits.max(4);
        let front = format!("  {}{}", page.styled(Style::Of(severity), word), " ".repeat(8 - word.len()));
        let id = format!("{}{}", page.styled(Style::Dim, id), " ".repeat((digits + 2).saturating_sub(id.len())));
        let length = 2 + 8 + digits + 2;
        if subject.is_empty() {
            page.line(&format!("{front}{id}{rule}"));
        } else if length + rules + 2 + subject.chars().count() <= page.width() {
            page.line(&format!("{front}{id}{rule:rules$}  {subject}"));
        } else {
            page.line(&format!("{front}{id}{rule}"));
            page.line(&format!("{INDENT}{subject}"));
        }
    }

    /// What a finding is about, in a few words.
    #[must_use]
    pub fn subject(&self, finding: &ReportedFinding) -> String {
        if finding.job.is_some() {
            let mut actions: Vec<&str> = vec![];
            for cause in &finding.causes {
                let action = cause.unmet.requirement.action.as_str();
                if !action.is_empty() && !actions.contains(&action) {
                    actions.push(action);
                }
            }
            return match actions.as_slice() {
                [one] => plain(one),
                [one, more @ ..] => format!("{} and {} more", plain(one), more.len()),
                [] => String::new(),
            };
        }
        let Some(arn) = subject_of(finding) else { return String::new() };
        let name = quoted(&plain(arn.name()));
        if self.with_kind { format!("{} {name}", kind(arn)) } else { name }
    }

    /// The message: as far as its first semicolon, where there is no room for all.
    #[must_use]
    pub fn sentence(&self, whole: bool, finding: &ReportedFinding) -> String {
        // Those of whom the same is said as far as the first semicolon are named together.
        let mut heads: Vec<(Sentence, Vec<Arn>)> = vec![];
        let mut tails: Vec<String> = vec![];
        for (sentence, principals) in &finding.said {
            let (head, tail) = sentence.head();
            match heads.iter_mut().find(|(known, _)| *known == head) {
                Some((_, all)) => all.extend(principals.iter().cloned()),
                None => heads.push((head, principals.clone())),
            }
            for part in tail.iter().filter(|_| whole).flat_map(|tail| tail.split("; ")) {
                if !tails.iter().any(|known| known == part) {
                    tails.push(part.to_owned());
                }
            }
        }
        if !whole {
            // Where there is no room, what concerns the most of them.
            heads.sort_by_key(|(_, principals)| std::cmp::Reverse(principals.len()));
            heads.truncate(1);
        }
        let said = heads.iter().map(|(head, principals)| head.said(&Who::phrase(self.names.principals(principals))));
        let said: Vec<String> = said.chain(tails).collect();
        spoken(&said.join("; "))
    }

    /// The subjects of one row, as a list or in columns.
    fn subjects(&self, page: &mut Page, findings: &[&ReportedFinding]) {
        let names: Vec<String> =
            findings.iter().filter_map(|finding| subject_of(finding)).map(|arn| plain(arn.name())).collect();
        if names.len() <= LISTED {
            page.wrap(INDENT, INDENT, &names.join(", "));
            return;
        }
        let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let columns = ((page.width() - INDENT.len() + 2) / (widest + 2)).max(1);
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
        for names in names.chunks(columns) {
            table.add_row(names);
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines: Vec<String> = table.lines().collect();
        let shown = if lines.len() > MOST_LINES && !self.full { LEFT_LINES } else { lines.len() };
        for line in lines.iter().take(shown) {
            page.line(&format!("{INDENT}{line}"));
        }
        if let Some(more) = names.len().checked_sub(shown * columns).filter(|more| *more > 0) {
            page.line(&format!("{INDENT}and {more} more (--full)"));
        }
    }
}

/// What a finding is about: its resource, or else the principal.
fn subject_of(finding: &ReportedFinding) -> Option<&Arn> {
    finding.resources.first().or(finding.principals.first())
}

/// A text hung below two columns: a word, and what is said of it.
pub fn entry(page: &mut Page, word: &str, text: &str) {
    let first = format!("  {word:12}");
    for line in wrapped(page.width(), &first, "              ", &plain(text)) {
        page.line(&line);
    }
}
