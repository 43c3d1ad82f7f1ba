//! The credentials in use, so that nothing that a server quotes of them is ever shown.

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use super::lock::lock;

/// What stands for a part of the credentials.
const MASK: &str = "[credentials]";

/// As short as a key id of AWS's can be (IAM API reference, `AccessKey`, 2026-11). Emulators take `test` or an account's id
/// for one, which stand in messages for what they are.
const SHORTEST: usize = 16;

/// Key ids, secrets and session tokens. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Arc<Mutex<Vec<String>>>);

impl Secrets {
    /// Remembers credentials before they are used.
    pub(super) fn note(&self, credentials: &Credentials) {
        let token = credentials.session_token();
        let mut known = lock(&self.0);
        for secret in [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), token] {
            if let Some(secret) =
                secret.filter(|secret| secret.len() >= SHORTEST && !known.iter().any(|it| it == secret))
            {
                known.push(secret.to_owned());
            }
        }
        // One may begin another.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The text without them.
    pub(super) fn mask(&self, text: &str) -> String {
        lock(&self.0).iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }

    /// Remembers whatever a provider hands out.
    pub(super) fn noting(&self, provider: SharedCredentialsProvider) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Noting { secrets: self.clone(), provider })
    }
}

#[derive(Debug)]
struct Noting {
    secrets: Secrets,
    provider: SharedCredentialsProvider,
}

impl ProvideCredentials for Noting {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.provider.provide_credentials().await?;
            self.secrets.note(&credentials);
            Ok(credentials)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_the_credentials_is_left() {
        let secrets = Secrets::default();
        let [id, secret, token] = ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG", "AKIAIOSFODNN7EXAMPLEAndMore"];
        secrets.note(&Credentials::new(id, secret, Some(token.to_owned()), None, "test"));
        assert_eq!(
            secrets.mask(&format!("{id} signs with {token}, not with {secret}")),
            "[credentials] signs with [credentials], not with [credentials]"
        );
        assert_eq!(Secrets::default().mask(id), id);
    }

    #[test]
    fn what_an_emulator_takes_for_credentials_is_no_secret() {
        let secrets = Secrets::default();
        secrets.note(&Credentials::new("111122223333", "test", None, None, "test"));
        assert_eq!(secrets.mask("role/test of 111122223333"), "role/test of 111122223333");
    }
}
