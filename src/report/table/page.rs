//! How lines are laid out: width, breaks, colours.
//!
//! Only spaces break a line: no ARN, URI, action, rule or name is ever broken, and one that does not fit stands alone on its
//! line and may be longer.

use std::fmt::Write;

use crate::finding::Severity;
use crate::report::text::plain;

/// How a report is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Columns of the terminal.
    pub width: u16,
    /// May colours be used?
    pub color: bool,
}

/// Narrower than this nothing can be laid out, and wider than this no line is read.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=120;

/// The lines of a report.
#[derive(Debug)]
pub struct Page {
    width: usize,
    color: bool,
    text: String,
}

/// A colour or weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A severity's own.
    Of(Severity),
    /// A section's title.
    Bold,
    /// Ids and legends.
    Dim,
}

impl Style {
    /// The sequence that begins it.
    fn code(self) -> &'static str {
        match self {
            Self::Of(Severity::High) => "\u{1b}[1;31m",
            Self::Of(Severity::Medium) => "\u{1b}[33m",
            Self::Of(Severity::Low) => "\u{1b}[36m",
            Self::Of(Severity::Info) | Self::Dim => "\u{1b}[2m",
            Self::Bold => "\u{1b}[1m",
        }
    }
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let width = usize::from(layout.width).clamp(*WIDTHS.start(), *WIDTHS.end());
        Self { width, color: layout.color, text: String::new() }
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Has it room for whole messages?
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.width >= 100
    }

    /// A text in a style, where there are colours.
    #[must_use]
    pub fn styled(&self, style: Style, text: &str) -> String {
        if self.color { format!("{}{text}\u{1b}[0m", style.code()) } else { text.to_owned() }
    }

    /// An empty line.
    pub fn space(&mut self) {
        self.text.push('\n');
    }

    /// A line as it is, without trailing spaces.
    pub fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    /// Text of strangers and our own, made plain and broken at the width; its first line begins with one indent, the others
    /// with another.
    pub fn wrap(&mut self, first: &str, rest: &str, text: &str) {
        for line in wrapped(self.width, first, rest, &plain(text)) {
            self.line(&line);
        }
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }
}

/// Words in lines of a width; a word that does not fit stands alone.
#[must_use]
pub fn wrapped(width: usize, first: &str, rest: &str, text: &str) -> Vec<String> {
    let mut lines = vec![];
    let (mut line, mut is_empty) = (first.to_owned(), true);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    if !is_empty {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spaces_break_a_line() {
        let arn = "arn:aws:iam::111122223333:role/service-role/AmazonSageMaker-ExecutionRole-20260101T120000";
        let lines = wrapped(60, "  ", "    ", &format!("the role {arn} is not there"));
        assert_eq!(lines, ["  the role".to_owned(), format!("    {arn}"), "    is not there".to_owned()]);
    }
}
