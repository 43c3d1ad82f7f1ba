//! Why there is no connection, in one line that says what to do.
//!
//! Knows the ways in which a profile, a region, credentials or an endpoint can be wrong; the lines are for people, and
//! none of them ever holds a credential.

use std::error::Error;

use aws_config::SdkConfig;
use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use super::calls::ASSUME_ROLE;
use super::refusal::{self, Failure, Refusal};
use super::sdk::endpoint;

/// Why there is no connection; each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The files exist and cannot be read.
    #[error("the AWS configuration files cannot be read: {problem}")]
    Profiles {
        /// What the SDK says, with the file and line.
        problem: String,
    },
    /// No such profile.
    #[error(
        "there is no profile `{name}` in the AWS configuration files ({known}): choose one with --profile or AWS_PROFILE"
    )]
    UnknownProfile {
        /// The name that was given.
        name: String,
        /// The names there are, as a phrase.
        known: String,
    },
    /// A setting of the environment or the profile makes no sense.
    #[error("`{setting}` is `{value}`: {wanted}")]
    Setting {
        /// Its name.
        setting: String,
        /// What it is.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// No region is named anywhere.
    #[error("no region: give --region, set AWS_REGION or the profile's region")]
    NoRegion,
    /// There are no credentials.
    #[error("no credentials{of}: run `aws configure` or `aws sso login`, set AWS_PROFILE, or give --profile")]
    NoCredentials {
        /// ` in profile …`, if one was named.
        of: String,
    },
    /// The credentials' source is there and fails.
    #[error("the credentials cannot be loaded ({problem}): {remedy}")]
    Credentials {
        /// The innermost cause.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The credentials were valid once.
    #[error("the credentials have expired ({problem}): {remedy}")]
    Expired {
        /// AWS's code and message.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// AWS does not know the credentials.
    #[error("AWS does not accept the credentials ({problem}): {remedy}, and make sure that the region is enabled")]
    Invalid {
        /// AWS's code and message.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The role may not be assumed.
    #[error(
        "the role `{role}` cannot be assumed ({problem}): its trust policy must allow the caller, and the caller sts:AssumeRole on it"
    )]
    AssumeRole {
        /// Its ARN, or the profile that names it.
        role: String,
        /// AWS's code and message.
        problem: String,
    },
    /// Nobody answers.
    #[error("{endpoint} does not answer ({problem}): {remedy}")]
    NoAnswer {
        /// The URL, or AWS's service and the region.
        endpoint: String,
        /// What happened instead.
        problem: String,
        /// What to check.
        remedy: &'static str,
    },
    /// Somebody answers who is not AWS.
    #[error("{endpoint} does not answer as AWS does ({problem}): is it the right endpoint")]
    NotAws {
        /// The URL, or AWS's service and the region.
        endpoint: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// AWS refuses to say who is asking.
    #[error("AWS refuses the first call, sts:GetCallerIdentity ({problem})")]
    Refused {
        /// AWS's code and message.
        problem: String,
    },
}

/// What is known of the credentials' source, to say what to do about them.
#[derive(Debug, Default)]
pub(super) struct CredentialSource {
    /// The profile that was named.
    pub(super) profile: Option<String>,
    /// The role that is assumed.
    pub(super) role: Option<String>,
    /// The command that renews the credentials.
    pub(super) renewal: Option<String>,
}

impl CredentialSource {
    /// What kept credentials from being loaded.
    pub(super) fn of_credentials(&self, error: &CredentialsError, config: &SdkConfig) -> ConnectError {
        let assuming = refusal::causes(error).find_map(|cause| cause.downcast_ref::<Failure<AssumeRoleError>>());
        match (assuming, error) {
            (Some(refused), _) => self.of_assuming(refused, config),
            // Instance metadata is asked last: whatever it answers but credentials, there are none.
            (None, _) if not_loaded(error) => {
                let of = self.profile.as_ref().map_or_else(String::new, |name| format!(" in profile `{name}`"));
                ConnectError::NoCredentials { of }
            }
            (None, _) => {
                // What a credential process says on standard error is its own business, and may be a secret.
                let cause = refusal::cause(error);
                let problem = cause.split(" Stderr:").next().unwrap_or_default().to_owned();
                ConnectError::Credentials { problem, remedy: self.remedy() }
            }
        }
    }

    fn of_assuming(&self, refused: &Failure<AssumeRoleError>, config: &SdkConfig) -> ConnectError {
        match self.of_sts(&Refusal::of(&ASSUME_ROLE, "*", refused, endpoint(config, "STS").is_some()), config) {
            ConnectError::Refused { problem } => {
                ConnectError::AssumeRole { role: self.role.clone().unwrap_or_default(), problem }
            }
            other => other,
        }
    }

    /// What kept STS from answering.
    pub(super) fn of_sts(&self, refused: &Refusal, config: &SdkConfig) -> ConnectError {
        let Refusal { code, message, .. } = refused;
        let problem = if message.is_empty() { code.clone() } else { format!("{code}: {message}") };
        match code.as_str() {
            "Timeout" | "NoConnection" | "NotSent" => no_answer(config, problem),
            "NoCredentials" => ConnectError::Credentials { problem, remedy: self.remedy() },
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
                ConnectError::Expired { problem, remedy: self.remedy() }
            }
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "AuthFailure"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken" => ConnectError::Invalid { problem, remedy: self.remedy() },
            "Malformed" | "NotSupported" => self.not_aws(config, &problem),
            http if http.starts_with("Http") => self.not_aws(config, &problem),
            _ => ConnectError::Refused { problem },
        }
    }

    #[expect(clippy::unused_self, reason = "reads like its siblings where it is used")]
    pub(super) fn not_aws(&self, config: &SdkConfig, problem: &str) -> ConnectError {
        ConnectError::NotAws { endpoint: name(config), problem: problem.to_owned() }
    }

    fn remedy(&self) -> String {
        match (&self.renewal, &self.profile) {
            (Some(command), _) => format!("run `{command}`"),
            (None, Some(profile)) => format!("renew the credentials of profile `{profile}`"),
            (None, None) => "renew the credentials that the environment holds".to_owned(),
        }
    }
}

fn not_loaded(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::CredentialsNotLoaded(_))
        || refusal::causes(error).any(<dyn Error>::is::<ImdsError>)
}

fn no_answer(config: &SdkConfig, problem: String) -> ConnectError {
    let remedy = match endpoint(config, "STS") {
        Some(_) => "is it running, and is the URL right",
        None => "is the region's name right, and is there a network",
    };
    ConnectError::NoAnswer { endpoint: name(config), problem, remedy }
}

/// `http://user:password@host` without what stands before the host.
fn without_password(url: &str) -> String {
    match url.split_once("://").map(|(scheme, rest)| (scheme, rest.split('/').next().unwrap_or_default(), rest)) {
        Some((scheme, authority, rest)) if authority.contains('@') => {
            let user = authority.rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", rest.get(user..).unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}

fn name(config: &SdkConfig) -> String {
    match (endpoint(config, "STS"), config.region()) {
        (Some(url), _) => format!("`{}`", without_password(&url)),
        (None, Some(region)) => format!("AWS STS in region `{region}`"),
        (None, None) => "AWS STS".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_without_what_opens_it() {
        for (url, named) in [
            ("http://user:PASSW0RD@host:4566/a@b", "http://host:4566/a@b"),
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("https://host/path@x", "https://host/path@x"),
        ] {
            assert_eq!(without_password(url), named);
        }
    }
}
