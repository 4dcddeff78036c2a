//! Carries requests to URLs, over connections that are kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};
use url::Url;

use super::connection::{Connection, Endpoint};
use super::error::CONNECTION;
use super::http1::Http1;
use super::http2::Http2;
use super::limits::{Deadlines, Reach, within};
use super::trust::{Credulous, Trust};
use super::watch::Watch;
use super::{Exchanged, Outgoing, TransportError};
use crate::tape::stream::Stream;
use crate::tape::{Message, Protocol};

/// Carries requests. Connections are kept for each scheme, host and port, and shared by everyone.
pub struct Transport {
    tls: Arc<ClientConfig>,
    deadlines: Deadlines,
    reach: Reach,
    idle: Mutex<HashMap<Endpoint, Vec<Http1>>>,
    shared: Mutex<HashMap<Endpoint, Http2>>,
    /// How many may be connecting at once: a crowd of handshakes would only slow each other down.
    gates: Mutex<HashMap<Endpoint, Arc<Semaphore>>>,
}

impl Transport {
    /// A transport that trusts these certificate authorities and no others.
    ///
    /// # Errors
    ///
    /// [`Error`] if a certificate is none of an authority.
    pub fn new(
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
        deadlines: Deadlines,
        reach: Reach,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority)?;
        }
        Self::trusting(Trust::Authorities(roots), deadlines, reach)
    }

    /// A transport that trusts whom it is told to.
    ///
    /// # Errors
    ///
    /// [`Error`] if TLS cannot be set up, which would be a fault.
    pub fn trusting(trust: Trust, deadlines: Deadlines, reach: Reach) -> Result<Self, Error> {
        // Passed explicitly: a process-wide default would be somebody else's choice.
        let provider = Arc::new(ring::default_provider());
        let tls = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let mut tls = match trust {
            Trust::Authorities(roots) => tls.with_root_certificates(roots).with_no_client_auth(),
            Trust::Everybody => tls
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Credulous(provider)))
                .with_no_client_auth(),
        };
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let (idle, shared, gates) = Default::default();
        Ok(Self {
            tls: Arc::new(tls),
            deadlines,
            reach,
            idle,
            shared,
            gates,
        })
    }

    /// Makes one exchange, over a connection that is kept where there is one.
    pub async fn exchange(&self, outgoing: &Outgoing) -> Exchanged {
        self.guarded(outgoing, true, None).await
    }

    /// Makes one exchange over a connection of its own, which is never tried twice: for servers that
    /// are expected to close it without a word.
    pub async fn exchange_alone(&self, outgoing: &Outgoing) -> Exchanged {
        self.guarded(outgoing, false, None).await
    }

    /// Makes one exchange, and tells what arrives of the response as it does.
    pub(super) async fn exchange_watched(
        &self,
        outgoing: &Outgoing,
        alone: bool,
        watch: &Watch,
    ) -> Exchanged {
        self.guarded(outgoing, !alone, Some(watch)).await
    }

    /// Opens a stream of its own to the host of a URL, in which HTTP/1.1 is spoken.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if there is no connection.
    pub(super) async fn open(&self, url: &Url) -> Result<Stream, TransportError> {
        let endpoint =
            Endpoint::of(url).ok_or_else(|| TransportError::Unresolved(url.to_string()))?;
        let opening = endpoint.open_http1(&self.tls, self.reach);
        within(self.deadlines.connect, CONNECTION, opening).await?
    }

    pub(super) const fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    async fn guarded(&self, outgoing: &Outgoing, keeps: bool, watch: Option<&Watch>) -> Exchanged {
        let mut is_connected = false;
        let exchange = self.carry(outgoing, keeps, watch, &mut is_connected);
        let exchanged = within(self.deadlines.exchange, "end of the exchange", exchange).await;
        let exchanged = exchanged.map_err(|failure| failure.awaiting_connection(!is_connected));
        match exchanged {
            Ok(Ok(exchanged)) => exchanged,
            Ok(Err(failure)) | Err(failure) => Exchanged {
                protocol: Protocol::Http1,
                request: Message {
                    headers: outgoing.headers.clone(),
                    body: outgoing.body.clone().unwrap_or_default(),
                    ..Message::default()
                },
                response: None,
                failure: Some(failure),
            },
        }
    }

    async fn carry(
        &self,
        outgoing: &Outgoing,
        keeps: bool,
        watch: Option<&Watch>,
        is_connected: &mut bool,
    ) -> Result<Exchanged, TransportError> {
        let unresolved = || TransportError::Unresolved(outgoing.url.to_string());
        let endpoint = Endpoint::of(&outgoing.url).ok_or_else(unresolved)?;
        if keeps {
            *is_connected = true;
            if let Some(exchanged) = self.carry_again(&endpoint, outgoing, watch).await {
                return Ok(exchanged);
            }
            *is_connected = false;
        }
        let gate = self.gate(&endpoint);
        let is_crowded = gate.available_permits() == 0;
        // Gates are never closed; without a permit, connecting is only less orderly.
        let mut permit = gate.acquire().await.ok();
        if keeps && is_crowded && self.has_kept(&endpoint) {
            // Whoever was in front has left a connection.
            drop(permit.take());
            *is_connected = true;
            if let Some(exchanged) = self.carry_again(&endpoint, outgoing, watch).await {
                return Ok(exchanged);
            }
            *is_connected = false;
            permit = gate.acquire().await.ok();
        }
        let connecting = endpoint.connect(&self.tls, self.reach);
        let connection = within(self.deadlines.connect, CONNECTION, connecting).await??;
        drop(permit);
        *is_connected = true;
        Ok(self
            .converse(&endpoint, connection, outgoing, keeps, watch)
            .await)
    }

    /// Makes the exchange over a connection that was used before, if there is one that still works.
    async fn carry_again(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        watch: Option<&Watch>,
    ) -> Option<Exchanged> {
        let connection = self.kept(endpoint).await?;
        let shared = match &connection {
            Connection::Http1(_) => None,
            Connection::Http2(shared) => Some(shared.clone()),
        };
        let exchanged = self
            .converse(endpoint, connection, outgoing, true, watch)
            .await;
        // The server may have closed the connection while the request was on its way: it is tried
        // again, as browsers do, but never on a new connection, nor if only its stream was reset.
        let is_stale = matches!(exchanged.failure, Some(TransportError::Closed))
            && exchanged.response.is_none()
            && shared.is_none_or(|shared| !shared.is_usable());
        (!is_stale).then_some(exchanged)
    }

    async fn converse(
        &self,
        endpoint: &Endpoint,
        connection: Connection,
        outgoing: &Outgoing,
        keeps: bool,
        watch: Option<&Watch>,
    ) -> Exchanged {
        match connection {
            Connection::Http1(connection) => {
                let (exchanged, connection) =
                    connection.exchange(outgoing, &self.deadlines, watch).await;
                if let Some(connection) = connection.filter(|_| keeps) {
                    self.keep(endpoint, connection);
                }
                exchanged
            }
            Connection::Http2(connection) => {
                if keeps {
                    lock(&self.shared).insert(endpoint.clone(), connection.clone());
                }
                connection.exchange(outgoing, &self.deadlines, watch).await
            }
        }
    }

    async fn kept(&self, endpoint: &Endpoint) -> Option<Connection> {
        let shared = lock(&self.shared)
            .get(endpoint)
            .filter(|it| it.is_usable())
            .cloned();
        if let Some(shared) = shared {
            return Some(Connection::Http2(shared));
        }
        loop {
            let mut connection = lock(&self.idle).get_mut(endpoint)?.pop()?;
            if connection.is_usable().await {
                return Some(Connection::Http1(Box::new(connection)));
            }
        }
    }

    fn has_kept(&self, endpoint: &Endpoint) -> bool {
        lock(&self.shared).contains_key(endpoint)
            || lock(&self.idle)
                .get(endpoint)
                .is_some_and(|idle| !idle.is_empty())
    }

    fn gate(&self, endpoint: &Endpoint) -> Arc<Semaphore> {
        let mut gates = lock(&self.gates);
        let gate = gates.entry(endpoint.clone());
        Arc::clone(gate.or_insert_with(|| Arc::new(Semaphore::new(MOST_CONNECTING))))
    }

    fn keep(&self, endpoint: &Endpoint, connection: Http1) {
        let mut idle = lock(&self.idle);
        let connections = match idle.get_mut(endpoint) {
            Some(connections) => connections,
            None => idle.entry(endpoint.clone()).or_default(),
        };
        if connections.len() < MOST_IDLE_CONNECTIONS {
            connections.push(connection);
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transport")
            .field("deadlines", &self.deadlines)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To one endpoint; as many connections as browsers open to a host.
const MOST_CONNECTING: usize = 6;

/// For one endpoint; more than a suite ever runs at once on one machine.
const MOST_IDLE_CONNECTIONS: usize = 64;
