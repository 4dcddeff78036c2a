//! How browsers are to be started and reached.

use std::time::Duration;

use super::locate::Search;
use crate::server::Ports;

/// How browsers are to be started and reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where sessions come from.
    pub endpoint: Endpoint,
    /// The ports of the reference server, whose pages run the scenarios.
    pub ports: Ports,
    /// Base64 SHA-256 digests of the public keys that are trusted whatever their certificates say.
    pub trusted_keys: Vec<String>,
    /// How long a batch may take in the page, besides what its scenarios themselves ask for. What is
    /// not finished then has no result.
    pub batch_budget: Duration,
}

impl Settings {
    /// Browsers of this machine, found as the environment says, and no trusted keys.
    #[must_use]
    pub fn new(ports: Ports) -> Self {
        Self {
            endpoint: Endpoint::Local(Search::from_environment()),
            ports,
            trusted_keys: Vec::new(),
            batch_budget: Duration::from_secs(20),
        }
    }

    /// An origin as it is really served.
    pub(crate) fn real(&self, origin: &str) -> String {
        String::from_utf8_lossy(&self.ports.to_real(origin.as_bytes())).into_owned()
    }
}

/// Where sessions come from.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// A driver started for each session.
    Local(Search),
    /// A WebDriver server that is running already, as a Selenium Grid: its URL.
    Remote(String),
}
