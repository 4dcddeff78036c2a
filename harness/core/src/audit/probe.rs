//! What is asked.

use url::Url;

use super::stranger::STRANGER_HOST;
use super::target::Target;
use super::variant::Variant;
use crate::agent::call::SOCKET_KEY;
use crate::agent::wire::Outgoing;

/// A method and a header that no server knows.
pub(super) const METHOD: &str = "CORSPEC";
pub(super) const HEADER: &str = "x-corspec-audit";

/// One request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Probe {
    /// What kind of request it is.
    pub ask: Ask,
    /// Whose origin it claims.
    pub whose: Whose,
    /// The lines of `Origin`; none for a request without.
    pub origins: Vec<String>,
}

/// What kind of request it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    /// A GET.
    Actual,
    /// A GET whose X-Forwarded-Host is a stranger's.
    Forwarded,
    /// A preflight for a PUT with a header of its own.
    Preflight,
    /// A preflight for a method that no server knows.
    PreflightMethod,
    /// A preflight for headers that no server knows.
    PreflightHeaders,
    /// A preflight for a GET into a private network.
    PreflightPrivate,
    /// The handshake of a WebSocket.
    Socket,
}

/// Whose origin a request claims.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Whose {
    /// There is none.
    Nobodys,
    /// That of the resource.
    Own,
    /// One that is said to be allowed.
    Told,
    /// One that nobody has heard of.
    Strangers,
    /// Another of those.
    OtherStrangers,
    /// `null`.
    Null,
    /// Empty.
    Empty,
    /// A development server's.
    Local,
    /// Nearly one that is allowed.
    Variant(Variant, String),
}

impl Probe {
    pub(super) fn new(ask: Ask, whose: Whose, origin: &str) -> Self {
        Self {
            ask,
            whose,
            origins: vec![origin.to_owned()],
        }
    }

    /// The one origin it claims, empty for none.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    /// The request.
    #[must_use]
    pub fn outgoing(&self, target: &Target) -> Outgoing {
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.into()));
        add("User-Agent", USER_AGENT);
        add("Accept", "*/*");
        let preflight = |method, names| Some((method, names));
        let asked = match self.ask {
            Ask::Preflight => preflight("PUT", HEADER),
            Ask::PreflightMethod => preflight(METHOD, ""),
            Ask::PreflightHeaders => preflight("GET", "authorization,x-corspec-audit"),
            Ask::PreflightPrivate => preflight("GET", ""),
            Ask::Actual | Ask::Forwarded | Ask::Socket => None,
        };
        if let Some((method, names)) = asked {
            add("Access-Control-Request-Method", method);
            if !names.is_empty() {
                add("Access-Control-Request-Headers", names);
            }
        }
        match self.ask {
            Ask::PreflightPrivate => add("Access-Control-Request-Private-Network", "true"),
            Ask::Forwarded => add("X-Forwarded-Host", STRANGER_HOST),
            Ask::Socket => {
                add("Upgrade", "websocket");
                add("Connection", "Upgrade");
                add("Sec-WebSocket-Key", SOCKET_KEY);
                add("Sec-WebSocket-Version", "13");
            }
            _ => {}
        }
        for origin in &self.origins {
            add("Origin", origin);
        }
        if self.ask != Ask::Socket {
            add("Connection", "close");
        }
        // What is given takes the place of what is usual.
        let is_given = |name: &str| {
            let mut given = target.headers.iter();
            given.any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        headers.retain(|(name, _)| !is_given(name));
        headers.extend(target.headers.iter().cloned());
        Outgoing {
            method: if asked.is_some() { "OPTIONS" } else { "GET" }.to_owned(),
            url: Url::clone(&target.url),
            headers,
            body: None,
        }
    }
}

/// Says who asks, so that whoever reads a log can find out.
const USER_AGENT: &str = concat!("corspec/", env!("CARGO_PKG_VERSION"), " (+audit)");
