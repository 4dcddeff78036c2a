//! The reference server: answers exactly what scenarios script, on every origin they name.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::certificate::Certificates;
use super::listeners::{Sockets, bind};
use super::names::Ports;
use super::pages::Pages;
use super::responder::{Responder, Stray};
use super::session::{Backend, Session};
use super::{Listener, StartError, http1, http2};
use crate::case::scenario::Permutation;

/// A running reference server. Dropping it stops it.
///
/// It listens on loopback only, on ports the system chooses. Permutations are apart: each has a
/// [`Session`] with a path of its own, so any number of them can be under way.
#[derive(Debug)]
pub struct Reference {
    responder: Arc<Responder>,
    certificates: Certificates,
    has_ipv6: bool,
    /// Accepting; each also owns the connections it accepted.
    accepting: JoinSet<()>,
}

impl Reference {
    /// Starts a server whose pages do nothing.
    ///
    /// # Errors
    ///
    /// [`StartError`] if no ports are free or no certificates can be made.
    pub async fn start() -> Result<Self, StartError> {
        Self::start_with(Pages::default()).await
    }

    /// Starts a server with these pages.
    ///
    /// # Errors
    ///
    /// [`StartError`] if no ports are free or no certificates can be made.
    pub async fn start_with(pages: Pages) -> Result<Self, StartError> {
        let certificates = Certificates::generate()?;
        let (sockets, ports) = bind().await?;
        let has_ipv6 = sockets.iter().all(|sockets| sockets.ipv6.is_some());
        let responder = Arc::new(Responder::new(ports, pages));
        let mut accepting = JoinSet::new();
        for Sockets {
            listener,
            ipv4,
            ipv6,
        } in sockets
        {
            let tls = certificates.server_config(listener)?.map(TlsAcceptor::from);
            for socket in std::iter::once(ipv4).chain(ipv6) {
                let responder = Arc::clone(&responder);
                accepting.spawn(accept(socket, listener, tls.clone(), responder));
            }
        }
        Ok(Self {
            responder,
            certificates,
            has_ipv6,
            accepting,
        })
    }

    /// The ports that were bound.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.responder.ports
    }

    /// Whether the server can be reached at `[::1]`; not so on machines without IPv6.
    #[must_use]
    pub fn has_ipv6(&self) -> bool {
        self.has_ipv6
    }

    /// What has to be trusted for the https origins.
    #[must_use]
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Answers a permutation from now on, until the session is dropped.
    #[must_use]
    pub fn open(&self, permutation: &Permutation) -> Session {
        self.open_at(permutation, Backend::Script)
    }

    /// Lets somebody else answer a permutation from now on, until the session is dropped.
    #[must_use]
    pub fn open_at(&self, permutation: &Permutation, backend: Backend) -> Session {
        self.responder
            .sessions
            .open(permutation, self.responder.ports, backend)
    }

    /// Requests that belonged to no open session, the last thousand.
    #[must_use]
    pub fn strays(&self) -> Vec<Stray> {
        self.responder.strays()
    }

    /// Stops listening and closes every connection; when this returns, the ports are free.
    pub async fn stop(mut self) {
        self.accepting.shutdown().await;
    }
}

async fn accept(
    socket: TcpListener,
    listener: Listener,
    tls: Option<TlsAcceptor>,
    responder: Arc<Responder>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, listener, tls.clone(), Arc::clone(&responder)));
                }
                // Out of file descriptors, or a client that is gone already: neither lasts.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(
    stream: TcpStream,
    listener: Listener,
    tls: Option<TlsAcceptor>,
    responder: Arc<Responder>,
) {
    // Answers are written at once; a socket that refuses the option is only slower.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return http1::serve(stream, listener, responder).await;
    };
    // A client that does not trust the certificate, or opened a spare connection, is no error.
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await else {
        return;
    };
    match listener {
        Listener::HttpsHttp2 => http2::serve(stream, listener, responder).await,
        _ => http1::serve(stream, listener, responder).await,
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(60);
