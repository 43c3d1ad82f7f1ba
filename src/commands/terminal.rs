//! Where commands write.

use std::io::{self, Write};

use super::links;
use crate::cli::When;
use crate::report::table::Layout;

/// Where a command writes, and what it may assume of it.
pub struct Terminal<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Columns of standard output; `None` when it is no terminal.
    pub width: Option<u16>,
    /// Is standard error a terminal?
    pub watched: bool,
    /// Do NO_COLOR and TERM let colours be?
    pub colors: bool,
}

/// Columns when standard output is no terminal: what fits a mail or a log.
pub(super) const WIDTH: u16 = 100;

impl Terminal<'_> {
    /// Writes a page for people, with links where it goes to a terminal that takes them.
    pub(super) fn write_page(&mut self, page: &str, color: When) -> io::Result<()> {
        let has_links = self.width.is_some() && self.colors && color != When::Never;
        let linked = has_links.then(|| links::linked(page));
        self.out.write_all(linked.as_deref().unwrap_or(page).as_bytes())
    }

    /// How a report is laid out on it.
    pub(super) fn layout(&self, color: When) -> Layout {
        let color = match color {
            When::Auto => self.width.is_some() && self.colors,
            When::Always => true,
            When::Never => false,
        };
        Layout { width: self.width.unwrap_or(WIDTH), color }
    }
}
