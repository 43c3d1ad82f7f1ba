//! What is told of the collecting while it goes on, and which calls are under way.
//!
//! Knows nothing of where it is shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::calls::Call;
use super::lock::lock;

/// Who watches the collecting.
pub type Watcher = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// What happens.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A call is about to be made.
    Asked(Progress<'a>),
    /// A call has failed and is made again.
    Retried {
        /// The call.
        call: &'static Call,
        /// The ARN that it asks about, `*` for a list.
        resource: &'a str,
        /// What came instead of an answer.
        reason: &'a str,
        /// How long is waited before the next attempt.
        wait: Duration,
    },
    /// Calls are under way; told once a second.
    Waiting {
        /// The oldest of them.
        oldest: Progress<'a>,
        /// How long it has been under way.
        age: Duration,
        /// How long the collecting takes already.
        passed: Duration,
    },
    /// Nothing is asked from now on.
    Ended {
        /// Why, in one sentence.
        message: &'a str,
    },
}

/// How far the collecting has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The call.
    pub call: &'static Call,
    /// The ARN that it asks about, `*` for a list.
    pub resource: &'a str,
    /// Calls made so far.
    pub calls: u64,
    /// Attempts beyond the first of each call so far.
    pub retries: u64,
}

/// The calls that are under way, the oldest first.
#[derive(Default)]
pub(super) struct Open(Mutex<Calls>);

#[derive(Default)]
struct Calls {
    made: u64,
    open: BTreeMap<u64, OpenCall>,
}

/// A call that is under way.
#[derive(Clone)]
pub(super) struct OpenCall {
    pub(super) call: &'static Call,
    pub(super) resource: String,
    pub(super) since: SystemTime,
}

/// A call is under way as long as this lives.
pub(super) struct UnderWay<'o> {
    open: &'o Open,
    number: u64,
}

impl Open {
    pub(super) fn begin(&self, call: &'static Call, resource: &str, since: SystemTime) -> UnderWay<'_> {
        let mut calls = lock(&self.0);
        calls.made += 1;
        let number = calls.made;
        calls.open.insert(number, OpenCall { call, resource: resource.to_owned(), since });
        UnderWay { open: self, number }
    }

    pub(super) fn oldest(&self) -> Option<OpenCall> {
        lock(&self.0).open.values().next().cloned()
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(&self.open.0).open.remove(&self.number);
    }
}
