//! The program: parse, run, write, exit. Nothing else exits or prints.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use gt_audit::cli::Cli;
use gt_audit::commands::{self, Terminal};
use gt_audit::report::text;

fn main() -> ExitCode {
    // clap says what is wrong and exits with 2; asked for help, with 0.
    let cli = Cli::read(env::args_os()).unwrap_or_else(|error| error.exit());
    let mut out = io::stdout().lock();
    let mut terminal = Terminal {
        width: terminal_size::terminal_size_of(&out).map(|(terminal_size::Width(columns), _)| columns),
        watched: io::stderr().is_terminal(),
        colors: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && env::var_os("TERM").is_none_or(|term| term != "dumb"),
        out: &mut out,
    };
    let result = commands::run(cli, &mut terminal).and_then(|code| Ok(out.flush().map(|()| code)?));
    match result {
        Ok(code) => ExitCode::from(code),
        // Who reads a report through `head` has read enough.
        Err(error) if error.is_closed_pipe() => ExitCode::from(error.exit_code()),
        Err(error) => {
            for line in error.lines() {
                // When not even that can be written, there is no way left to say it.
                drop(writeln!(io::stderr(), "{}", text::plain(&line)));
            }
            ExitCode::from(error.exit_code())
        }
    }
}
