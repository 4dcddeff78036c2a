//! Whose certificates are trusted.

use std::env;
use std::path::PathBuf;
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
    /// names; beside it, what of them cannot be read and is left out.
    #[must_use]
    pub fn of_system() -> (Self, Vec<String>) {
        let loaded = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(loaded.certs);
        let faults = loaded.errors.iter().map(ToString::to_string);
        (
            Self::Authorities(roots),
            faults.chain(file_without_certificate()).collect(),
        )
    }

    /// Whether no certificate at all is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Authorities(roots) if roots.is_empty())
    }
}

/// What is wrong with a file that is named and can be read, and has nothing to trust in it.
fn file_without_certificate() -> Option<String> {
    let file = PathBuf::from(env::var_os("SSL_CERT_FILE")?);
    let alone = rustls_native_certs::load_certs_from_paths(Some(&file), None);
    let is_useless = alone.certs.is_empty() && alone.errors.is_empty();
    is_useless.then(|| format!("`{}` has no certificate in PEM", file.display()))
}

/// How TLS is spoken with servers that anybody can reach: over HTTP/1.1, trusting whom this machine
/// trusts.
#[must_use]
pub fn public_tls() -> Arc<ClientConfig> {
    let roots = match Trust::of_system() {
        (Trust::Authorities(roots), _) => roots,
        (Trust::Everybody, _) => RootCertStore::empty(),
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
