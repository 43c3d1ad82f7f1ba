//! From what the user says, and what the environment and the profile say, to a connected account.
//!
//! It is aws-config that reads them, so that everything works that works with the AWS CLI: profiles, SSO, role chains,
//! credential processes, web identity, containers, instances. What it does here beside that: a profile that does not
//! exist is said at once; credentials are loaded before anything else is done with them, so that their trouble is not
//! taken for the network's; and where there is no instance metadata, it is not waited for.

use std::pin::pin;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_s3::config::SharedHttpClient;
use futures_util::future::{Either, select};

use super::aws::Aws;
use super::connect_error::{ConnectError, CredentialSource};
use super::connection::{AssumeRole, Connection};
use super::gate::Run;
use super::lock::lock;
use super::profile::Profile;
use super::sdk::{FIRST_ATTEMPT, FIRST_ATTEMPTS, default_retries, endpoint, limits};
use super::trust;
use super::watch::Watcher;

const NAME: &str = "gt-audit";

/// Where regions are not named, global questions are asked here.
const HOME: &str = "us-east-1";

impl Aws {
    /// Connects as the user wants, and asks who we are.
    ///
    /// # Errors
    ///
    /// When that cannot be: the message says why and what to do.
    pub async fn connect(connection: &Connection, watcher: Watcher) -> Result<Self, ConnectError> {
        let ended = async {
            match connection.deadline {
                Some(deadline) => drop(tokio::time::timeout(deadline, connection.stop.stopped()).await),
                None => connection.stop.stopped().await,
            }
        };
        match select(pin!(Self::connect_in_peace(connection, watcher)), pin!(ended)).await {
            Either::Left((connected, _)) => connected,
            Either::Right(_) if connection.stop.is_stopped() => Err(ConnectError::Interrupted),
            Either::Right(_) => Err(ConnectError::Deadline),
        }
    }

    async fn connect_in_peace(connection: &Connection, watcher: Watcher) -> Result<Self, ConnectError> {
        let begun = SystemTime::now();
        let profile = Profile::load(connection.profile.as_deref()).await?;
        let imds = instance_metadata();
        let region = match connection.regions.first() {
            Some(named) => Some(Region::new(named.clone())),
            None => default_region(&profile, &imds).await,
        };
        let region = match region {
            None if connection.all_regions => Region::from_static(HOME),
            region => region.ok_or(ConnectError::NoRegion)?,
        };
        let http_client = trust::http_client(&profile)?;
        let credentials = credentials(connection, &profile, region.clone(), imds, http_client.clone()).await;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .profile_name(&profile.name)
            .region(region)
            .credentials_provider(credentials)
            .retry_config(retries(&profile)?);
        if let Some(client) = http_client {
            loader = loader.http_client(client);
        }
        if let Some(url) = &connection.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Ok(name) = AppName::new(NAME) {
            loader = loader.app_name(name);
        }
        let config = loader.load().await;
        check_endpoint(&config)?;

        let mut source = profile.credential_source();
        let mut config = with_loaded_credentials(config, &source).await?;
        if let Some(role) = &connection.assume_role {
            source.role = Some(role.arn.clone());
            config = with_role(config, role, connection.timeout, &source).await?;
        }
        let run = Run { connection, begun, secrets: source.secrets.clone(), watcher };
        Self::open(config, run, &source).await
    }
}

/// The chain ends at the instance metadata service, which is not there on a laptop: by default that takes four tries.
fn instance_metadata() -> imds::Client {
    let second = Duration::from_secs(1);
    imds::Client::builder().max_attempts(2).connect_timeout(second).read_timeout(second).build()
}

async fn default_region(profile: &Profile, imds: &imds::Client) -> Option<Region> {
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::builder().profile_name(&profile.name).build())
        .or_else(ImdsRegionProvider::builder().imds_client(imds.clone()).build())
        .region()
        .await
        .filter(|region| !region.as_ref().is_empty())
}

/// A profile that the user names comes before the environment's keys, as with the AWS CLI: else another account would
/// be audited than the one that was asked for.
async fn credentials(
    connection: &Connection,
    profile: &Profile,
    region: Region,
    imds: imds::Client,
    http_client: Option<SharedHttpClient>,
) -> SharedCredentialsProvider {
    let mut config = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_retry_config(default_retries().with_max_attempts(FIRST_ATTEMPTS))
        .with_timeout_config(limits(connection.timeout.unwrap_or(FIRST_ATTEMPT)));
    if let Some(client) = http_client {
        config = config.with_http_client(client);
    }
    if connection.profile.is_some() {
        let of_profile =
            ProfileFileCredentialsProvider::builder().configure(&config).profile_name(&profile.name).build();
        let chain = CredentialsProviderChain::first_try("Profile", of_profile)
            .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
            .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().imds_client(imds).build());
        return SharedCredentialsProvider::new(chain);
    }
    let chain = DefaultCredentialsChain::builder().configure(config).profile_name(&profile.name).region(region);
    SharedCredentialsProvider::new(chain.imds_client(imds).build().await)
}

/// What the user says about retries, else [`default_retries`]. (aws-config would panic at a value that makes no sense.)
fn retries(profile: &Profile) -> Result<RetryConfig, ConnectError> {
    let mut retry = default_retries();
    if let Some((setting, value)) = profile.setting("AWS_MAX_ATTEMPTS", "max_attempts") {
        match value.trim().parse() {
            Ok(attempts @ 1..) => retry = retry.with_max_attempts(attempts),
            _ => return Err(ConnectError::Setting { setting, value, wanted: "give a number of at least 1" }),
        }
    }
    if let Some((setting, value)) = profile.setting("AWS_RETRY_MODE", "retry_mode") {
        retry = match value.trim().to_ascii_lowercase().as_str() {
            "standard" | "legacy" => retry,
            "adaptive" => retry.with_retry_mode(aws_config::retry::RetryMode::Adaptive),
            _ => return Err(ConnectError::Setting { setting, value, wanted: "give `standard` or `adaptive`" }),
        };
    }
    Ok(retry)
}

fn check_endpoint(config: &SdkConfig) -> Result<(), ConnectError> {
    match endpoint(config, "STS") {
        Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => Err(ConnectError::Setting {
            setting: "endpoint URL".to_owned(),
            value: url,
            wanted: "give a URL that begins with http:// or https://",
        }),
        _ => Ok(()),
    }
}

async fn with_role(
    config: SdkConfig,
    role: &AssumeRole,
    timeout: Option<Duration>,
    source: &CredentialSource,
) -> Result<SdkConfig, ConnectError> {
    let impatient = config
        .to_builder()
        .retry_config(default_retries().with_max_attempts(FIRST_ATTEMPTS))
        .timeout_config(limits(timeout.unwrap_or(FIRST_ATTEMPT)))
        .build();
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .session_name(role.session_name.as_deref().unwrap_or(NAME))
        .configure(&impatient);
    if let Some(external_id) = &role.external_id {
        provider = provider.external_id(external_id);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    with_loaded_credentials(config.into_builder().credentials_provider(provider).build(), source).await
}

/// Loads the credentials outside of any call, whose time limits are not made for somebody who looks for his token.
async fn with_loaded_credentials(config: SdkConfig, source: &CredentialSource) -> Result<SdkConfig, ConnectError> {
    let none = || ConnectError::NoCredentials { of: String::new() };
    let provider = source.secrets.noting(config.credentials_provider().ok_or_else(none)?);
    let first = provider.provide_credentials().await.map_err(|error| source.of_credentials(&error, &config))?;
    let loaded = Loaded { first: Mutex::new(Some(first)), provider };
    Ok(config.into_builder().credentials_provider(SharedCredentialsProvider::new(loaded)).build())
}

/// Credentials that are there already, so that no user is asked twice for a token; later ones come from their source.
#[derive(Debug)]
struct Loaded {
    first: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
}

impl ProvideCredentials for Loaded {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match lock(&self.first).take() {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.provider.provide_credentials(),
        }
    }
}
