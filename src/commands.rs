//! What each command does: from arguments to what is written and the exit code.
//!
//! Here the rooms are put together. Nothing is printed and nothing exits: the caller hands in where to write.

mod collect;
mod completions;
mod error;
mod explain;
mod facts;
mod fix;
#[cfg(feature = "live")]
mod interrupt;
mod links;
mod man;
mod preflight;
#[cfg(feature = "live")]
mod progress;
mod rules;
mod scan;
pub mod simulate;
mod terminal;
mod why;

use crate::cli::{Cli, Command};

pub use error::Error;
pub use terminal::Terminal;

/// Runs a command and gives the exit code.
///
/// # Errors
///
/// When the command could not do its work; the exit code is 2 then.
pub fn run(cli: Cli, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    match cli.command {
        None => scan::run(&cli.scan, &cli.connection, terminal),
        Some(Command::Scan(scan)) => scan::run(&scan, &cli.connection, terminal),
        Some(Command::Collect(arguments)) => collect::run(&arguments, &cli.connection, terminal),
        Some(Command::Preflight(arguments)) => preflight::run(&arguments, &cli.connection, terminal),
        Some(Command::Fix(arguments)) => fix::run(&arguments, &cli.connection, terminal),
        Some(Command::Why(arguments)) => why::run(&arguments, &cli.connection, terminal),
        Some(Command::Explain(arguments)) => explain::run(&arguments, &cli.connection, terminal),
        Some(Command::Rules { rule: None }) => rules::list(terminal),
        Some(Command::Rules { rule: Some(id) }) => rules::explain(&id, terminal),
        Some(Command::Simulate { file }) => simulate::run(file.as_deref(), terminal),
        Some(Command::Permissions(arguments)) => collect::permissions(&arguments, &cli.connection, terminal),
        Some(Command::Completions { shell }) => completions::run(shell, terminal),
        Some(Command::Man { command }) => man::run(command.as_deref(), terminal),
    }
}
