//! What is said on standard error while the facts are collected: a bar on a terminal, else a line after each 15 seconds of
//! silence; with `--verbose` a line for each call and each retry; with `--quiet` only that nothing is asked any more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Noise;
use crate::collect::{Event, Watcher};
use crate::report::text::plain;

/// How long nothing is said where there is no bar.
const SILENCE: Duration = Duration::from_secs(15);

/// The bar, hidden where no terminal shows it.
pub(super) struct Progress {
    bar: ProgressBar,
    voice: Voice,
}

impl Progress {
    pub(super) fn new(noise: Noise, watched: bool) -> Self {
        let shown = watched && !noise.quiet && !noise.no_progress && !noise.verbose;
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        let voice = Voice { verbose: noise.verbose, silent: shown || noise.quiet, ..Voice::default() };
        Self { bar, voice }
    }

    /// Tells what happens.
    pub(super) fn watcher(&self) -> Watcher {
        let bar = self.bar.clone();
        let voice = Mutex::new(self.voice.clone());
        Arc::new(move |event: Event<'_>| {
            if let Some(message) = on_the_bar(&event) {
                bar.set_message(message);
                bar.tick();
            }
            if let Some(line) = voice.lock().unwrap_or_else(PoisonError::into_inner).line(&event) {
                bar.suspend(|| anstream::eprintln!("{line}"));
            }
        })
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// What the bar shows: the call that is made, and once a second the oldest that is under way.
fn on_the_bar(event: &Event<'_>) -> Option<String> {
    let (progress, age) = match event {
        Event::Asked(progress) => (progress, None),
        Event::Waiting { oldest, age, .. } => (oldest, Some(age)),
        Event::Retried { .. } | Event::Ended { .. } => return None,
    };
    let since = age.map_or_else(String::new, |age| format!(" for {} s", age.as_secs()));
    Some(format!("{} calls, {} retried: {}{since}", progress.calls, progress.retries, progress.call.action))
}

/// The lines beside the bar.
#[derive(Debug, Clone, Default)]
struct Voice {
    verbose: bool,
    /// Is no line wanted where nothing was said for long?
    silent: bool,
    /// When the last line was said, from the beginning, and how long the collecting takes by now.
    last: Duration,
    passed: Duration,
}

impl Voice {
    fn line(&mut self, event: &Event<'_>) -> Option<String> {
        if let Event::Waiting { passed, .. } = event {
            self.passed = *passed;
        }
        let line = match event {
            Event::Asked(progress) if self.verbose => {
                Some(format!("{} {}", progress.call.action, plain(progress.resource)))
            }
            Event::Retried { call, resource, reason, wait } if self.verbose => Some(format!(
                "{} {}: {}, again in {:.1} s",
                call.action,
                plain(resource),
                plain(reason),
                wait.as_secs_f64()
            )),
            Event::Waiting { oldest, age, passed } if !self.silent && passed.saturating_sub(self.last) >= SILENCE => {
                Some(format!(
                    "gt-audit: {} calls, {} retried; {} of {} is under way for {} s",
                    oldest.calls,
                    oldest.retries,
                    oldest.call.action,
                    plain(oldest.resource),
                    age.as_secs()
                ))
            }
            Event::Ended { message } => Some(format!("gt-audit: {}", plain(message))),
            _ => None,
        };
        if line.is_some() {
            self.last = self.passed;
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::Progress;
    use crate::collect::calls::LIST_FUNCTIONS;

    fn progress() -> Progress<'static> {
        Progress { call: &LIST_FUNCTIONS, resource: "*", calls: 12, retries: 3 }
    }

    fn waiting(passed: u64, age: u64) -> Event<'static> {
        Event::Waiting { oldest: progress(), age: Duration::from_secs(age), passed: Duration::from_secs(passed) }
    }

    fn retried() -> Event<'static> {
        let wait = Duration::from_millis(1540);
        Event::Retried { call: &LIST_FUNCTIONS, resource: "f\u{1b}", reason: "throttled, status 429", wait }
    }

    #[test]
    fn where_there_is_no_bar_a_line_breaks_each_quarter_of_a_minute_of_silence() {
        let mut voice = Voice::default();
        let said: Vec<u64> = (1..=40).filter(|second| voice.line(&waiting(*second, 7)).is_some()).collect();
        assert_eq!(said, [15, 30]);
        assert_eq!(
            voice.line(&waiting(45, 7)).unwrap(),
            "gt-audit: 12 calls, 3 retried; lambda:ListFunctions of * is under way for 7 s"
        );
        assert_eq!(voice.line(&Event::Asked(progress())), None);
        assert_eq!(voice.line(&retried()), None);
        let mut quiet = Voice { silent: true, ..Voice::default() };
        assert!((1..=40).all(|second| quiet.line(&waiting(second, 7)).is_none()));
        assert_eq!(
            quiet.line(&Event::Ended { message: "the credentials expired" }).unwrap(),
            "gt-audit: the credentials expired"
        );
    }

    #[test]
    fn each_call_and_each_retry_is_named_to_who_wants_to_know() {
        let mut voice = Voice { verbose: true, ..Voice::default() };
        assert_eq!(voice.line(&Event::Asked(progress())).unwrap(), "lambda:ListFunctions *");
        assert_eq!(
            voice.line(&retried()).unwrap(),
            "lambda:ListFunctions f\\u{1b}: throttled, status 429, again in 1.5 s"
        );
    }

    #[test]
    fn the_bar_names_the_oldest_call_and_its_age() {
        assert_eq!(on_the_bar(&waiting(9, 7)).unwrap(), "12 calls, 3 retried: lambda:ListFunctions for 7 s");
        assert_eq!(on_the_bar(&Event::Asked(progress())).unwrap(), "12 calls, 3 retried: lambda:ListFunctions");
        assert_eq!(on_the_bar(&retried()), None);
    }
}
