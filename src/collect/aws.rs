//! One account of AWS, connected: who we are there, and a client for each service and region.
//!
//! Knows how a client of gt-audit is made: patient with throttling, impatient with silence, counted, and by path where
//! the endpoint is not Amazon's. Knows no operation but the first, which says whose account it is.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::config::SharedAsyncSleep;
use futures_util::future::{Either, select};

use super::answer::WholeAnswers;
use super::calls::GET_CALLER_IDENTITY;
use super::connect_error::{ConnectError, CredentialSource};
use super::connection::Connection;
use super::gate::{Gate, Run};
use super::lock::lock;
use super::retries::{BoundedRetries, ToldSleep};
use super::sdk::{ATTEMPT, FIRST_ATTEMPT, SLOW_ATTEMPT, default_retries, limits, retry_partition};
use super::watch::Watcher;
use crate::account::snapshot::Collection;
use crate::arn::Arn;

/// A client whose calls are counted, and retried only so long. What one service throttles must not slow down another.
macro_rules! client {
    ($sdk:ident, $config:expr, $gate:expr $(, $setting:ident($value:expr))?) => {{
        let builder = $sdk::config::Builder::from($config)
            .interceptor($gate.count())
            .interceptor(WholeAnswers)
            .retry_partition(retry_partition())
            .retry_classifier(BoundedRetries);
        $sdk::Client::from_conf(builder$(.$setting($value))?.build())
    }};
}

/// A connected account.
pub struct Aws {
    pub(super) gate: Gate,
    /// Who collects.
    pub(super) caller: Arn,
    /// The account's twelve digits.
    pub(super) account: String,
    /// The region in which global questions are asked.
    pub(super) home: String,
    /// The regions that were named, or else the home region.
    pub(super) regions: BTreeSet<String>,
    /// Are all the account's regions wanted?
    pub(super) all_regions: bool,
    /// How many days back labeling jobs are listed, if the user says it.
    pub(super) jobs_since: Option<u32>,
    /// How many labeling jobs of a region are described, if the user says it.
    pub(super) max_jobs: Option<usize>,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) organizations: aws_sdk_organizations::Client,
    timeout: Option<Duration>,
    config: SdkConfig,
    s3: PerRegion<aws_sdk_s3::Client>,
    kms: PerRegion<aws_sdk_kms::Client>,
    lambda: PerRegion<aws_sdk_lambda::Client>,
    sagemaker: PerRegion<aws_sdk_sagemaker::Client>,
    tagging: PerRegion<aws_sdk_resourcegroupstagging::Client>,
}

impl Aws {
    /// Connects with a configuration that is already there: asks who we are.
    ///
    /// # Errors
    ///
    /// When there is no region, no answer, or the credentials are refused.
    pub async fn new(config: SdkConfig, connection: &Connection, watcher: Watcher) -> Result<Self, ConnectError> {
        let begun = config.time_source().unwrap_or_default().now();
        let source = CredentialSource::default();
        let run = Run { connection, begun, secrets: source.secrets.clone(), watcher };
        Self::open(config, run, &source).await
    }

    pub(super) async fn open(
        config: SdkConfig,
        run: Run<'_>,
        credentials: &CredentialSource,
    ) -> Result<Self, ConnectError> {
        let connection = run.connection;
        let home = config.region().map(ToString::to_string).ok_or(ConnectError::NoRegion)?;
        let retry = config.retry_config().cloned().unwrap_or_else(default_retries);
        let (sleep, provider) = (config.sleep_impl(), config.credentials_provider());
        let mut builder =
            config.into_builder().retry_config(retry).timeout_config(limits(connection.timeout.unwrap_or(ATTEMPT)));
        builder.set_sleep_impl(sleep.map(|sleep| SharedAsyncSleep::new(ToldSleep(sleep))));
        builder.set_credentials_provider(provider.map(|provider| run.secrets.noting(provider)));
        let config = builder.build();
        let gate = Gate::new(&config, run);
        let (account, caller) = first_call(&config, &gate, connection, credentials).await?;
        let regions = if connection.regions.is_empty() {
            BTreeSet::from([home.clone()])
        } else {
            connection.regions.iter().cloned().collect()
        };
        Ok(Self {
            iam: client!(aws_sdk_iam, &config, gate),
            organizations: client!(aws_sdk_organizations, &config, gate),
            gate,
            caller,
            account,
            home,
            regions,
            all_regions: connection.all_regions,
            jobs_since: connection.jobs_since,
            max_jobs: connection.max_jobs,
            timeout: connection.timeout,
            config,
            s3: PerRegion::default(),
            kms: PerRegion::default(),
            lambda: PerRegion::default(),
            sagemaker: PerRegion::default(),
            tagging: PerRegion::default(),
        })
    }

    /// Does some work, and tells meanwhile what it waits for.
    pub async fn watched<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(self.gate.tell_what_is_under_way())).await {
            Either::Left((done, _)) => done,
            // INVARIANT: the telling has no end.
            Either::Right(((), work)) => work.await,
        }
    }

    /// Was the collecting stopped by the user?
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.gate.is_interrupted()
    }

    /// When the facts were collected and how many calls that took.
    #[must_use]
    pub fn collection(&self) -> Collection {
        self.gate.collection()
    }

    /// How often each operation was called, by service and name as the table of calls has them.
    #[must_use]
    pub fn operations(&self) -> BTreeMap<(String, String), u64> {
        self.gate.count().operations()
    }

    /// The account's twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// `aws`, `aws-cn` …
    #[must_use]
    pub fn partition(&self) -> &str {
        self.caller.partition()
    }

    /// Time limits for a call that is slow by nature.
    pub(super) fn slow(&self) -> TimeoutConfig {
        limits(self.timeout.unwrap_or(SLOW_ATTEMPT))
    }

    pub(super) fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        // `bucket.localhost` is a host that does not exist.
        let by_path = self.gate.is_emulated("S3");
        self.s3.client(region, || client!(aws_sdk_s3, &self.in_region(region), self.gate, force_path_style(by_path)))
    }

    pub(super) fn kms(&self, region: &str) -> aws_sdk_kms::Client {
        self.kms.client(region, || client!(aws_sdk_kms, &self.in_region(region), self.gate))
    }

    pub(super) fn lambda(&self, region: &str) -> aws_sdk_lambda::Client {
        self.lambda.client(region, || client!(aws_sdk_lambda, &self.in_region(region), self.gate))
    }

    pub(super) fn sagemaker(&self, region: &str) -> aws_sdk_sagemaker::Client {
        self.sagemaker.client(region, || client!(aws_sdk_sagemaker, &self.in_region(region), self.gate))
    }

    pub(super) fn tagging(&self, region: &str) -> aws_sdk_resourcegroupstagging::Client {
        self.tagging.client(region, || client!(aws_sdk_resourcegroupstagging, &self.in_region(region), self.gate))
    }

    /// The Account service is asked once, so that its client is not kept.
    pub(super) fn account_service(&self) -> aws_sdk_account::Client {
        client!(aws_sdk_account, &self.config, self.gate)
    }

    fn in_region(&self, region: &str) -> SdkConfig {
        self.config.to_builder().region(Region::new(region.to_owned())).build()
    }
}

async fn first_call(
    config: &SdkConfig,
    gate: &Gate,
    connection: &Connection,
    credentials: &CredentialSource,
) -> Result<(String, Arn), ConnectError> {
    let sts = client!(aws_sdk_sts, config, gate, timeout_config(limits(connection.timeout.unwrap_or(FIRST_ATTEMPT))));
    let identity = gate
        .ask_first(&GET_CALLER_IDENTITY, sts.get_caller_identity().send())
        .await
        .map_err(|refusal| credentials.of_sts(&refusal, config))?;
    let caller = identity.arn.and_then(|arn| Arn::parse(arn).ok());
    identity.account.zip(caller).ok_or_else(|| credentials.not_aws(config, "it does not say who is asking"))
}

/// Clients are dear to make and cheap to share.
struct PerRegion<C>(Mutex<BTreeMap<String, C>>);

impl<C> Default for PerRegion<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C: Clone> PerRegion<C> {
    fn client(&self, region: &str, make: impl FnOnce() -> C) -> C {
        let mut clients = lock(&self.0);
        match clients.get(region) {
            Some(client) => client.clone(),
            None => clients.entry(region.to_owned()).or_insert_with(make).clone(),
        }
    }
}
