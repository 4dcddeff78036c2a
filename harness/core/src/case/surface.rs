//! The fixed paths that a server under test offers.

use std::fmt;

use serde::Serialize;

/// A path that a server under test offers; what is there is said in `harness/servers/README.md`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// An event stream.
    Events,
    /// A handler that fails.
    Failing,
    /// A JSONP endpoint.
    Jsonp,
    /// A path that nothing is at.
    Missing,
    /// A resource that wants to be authorised.
    Protected,
    /// The resource.
    Resource,
    /// A WebSocket endpoint.
    Socket,
}

impl Surface {
    /// Every path.
    pub const ALL: [Self; 7] = [
        Self::Events,
        Self::Failing,
        Self::Jsonp,
        Self::Missing,
        Self::Protected,
        Self::Resource,
        Self::Socket,
    ];

    /// The word for it, which is also the last segment of the path unless a target says otherwise.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Failing => "failing",
            Self::Jsonp => "jsonp",
            Self::Missing => "missing",
            Self::Protected => "protected",
            Self::Resource => "resource",
            Self::Socket => "socket",
        }
    }

    /// Whether every server under test has it.
    #[must_use]
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Failing | Self::Missing | Self::Resource)
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}
