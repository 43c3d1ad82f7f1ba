//! The report as one HTML file: opens anywhere, loads nothing, sends nothing.
//!
//! The frame (`html/page.html`) is made here and can be read without script: who and when, counts, jobs, the worst findings,
//! reach in words, the console, what was not read. The findings and cells stand once more as JSON in a `template` element
//! ([`data`]), and the script (`html/findings.js`, `html/matrix.js`) makes rows of them on demand, so that 10,000 findings stay
//! usable. A template and no `script` of type JSON: vnu counts the latter as one that the content security policy stops.
//!
//! Names, tags and policies come from strangers: askama escapes what stands in the frame, the script makes text nodes alone,
//! and the policy admits no script and no style but the two here, by their hashes.

mod cells;
mod data;
mod parts;
mod security;
mod words;

use askama::Template;

use super::table::{self, Names, Reading, Rows};
use super::text::plain;
use super::why::Text;
use super::{Report, ReportedFinding};
use crate::evaluation::wording::list;
use cells::Reach;
use data::Data;
use parts::{Console, Count, Fact, Gap, Head, Job, Line, Nav};
use words::Word;

const STYLE: &str = include_str!("html/page.css");
/// One block of three files.
const SCRIPT: &str = concat!(
    "\"use strict\";\n{\n",
    include_str!("html/findings.js"),
    include_str!("html/matrix.js"),
    include_str!("html/start.js"),
    "}\n"
);

/// So many findings can be read without script, and are printed.
const WITHOUT_SCRIPT: usize = 500;

#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct Frame<'r> {
    policy: String,
    style: &'static str,
    script: &'static str,
    data: String,
    title: String,
    facts: Vec<Fact>,
    worst: &'static str,
    verdict: String,
    counts: Vec<Count>,
    standing: Vec<Word>,
    incomplete: Option<String>,
    nav: Vec<Nav>,
    jobs: Vec<Job>,
    jobs_counts: String,
    no_jobs: Option<String>,
    fine: Option<String>,
    findings: Vec<Head>,
    findings_counts: String,
    more: Option<String>,
    reach: Reach<'r>,
    legend: Option<String>,
    console: Console,
    gaps: Vec<Gap>,
    facts_open: Vec<Gap>,
    unused: Vec<Line>,
    unused_counts: String,
    foot: String,
}

/// The report as HTML.
///
/// # Errors
///
/// Never in practice: the frame and the data are texts.
pub fn write(report: &Report, reading: &Reading, text: &Text<'_>) -> Result<String, serde_json::Error> {
    let (style, script) = (STYLE.trim(), SCRIPT.trim());
    let names = Names::of(report);
    let rows = Rows { names: &names, digits: table::digits(report), with_kind: true, full: true };
    let jobs = parts::jobs(report, &rows);
    let counting: Vec<&ReportedFinding> = report.findings.iter().filter(|finding| finding.counts()).collect();
    let name = report.account.alias.as_ref().unwrap_or(&report.account.id);
    let frame = Frame {
        policy: security::policy(style, script),
        style,
        script,
        data: data::embedded(&Data::of(report, &rows, text))?,
        title: format!("Labeling permissions of {}", plain(name)),
        facts: parts::facts(report, reading),
        worst: counting.first().map_or("fine", |finding| table::word(finding.severity)),
        verdict: if report.is_blind() {
            "Nothing could be audited".to_owned()
        } else {
            parts::capital(&table::of_jobs(report))
        },
        counts: parts::counts(&counting),
        standing: words::words(&parts::standing(report, reading, counting.len())),
        incomplete: parts::incomplete(report),
        nav: parts::nav(report),
        jobs_counts: table::counts(jobs.found.iter().copied()),
        no_jobs: jobs.blocks.is_empty().then(|| parts::capital(&table::of_jobs(report))),
        fine: (!jobs.fine.is_empty()).then(|| {
            let names: Vec<String> = jobs.fine.iter().map(|name| plain(name)).collect();
            format!("Nothing found of {}: {}", table::counted(names.len(), "other"), list(names))
        }),
        jobs: jobs.blocks,
        findings: counting.iter().take(WITHOUT_SCRIPT).map(|finding| Head::of(finding, &rows)).collect(),
        findings_counts: table::totals(report),
        more: counting.len().checked_sub(WITHOUT_SCRIPT).filter(|more| *more > 0).map(table::number),
        reach: Reach::of(report),
        legend: table::legend(report, &names, table::Section::Buckets),
        console: Console::of(report, rows.digits),
        gaps: parts::gaps(report),
        facts_open: parts::open(report),
        unused: parts::unused(report),
        unused_counts: table::counts(report.findings.iter().filter(|f| f.is_grouped && f.counts())),
        foot: format!("{} {}, account {}", report.tool.name, report.tool.version, plain(&report.account.id)),
    };
    frame.render().map_err(serde::ser::Error::custom)
}
