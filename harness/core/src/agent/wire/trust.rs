//! Whose certificates are trusted.

use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// Whose certificates are trusted.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Those that one of these authorities has signed.
    Authorities(RootCertStore),
    /// Any: a server may be whoever it says.
    Everybody,
}

impl Trust {
    /// Trust in the authorities that this machine trusts, or those in the file that `SSL_CERT_FILE`
    /// names. What cannot be read is left out.
    #[must_use]
    pub fn of_system() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::Authorities(roots)
    }

    /// Whether no certificate at all is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Authorities(roots) if roots.is_empty())
    }
}

/// How TLS is spoken with servers that anybody can reach: over HTTP/1.1, trusting whom this machine
/// trusts.
#[must_use]
pub fn public_tls() -> Arc<ClientConfig> {
    let roots = match Trust::of_system() {
        Trust::Authorities(roots) => roots,
        Trust::Everybody => RootCertStore::empty(),
    };
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(ALL_VERSIONS)
        .unwrap_or_else(|_| ClientConfig::builder());
    let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(tls)
}

/// Takes every certificate for good; what is signed with its key is still verified.
#[derive(Debug)]
pub(super) struct Credulous(pub(super) Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
