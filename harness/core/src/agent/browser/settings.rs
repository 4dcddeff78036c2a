//! How browsers are to be started and reached.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::locate::Search;

/// How browsers are to be started and reached.
#[derive(Clone)]
pub struct Settings {
    /// Where sessions come from.
    pub endpoint: Endpoint,
    /// Base64 SHA-256 hashes of the public keys that are trusted whatever their certificates say.
    pub trusted_keys: Vec<String>,
    /// Turns canonical origins and URLs into those that are really served.
    pub to_real: Arc<dyn Fn(&str) -> String + Send + Sync>,
    /// How long a batch may take in the page, besides what its scenarios themselves ask for. What is
    /// not finished then has no result.
    pub batch_budget: Duration,
}

impl Settings {
    /// Browsers of this machine, found as the environment says.
    #[must_use]
    pub fn new(to_real: Arc<dyn Fn(&str) -> String + Send + Sync>) -> Self {
        Self {
            endpoint: Endpoint::Local(Search::from_environment()),
            trusted_keys: Vec::new(),
            to_real,
            batch_budget: Duration::from_secs(20),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("endpoint", &self.endpoint)
            .field("trusted_keys", &self.trusted_keys)
            .field("batch_budget", &self.batch_budget)
            .finish_non_exhaustive()
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
