//! How browsers are to be started and reached.

use std::time::Duration;

use super::document::Document;
use super::engine::Deadlines;
use super::locate::Search;
use super::remote::WebDriverUrl;
use crate::case::scenario::{Page, PageOrigin};
use crate::server::Ports;

/// How long a session may take to begin at a remote end. A Selenium Grid looks at its queue every few
/// seconds, and starts containers where it is told to.
const REMOTE_SESSION: Duration = Duration::from_secs(120);

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

    /// How long calls may take, given how long they may take to a driver of this machine: a remote end
    /// keeps who asks for a session waiting until there is room for one.
    pub(crate) fn deadlines(&self, local: Deadlines) -> Deadlines {
        match self.endpoint {
            Endpoint::Local(_) => local,
            Endpoint::Remote(_) => Deadlines {
                session: REMOTE_SESSION,
                ..local
            },
        }
    }

    /// The document in which the script of a page runs, or in whose frame or worker it does.
    pub(crate) fn document(&self, page: &Page) -> Document {
        match &page.origin {
            PageOrigin::File => Document::File,
            origin @ (PageOrigin::Claimed(_) | PageOrigin::Named(_)) => {
                let real = self.ports.to_real(origin.serialize().as_bytes());
                Document::Served(String::from_utf8_lossy(&real).into_owned())
            }
        }
    }
}

/// Where sessions come from.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// A driver started for each session.
    Local(Search),
    /// A WebDriver server that is running already, as a Selenium Grid.
    Remote(WebDriverUrl),
}
