//! Why there is no connection, in one line that says what to do.
//!
//! Knows the ways in which a profile, a region, credentials or an endpoint can be wrong; the lines are for people, and
//! none of them ever holds a credential.

use std::env;
use std::error::Error;

use aws_config::SdkConfig;
use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use super::calls::ASSUME_ROLE;
use super::end::{DEADLINE, STOPPED};
use super::proxy;
use super::refusal::{self, Failure, Refusal, Seen};
use super::sdk::endpoint;
use super::secrets::Secrets;

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
    /// The credentials may be right, and the time is not.
    #[error(
        "this machine's clock is {difference} AWS's ({problem}): set the clock, since AWS refuses what is signed at another time"
    )]
    Clock {
        /// By how much, and in which direction.
        difference: String,
        /// AWS's code and message.
        problem: String,
    },
    /// The certificates to trust cannot be read.
    #[error("`{setting}` names {path}, which cannot be used ({problem}): name a file of certificates in PEM form")]
    CaBundle {
        /// The variable or the profile's key.
        setting: String,
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `--deadline` came first.
    #[error("the deadline came before the account had answered: give more seconds with --deadline")]
    Deadline,
    /// The user stopped it first.
    #[error("interrupted before anything was collected")]
    Interrupted,
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
    /// No answer comes.
    #[error("{endpoint} does not answer{through} ({problem}): {remedy}")]
    NoAnswer {
        /// The URL, or AWS's service and the region.
        endpoint: String,
        /// ` through the proxy …`, if one is on the way.
        through: String,
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
    /// The credentials that were loaded, which no message may quote.
    pub(super) secrets: Secrets,
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
                let problem = self.secrets.mask(&said(&refusal::innermost(error)));
                ConnectError::Credentials { problem, remedy: self.remedy() }
            }
        }
    }

    fn of_assuming(&self, refused: &Failure<AssumeRoleError>, config: &SdkConfig) -> ConnectError {
        let seen = Seen {
            emulated: endpoint(config, "STS").is_some(),
            now: config.time_source().unwrap_or_default().now(),
            secrets: &self.secrets,
        };
        match self.of_sts(&Refusal::of(&ASSUME_ROLE, "*", refused, &seen), config) {
            ConnectError::Refused { problem } => {
                ConnectError::AssumeRole { role: self.role.clone().unwrap_or_default(), problem }
            }
            other => other,
        }
    }

    /// What kept STS from answering.
    pub(super) fn of_sts(&self, refused: &Refusal, config: &SdkConfig) -> ConnectError {
        let Refusal { code, message, skew, .. } = refused;
        let problem = if message.is_empty() { code.clone() } else { format!("{code}: {message}") };
        match code.as_str() {
            DEADLINE => ConnectError::Deadline,
            STOPPED => ConnectError::Interrupted,
            "Timeout" | "NoConnection" | "NotSent" => no_answer(config, problem),
            "NoCredentials" => ConnectError::Credentials { problem, remedy: self.remedy() },
            // A signature of another time is none, and each service has a code of its own for it.
            "RequestExpired"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "AuthFailure"
                if skew.is_some() =>
            {
                ConnectError::Clock { difference: difference(skew.unwrap_or_default()), problem }
            }
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

/// What went wrong with a credential process: what it says on standard error, since that tells people what to do. Its
/// output, which holds the credentials, is not in the text.
fn said(problem: &str) -> String {
    match problem.split_once(" Stderr:") {
        Some((what, said)) => {
            let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let what = what.trim_end_matches('.');
            refusal::line(&if said.is_empty() { what.to_owned() } else { format!("{what}: {}", said.join("; ")) })
        }
        None => refusal::line(problem),
    }
}

/// `12 minutes ahead of`.
fn difference(ahead: i32) -> String {
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    format!("{} minutes {direction}", ahead.unsigned_abs() / 60)
}

fn not_loaded(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::CredentialsNotLoaded(_))
        || refusal::causes(error).any(<dyn Error>::is::<ImdsError>)
}

fn no_answer(config: &SdkConfig, problem: String) -> ConnectError {
    let chosen = endpoint(config, "STS");
    let url = chosen.clone().unwrap_or_else(|| "https://sts.amazonaws.com".to_owned());
    let proxy = proxy::on_the_way(&url, |name| env::var(name).ok());
    let remedy = match (&proxy, chosen) {
        (Some(_), _) => "is the proxy right and running, and does it let this address through",
        (None, Some(_)) => "is it running, and is the URL right",
        (None, None) => "is the region's name right, and is there a network",
    };
    let through = proxy.map(|(name, url)| format!(" through the proxy `{}` of {name}", without_password(&url)));
    ConnectError::NoAnswer { endpoint: name(config), through: through.unwrap_or_default(), problem, remedy }
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
    fn what_a_credential_process_says_on_standard_error_is_shown() {
        let of_sdk = "Error retrieving credentials: external process exited with code exit status: 1. Stderr: ";
        let what = "Error retrieving credentials: external process exited with code exit status: 1";
        assert_eq!(
            said(&format!("{of_sdk}\n login first\n\n at \u{1b}[1mhttps://login\n")),
            format!("{what}: login first; at  [1mhttps://login")
        );
        assert_eq!(said(&format!("{of_sdk}\n")), what);
        assert_eq!(said("no such file\nsecret"), "no such file");
    }

    #[test]
    fn a_clock_is_ahead_or_behind() {
        assert_eq!(difference(3600), "60 minutes ahead of");
        assert_eq!(difference(-301), "5 minutes behind");
    }

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
