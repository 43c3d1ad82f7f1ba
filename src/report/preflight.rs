//! A preflight for a reader: what fails and what is not known of each job, with what to do, and what passes in one line.

use super::table::{Layout, Page, Style, spoken};
use super::text::plain;
use crate::finding::Severity;
use crate::preflight::{Check, Preflight, Verdict};

/// Where fields begin, behind the verdict and the number of checks.
const INDENT: &str = "             ";

/// The preflights as text. `full`: every check that passes is spelled out.
#[must_use]
pub fn write(jobs: &[Preflight], layout: Layout, full: bool) -> String {
    let mut page = Page::new(layout);
    if jobs.len() > 1 {
        overview(&mut page, jobs);
    }
    for job in jobs.iter().filter(|job| jobs.len() == 1 || job.verdict != Verdict::Pass) {
        details(&mut page, job, full);
    }
    let mut notes: Vec<&String> = jobs.iter().flat_map(|job| &job.notes).collect();
    notes.sort();
    notes.dedup();
    for note in notes {
        page.wrap("", "  ", note);
    }
    let worst = jobs.iter().map(|job| job.verdict).min().unwrap_or(Verdict::Unknown);
    let (would, code) = match worst {
        Verdict::Fail => ("fail", 1),
        Verdict::Unknown => ("not fail, as far as is known", 3),
        Verdict::Pass => ("work", 0),
    };
    let subject = if jobs.len() == 1 { "the job" } else { "the worst of the jobs" };
    page.line(&format!("{subject} would {would}; exit code {code}"));
    page.finish()
}

/// A line for each of several jobs.
fn overview(page: &mut Page, jobs: &[Preflight]) {
    let widest = jobs.iter().map(|job| job.job.chars().count()).max().unwrap_or(0);
    for job in jobs {
        let style = Style::Of(severity(job.verdict));
        let word = format!("{:8}", word(job.verdict));
        page.line(&format!("{} {:widest$}  {}", page.styled(style, &word), plain(&job.job), counted(job)));
    }
    page.space();
}

/// What does not pass of a job, and how much does.
fn details(page: &mut Page, job: &Preflight, full: bool) {
    let would = match job.verdict {
        Verdict::Fail => "WOULD FAIL",
        Verdict::Unknown => "UNDECIDED",
        Verdict::Pass => "WOULD WORK",
    };
    page.wrap("", "  ", &format!("labeling job {} {would}: {}", plain(&job.job), counted(job)));
    let region = if job.region.is_empty() { String::new() } else { format!(", {}", job.region) };
    page.line(&format!("  {}{}", plain(&job.file), plain(&region)));
    page.space();
    for verdict in [Verdict::Fail, Verdict::Unknown] {
        for (actions, check) in alike(job.checks.iter().filter(|check| check.verdict == verdict)) {
            row(page, &actions, check);
        }
    }
    let passing: Vec<&Check> = job.checks.iter().filter(|check| check.verdict == Verdict::Pass).collect();
    if full {
        for (actions, check) in alike(passing.into_iter()) {
            row(page, &actions, check);
        }
    } else if !passing.is_empty() {
        let mut fields: Vec<&str> = vec![];
        for check in &passing {
            let field = last(&check.field);
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        let passed = format!("{} (--full lists them)", fields.join(", "));
        page.wrap(&format!("  pass     x{:<2} ", passing.len()), INDENT, &passed);
    }
    page.space();
}

/// Checks that say the same of several actions.
fn row(page: &mut Page, actions: &[&str], check: &Check) {
    let style = Style::Of(severity(check.verdict));
    let word = format!("{:8}", word(check.verdict));
    let many = format!("x{:<2}", actions.len().max(1));
    let who = check.principal.as_ref().map(|arn| format!("  {}", plain(arn.name()))).unwrap_or_default();
    page.line(&format!("  {} {many} {}{who}", page.styled(style, &word), plain(last(&check.field))));
    let all = actions.join(", ");
    let about = match (check.action.is_some(), check.resource.as_str()) {
        (false, resource) if !resource.is_empty() && !check.reason.contains(resource) => format!("{resource}: "),
        _ => String::new(),
    };
    page.wrap(INDENT, INDENT, &spoken(&format!("{about}{}", of_all(&all, check, &check.reason))));
    for fix in &check.fixes {
        let summary = of_all(&all, check, &fix.summary);
        page.wrap(&format!("{INDENT}fix: "), &format!("{INDENT}  "), &spoken(&summary));
    }
}

/// The last part of a field's path.
fn last(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}

/// Checks that say the same of several actions, together, in the order of the first.
fn alike<'c>(checks: impl Iterator<Item = &'c Check>) -> Vec<(Vec<&'c str>, &'c Check)> {
    let same = |one: &Check, other: &Check| {
        let what = |check: &Check| {
            let fixes: Vec<_> = check.fixes.iter().map(|fix| fix.kind).collect();
            (check.field.clone(), check.principal.clone(), check.resource.clone(), without_action(check), fixes)
        };
        what(one) == what(other)
    };
    let mut groups: Vec<(Vec<&str>, &Check)> = vec![];
    for check in checks {
        match groups.iter_mut().find(|(_, first)| same(first, check)) {
            Some((actions, _)) => actions.extend(check.action.as_deref()),
            None => groups.push((check.action.as_deref().into_iter().collect(), check)),
        }
    }
    groups
}

/// A reason without the action that it is about.
fn without_action(check: &Check) -> String {
    check.action.as_deref().map_or_else(|| check.reason.clone(), |action| check.reason.replace(action, ""))
}

/// A text about one action, said of all that stand together.
fn of_all(actions: &str, check: &Check, text: &str) -> String {
    check.action.as_deref().map_or_else(|| text.to_owned(), |action| text.replace(action, actions))
}

fn counted(job: &Preflight) -> String {
    let count = |verdict| job.checks.iter().filter(|check| check.verdict == verdict).count();
    let (failing, unknown, all) = (count(Verdict::Fail), count(Verdict::Unknown), job.checks.len());
    match (failing, unknown) {
        (0, 0) => format!("all {all} checks pass"),
        (0, unknown) => format!("{unknown} of {all} checks unknown"),
        (failing, 0) => format!("{failing} of {all} checks fail"),
        (failing, unknown) => format!("{failing} of {all} checks fail, {unknown} unknown"),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "FAIL",
        Verdict::Unknown => "UNKNOWN",
        Verdict::Pass => "pass",
    }
}

fn severity(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Fail => Severity::High,
        Verdict::Unknown => Severity::Medium,
        Verdict::Pass => Severity::Low,
    }
}
