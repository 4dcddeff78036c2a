//! Where a scenario's script runs.

use std::fmt;

use crate::server::{Listener, NamedOrigin};

/// Where a scenario's script runs: a global object, and the origin whose document made it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Page {
    /// The origin of the document; not of the script, where that is opaque.
    pub origin: PageOrigin,
    /// What the script runs in.
    pub context: Context,
    /// What the user has permitted the origin of the document; anything else is denied.
    pub permission: Option<Permission>,
}

/// What a user may be asked to permit.
///
/// <https://w3c.github.io/permissions/#dfn-powerful-feature>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Permission {
    /// Requests of public pages to this machine.
    ///
    /// <https://wicg.github.io/local-network-access/#permissions>
    LoopbackNetwork,
}

impl Permission {
    /// Its name in the web's interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoopbackNetwork => "loopback-network",
        }
    }
}

/// The origin of a page's document.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum PageOrigin {
    /// One that only the wire can claim: no page of it is served here.
    Claimed(String),
    /// That of a file on the disk of the browser's machine, opened as a `file:` URL. Standards leave open which
    /// that is; every engine takes an opaque one.
    ///
    /// <https://url.spec.whatwg.org/#concept-url-origin>
    File,
    /// One whose documents are really served.
    Named(NamedOrigin),
}

impl PageOrigin {
    /// The serialised origin, canonical.
    #[must_use]
    pub fn serialize(&self) -> String {
        match self {
            Self::Claimed(origin) => origin.clone(),
            Self::File => "null".to_owned(),
            Self::Named(origin) => origin.serialize(),
        }
    }
}

impl fmt::Display for PageOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claimed(origin) => formatter.write_str(origin),
            Self::File => formatter.write_str("file"),
            Self::Named(origin) => origin.fmt(formatter),
        }
    }
}

/// What a script runs in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Context {
    /// A frame whose document is a `blob:` URL: it has the origin of the page.
    BlobFrame,
    /// A dedicated worker whose script is a `blob:` URL: it has the origin of the page.
    BlobWorker,
    /// A frame whose document is a `data:` URL: its origin is opaque.
    DataFrame,
    /// A dedicated worker whose script is a `data:` URL: its origin is opaque.
    DataWorker,
    /// A sandboxed frame: its origin is opaque.
    Sandboxed,
    /// A service worker.
    ServiceWorker,
    /// A shared worker.
    SharedWorker,
    /// A frame with a `srcdoc`: it has the origin of the page.
    Srcdoc,
    /// The document itself.
    Window,
    /// A dedicated worker.
    Worker,
}

impl Page {
    /// The document of an origin.
    #[must_use]
    pub const fn window(origin: NamedOrigin) -> Self {
        Self {
            origin: PageOrigin::Named(origin),
            context: Context::Window,
            permission: None,
        }
    }

    /// A document from a file.
    #[must_use]
    pub const fn file() -> Self {
        Self {
            origin: PageOrigin::File,
            context: Context::Window,
            permission: None,
        }
    }

    /// A document of an origin that is only claimed.
    pub(super) const fn claimed(origin: String) -> Self {
        Self {
            origin: PageOrigin::Claimed(origin),
            context: Context::Window,
            permission: None,
        }
    }

    /// The same in another context.
    #[must_use]
    pub fn inside(self, context: Context) -> Self {
        Self { context, ..self }
    }

    /// Whether its address counts as public.
    #[must_use]
    pub fn is_public(&self) -> bool {
        match &self.origin {
            PageOrigin::Claimed(_) | PageOrigin::File => false,
            PageOrigin::Named(origin) => origin.listener() == Listener::HttpsPublic,
        }
    }

    /// Whether the origin of the script is opaque.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.origin == PageOrigin::File || self.context.is_opaque()
    }

    /// The serialised origin of the script: `null` when it is opaque.
    #[must_use]
    pub fn serialize(&self) -> String {
        if self.is_opaque() {
            "null".to_owned()
        } else {
            self.origin.serialize()
        }
    }
}

impl Context {
    /// Whether it makes the origin of the script opaque.
    const fn is_opaque(self) -> bool {
        matches!(self, Self::DataFrame | Self::DataWorker | Self::Sandboxed)
    }

    /// Whether it is a worker, which has no document.
    #[must_use]
    pub const fn is_worker(self) -> bool {
        matches!(
            self,
            Self::BlobWorker
                | Self::DataWorker
                | Self::ServiceWorker
                | Self::SharedWorker
                | Self::Worker
        )
    }
}
