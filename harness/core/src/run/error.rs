//! Why a run could not begin.

use crate::agent::browser::MissingProgram;
use crate::server::StartError;

/// Why a run could not begin, or not go on. Nothing is decided by it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An agent that was asked for by name is not to be had.
    #[error("{agent} cannot be used: {source}")]
    Agent {
        /// Its name.
        agent: &'static str,
        /// Why.
        source: MissingProgram,
    },
    /// The certificates of the reference server are refused by our own client.
    #[error("the wire agent refuses the reference server's certificates: {0}")]
    Certificates(#[from] tokio_rustls::rustls::Error),
    /// The reference server does not start.
    #[error("the reference server does not start: {0}")]
    Reference(#[from] StartError),
}
