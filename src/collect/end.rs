//! When the collecting ends though not all is collected: at a deadline, or because the user stops it.
//!
//! What is asked then, or was asked and is not answered, is a gap. Has never heard of a service.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_s3::config::{AsyncSleep, SharedAsyncSleep};
use aws_types::sdk_config::SharedTimeSource;
use futures_util::future::{Either, select};

use super::connection::Connection;
use super::stop::Stop;

/// Why nothing is asked any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The deadline has passed, so long after the beginning.
    Deadline(Duration),
    /// The user has stopped it.
    Stopped,
}

impl Ended {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Deadline(_) => DEADLINE,
            Self::Stopped => STOPPED,
        }
    }

    pub(super) fn message(self) -> String {
        match self {
            Self::Deadline(after) => format!("the deadline of {} seconds came before the answer", after.as_secs()),
            Self::Stopped => "it was interrupted before the answer came".to_owned(),
        }
    }
}

pub(super) const DEADLINE: &str = "Deadline";
pub(super) const STOPPED: &str = "Interrupted";

/// The end that is set to the collecting.
pub(super) struct End {
    deadline: Option<Deadline>,
    stop: Stop,
    clock: SharedTimeSource,
}

struct Deadline {
    after: Duration,
    at: SystemTime,
    sleep: SharedAsyncSleep,
}

impl End {
    /// What the connection says, counted from the beginning of the run.
    pub(super) fn new(config: &SdkConfig, connection: &Connection, begun: SystemTime) -> Self {
        let deadline = connection.deadline.zip(config.sleep_impl()).and_then(|(after, sleep)| {
            let at = begun.checked_add(after)?;
            Some(Deadline { after, at, sleep })
        });
        Self { deadline, stop: connection.stop.clone(), clock: config.time_source().unwrap_or_default() }
    }

    /// Has it come?
    pub(super) fn now(&self) -> Option<Ended> {
        let passed = self.deadline.as_ref().filter(|deadline| self.clock.now() >= deadline.at);
        let passed = passed.map(|deadline| Ended::Deadline(deadline.after));
        self.stop.is_stopped().then_some(Ended::Stopped).or(passed)
    }

    /// Does some work, unless the end comes first.
    pub(super) async fn cut<T>(&self, work: impl Future<Output = T>) -> Result<T, Ended> {
        if let Some(ended) = self.now() {
            return Err(ended);
        }
        match select(pin!(work), pin!(self.comes())).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right((ended, _)) => Err(ended),
        }
    }

    async fn comes(&self) -> Ended {
        let stopped = pin!(self.stop.stopped());
        let Some(deadline) = &self.deadline else {
            stopped.await;
            return Ended::Stopped;
        };
        let left = deadline.at.duration_since(self.clock.now()).unwrap_or_default();
        match select(stopped, deadline.sleep.sleep(left)).await {
            Either::Left(_) => Ended::Stopped,
            Either::Right(_) => Ended::Deadline(deadline.after),
        }
    }
}
