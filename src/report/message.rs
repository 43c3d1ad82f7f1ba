//! The page of an access-denied message: what was read out of it, and what is decided of the same request now.

use super::fix::word;
use super::table::{Layout, Page, spoken};
use super::text::plain;
use super::why::{Text, body};
use crate::message::Denial;
use crate::why::{Decided, Decision};

/// A message, and what is decided of it; or why nothing is.
#[derive(Debug)]
pub struct Told<'t> {
    /// What was read.
    pub denial: &'t Denial,
    /// What is decided of the same request by the policies as they are now.
    pub decided: Result<Decided, String>,
}

impl Told<'_> {
    /// Is it denied now for the very reason that AWS gave? Not known, where AWS gave none.
    #[must_use]
    pub fn agrees(&self) -> Option<bool> {
        let (reason, decided) = (self.denial.reason.as_ref()?, self.decided.as_ref().ok()?);
        Some(decided.causes.iter().any(|unmet| word(&unmet.cause) == word(reason)))
    }

    /// What a script is told: as of a question; 3, where nothing could be decided.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.decided.as_ref().map_or(3, Decided::exit_code)
    }
}

/// The pages of messages.
#[must_use]
pub fn write(all: &[Told<'_>], text: &Text<'_>, layout: Layout) -> String {
    let mut page = Page::new(layout);
    for (number, told) in all.iter().enumerate() {
        if number > 0 {
            page.space();
        }
        one(&mut page, told, text);
    }
    page.finish()
}

fn one(page: &mut Page, told: &Told<'_>, text: &Text<'_>) {
    let denial = told.denial;
    let times = if denial.count > 1 { format!(" ({} times)", denial.count) } else { String::new() };
    page.line(&format!("Read from the message{times}:"));
    let printed = |printed: &Option<crate::message::Printed>| printed.as_ref().map(|printed| printed.text.clone());
    let rows = [
        ("operation", denial.operation.clone()),
        ("principal", printed(&denial.principal)),
        ("action", denial.action.as_ref().map(|action| action.name.clone())),
        ("resource", printed(&denial.resource)),
        ("reason", denial.reason.as_ref().map(word)),
        ("layer", denial.layer.as_ref().map(word)),
        ("policy", printed(&denial.policy)),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            page.line(&format!("  {name:9}  {}", plain(&value)));
        }
    }
    for caution in denial.cautions() {
        page.space();
        page.wrap("  ", "  ", caution);
    }
    if let Some(command) = denial.authorization_command() {
        page.space();
        page.wrap("  ", "  ", "AWS keeps its own evaluation for a while:");
        page.line(&format!("  {}", plain(&command)));
    }
    page.space();
    match &told.decided {
        Err(why) => page.wrap("", "  ", &format!("NOT DECIDED: {}", spoken(why))),
        Ok(decided) => {
            let said = match (decided.decision, told.agrees()) {
                (Decision::Allowed, _) => "ALLOWED NOW, by the policies as they are",
                (Decision::Undecided, _) => "UNDECIDED: it depends on what is not known",
                (_, Some(true)) => "STILL DENIED, for the reason that AWS gave",
                (_, Some(false)) => "STILL DENIED, for another reason than AWS gave",
                (_, None) => "STILL DENIED; AWS gave no reason",
            };
            page.line(said);
            body(page, decided, text);
        }
    }
    page.space();
    page.line(&format!("exit code {}", told.exit_code()));
}
