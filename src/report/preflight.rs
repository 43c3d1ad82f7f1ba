//! A preflight for a terminal: every check of one job, or a line for each of several and then what does not pass.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Width, presets};

use super::table::{Layout, Page};
use super::text::plain;
use crate::preflight::{Check, Preflight, Verdict};

/// The preflights as text.
#[must_use]
pub fn write(jobs: &[Preflight], layout: Layout) -> String {
    let page = Page::new(layout);
    let mut parts = vec![];
    if let [job] = jobs {
        parts.extend(details(&page, job, &[Verdict::Fail, Verdict::Unknown, Verdict::Pass]));
    } else {
        parts.push(overview(&page, jobs));
        for job in jobs.iter().filter(|job| job.verdict != Verdict::Pass) {
            parts.extend(details(&page, job, &[Verdict::Fail, Verdict::Unknown]));
        }
    }
    let mut notes: Vec<String> = jobs.iter().flat_map(|job| &job.notes).map(|note| plain(note)).collect();
    notes.sort();
    notes.dedup();
    if !notes.is_empty() {
        parts.push(page.wrapped(&notes));
    }
    parts.join("\n")
}

/// A line for each job.
fn overview(page: &Page, jobs: &[Preflight]) -> String {
    let mut table = page.table(presets::UTF8_FULL_CONDENSED, ["", "job", "file", "checks"].map(Cell::new).into());
    for job in jobs {
        table.add_row([
            spoken(job.verdict),
            Cell::new(plain(&job.job)),
            Cell::new(plain(&job.file)),
            Cell::new(counted(job)),
        ]);
    }
    format!("{table}\n")
}

/// What of a job comes to these verdicts.
fn details(page: &Page, job: &Preflight, verdicts: &[Verdict]) -> Vec<String> {
    let region = if job.region.is_empty() { String::new() } else { format!(", in {}", plain(&job.region)) };
    let head = format!("`{}` ({}){region}: {}", plain(&job.job), plain(&job.file), counted(job));
    let mut parts = vec![page.wrapped(&[head])];
    let shown: Vec<(Vec<&str>, &Check)> = verdicts
        .iter()
        .flat_map(|verdict| alike(job.checks.iter().filter(|check| check.verdict == *verdict)))
        .collect();
    if shown.is_empty() {
        return parts;
    }
    let mut table =
        page.table(presets::UTF8_FULL, ["", "field", "what it needs, and why it is so"].map(Cell::new).into());
    if let Some(field) = table.column_mut(1) {
        field.set_constraint(ColumnConstraint::UpperBoundary(Width::Percentage(30)));
    }
    for (actions, check) in shown {
        table.add_row([spoken(check.verdict), Cell::new(field(check)), Cell::new(said(&actions, check))]);
    }
    parts.push(format!("{table}\n"));
    parts
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

/// The field's own name, and who is asked; the whole path where the field itself is wrong.
fn field(check: &Check) -> String {
    let path =
        if check.resource.is_empty() { &check.field } else { check.field.rsplit('.').next().unwrap_or_default() };
    match &check.principal {
        Some(principal) => format!("{}\n{}", plain(path), plain(principal.name())),
        None => plain(path),
    }
}

fn said(actions: &[&str], check: &Check) -> String {
    let actions = actions.join(", ");
    let on = match (actions.as_str(), check.resource.as_str()) {
        ("", "") => String::new(),
        ("", resource) => format!("{}: ", plain(resource)),
        (actions, resource) => format!("{} on {}: ", plain(actions), plain(resource)),
    };
    let fixes = check.fixes.iter().map(|fix| format!("\n→ {}", plain(&of_all(actions.as_str(), check, &fix.summary))));
    std::iter::once(format!("{on}{}", plain(&of_all(actions.as_str(), check, &check.reason)))).chain(fixes).collect()
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

fn spoken(verdict: Verdict) -> Cell {
    let (word, color) = match verdict {
        Verdict::Fail => ("FAIL", Color::Red),
        Verdict::Unknown => ("UNKNOWN", Color::Yellow),
        Verdict::Pass => ("pass", Color::Green),
    };
    Cell::new(word).fg(color).add_attribute(Attribute::Bold)
}
