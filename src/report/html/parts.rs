//! What stands in the page's frame: head, jobs, rows of findings, console, what was not read.

use std::collections::{BTreeMap, BTreeSet};

use super::super::table::{self, Jobs, Reading, Rows, counted, kind, number, spoken, word};
use super::super::text::plain;
use super::super::{Missing, Report, ReportedFinding, ReportedGap};
use super::data::subject;
use super::words::{Word, words};
use crate::evaluation::capability::CapabilityState;
use crate::evaluation::wording::list;
use crate::finding::{RuleId, Severity};

/// A line of the head.
pub struct Fact {
    pub name: &'static str,
    pub value: Vec<Word>,
}

/// The findings of a severity.
pub struct Count {
    pub severity: &'static str,
    pub count: String,
}

/// An entry of the section bar.
pub struct Nav {
    pub id: &'static str,
    pub title: &'static str,
    pub count: String,
}

/// A finding in a line or two.
pub struct Head {
    pub severity: &'static str,
    pub id: String,
    pub short: String,
    pub rule: &'static str,
    pub subject: String,
    pub message: Vec<Word>,
}

/// Findings of one sentence.
pub struct Stack {
    pub heads: Vec<Head>,
    pub said: Vec<Word>,
}

/// A job or workload with what is found of it.
pub struct Job {
    pub name: String,
    pub standing: String,
    pub fails: bool,
    pub role: String,
    pub says: Option<Vec<Word>>,
    pub stacks: Vec<Stack>,
}

/// All of them.
pub struct AllJobs<'r> {
    pub blocks: Vec<Job>,
    pub found: Vec<&'r ReportedFinding>,
    pub fine: Vec<&'r str>,
}

/// Something that was not read or not decided.
pub struct Gap {
    pub title: Vec<Word>,
    pub message: Vec<Word>,
    pub entries: Vec<(&'static str, Vec<Word>)>,
}

/// What one rule finds of what is not known to be used.
pub struct Line {
    pub severity: &'static str,
    pub many: usize,
    pub rule: &'static str,
    pub what: String,
}

/// Console identities by capabilities.
pub struct Console {
    pub titles: Vec<String>,
    pub rows: Vec<Identity>,
}

/// What of the console is open to an identity.
pub struct Identity {
    pub kind: &'static str,
    pub name: String,
    pub findings: Vec<(String, String)>,
    pub cells: Vec<Open>,
}

/// A capability of an identity.
pub struct Open {
    pub letter: &'static str,
    pub word: &'static str,
    pub missing: Vec<&'static str>,
}

pub fn facts(report: &Report, reading: &Reading) -> Vec<Fact> {
    let account = &report.account;
    let when = report.finished_at.get(..16).map(|when| when.replace('T', " ")).unwrap_or_default();
    let source = if reading.source.is_empty() { table::calls(report) } else { reading.source.clone() };
    let mut facts = vec![
        ("account", format!("{}, {}", account.id, list(&account.regions))),
        ("as", report.caller.to_string()),
        ("when", format!("{when} UTC, {source}")),
    ];
    if !report.is_blind() {
        facts.push(("read", table::read(report)));
    }
    facts.extend(report.notes.iter().map(|note| ("note", spoken(note))));
    facts.into_iter().map(|(name, value)| Fact { name, value: words(&plain(&value)) }).collect()
}

/// The findings that are shown, by severity.
pub fn counts(findings: &[&ReportedFinding]) -> Vec<Count> {
    let all = [Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let some = all.into_iter().map(|severity| (severity, count(severity))).filter(|(_, count)| *count > 0);
    some.map(|(severity, count)| Count { severity: word(severity), count: number(count) }).collect()
}

pub fn standing(report: &Report, reading: &Reading, shown: usize) -> String {
    let summary = &report.summary;
    let fail_on = reading.fail_on.map(|severity| format!(" (--fail-on {})", word(severity))).unwrap_or_default();
    let complete = if report.gaps.is_empty() && report.undecided.is_empty() { "complete" } else { "incomplete" };
    let suppressed =
        if summary.suppressed > 0 { format!(", {} suppressed", number(summary.suppressed)) } else { String::new() };
    format!(
        "{}{suppressed}; the audit is {complete}; exit code {}{fail_on}",
        counted(shown, "finding"),
        summary.exit_code
    )
}

pub fn incomplete(report: &Report) -> Option<String> {
    let open = report.findings.iter().filter(|f| f.counts() && !f.rank_open.is_empty()).count();
    let ranks = if open > 0 { format!("; {} may rank higher", counted(open, "finding")) } else { String::new() };
    let actions: BTreeSet<&str> = report.gaps.iter().map(|gap| gap.gap.action.as_str()).collect();
    match (actions.len(), report.undecided.len()) {
        (0, 0) => None,
        (0, facts) => Some(format!("{} could not be decided{ranks}", counted(facts, "fact"))),
        (actions, _) => Some(format!("AWS refused {}{ranks}", counted(actions, "action"))),
    }
}

pub fn nav(report: &Report) -> Vec<Nav> {
    let jobs = report.labeling_jobs.len() + report.workloads.len();
    let counting = report.findings.iter().filter(|finding| finding.counts());
    let roles: usize = report.reach.classes.iter().map(Vec::len).sum();
    let grouped = report.findings.iter().filter(|f| f.is_grouped && f.counts()).count();
    let reach = format!("{} × {}", counted(roles, "role"), number(report.reach.resources.len()));
    let entry = |id, title, count| Nav { id, title, count };
    vec![
        entry("jobs", "Jobs and workloads", number(jobs)),
        entry("findings", "Findings", number(counting.count())),
        entry("reach", "Reach", reach),
        entry("console", "Console", number(report.console_identities.len())),
        entry("missing", "Not read", number(gaps_by_action(report).len() + open(report).len())),
        entry("unused", "Not known to be used", number(grouped)),
    ]
}

pub fn jobs<'r>(report: &'r Report, rows: &Rows<'_, 'r>) -> AllJobs<'r> {
    let jobs = Jobs::of(report, &mut BTreeSet::new());
    let mut found = vec![];
    let mut blocks = vec![];
    for block in &jobs.blocks {
        let mut stacks: Vec<(String, Stack)> = vec![];
        for finding in &block.own {
            // What AWS says of the failure stands above.
            let told = finding.rule == RuleId::JobFailedOnPermission;
            let said = if told { String::new() } else { rows.sentence(false, finding) + &block.also(finding) };
            let said = plain(&said);
            let mut head = Head::of(finding, rows);
            if finding.job.is_some() {
                head.subject = rows.subject(finding);
            }
            if let Some((_, stack)) = stacks.iter_mut().find(|(known, _)| *known == said) {
                stack.heads.push(head);
            } else {
                let words = if said.is_empty() { vec![] } else { words(&said) };
                stacks.push((said, Stack { heads: vec![head], said: words }));
            }
        }
        found.extend(block.own.iter().copied());
        blocks.push(Job {
            name: plain(block.name),
            standing: block.standing.clone(),
            fails: block.fails,
            role: plain(&block.role),
            says: block.says.as_ref().map(|says| words(&plain(says))),
            stacks: stacks.into_iter().map(|(_, stack)| stack).collect(),
        });
    }
    AllJobs { blocks, found, fine: jobs.fine }
}

impl Head {
    pub fn of(finding: &ReportedFinding, rows: &Rows<'_, '_>) -> Self {
        Self {
            severity: word(finding.severity),
            id: finding.id.clone(),
            short: finding.id.get(..rows.digits).unwrap_or(&finding.id).to_owned(),
            rule: finding.rule.as_str(),
            subject: subject(finding, rows),
            message: words(&plain(&rows.sentence(true, finding))),
        }
    }
}

impl Console {
    pub fn of(report: &Report, digits: usize) -> Self {
        let titles = report
            .console_identities
            .first()
            .map(|identity| identity.capabilities.iter().map(|capability| title(capability.name)).collect());
        let rows = report.console_identities.iter().map(|identity| {
            let about = report.findings.iter().filter(|finding| {
                finding.rule == RuleId::ConsoleAccessIncomplete && finding.principals.contains(&identity.arn)
            });
            let short = |id: &str| id.get(..digits).unwrap_or(id).to_owned();
            let cells = identity.capabilities.iter().map(|capability| {
                let (letter, word) = match capability.state {
                    CapabilityState::Complete => ("a", "complete"),
                    CapabilityState::Incomplete => ("s", "incomplete"),
                    CapabilityState::None => ("n", "none"),
                    CapabilityState::Unknown => ("u", "unknown"),
                };
                let missing =
                    if capability.state == CapabilityState::Incomplete { capability.missing.clone() } else { vec![] };
                Open { letter, word, missing }
            });
            Identity {
                kind: kind(&identity.arn),
                name: plain(identity.arn.name()),
                findings: about.filter(|f| f.counts()).map(|f| (f.id.clone(), short(&f.id))).collect(),
                cells: cells.collect(),
            }
        });
        Self { titles: titles.unwrap_or_default(), rows: rows.collect() }
    }
}

/// `built-in-task` as a heading.
fn title(name: &str) -> String {
    capital(&name.replace('-', " ").replace("built in", "built-in").replace("kms", "KMS"))
}

/// With a capital at its beginning, as sentences and headings have it.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn gaps_by_action(report: &Report) -> BTreeMap<(&str, &str), Vec<(usize, &ReportedGap)>> {
    let mut by_action: BTreeMap<(&str, &str), Vec<(usize, &ReportedGap)>> = BTreeMap::new();
    for (index, gap) in report.gaps.iter().enumerate() {
        by_action.entry((&gap.gap.action, &gap.gap.error)).or_default().push((index, gap));
    }
    by_action
}

/// What AWS refused, action by action.
pub fn gaps(report: &Report) -> Vec<Gap> {
    let gap = |((action, error), gaps): ((&str, &str), Vec<(usize, &ReportedGap)>)| {
        let on: Vec<&str> = gaps.iter().map(|(_, gap)| gap.gap.resource.as_str()).collect();
        let place = match on.as_slice() {
            ["*"] => String::new(),
            [one] => format!(" on {one}"),
            many => format!(" on {}", counted(many.len(), "resource")),
        };
        let mut entries = vec![];
        for open in &report.undecided {
            if gaps.iter().any(|(index, _)| open.gap == Missing::Gap(*index)) {
                entries.push(("undecided", words(&plain(&table::undecided(open)))));
            }
        }
        let mut ranks: BTreeMap<RuleId, usize> = BTreeMap::new();
        for (rule, count) in gaps.iter().flat_map(|(_, gap)| &gap.affects.rank_open) {
            *ranks.entry(*rule).or_default() += count;
        }
        if !ranks.is_empty() {
            let each: Vec<String> = ranks.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
            let all = counted(ranks.values().sum(), "finding");
            entries.push(("rank open", words(&format!("{all}, which may rank higher: {}", each.join(", ")))));
        }
        let grant = format!("{action} (gt-audit permissions prints the whole policy)");
        entries.push(("to grant", words(&plain(&grant))));
        let message = gaps.first().map(|(_, gap)| words(&plain(&spoken(&gap.gap.message))));
        Gap {
            title: words(&plain(&format!("{action}{place}, {error}"))),
            message: message.unwrap_or_default(),
            entries,
        }
    };
    gaps_by_action(report).into_iter().map(gap).collect()
}

/// What else could not be decided.
pub fn open(report: &Report) -> Vec<Gap> {
    let open = report.undecided.iter().filter_map(|open| match &open.gap {
        Missing::Gap(_) => None,
        Missing::Other(unknown) => Some(Gap {
            title: words(&plain(&spoken(&unknown.message))),
            message: vec![],
            entries: vec![("undecided", words(&plain(&table::undecided(open))))],
        }),
    });
    open.collect()
}

pub fn unused(report: &Report) -> Vec<Line> {
    let line = |line: table::Unused| Line {
        severity: word(line.severity),
        many: line.findings,
        rule: line.rule.as_str(),
        what: plain(&line.what),
    };
    table::unused_lines(report).into_iter().map(line).collect()
}
