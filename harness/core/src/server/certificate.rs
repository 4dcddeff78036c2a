//! The certificates of the reference server, made anew for each run.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{Listener, NamedOrigin, StartError};

/// A certificate authority and the one certificate it issued, for every host of the reference server.
#[derive(Debug)]
pub struct Certificates {
    authority_pem: String,
    authority: CertificateDer<'static>,
    leaf: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    public_key_digest: String,
}

impl Certificates {
    /// # Errors
    ///
    /// [`StartError::Certificate`], which would be a fault in the library that makes them.
    pub(crate) fn generate() -> Result<Self, StartError> {
        let authority = CertifiedIssuer::self_signed(authority_params(), KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let leaf = leaf_params()?.signed_by(&key, &authority)?;
        Ok(Self {
            authority_pem: authority.pem(),
            authority: authority.der().clone(),
            leaf: leaf.der().clone(),
            public_key_digest: STANDARD.encode(Sha256::digest(key.subject_public_key_info())),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
        })
    }

    /// The authority's certificate in PEM, for whoever is to trust it.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// The authority's certificate in DER.
    #[must_use]
    pub fn authority(&self) -> &CertificateDer<'static> {
        &self.authority
    }

    /// The digest of the server's public key, as Chromium's option
    /// `--ignore-certificate-errors-spki-list` takes it: SHA-256 in base64.
    #[must_use]
    pub fn public_key_digest(&self) -> &str {
        &self.public_key_digest
    }

    /// The TLS configuration of a listener; `None` for those without TLS.
    ///
    /// # Errors
    ///
    /// [`StartError::Tls`], which would be a fault in the certificates.
    pub(crate) fn server_config(
        &self,
        listener: Listener,
    ) -> Result<Option<Arc<ServerConfig>>, StartError> {
        let protocol: &[u8] = match listener {
            Listener::Http | Listener::HttpAlternative => return Ok(None),
            Listener::Https | Listener::HttpsPublic => b"http/1.1",
            Listener::HttpsHttp2 => b"h2",
        };
        // Passed explicitly: a process-wide default would be somebody else's choice.
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![self.leaf.clone()],
                PrivateKeyDer::Pkcs8(self.key.clone_key()),
            )?;
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(Some(Arc::new(config)))
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("corspec certificate authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params() -> Result<CertificateParams, rcgen::Error> {
    let mut hosts: Vec<String> = NamedOrigin::all()
        .iter()
        .map(|origin| origin.host().trim_matches(['[', ']']).to_owned())
        .collect();
    hosts.push("localhost".to_owned());
    hosts.sort();
    hosts.dedup();
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = named("corspec reference server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_listeners_have_a_configuration_and_offer_one_protocol() {
        let certificates = Certificates::generate().unwrap();
        let offered = |listener| {
            certificates
                .server_config(listener)
                .unwrap()
                .map(|it| it.alpn_protocols.clone())
        };
        assert_eq!(offered(Listener::Http), None);
        assert_eq!(offered(Listener::HttpAlternative), None);
        assert_eq!(offered(Listener::Https), Some(vec![b"http/1.1".to_vec()]));
        assert_eq!(offered(Listener::HttpsHttp2), Some(vec![b"h2".to_vec()]));
    }

    #[test]
    fn the_digest_of_the_key_has_the_length_of_a_digest() {
        assert_eq!(
            Certificates::generate().unwrap().public_key_digest().len(),
            44
        );
    }
}
