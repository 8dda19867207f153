//! TLS as reqwest sets it up: rustls with aws-lc-rs, trusting what the system trusts.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_rustls::TlsConnector;

/// What all connections of a run share: the trusted issuers are read once, and sessions are resumed.
pub(super) fn connector() -> Result<TlsConnector, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(connector_of(config))
}

/// A connector that trusts one certificate and no other.
#[cfg(test)]
pub(super) fn trusting(certificate: rustls::pki_types::CertificateDer<'_>) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.into_owned()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    connector_of(builder.with_root_certificates(roots).with_no_client_auth())
}

fn connector_of(mut config: ClientConfig) -> TlsConnector {
    // A server that speaks HTTP/2 only says so now and not with frames later.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}
