//! The page of one decision: what is decided, by which statement, what each kind of policy says, and what would help.

use serde_json::Value;

use super::excerpt::{self, Mark};
use super::fix;
use super::table::{Layout, Page, Style, spoken};
use super::text::plain;
use crate::arn::Arn;
use crate::evaluation::wording;
use crate::policy::decide::Reason;
use crate::why::{Decided, Decision};

/// Finds the text of a statement; the ARNs are those of the question.
pub type Text<'t> = dyn Fn(&Reason, &[&Arn]) -> Option<Value> + 't;

/// So many statements that are about other resources are shown.
const MOST_ELSEWHERE: usize = 3;

/// The page of a decision, and the exit code that stands at its end. `part_of`: findings of the audit that are about it.
#[must_use]
pub fn write(decided: &Decided, part_of: &[(String, String)], text: &Text<'_>, layout: Layout) -> String {
    let mut page = Page::new(layout);
    let word = match decided.decision {
        Decision::Allowed => "ALLOWED",
        Decision::ImplicitDeny | Decision::ExplicitDeny => "DENIED",
        Decision::Undecided => "UNDECIDED",
    };
    let head = head(decided);
    page.wrap("", "  ", &format!("{word}: {}", spoken(&head)));
    asked(&mut page, decided);
    body(&mut page, decided, text);
    page.space();
    end(&mut page, decided, part_of);
    page.finish()
}

/// The question, in rows.
fn asked(page: &mut Page, decided: &Decided) {
    for (name, value) in [
        ("principal", decided.principal.as_str()),
        ("action", decided.action.as_str()),
        ("resource", decided.resource.as_str()),
    ] {
        page.line(&format!("  {name:9}  {}", plain(value)));
    }
}

/// The causes with their statements, the kinds of policies, and the fixes.
pub(super) fn body(page: &mut Page, decided: &Decided, text: &Text<'_>) {
    let about = [&decided.principal, &decided.resource];
    for reason in &decided.by {
        page.space();
        page.line("  allowed by");
        let marks = [Mark::new("Action", "allows it")];
        excerpt::write(page, reason, text(reason, &about).as_ref(), &marks);
    }
    for (number, unmet) in (1..).zip(&decided.causes) {
        page.space();
        let said = wording::cause(unmet).said(&wording::who(&unmet.requirement));
        page.wrap(&format!("  cause {number} ({}): ", fix::word(&unmet.cause)), "    ", &spoken(&said));
        if let Some(reason) = unmet.cause.statement() {
            excerpt::write(page, reason, text(reason, &about).as_ref(), &excerpt::marks(unmet));
        }
    }
    if decided.decision == Decision::ImplicitDeny && !decided.elsewhere.is_empty() {
        page.space();
        page.line(&format!("  allowed elsewhere, and not on this resource: {}", plain(&decided.action)));
        for near in decided.elsewhere.iter().take(MOST_ELSEWHERE) {
            let (element, note) = if near.but {
                ("NotResource", "leaves out the resource")
            } else {
                ("Resource", "does not match the resource")
            };
            let marks = [Mark::new(element, note)];
            excerpt::write(page, &near.statement, text(&near.statement, &about).as_ref(), &marks);
        }
        if let Some(more) = decided.elsewhere.len().checked_sub(MOST_ELSEWHERE).filter(|more| *more > 0) {
            page.line(&format!("   and {more} more"));
        }
    }
    if let Some(unknown) = &decided.unknown {
        page.space();
        page.wrap("  it depends on: ", "    ", &spoken(&unknown.message));
        if let Some(reason) = &unknown.statement {
            let note = format!("not known: {}", unknown.on.join(", "));
            let marks: Vec<Mark> = (!unknown.on.is_empty()).then(|| Mark::new("Condition", note)).into_iter().collect();
            excerpt::write(page, reason, text(reason, &about).as_ref(), &marks);
        }
    }
    page.space();
    page.line("  evaluated in the order of AWS:");
    for said in &decided.layers {
        let decides = match (said.decides, decided.decision) {
            (false, _) => "",
            (true, Decision::Undecided) => ": it depends on this",
            (true, _) => ": this decides",
        };
        let indent = " ".repeat(29);
        page.wrap(&format!("  {:25}  ", said.layer), &indent, &format!("{}{decides}", spoken(&said.says)));
    }
    fix::write(page, &decided.fixes);
}

fn head(decided: &Decided) -> String {
    let (action, who) = (&decided.action, decided.principal.name());
    match (decided.decision, decided.causes.first()) {
        (Decision::Allowed, _) => match decided.by.first() {
            Some(reason) => format!("{reason} allows {who} {action}"),
            None => format!("{who} may do {action}"),
        },
        (Decision::Undecided, _) => format!("whether {who} may do {action} depends on what is not known"),
        (_, Some(unmet)) => {
            let said = wording::cause(unmet).said(&wording::who(&unmet.requirement));
            said.split("; ").next().unwrap_or_default().to_owned()
        }
        (_, None) => format!("no policy allows {who} {action}"),
    }
}

/// What is decided in AWS's words, the exit code, and what comes next.
fn end(page: &mut Page, decided: &Decided, part_of: &[(String, String)]) {
    let word = match decided.decision {
        Decision::Allowed => "allowed",
        Decision::ImplicitDeny => "implicit deny",
        Decision::ExplicitDeny => "explicit deny",
        Decision::Undecided => "undecided",
    };
    page.line(&format!("{word}; exit code {}", decided.exit_code()));
    match part_of.first() {
        Some((id, rule)) => {
            page.wrap("", "  ", &format!("part of finding {id} {rule}; what to change: gt-audit fix {id}"));
        }
        None if decided.decision == Decision::Undecided => {
            page.wrap("", "  ", "what is known of the request can be added: --context KEY=VALUE");
        }
        None => {}
    }
}

/// A title in bold.
pub(super) fn title(page: &mut Page, text: &str) {
    page.space();
    page.line(&page.styled(Style::Bold, text));
}
