//! The profile that credentials and settings come from: does it exist, and how are its credentials renewed?
//!
//! Knows the keys of a profile that say so, and nothing of credentials themselves.

use std::env;

use aws_config::profile::{self, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

use super::connect_error::{ConnectError, CredentialSource};
use super::refusal::causes;
use super::secrets::Secrets;

/// The profiles of the configuration files, and the one that is used.
pub(super) struct Profile {
    /// The one that is used.
    pub(super) name: String,
    /// Was it named, by an option or the environment?
    named: bool,
    all: ProfileSet,
}

/// As deep as `source_profile` is followed. Who goes round in a circle is told so by aws-config.
const DEPTH: usize = 8;

impl Profile {
    /// Reads the configuration files; a profile that is named must exist.
    pub(super) async fn load(option: Option<&str>) -> Result<Self, ConnectError> {
        let named = option.map(str::to_owned).or_else(|| env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()));
        #[expect(clippy::default_trait_access, reason = "aws-config has deprecated its name for the type")]
        let all = profile::load(&Fs::real(), &Env::real(), &Default::default(), named.clone().map(Into::into))
            .await
            .map_err(|error| ConnectError::Profiles {
                problem: causes(&error)
                    .map(|cause| cause.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" "))
                    .collect::<Vec<_>>()
                    .join(": "),
            })?;
        match named {
            Some(name) if all.get_profile(&name).is_none() => {
                Err(ConnectError::UnknownProfile { name, known: known(&all) })
            }
            named => Ok(Self { name: all.selected_profile().to_owned(), named: named.is_some(), all }),
        }
    }

    pub(super) fn get(&self, property: &str) -> Option<&str> {
        self.all.get_profile(&self.name).and_then(|profile| profile.get(property))
    }

    /// A setting of the environment, or else of the profile, with the name under which it was found.
    pub(super) fn setting(&self, variable: &str, property: &str) -> Option<(String, String)> {
        let of_environment = env::var(variable).ok().map(|value| (variable.to_owned(), value));
        of_environment.or_else(|| self.get(property).map(|value| (property.to_owned(), value.to_owned())))
    }

    /// Where its credentials come from.
    pub(super) fn credential_source(&self) -> CredentialSource {
        let role = self.get("role_arn").map(str::to_owned);
        CredentialSource {
            profile: self.named.then(|| self.name.clone()),
            role,
            renewal: self.renewal(),
            secrets: Secrets::default(),
        }
    }

    /// The command that logs in again, for the profile at the source of the chain.
    fn renewal(&self) -> Option<String> {
        let mut name = self.name.as_str();
        for _ in 0..DEPTH {
            let profile = self.all.get_profile(name)?;
            if profile.get("sso_session").or(profile.get("sso_start_url")).is_some() {
                return Some(format!("aws sso login --profile {name}"));
            }
            if profile.get("login_session").is_some() {
                return Some(format!("aws login --profile {name}"));
            }
            name = profile.get("source_profile")?;
        }
        None
    }
}

fn known(profiles: &ProfileSet) -> String {
    let mut names: Vec<_> = profiles.profiles().map(|name| format!("`{name}`")).collect();
    names.sort_unstable();
    if names.is_empty() { "there are none".to_owned() } else { format!("there are {}", names.join(", ")) }
}
