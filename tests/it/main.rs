//! The one integration test binary: one file an area.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it does not expect has failed"
)]
#![expect(clippy::print_stdout, reason = "a live test says that it is skipped, a fuzz target how much it tried")]

mod accounts;
mod blindfold;
#[cfg(feature = "live")]
mod collect;
mod command_line;
mod config;
mod cover;
mod differences;
mod facts;
#[cfg(feature = "live")]
mod fake_aws;
mod fault_table;
mod field;
mod fix;
mod fix_spelled;
mod formats;
mod fuzz;
mod habits;
mod html;
mod jobs;
mod laws;
#[cfg(feature = "live")]
mod live;
mod messages;
mod one_judgement;
#[cfg(feature = "live")]
mod oracle;
mod possibilities;
mod preflight;
mod prose;
mod reach;
mod rooms;
mod rules;
mod schema;
mod second;
mod seeded;
mod story;
mod vectors;
mod why;
mod worlds;
