//! The origins that scenarios name.
//!
//! Cases never mention a port. They say `app`, `api-tls` or `evil-sub`, and every host is a name
//! under `.localhost`, so that no hosts file is needed, pages are secure contexts, and two hosts are
//! two sites.
//!
//! Everything outside a running server speaks of **canonical** origins, whose ports are the constants
//! of [`Listener::canonical_port`]. The ports that were really bound replace them at the edges; both
//! have five digits, so that lengths (and the limits on them) never depend on the run.

use std::fmt;
use std::str::FromStr;

/// Hosts that may be named on their own or with one of the suffixes `-port`, `-sub`, `-tls`, `-h2`, `-public`.
const HOSTS: [&str; 4] = ["app", "api", "other", "evil"];

/// One of the reference server's listeners; each is bound on 127.0.0.1 and on `[::1]`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Listener {
    /// `http`, where nearly everything happens.
    Http,
    /// `http` on a second port: another origin of the same site.
    HttpAlternative,
    /// `https` with HTTP/1.1.
    Https,
    /// `https` with HTTP/2 negotiated by ALPN.
    HttpsHttp2,
    /// `https` at a port that browsers are told to take for a public address.
    ///
    /// <https://wicg.github.io/local-network-access/#ip-address-space-section>
    HttpsPublic,
}

impl Listener {
    /// How many there are.
    pub(crate) const COUNT: usize = 5;

    /// Every listener, in the order in which they are bound.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Http,
        Self::HttpAlternative,
        Self::Https,
        Self::HttpsHttp2,
        Self::HttpsPublic,
    ];

    /// The port that stands for this listener in cases, transcripts and snapshots.
    #[must_use]
    pub const fn canonical_port(self) -> u16 {
        match self {
            Self::Http => 18080,
            Self::HttpAlternative => 18081,
            Self::Https => 18443,
            Self::HttpsHttp2 => 18444,
            Self::HttpsPublic => 18445,
        }
    }

    /// The URL scheme this listener speaks.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Http | Self::HttpAlternative => "http",
            Self::Https | Self::HttpsHttp2 | Self::HttpsPublic => "https",
        }
    }
}

/// An origin as a scenario names it: `app`, `app-port`, `app-sub`, `app-tls`, `app-h2`, `app-public`, the
/// same for `api`, `other` and `evil`, and the address origins `ipv4` and `ipv6`.
///
/// ```
/// use corspec::server::NamedOrigin;
/// let origin: NamedOrigin = "api-sub".parse().unwrap();
/// assert_eq!(origin.serialize(), "http://sub.api.localhost:18080");
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NamedOrigin {
    name: String,
    host: String,
    listener: Listener,
}

impl NamedOrigin {
    /// `app`, where pages are unless a scenario says otherwise.
    #[must_use]
    pub fn app() -> Self {
        Self {
            name: "app".to_owned(),
            host: "app.localhost".to_owned(),
            listener: Listener::Http,
        }
    }

    /// The origin of this host (in any case, IPv6 in brackets) at this listener, if it has a name.
    pub(crate) fn at(host: &str, listener: Listener) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let name = match host.as_str() {
            "127.0.0.1" => "ipv4".to_owned(),
            "[::1]" => "ipv6".to_owned(),
            host => {
                let host = host.strip_suffix(".localhost")?;
                match (host.strip_prefix("sub."), listener) {
                    (Some(parent), _) => format!("{parent}-sub"),
                    (None, Listener::Http) => host.to_owned(),
                    (None, Listener::HttpAlternative) => format!("{host}-port"),
                    (None, Listener::Https) => format!("{host}-tls"),
                    (None, Listener::HttpsHttp2) => format!("{host}-h2"),
                    (None, Listener::HttpsPublic) => format!("{host}-public"),
                }
            }
        };
        name.parse()
            .ok()
            .filter(|origin: &Self| origin.listener == listener)
    }

    /// The name as written in a case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host, as it stands in a URL (IPv6 in brackets).
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The listener that serves this origin.
    #[must_use]
    pub const fn listener(&self) -> Listener {
        self.listener
    }

    /// `host:port` with the canonical port.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.listener.canonical_port())
    }

    /// The serialised origin with the canonical port.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>
    #[must_use]
    pub fn serialize(&self) -> String {
        format!("{}://{}", self.listener.scheme(), self.authority())
    }

    /// All names there are, for messages and completions.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut names: Vec<String> = HOSTS
            .iter()
            .flat_map(|host| {
                ["", "-port", "-sub", "-tls", "-h2", "-public"]
                    .iter()
                    .map(move |suffix| format!("{host}{suffix}"))
            })
            .collect();
        names.extend(["ipv4".to_owned(), "ipv6".to_owned()]);
        names.iter().filter_map(|name| name.parse().ok()).collect()
    }
}

impl fmt::Display for NamedOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl FromStr for NamedOrigin {
    type Err = UnknownOrigin;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let (host, listener) = match name {
            "ipv4" => ("127.0.0.1".to_owned(), Listener::Http),
            "ipv6" => ("[::1]".to_owned(), Listener::Http),
            _ => {
                let (host, suffix) = match name.split_once('-') {
                    Some((host, suffix)) => (host, Some(suffix)),
                    None => (name, None),
                };
                if !HOSTS.contains(&host) {
                    return Err(UnknownOrigin(name.to_owned()));
                }
                match suffix {
                    None => (format!("{host}.localhost"), Listener::Http),
                    Some("port") => (format!("{host}.localhost"), Listener::HttpAlternative),
                    Some("sub") => (format!("sub.{host}.localhost"), Listener::Http),
                    Some("tls") => (format!("{host}.localhost"), Listener::Https),
                    Some("h2") => (format!("{host}.localhost"), Listener::HttpsHttp2),
                    Some("public") => (format!("{host}.localhost"), Listener::HttpsPublic),
                    _ => return Err(UnknownOrigin(name.to_owned())),
                }
            }
        };
        Ok(Self {
            name: name.to_owned(),
            host,
            listener,
        })
    }
}

/// A name that is no origin.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown origin `{0}`")]
pub struct UnknownOrigin(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_itself() {
        for origin in NamedOrigin::all() {
            assert_eq!(origin.name().parse::<NamedOrigin>().unwrap(), origin);
        }
        assert_eq!(NamedOrigin::all().len(), 26);
    }

    #[test]
    fn every_origin_is_found_by_host_and_listener() {
        for origin in NamedOrigin::all() {
            let found = NamedOrigin::at(&origin.host().to_uppercase(), origin.listener());
            assert_eq!(found, Some(origin));
        }
        assert_eq!(NamedOrigin::at("127.0.0.1", Listener::Https), None);
        assert_eq!(NamedOrigin::at("nobody.localhost", Listener::Http), None);
        assert_eq!(
            NamedOrigin::at("sub.api.localhost", Listener::HttpAlternative),
            None
        );
    }

    #[test]
    fn a_suffix_changes_one_component_of_the_origin() {
        let serialized = |name: &str| name.parse::<NamedOrigin>().unwrap().serialize();
        assert_eq!(serialized("app"), "http://app.localhost:18080");
        assert_eq!("app".parse(), Ok(NamedOrigin::app()));
        assert_eq!(serialized("app-port"), "http://app.localhost:18081");
        assert_eq!(serialized("app-sub"), "http://sub.app.localhost:18080");
        assert_eq!(serialized("app-tls"), "https://app.localhost:18443");
        assert_eq!(serialized("app-h2"), "https://app.localhost:18444");
        assert_eq!(serialized("ipv6"), "http://[::1]:18080");
    }

    #[test]
    fn an_unknown_name_is_refused() {
        for name in ["", "app-", "App", "nobody", "app-sub-tls", "sub"] {
            assert!(name.parse::<NamedOrigin>().is_err(), "{name}");
        }
    }
}
