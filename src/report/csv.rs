//! The report as comma-separated values, a row a finding; for spreadsheets (RFC 4180).
//!
//! Names and tags come from strangers: what a spreadsheet would take for a formula gets an apostrophe before it, and what
//! steers a terminal is spelled out.

use csv::{Terminator, WriterBuilder};

use super::fix::word;
use super::text::plain;
use super::{Report, ReportedFinding};
use crate::arn::Arn;

const COLUMNS: [&str; 12] = [
    "account",
    "id",
    "severity",
    "rule",
    "status",
    "use",
    "region",
    "principals",
    "resources",
    "message",
    "fix",
    "documentation",
];

/// So many characters a cell of a spreadsheet holds (Excel: 32,767).
const MOST: usize = 32_000;

/// The report, a heading and a row a finding, each ended by CR and LF; lists are separated by spaces.
///
/// # Errors
///
/// Never in practice: what is written to is memory.
pub fn write(report: &Report) -> Result<String, csv::Error> {
    let mut rows = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(vec![]);
    rows.write_record(COLUMNS)?;
    for finding in &report.findings {
        rows.write_record(cells(report, finding).map(|cell| guarded(&cell)))?;
    }
    let bytes = rows.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cells(report: &Report, finding: &ReportedFinding) -> [String; COLUMNS.len()] {
    [
        report.account.id.clone(),
        finding.id.clone(),
        word(&finding.severity),
        finding.rule.as_str().to_owned(),
        word(&finding.status),
        finding.usage.as_ref().map(word).unwrap_or_default(),
        finding.region.clone().unwrap_or_default(),
        list(finding.principals.iter(), finding.principals.len()),
        list(finding.resources.iter(), finding.resources.len()),
        finding.message.clone(),
        finding.fixes.first().map(|fix| fix.summary.clone()).unwrap_or_default(),
        finding.documentation.clone().unwrap_or_default(),
    ]
}

/// The ARNs, as many as a cell holds.
fn list<'l>(arns: impl Iterator<Item = &'l Arn>, all: usize) -> String {
    let mut text = String::new();
    for (place, arn) in arns.enumerate() {
        if text.len() + arn.as_str().len() > MOST {
            return format!("{text} and {} more", all - place);
        }
        if place > 0 {
            text.push(' ');
        }
        text += arn.as_str();
    }
    text
}

/// The text, which no spreadsheet takes for a formula, cut where a cell ends.
fn guarded(text: &str) -> String {
    let text = plain(text);
    let text = text.get(..text.floor_char_boundary(MOST)).unwrap_or_default();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_takes_for_a_formula_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)"] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        assert_eq!(guarded("\t=1"), "\\u{9}=1");
        assert_eq!(guarded("a=1"), "a=1");
        assert_eq!(guarded(&"é".repeat(20_000)).len(), MOST);
    }

    #[test]
    fn a_list_that_is_too_long_for_a_cell_says_how_much_is_left_out() {
        let arns: Vec<Arn> = (0..2_000).map(|n| Arn::bucket("aws", &format!("bucket-{n:05}"))).collect();
        let text = list(arns.iter(), arns.len());
        assert!(text.len() < MOST + 20 && text.ends_with(" more"), "{}", text.len());
    }
}
