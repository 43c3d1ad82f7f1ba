//! Which certificates are trusted: those of the bundle that the environment or the profile names, else the system's.
//!
//! The SDK has no such setting, and the AWS CLI does. Knows files of certificates, and nothing of who is spoken to.

use std::path::Path;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::connect_error::ConnectError;
use super::profile::Profile;

/// A client that trusts the bundle alone, if one is named.
pub(super) fn http_client(profile: &Profile) -> Result<Option<SharedHttpClient>, ConnectError> {
    let named = profile.setting("AWS_CA_BUNDLE", "ca_bundle").filter(|(_, path)| !path.is_empty());
    let Some((setting, path)) = named else { return Ok(None) };
    let unusable = |problem: String| ConnectError::CaBundle { setting: setting.clone(), path: path.clone(), problem };
    let pem = std::fs::read(Path::new(&path)).map_err(|error| unusable(error.to_string()))?;
    check(&pem).map_err(unusable)?;
    let trusted = TrustStore::empty().with_pem_certificate(pem);
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| unusable(error.to_string()))?;
    Ok(Some(trusting(context)))
}

/// Can all its certificates be trusted? The SDK would panic at one that cannot.
fn check(pem: &[u8]) -> Result<(), String> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        store.add(certificate).map_err(|error| error.to_string())?;
    }
    if store.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(()) }
}

/// The SDK's own client but for the certificates.
fn trusting(context: TlsContext) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_tls_context(context.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_holds_certificates() {
        assert_eq!(check(b"").unwrap_err(), "there is no certificate in it");
        assert_eq!(check(b"no PEM at all").unwrap_err(), "there is no certificate in it");
        assert!(check(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
        assert!(check(b"-----BEGIN CERTIFICATE-----\n").is_err());
    }
}
