//! How long one call is retried.
//!
//! Throttling is waited out: whoever throttles is there and will answer. Every other failure is retried for half a minute,
//! the waiting between the attempts included. Not retried at all is an operation that the endpoint does not have, and a
//! name without an address is tried twice. Knows the SDK's own judgement of an attempt; has never heard of a service.

use std::error::Error;
use std::io::{
    self,
    ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut},
};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_s3::config::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::interceptors::context::{Error as Operation, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{RetryClassifierPriority, RetryReason};
use aws_smithy_types::retry::ErrorKind;
use aws_types::sdk_config::SharedTimeSource;

use super::lock::lock;
use super::refusal::{causes, innermost, is_missing, line};
use super::sdk::LONGEST_BACKOFF;

/// How long a call that fails without being throttled is retried.
const RETRIED: Duration = Duration::from_secs(30);

tokio::task_local! {
    /// The call that is being made.
    pub(super) static RETRIES: Retries;
}

/// What is remembered of a call between its attempts.
pub(super) struct Retries {
    clock: SharedTimeSource,
    /// Is the endpoint one that the user chose?
    emulated: bool,
    /// Is it the first call of all, which shows whether anybody is there?
    first: bool,
    /// Is told of each retry: why, and how long is waited before it.
    told: Box<Told>,
    past: Mutex<Past>,
}

/// Who is told of retries.
pub(super) type Told = dyn Fn(&str, Duration) + Send + Sync;

struct Past {
    /// Why the next attempt is made, until it is known how long is waited for it.
    reason: Option<String>,
    attempts: u32,
    /// Failures since the call was throttled last, and since when.
    failures: u32,
    since: SystemTime,
}

impl Retries {
    pub(super) fn new(clock: SharedTimeSource, emulated: bool, first: bool, told: Box<Told>) -> Self {
        let past = Mutex::new(Past { reason: None, attempts: 0, failures: 0, since: clock.now() });
        Self { clock, emulated, first, told, past }
    }

    /// The first wait after a failure is the one before the next attempt.
    fn waits(&self, wait: Duration) {
        let reason = lock(&self.past).reason.take();
        if let Some(reason) = reason {
            (self.told)(&reason, wait);
        }
    }

    /// Is this attempt the last, though the SDK would try again?
    fn end_with(&self, attempt: &InterceptorContext, kind: ErrorKind) -> bool {
        let now = self.clock.now();
        let mut past = lock(&self.past);
        past.attempts += 1;
        past.reason = Some(reason(attempt, kind));
        if kind == ErrorKind::ThrottlingError {
            (past.failures, past.since) = (0, now);
            return false;
        }
        past.failures += 1;
        let missing = attempt.response().is_some_and(|response| is_missing(response, None, self.emulated));
        let error = attempt.output_or_error().and_then(Result::err);
        let silent = error.is_some_and(|error| has_no_address(error) || (self.first && has_no_answer(error)));
        // As long as the SDK may wait before the next attempt: a second, and twice as long after each.
        let wait = Duration::from_secs(1).saturating_mul(1 << (past.attempts - 1).min(8)).min(LONGEST_BACKOFF);
        let spent = now.duration_since(past.since).unwrap_or_default();
        missing || (silent && past.failures > 1) || spent + wait > RETRIED
    }
}

/// What came instead of an answer, in a few words.
fn reason(attempt: &InterceptorContext, kind: ErrorKind) -> String {
    let what = match attempt.response() {
        _ if kind == ErrorKind::ThrottlingError => "throttled",
        Some(response) if response.status().is_server_error() => "out of order",
        _ => "failed",
    };
    match (attempt.response(), attempt.output_or_error().and_then(Result::err)) {
        (Some(response), _) => format!("{what}, status {}", response.status().as_u16()),
        (None, Some(error)) => line(&innermost(error)),
        (None, None) => what.to_owned(),
    }
}

/// Is the host's name without an address? So it is where AWS has no such service. hyper-util says it in these words, with
/// the standard library's below (hyper-util 0.1.21, 2026-11).
fn has_no_address(error: &OrchestratorError<Operation>) -> bool {
    causes(error).any(|cause| cause.to_string().starts_with("dns error"))
}

/// Is no server at the address, or none that says a word? Whoever resets a connection is there.
fn has_no_answer(error: &OrchestratorError<Operation>) -> bool {
    let refused = |cause: &(dyn Error + 'static)| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        kind.is_some_and(|kind| {
            [ConnectionRefused, HostUnreachable, NetworkUnreachable, AddrNotAvailable, TimedOut].contains(&kind)
        })
    };
    error.is_timeout_error()
        || error.as_connector_error().is_some_and(ConnectorError::is_timeout)
        || causes(error).any(refused)
}

/// Ends the retries of a call where they have lasted long enough. Registered with every client.
#[derive(Debug)]
pub(super) struct BoundedRetries;

impl ClassifyRetry for BoundedRetries {
    fn name(&self) -> &'static str {
        "gt-audit's bound on retries"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }

    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn classify_retry_v2(&self, attempt: &InterceptorContext, so_far: &RetryAction) -> RetryAction {
        match so_far {
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind, .. })
                if RETRIES.try_with(|call| call.end_with(attempt, *kind)).unwrap_or_default() =>
            {
                RetryAction::RetryForbidden
            }
            _ => RetryAction::NoActionIndicated,
        }
    }
}

/// Waits like another, and tells the call that waits. Registered with every client.
#[derive(Debug)]
pub(super) struct ToldSleep(pub(super) SharedAsyncSleep);

impl AsyncSleep for ToldSleep {
    fn sleep(&self, duration: Duration) -> Sleep {
        // Outside of a call there is no listener.
        RETRIES.try_with(|call| call.waits(duration)).unwrap_or_default();
        self.0.sleep(duration)
    }
}
