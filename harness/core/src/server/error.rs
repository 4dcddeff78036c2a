//! What can keep the reference server from starting.

use std::io;

use super::Listener;

/// The reference server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener found no port.
    #[error(
        "cannot listen on a loopback port for {listener:?}: {source}; \
         allow this process to open sockets on 127.0.0.1, or free some ports"
    )]
    Bind {
        /// The listener.
        listener: Listener,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates could not be made.
    #[error("cannot make the certificates of the https listeners: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificates were not accepted.
    #[error("cannot configure the https listeners: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
}
