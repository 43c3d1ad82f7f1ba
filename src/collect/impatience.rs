//! Little patience with a host that is not there.
//!
//! Where a service is not, its host has no address, and ten tries take minutes. Knows that this is no throttling, which is
//! waited out; has never heard of a service.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;

use crate::account::Unknown;

/// For one request: to connect, the second try is the last.
#[derive(Debug, Default)]
pub(super) struct Impatience {
    before: AtomicBool,
}

impl ClassifyRetry for Impatience {
    fn name(&self) -> &'static str {
        "gt-audit's patience with a host that is not there"
    }

    fn classify_retry(&self, attempt: &InterceptorContext) -> RetryAction {
        match attempt.output_or_error() {
            Some(Err(error)) if error.is_connector_error() && self.before.swap(true, Relaxed) => {
                RetryAction::RetryForbidden
            }
            _ => RetryAction::NoActionIndicated,
        }
    }
}

/// Does nobody answer there who could be asked anything else? Then one gap says all there is to say.
pub(super) fn is_not_there(gap: &Unknown) -> bool {
    matches!(gap.code.as_str(), "NotSupported" | "NoConnection" | "Timeout")
}
