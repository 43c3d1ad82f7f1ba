//! How many operations and attempts clients really make.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use aws_sdk_s3::config::interceptors::{BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use super::lock::lock;

/// Counts the operations and attempts that clients really make.
#[derive(Debug, Clone, Default)]
pub(super) struct Count(Arc<Tally>);

#[derive(Debug, Default)]
struct Tally {
    calls: AtomicU64,
    attempts: AtomicU64,
    operations: Mutex<BTreeMap<(String, String), u64>>,
}

impl Count {
    pub(super) fn calls(&self) -> u64 {
        self.0.calls.load(Relaxed)
    }

    pub(super) fn retries(&self) -> u64 {
        self.0.attempts.load(Relaxed).saturating_sub(self.calls())
    }

    /// How often each operation was called, by service and name.
    pub(super) fn operations(&self) -> BTreeMap<(String, String), u64> {
        lock(&self.0.operations).clone()
    }
}

impl Intercept for Count {
    fn name(&self) -> &'static str {
        "gt-audit's count of calls"
    }

    // Not `read_before_execution`: there a client's interceptor does not know yet which operation it is.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.calls.fetch_add(1, Relaxed);
        if let Some(operation) = config.load::<Metadata>() {
            let key = (operation.service().to_owned(), operation.name().to_owned());
            *lock(&self.0.operations).entry(key).or_default() += 1;
        }
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.attempts.fetch_add(1, Relaxed);
        Ok(())
    }
}
