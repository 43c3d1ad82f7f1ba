//! The page of one finding: whom and what it is about, each cause with its statement, and every fix.

use super::ReportedFinding;
use super::excerpt::{self, Mark};
use super::fix;
use super::table::{Layout, Page, Style, kind, spoken, word};
use super::text::plain;
use super::why::Text;
use crate::arn::Arn;
use crate::evaluation::wording::{self, Who};

/// So many ARNs are spelled out.
const MOST: usize = 12;

/// The pages of findings.
#[must_use]
pub fn write(findings: &[&ReportedFinding], text: &Text<'_>, layout: Layout) -> String {
    let mut page = Page::new(layout);
    for (number, finding) in findings.iter().enumerate() {
        if number > 0 {
            page.space();
        }
        one(&mut page, finding, text);
    }
    page.finish()
}

/// The page of a finding.
pub(super) fn one(page: &mut Page, finding: &ReportedFinding, text: &Text<'_>) {
    let severity = page.styled(Style::Of(finding.severity), word(finding.severity));
    let about = finding.resources.first().or(finding.principals.first()).filter(|_| !finding.is_grouped);
    let about = about.map(|arn| format!("  {} {}", kind(arn), plain(arn.name()))).unwrap_or_default();
    page.line(&format!("{severity}  {}  {}{about}", finding.id, finding.rule));
    page.wrap("  ", "  ", &spoken(&finding.message));
    page.space();
    arns(page, "principal", &finding.principals);
    arns(page, "resource", &finding.resources.iter().cloned().collect::<Vec<_>>());
    for id in &finding.explained_by {
        page.line(&format!("  {:9}  gt-audit explain {id}", "because of"));
    }
    let about: Vec<&Arn> = finding.principals.iter().chain(finding.resources.iter()).collect();
    for (number, cause) in (1..).zip(&finding.causes) {
        page.space();
        let requirement = &cause.unmet.requirement;
        let whom = match cause.principals.as_slice() {
            [] if requirement.principal.is_some() => Who::of(&finding.principals),
            [] => wording::who(requirement),
            some => {
                let some = some.iter().filter_map(|place| finding.principals.get(*place));
                Who::of(&some.cloned().collect::<Vec<_>>())
            }
        };
        let said = wording::cause(&cause.unmet).said(&whom);
        let front = format!("  cause {number} ({}): ", fix::word(&cause.unmet.cause));
        page.wrap(&front, "    ", &spoken(&said));
        if !requirement.field.is_empty() {
            page.line(&format!("    field {}", requirement.field));
        }
        if let Some(reason) = cause.unmet.cause.statement() {
            let about: Vec<&Arn> = about.iter().copied().chain(requirement.principal.as_ref()).collect();
            excerpt::write(page, reason, text(reason, &about).as_ref(), &excerpt::marks(&cause.unmet));
        }
    }
    let shown: Vec<_> = finding.causes.iter().filter_map(|cause| cause.unmet.cause.statement()).collect();
    for evidence in finding.evidence.iter().filter(|evidence| !shown.contains(&&evidence.reason)) {
        page.space();
        let marks = [Mark::new("Action", evidence.note.clone())];
        excerpt::write(page, &evidence.reason, text(&evidence.reason, &about).as_ref(), &marks);
    }
    fix::write(page, &finding.fixes);
    if let Some(url) = &finding.documentation {
        page.space();
        page.line(&format!("  {url}"));
    }
    page.space();
    page.line(&format!("the rule: gt-audit explain {}; what to change: gt-audit fix {}", finding.rule, finding.id));
}

/// ARNs, one a line.
fn arns(page: &mut Page, name: &str, arns: &[Arn]) {
    let name = if arns.len() > 1 { format!("{name}s") } else { name.to_owned() };
    for (number, arn) in arns.iter().take(MOST).enumerate() {
        let name = if number == 0 { name.as_str() } else { "" };
        page.line(&format!("  {name:10}  {}", plain(arn.as_str())));
    }
    if let Some(more) = arns.len().checked_sub(MOST).filter(|more| *more > 0) {
        page.line(&format!("  {:10}  and {more} more (--format json has all)", ""));
    }
}
