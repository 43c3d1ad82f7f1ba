//! The page of one labeling job: its state and AWS's own words, what is wrong with statement and fix, what is not known, and
//! what holds.

use super::table::{Layout, Page, kind, spoken, word};
use super::text::plain;
use super::uses::{JobVerdict, LabelingJob};
use super::why::{Text, title};
use super::{ReportedFinding, excerpt, fix};
use crate::arn::Arn;
use crate::evaluation::wording::{self, Who};
use crate::finding::RuleId;
use crate::preflight::{Check, Verdict};

/// A job, the findings about it and what it uses, and every check of it.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    /// The job.
    pub job: &'t LabelingJob,
    /// What is found of it, the worst first.
    pub findings: &'t [&'t ReportedFinding],
    /// What was looked at.
    pub checks: &'t [Check],
    /// How many digits of an id distinguish all.
    pub digits: usize,
    /// Is the whole said of each check?
    pub full: bool,
}

impl Told<'_> {
    /// What a script is told: 1 the job failed or would fail, 3 something of it is not known, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.job.verdict {
            JobVerdict::Failed | JobVerdict::Fails => 1,
            _ if self.checks.iter().any(|check| check.verdict == Verdict::Fail) => 1,
            JobVerdict::Unknown => 3,
            JobVerdict::Fine => 0,
        }
    }
}

/// The page.
#[must_use]
pub fn write(told: Told<'_>, text: &Text<'_>, layout: Layout) -> String {
    let mut page = Page::new(layout);
    let Told { job, findings, checks, digits, full } = told;
    let short_id = |id: &str| id.get(..digits).unwrap_or(id).to_owned();
    let name = plain(job.arn.name());
    let standing = match job.verdict {
        JobVerdict::Failed => "FAILED".to_owned(),
        JobVerdict::Fails => format!("WILL FAIL ({})", plain(&job.status)),
        JobVerdict::Unknown | JobVerdict::Fine => plain(&job.status).to_uppercase(),
    };
    page.line(&format!("labeling job {name} {standing}"));
    page.line(&format!("  {}", plain(job.arn.as_str())));
    let role = job.role.as_deref().map(|role| format!(", role {}", role.rsplit('/').next().unwrap_or(role)));
    let made = job.created.get(..16).unwrap_or(&job.created).replace('T', " ");
    page.wrap("  ", "  ", &format!("made {made} UTC{}, {}", role.unwrap_or_default(), job.arn.region()));
    if let Some(reason) = &job.failure_reason {
        page.space();
        let words: Vec<&str> = reason.split_whitespace().collect();
        page.wrap("  ", "  ", &format!("AWS says: {}", words.join(" ")));
    }
    let failed = findings.iter().find(|finding| finding.rule == RuleId::JobFailedOnPermission);
    let explains = |finding: &&ReportedFinding| failed.is_some_and(|failed| failed.explained_by.contains(&finding.id));
    let (explaining, others): (Vec<&ReportedFinding>, Vec<&ReportedFinding>) =
        findings.iter().copied().filter(|finding| finding.rule != RuleId::JobFailedOnPermission).partition(explains);
    if let Some(failed) = failed {
        title(&mut page, "WHY IT FAILED");
        page.line(&format!("  {:6}  {}  {}", word(failed.severity), short_id(&failed.id), failed.rule));
        if explaining.is_empty() {
            page.wrap("          ", "          ", &spoken(&failed.message));
        }
        together(&mut page, &explaining, digits, text);
    } else if job.verdict == JobVerdict::Failed {
        page.space();
        page.wrap("  ", "  ", "What AWS says is no matter of the role's permissions, as far as the words tell.");
    }
    if !others.is_empty() {
        title(&mut page, if job.verdict == JobVerdict::Failed { "WHAT WOULD FAIL NEXT" } else { "WHAT IS FOUND" });
        together(&mut page, &others, digits, text);
    }
    let of = |verdict: Verdict| checks.iter().filter(move |check| check.verdict == verdict);
    if of(Verdict::Unknown).next().is_some() {
        title(&mut page, &format!("WHAT IS NOT KNOWN: {}", counted(of(Verdict::Unknown).count())));
        for check in of(Verdict::Unknown) {
            page.wrap("  ", "    ", &format!("{}: {}", short(&check.field), spoken(&check.reason)));
        }
    }
    if of(Verdict::Pass).next().is_some() {
        title(&mut page, &format!("WHAT HOLDS: {}", counted(of(Verdict::Pass).count())));
        holds(&mut page, &of(Verdict::Pass).collect::<Vec<_>>(), full);
    }
    page.space();
    let end = match job.verdict {
        JobVerdict::Failed => "the same request would fail again",
        JobVerdict::Fails => "it will fail",
        JobVerdict::Unknown => "something of it is not known",
        JobVerdict::Fine if told.exit_code() == 0 => "nothing that would make it fail is found",
        JobVerdict::Fine => "it did not fail, and yet not all that it needs is allowed",
    };
    page.line(&format!("{end}; exit code {}", told.exit_code()));
    if !findings.is_empty() {
        let more = if full { "" } else { "; every check: --full" };
        page.wrap("", "  ", &format!("what to change: gt-audit fix {name}{more}"));
    }
    page.finish()
}

/// Findings, those of the same causes together.
fn together(page: &mut Page, findings: &[&ReportedFinding], digits: usize, text: &Text<'_>) {
    let mut groups: Vec<Vec<&ReportedFinding>> = vec![];
    for finding in findings {
        let alike = |group: &&mut Vec<&ReportedFinding>| {
            group.first().is_some_and(|first| !finding.causes.is_empty() && is_same(first, finding))
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            page.space();
        }
        for finding in group {
            let about = finding.resources.first().or(finding.principals.first()).filter(|_| finding.job.is_none());
            let about = about.map(|arn| format!("  {} {}", kind(arn), plain(arn.name()))).unwrap_or_default();
            page.line(&format!(
                "  {:6}  {}  {}{about}",
                word(finding.severity),
                finding.id.get(..digits).unwrap_or(&finding.id),
                finding.rule
            ));
        }
        let Some(first) = group.first() else { continue };
        page.wrap("          ", "          ", &spoken(&first.message));
        causes(page, first, text);
        fix::write(page, &first.fixes);
    }
}

/// Are two findings of the same causes?
fn is_same(one: &ReportedFinding, other: &ReportedFinding) -> bool {
    let key = |finding: &ReportedFinding| -> Vec<_> {
        let each = finding.causes.iter();
        each.map(|c| (c.unmet.requirement.action.clone(), c.unmet.requirement.on.clone(), c.unmet.cause.clone()))
            .collect()
    };
    key(one) == key(other)
}

fn causes(page: &mut Page, finding: &ReportedFinding, text: &Text<'_>) {
    for cause in &finding.causes {
        let Some(reason) = cause.unmet.cause.statement() else { continue };
        let requirement = &cause.unmet.requirement;
        let about: Vec<&Arn> = finding.principals.iter().chain(requirement.principal.as_ref()).collect();
        page.space();
        let said = wording::cause(&cause.unmet).said(&Who::of(requirement.principal.as_ref()));
        page.wrap(&format!("  cause ({}): ", fix::word(&cause.unmet.cause)), "    ", &spoken(&said));
        excerpt::write(page, reason, text(reason, &about).as_ref(), &excerpt::marks(&cause.unmet));
    }
}

/// What passes, by field.
fn holds(page: &mut Page, passing: &[&Check], full: bool) {
    let mut fields: Vec<(&str, Vec<&str>)> = vec![];
    for check in passing {
        let said = match &check.action {
            Some(action) if !full => action.as_str(),
            _ => check.reason.as_str(),
        };
        match fields.iter_mut().find(|(field, _)| *field == check.field) {
            Some((_, all)) if all.contains(&said) => {}
            Some((_, all)) => all.push(said),
            None => fields.push((&check.field, vec![said])),
        }
    }
    let widest = fields.iter().map(|(field, _)| short(field).chars().count()).max().unwrap_or(0).min(28);
    for (field, said) in fields {
        let indent = " ".repeat(widest + 4);
        page.wrap(
            &format!("  {:widest$}  ", plain(short(field))),
            &indent,
            &spoken(&said.join(if full { "; " } else { ", " })),
        );
    }
}

/// The last part of a field's path.
fn short(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}

fn counted(count: usize) -> String {
    wording::counted(count, "check")
}
