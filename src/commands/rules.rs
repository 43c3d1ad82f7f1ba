//! `gt-audit rules`: the table of rules, or the page of one.

use super::error::Error;
use super::terminal::{Terminal, WIDTH};
use crate::finding::{RuleId, Severity};
use crate::rules::{RULES, Scale, rule};

/// Between the columns.
const GAP: usize = 2;

pub(super) fn list(terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let width = usize::from(terminal.width.unwrap_or(WIDTH));
    let mut rules: Vec<_> = RULES.iter().collect();
    // Those of one severity stay in the order of their ids.
    rules.sort_by_key(|rule| importance(rule.severity));
    for rule in &rules {
        terminal.out.write_all(row(rule.id.as_str(), &severity(rule.severity), rule.summary, width).as_bytes())?;
    }
    writeln!(terminal.out, "\n{} rules; `gt-audit rules RULE` explains one", rules.len())?;
    Ok(0)
}

pub(super) fn explain(id: &str, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let rule = RuleId::parse(id).and_then(rule).ok_or_else(|| Error::NoRule(id.to_owned()))?;
    let page = terminal.width.map(|width| fitted(rule.page, width.into()));
    terminal.out.write_all(page.as_deref().unwrap_or(rule.page).as_bytes())?;
    Ok(0)
}

/// A rule in columns, or on a narrow terminal with its summary below.
fn row(id: &str, severity: &str, summary: &str, width: usize) -> String {
    let of = |of: fn(&crate::rules::Rule) -> usize| RULES.iter().map(of).max().unwrap_or_default();
    let (ids, severities) = (of(|rule| rule.id.as_str().len()), of(|rule| self::severity(rule.severity).len()));
    let before = ids + severities + 2 * GAP;
    let (head, indent) = if width >= before + 40 {
        (format!("{id:ids$}  {severity:severities$}  "), before)
    } else {
        let between = if id.len() + 2 + severity.len() <= width { ", " } else { ",\n  " };
        (format!("{id}{between}{severity}\n    "), 4)
    };
    let options = textwrap::Options::new(width.saturating_sub(indent).max(20))
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let summary = textwrap::fill(summary, options);
    format!("{head}{}\n", summary.replace('\n', &format!("\n{}", " ".repeat(indent))))
}

/// A page with its paragraphs at a terminal's width. Headings, code and tables stay as they are.
fn fitted(page: &str, width: usize) -> String {
    let (mut fitted, mut paragraph, mut in_code) = (String::new(), String::new(), false);
    for line in page.lines() {
        let is_fence = line.starts_with("```");
        let is_fixed = in_code || is_fence || line.is_empty() || line.starts_with(['|', '#']);
        in_code ^= is_fence;
        if is_fixed || line.starts_with("- ") {
            flush(&mut fitted, &mut paragraph, width);
        }
        if is_fixed {
            fitted.push_str(line);
            fitted.push('\n');
        } else {
            paragraph.push_str(if paragraph.is_empty() { "" } else { " " });
            paragraph.push_str(line.trim_start());
        }
    }
    flush(&mut fitted, &mut paragraph, width);
    fitted
}

/// Writes a paragraph that is at its end.
fn flush(fitted: &mut String, paragraph: &mut String, width: usize) {
    if paragraph.is_empty() {
        return;
    }
    let options = textwrap::Options::new(width)
        .subsequent_indent(if paragraph.starts_with("- ") { "  " } else { "" })
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    fitted.push_str(&textwrap::fill(paragraph, options));
    fitted.push('\n');
    paragraph.clear();
}

/// What can be worse comes first.
fn importance(scale: Scale) -> (Severity, u8) {
    match scale {
        Scale::Always(severity) => (severity, 0),
        Scale::IfUsed(severity) => (severity, 1),
        Scale::ByUse => (Severity::High, 2),
        Scale::ByUseAtMost(most) => (most, 3),
    }
}

/// How a rule's severity is spoken of in the list.
fn severity(scale: Scale) -> String {
    match scale {
        Scale::Always(severity) => word(severity).to_owned(),
        Scale::ByUse => "by use".to_owned(),
        Scale::ByUseAtMost(most) => format!("by use, {} at most", word(most)),
        Scale::IfUsed(severity) => format!("{} if used", word(severity)),
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_keeps_to_the_width_and_no_word_is_cut() {
        for width in [40, 60, 80, 100, 120, 200] {
            for rule in RULES {
                let row = row(rule.id.as_str(), &severity(rule.severity), rule.summary, width);
                assert!(row.lines().all(|line| line.chars().count() <= width), "{width}: {row}");
                let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                assert!(words(&row).ends_with(&words(rule.summary)), "{row}");
            }
        }
    }

    #[test]
    fn a_page_keeps_its_words_its_code_and_its_tables() {
        for rule in RULES {
            let fitted = fitted(rule.page, 80);
            assert_eq!(fitted.split_whitespace().collect::<Vec<_>>(), rule.page.split_whitespace().collect::<Vec<_>>());
        }
        let page = "# a\n\none two three four\n```json\n{\"a\": \"a long line of code\"}\n```\n- five six seven\n";
        let wrapped =
            "# a\n\none two\nthree four\n```json\n{\"a\": \"a long line of code\"}\n```\n- five six\n  seven\n";
        assert_eq!(fitted(page, 10), wrapped);
    }
}
