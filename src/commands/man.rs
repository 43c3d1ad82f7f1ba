//! `gt-audit man`: the man page of the program or of a command, as roff.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::error::Error;
use super::terminal::Terminal;
use crate::cli::Cli;
use crate::cli::manual::{self, ENVIRONMENT, FILES};

pub(super) fn run(named: Option<&str>, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let mut all = Cli::with_help();
    // So global options stand with each command.
    all.build();
    let command = match named {
        None => all,
        Some(name) => all
            .get_subcommands()
            .find(|command| command.get_name() == name)
            .cloned()
            .ok_or_else(|| Error::NoCommand(name.to_owned()))?,
    };
    let mut page = vec![];
    write(command, &mut page)?;
    terminal.out.write_all(&page)?;
    Ok(0)
}

fn write(command: Command, page: &mut Vec<u8>) -> Result<(), Error> {
    let chapter = manual::chapter(command.get_name());
    let title = match command.get_name() {
        "gt-audit" => "gt-audit".to_owned(),
        name => format!("gt-audit-{name}"),
    };
    let has_subcommands = command.get_subcommands().next().is_some();
    let man = Man::new(command.version(env!("CARGO_PKG_VERSION"))).title(title);
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if has_subcommands {
        man.render_subcommands_section(page)?;
    }
    let mut rest = Roff::new();
    if let Some(chapter) = chapter {
        section(&mut rest, "EXAMPLES", chapter.examples);
        section(&mut rest, "EXIT STATUS", chapter.exit);
    }
    section(&mut rest, "FILES", FILES);
    section(&mut rest, "ENVIRONMENT", ENVIRONMENT);
    rest.to_writer(page)?;
    man.render_version_section(page)?;
    Ok(())
}

fn section(roff: &mut Roff, heading: &str, rows: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (name, says) in rows {
        roff.control("TP", Vec::<&str>::new());
        roff.text([bold(*name)]);
        roff.text([roman(*says)]);
    }
}
