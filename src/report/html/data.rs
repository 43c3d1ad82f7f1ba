//! The findings and the matrix as the page's script takes them: each ARN, statement and fix stands there once and is referred
//! to by its number.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::super::excerpt::{self, Mark};
use super::super::json::escaped;
use super::super::table::{Rows, kind, spoken, word};
use super::super::why::Text;
use super::super::{Report, ReportedFinding, fix, text::plain};
use crate::arn::Arn;
use crate::evaluation::wording::{self, Who};
use crate::policy::decide::Reason;

/// All that the script needs.
#[derive(Debug, Serialize)]
pub struct Data {
    digits: usize,
    arns: Vec<Shown>,
    statements: Vec<Statement>,
    codes: Vec<String>,
    pages: Vec<String>,
    findings: Vec<Finding>,
    classes: Vec<Vec<usize>>,
    resources: Vec<usize>,
    cells: Vec<String>,
}

/// An ARN: whole, by name, and its kind.
#[derive(Debug, Serialize)]
struct Shown(String, String, &'static str);

/// A statement as it stands in its policy: where, its lines, and the element that each line is of.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Serialize)]
struct Statement {
    place: String,
    lines: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct Finding {
    id: String,
    rule: &'static str,
    severity: &'static str,
    subject: String,
    message: String,
    principals: Vec<usize>,
    resources: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    table: Vec<(&'static str, String)>,
    causes: Vec<Cause>,
    fixes: Vec<Fix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Cause {
    kind: String,
    said: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<usize>,
    /// The element that is marked, what is said of it, and whether it decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marks: Vec<(&'static str, String, bool)>,
}

#[derive(Debug, Serialize)]
struct Fix {
    kind: String,
    said: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    codes: Vec<usize>,
}

/// Things that are said once, each with its number.
#[derive(Debug)]
struct Once<K> {
    numbers: BTreeMap<K, usize>,
}

impl<K: Ord + Clone> Once<K> {
    fn new() -> Self {
        Self { numbers: BTreeMap::new() }
    }

    fn number(&mut self, key: K) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(key).or_insert(next)
    }

    fn all(self) -> Vec<K> {
        let mut all: Vec<(usize, K)> = self.numbers.into_iter().map(|(key, number)| (number, key)).collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, key)| key).collect()
    }
}

struct Writer<'w, 'r> {
    rows: &'w Rows<'w, 'r>,
    text: &'w Text<'w>,
    arns: Once<Arn>,
    statements: Once<Statement>,
    codes: Once<String>,
    pages: Once<String>,
}

impl Data {
    /// The data of a report; what the configuration silences is left out.
    pub fn of(report: &Report, rows: &Rows<'_, '_>, text: &Text<'_>) -> Self {
        let mut writer =
            Writer { rows, text, arns: Once::new(), statements: Once::new(), codes: Once::new(), pages: Once::new() };
        let counting = report.findings.iter().filter(|finding| finding.counts());
        let findings = counting.map(|finding| writer.finding(finding)).collect();
        let matrix = &report.reach;
        let classes = matrix.classes.iter().map(|roles| writer.numbers(roles)).collect();
        let resources = writer.numbers(&matrix.resources);
        let shown = |arn: Arn| Shown(plain(arn.as_str()), plain(arn.name()), kind(&arn));
        Self {
            digits: rows.digits,
            findings,
            classes,
            resources,
            cells: matrix.cells.clone(),
            arns: writer.arns.all().into_iter().map(shown).collect(),
            statements: writer.statements.all(),
            codes: writer.codes.all(),
            pages: writer.pages.all(),
        }
    }
}

impl Writer<'_, '_> {
    fn numbers<'n>(&mut self, arns: impl IntoIterator<Item = &'n Arn>) -> Vec<usize> {
        arns.into_iter().map(|arn| self.arns.number(arn.clone())).collect()
    }

    fn finding(&mut self, finding: &ReportedFinding) -> Finding {
        let about: Vec<&Arn> = finding.principals.iter().chain(finding.resources.iter()).collect();
        let mut causes: Vec<Cause> = finding
            .causes
            .iter()
            .map(|cause| {
                let requirement = &cause.unmet.requirement;
                let whom = match cause.principals.as_slice() {
                    [] if requirement.principal.is_some() => {
                        Who::phrase(self.rows.names.principals(&finding.principals))
                    }
                    [] => wording::who(requirement),
                    some => {
                        let some = some.iter().filter_map(|place| finding.principals.get(*place));
                        Who::phrase(self.rows.names.principals(&some.cloned().collect::<Vec<_>>()))
                    }
                };
                let said = wording::cause(&cause.unmet).said(&whom);
                let about: Vec<&Arn> = about.iter().copied().chain(requirement.principal.as_ref()).collect();
                let marks = excerpt::marks(&cause.unmet);
                self.cause(fix::word(&cause.unmet.cause), &said, cause.unmet.cause.statement(), &about, &marks, true)
            })
            .collect();
        let shown: Vec<&Reason> = finding.causes.iter().filter_map(|cause| cause.unmet.cause.statement()).collect();
        for evidence in finding.evidence.iter().filter(|evidence| !shown.contains(&&evidence.reason)) {
            let marks = [Mark::new("Action", evidence.note.clone())];
            causes.push(self.cause(String::new(), "", Some(&evidence.reason), &about, &marks, false));
        }
        let fixes = finding.fixes.iter().map(|fix| self.fix(fix)).collect();
        let page = finding.documentation.as_ref().map(|page| self.pages.number(page.clone()));
        Finding {
            id: finding.id.clone(),
            rule: finding.rule.as_str(),
            severity: word(finding.severity),
            subject: subject(finding, self.rows),
            message: plain(&self.rows.sentence(true, finding)),
            principals: self.numbers(&finding.principals),
            resources: self.numbers(finding.resources.iter()),
            job: finding.job.as_ref().map(|job| self.arns.number(job.clone())),
            table: table(finding),
            causes,
            fixes,
            page,
        }
    }

    fn cause(
        &mut self,
        kind: String,
        said: &str,
        reason: Option<&Reason>,
        about: &[&Arn],
        marks: &[Mark],
        decides: bool,
    ) -> Cause {
        let statement = reason.map(|reason| {
            let lines = (self.text)(reason, about).map(|text| lines(&text)).unwrap_or_default();
            self.statements.number(Statement { place: plain(&excerpt::place(reason)), lines })
        });
        let marks = marks.iter().map(|mark| (mark.element, plain(&mark.note), decides)).collect();
        Cause { kind, said: plain(&spoken(said)), statement, marks }
    }

    fn fix(&mut self, fix: &crate::evaluation::Fix) -> Fix {
        let added = fix::added_statements(fix);
        let codes = added.iter().filter_map(|code| serde_json::to_string_pretty(code).ok());
        let codes = codes.map(|code| self.codes.number(escaped(&code))).collect();
        let said = spoken(&fix.summary);
        Fix { kind: fix::word(&fix.kind), said: plain(said.trim_start_matches("or ")), codes }
    }
}

/// What a finding is about, as its row has it.
pub fn subject(finding: &ReportedFinding, rows: &Rows<'_, '_>) -> String {
    let many = finding.resources.len();
    match finding.resources.first() {
        Some(first) if many > 1 => format!("{many} {}s", kind(first)),
        _ => match (&finding.job, rows.subject(finding)) {
            (Some(job), actions) if actions.is_empty() => format!("labeling job {}", plain(job.name())),
            (Some(job), actions) => format!("{actions}, labeling job {}", plain(job.name())),
            (None, _) => {
                let about = finding.resources.first().or(finding.principals.first());
                about.map(|arn| format!("{} {}", kind(arn), plain(arn.name()))).unwrap_or_default()
            }
        },
    }
}

/// What else is known of a finding, in rows.
fn table(finding: &ReportedFinding) -> Vec<(&'static str, String)> {
    let mut rows: Vec<(&str, String)> = vec![];
    let mut fields: Vec<&str> = finding.causes.iter().map(|cause| cause.unmet.requirement.field).collect();
    fields.retain(|field| !field.is_empty());
    fields.sort_unstable();
    fields.dedup();
    let mut actions: Vec<&str> =
        finding.causes.iter().map(|cause| cause.unmet.requirement.action.as_str()).filter(|a| !a.is_empty()).collect();
    actions.sort_unstable();
    actions.dedup();
    rows.extend((!actions.is_empty()).then(|| ("actions", plain(&actions.join(", ")))));
    rows.extend((!fields.is_empty()).then(|| ("field", fields.join(", "))));
    if let Some(effective) = &finding.effective {
        rows.extend(effective.allowed_example.as_ref().map(|example| ("allowed", plain(example))));
        rows.extend(effective.denied_example.as_ref().map(|example| ("denied", plain(example))));
    }
    rows.extend((!finding.explained_by.is_empty()).then(|| ("because of", finding.explained_by.join(", "))));
    rows
}

/// A statement line by line, each with its element: an element on one line where that is short.
fn lines(statement: &Value) -> Vec<(String, String)> {
    let Value::Object(elements) = statement else { return vec![] };
    let last = elements.len().saturating_sub(1);
    let mut all = vec![];
    for (number, (element, value)) in elements.iter().enumerate() {
        let mut lines = excerpt::lines(element, value, 88);
        if let Some(line) = lines.last_mut().filter(|_| number < last) {
            line.push(',');
        }
        all.extend(lines.iter().map(|line| (plain(element), plain(line))));
    }
    all
}

/// The data as JSON that is text of an HTML element: nothing in it ends the element or begins another.
pub fn embedded(data: &Data) -> Result<String, serde_json::Error> {
    let json = escaped(&serde_json::to_string(data)?);
    Ok(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}
