//! The findings that the configuration silences, and the ignores that silence nothing.
//!
//! Whether an ignore has ended is decided by the day on which the facts were collected, so that a snapshot gives the same
//! report on every day.

use jiff::civil::Date;

use crate::config::Ignore;
use crate::finding::{Finding, RuleId, Status, Suppression};
use crate::report::Open;

/// The ignores of the configuration, and which of them came to bear.
#[derive(Debug)]
pub(super) struct Ignores<'a> {
    each: Vec<Standing<'a>>,
}

#[derive(Debug)]
struct Standing<'a> {
    ignore: &'a Ignore,
    ended: Option<String>,
    matched: bool,
}

impl<'a> Ignores<'a> {
    /// The ignores as they stand at a time in RFC 3339; when it cannot be read, none with an end silences anything.
    pub(super) fn new(ignores: &'a [Ignore], collected: &str) -> Self {
        let timestamp = collected.parse::<jiff::Timestamp>();
        let day = timestamp.map(|time| jiff::tz::Offset::UTC.to_datetime(time).date()).ok();
        let each = ignores.iter().map(|ignore| Standing { ignore, ended: ended(ignore, day), matched: false });
        Self { each: each.collect() }
    }

    /// Silences a finding if an ignore speaks of it: the first that does, by its place in the list.
    pub(super) fn silence(&mut self, finding: &mut Finding) -> Option<usize> {
        let mut first = None;
        for (place, standing) in self.each.iter_mut().enumerate() {
            if standing.ended.is_none() && standing.ignore.matches(finding) {
                standing.matched = true;
                first = first.or(Some((place, standing.ignore)));
            }
        }
        let (place, ignore) = first?;
        finding.status = Status::Suppressed;
        finding.suppression =
            Some(Suppression { reason: ignore.reason.clone(), until: ignore.until.map(|day| day.to_string()) });
        Some(place)
    }

    /// Does an ignore speak of a rule?
    pub(super) fn speak_of(&self, rule: RuleId) -> bool {
        self.each.iter().any(|standing| standing.ignore.rule == rule)
    }

    /// The ARNs that an ignore leaves of all that a rule and a principal have to do with each other, if it names any.
    pub(super) fn part(&self, place: usize) -> Option<String> {
        self.each.get(place)?.ignore.resource.as_ref().map(ToString::to_string)
    }

    /// What the reader should know: how many findings are silenced, and which ignores silence nothing. Where a rule could
    /// not decide everything, or not everything was audited, there is no saying that.
    pub(super) fn notes(self, findings: &[Finding], undecided: &[Open], narrowed: bool) -> Vec<String> {
        let mut notes = vec![];
        let silenced = findings.iter().filter(|finding| finding.status == Status::Suppressed).count();
        if let (Some(first), 1..) = (self.each.first(), silenced) {
            let plural = if silenced == 1 { "" } else { "s" };
            notes.push(format!("{silenced} finding{plural} suppressed by {}", first.ignore.file));
        }
        for Standing { ignore, ended, matched } in self.each {
            let (place, rule) = (format!("{}:{}", ignore.file, ignore.line), ignore.rule);
            if let Some(ended) = ended {
                notes.push(format!("{place}: the ignore of `{rule}` {ended}"));
            } else if !matched && !narrowed && !undecided.iter().any(|open| open.rule == rule) {
                notes.push(format!(
                    "{place}: the ignore of `{rule}` matches no finding: remove it, or look for a slip in what it names"
                ));
            }
        }
        notes
    }
}

/// Why an ignore is over, if it is.
fn ended(ignore: &Ignore, day: Option<Date>) -> Option<String> {
    let until = ignore.until?;
    match day {
        Some(day) if day <= until => None,
        Some(_) => Some(format!("ended on {until}, and what it silenced counts again: fix it, or renew the ignore")),
        None => Some(format!("silences nothing: it ends on {until}, and the facts do not say of what day they are")),
    }
}
