//! What `watch.js` tells of requests.

use serde::Deserialize;

/// One thing that it tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Event {
    Begins(Begins),
    Failed(Failed),
    Said(Said),
}

/// A request that ended in an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failed {
    /// The first, if it was redirected.
    pub(super) url: String,
    /// The method asked for, if it is a preflight.
    pub(super) preflight_for: Option<String>,
    /// As in `NS_ERROR_UNKNOWN_HOST`.
    pub(super) error: String,
    /// As in `CORSMISSINGALLOWORIGIN`; empty if there is none.
    pub(super) because: String,
    /// The status of the answer, if there was one.
    pub(super) status: Option<u16>,
    /// Its header of this name.
    pub(super) location: Option<String>,
}

impl Failed {
    pub(super) const fn was_answered(&self) -> bool {
        self.status.is_some()
    }

    pub(super) const fn was_redirect(&self) -> bool {
        matches!(self.status, Some(301 | 302 | 303 | 307 | 308))
    }
}

/// The request that tells the server which step comes.
#[derive(Debug, Deserialize)]
pub(super) struct Begins {
    pub(super) url: String,
}

/// A message in the console.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) category: String,
    pub(super) text: String,
}
