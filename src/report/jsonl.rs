//! The report as JSON lines: a header, a line a finding and a fact that is missing, and the summary; for programs that read
//! line by line. Each line says of which type it is, and has the members that the same has in the JSON report.

use serde::Serialize;

use super::json::escaped;
use super::{Account, Collected, Report, ReportedFinding, ReportedGap, Summary, Tool, Undecided, uses};
use crate::arn::Arn;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Line<'r> {
    Header {
        schema_version: u32,
        tool: &'r Tool,
        account: &'r Account,
        caller: &'r Arn,
        started_at: &'r str,
        finished_at: &'r str,
        collected: &'r Collected,
        notes: &'r [String],
    },
    LabelingJob(&'r uses::LabelingJob),
    Finding(&'r ReportedFinding),
    Gap(&'r ReportedGap),
    Undecided(&'r Undecided),
    Summary(&'r Summary),
}

/// The report, a line feed behind each line.
///
/// # Errors
///
/// Never in practice: every key of the report is a text.
pub fn write(report: &Report) -> Result<String, serde_json::Error> {
    let header = Line::Header {
        schema_version: report.schema_version,
        tool: &report.tool,
        account: &report.account,
        caller: &report.caller,
        started_at: &report.started_at,
        finished_at: &report.finished_at,
        collected: &report.collected,
        notes: &report.notes,
    };
    let lines = std::iter::once(header)
        .chain(report.labeling_jobs.iter().map(Line::LabelingJob))
        .chain(report.findings.iter().map(Line::Finding))
        .chain(report.gaps.iter().map(Line::Gap))
        .chain(report.undecided.iter().map(Line::Undecided))
        .chain([Line::Summary(&report.summary)]);
    lines.map(|line| serde_json::to_string(&line).map(|text| escaped(&text) + "\n")).collect()
}
