//! What is said on standard error while the facts are collected: a bar on a terminal, a line for each call with
//! `--verbose`, nothing else.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Noise;
use crate::collect::{self, Watcher};
use crate::report::text::plain;

/// The bar, hidden where nobody watches.
pub(super) struct Progress {
    bar: ProgressBar,
    verbose: bool,
}

impl Progress {
    pub(super) fn new(noise: Noise, watched: bool) -> Self {
        let shown = watched && !noise.quiet && !noise.no_progress && !noise.verbose;
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { bar, verbose: noise.verbose }
    }

    /// Tells each call.
    pub(super) fn watcher(&self) -> Watcher {
        let (bar, verbose) = (self.bar.clone(), self.verbose);
        Arc::new(move |progress: collect::Progress<'_>| {
            if verbose {
                anstream::eprintln!("{} {}", progress.call.action, plain(progress.resource));
            }
            bar.set_message(format!(
                "{} calls, {} retried: {}",
                progress.calls, progress.retries, progress.call.action
            ));
            bar.tick();
        })
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
