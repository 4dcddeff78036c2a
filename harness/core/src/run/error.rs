//! Why a run could not begin.

use super::remote_end::RemoteEnd;
use crate::agent::browser::{BrowserError, MissingProgram};
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
    /// A WebDriver server gives no session that is of use.
    #[error("{} cannot be used at {}: {source}", .end.engine, .end.url)]
    Remote {
        /// Where.
        end: Box<RemoteEnd>,
        /// Why.
        source: Box<BrowserError>,
    },
    /// Several endpoints have an engine in different versions.
    #[error("{agent} is {} at one endpoint and {} at another, and results are of one version", versions[0], versions[1])]
    Versions {
        /// The engine.
        agent: &'static str,
        /// Two of its versions.
        versions: [String; 2],
    },
}

impl RunError {
    /// How to mend it, in a sentence or two.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Remote { source, .. } => match **source {
                BrowserError::Deadline { .. } | BrowserError::SessionRefused { .. } => {
                    "look at its /status: is this browser among what it offers, and a slot free?"
                }
                BrowserError::Remote(_) => {
                    "the URL is the one that a WebDriver client is given, such as http://localhost:4444 \
                     of a Selenium Grid"
                }
                _ => {
                    "pages are served on the loopback interface of this machine, which the browser has \
                     to share: run its endpoint here, or in a container with the network of the host"
                }
            },
            Self::Versions { .. } => "run each version on its own",
            Self::Agent { .. } | Self::Certificates(_) | Self::Reference(_) => {
                "`corspec doctor` finds out what is missing, and how to mend it"
            }
        }
    }
}
