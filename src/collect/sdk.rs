//! The settings that every client of the SDK shares: endpoints, time limits, retries.
//!
//! Knows aws-config and no service.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::config::retry::{RetryPartition, TokenBucket};
use aws_types::service_config::ServiceConfigKey;

/// A connection that is refused is tried again soon enough; one that hangs is none.
const CONNECT: Duration = Duration::from_millis(3100);
/// How long one attempt may take, unless the user says otherwise. (The SDK knows no limit of its own.)
pub(super) const ATTEMPT: Duration = Duration::from_secs(15);
/// A page of `GetAccountAuthorizationDetails` is slow to make.
pub(super) const SLOW_ATTEMPT: Duration = Duration::from_mins(1);
/// How long a call may take with all its attempts and the waiting between them.
const OPERATION: Duration = Duration::from_mins(5);
/// The first call shows whether there is anybody: within seconds.
pub(super) const FIRST_ATTEMPT: Duration = Duration::from_secs(5);
pub(super) const FIRST_ATTEMPTS: u32 = 2;

/// Attempts for a call: three, the SDK's number, lose calls under throttling; ten don't (measured).
const ATTEMPTS: u32 = 10;
pub(super) const LONGEST_BACKOFF: Duration = Duration::from_secs(20);
/// The SDK gives up retrying when a client has failed too often. An audit would rather wait.
const RETRY_QUOTA: usize = 100_000;

/// The endpoint that the user chose for a service, by the option, the environment or the profile.
pub(super) fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_the_service = config.service_config().zip(key.ok()).and_then(|(settings, key)| settings.load_config(key));
    let of_all = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        of_all.or(of_the_service)
    } else {
        of_the_service.or(of_all)
    }
}

/// How gt-audit retries where the user says nothing else: for long, and not in adaptive mode, which crawls when the
/// throttling is not of our own making.
pub(super) fn default_retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_BACKOFF)
}

/// A silent server is left after a while; the SDK would wait forever.
pub(super) fn limits(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT.min(attempt))
        .operation_attempt_timeout(attempt)
        .operation_timeout(OPERATION.max(attempt))
        .build()
}

/// A client's own: what one service throttles must not slow down another.
pub(super) fn retry_partition() -> RetryPartition {
    RetryPartition::custom("gt-audit").token_bucket(TokenBucket::builder().capacity(RETRY_QUOTA).build()).build()
}
