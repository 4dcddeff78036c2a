//! Origins, sites and trustworthiness.
//!
//! <https://html.spec.whatwg.org/multipage/browsers.html#origin>

use std::net::IpAddr;

use url::{Host, Url};

/// An origin.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Origin {
    /// An origin equal to itself alone, told apart from others by this number.
    Opaque(u64),
    /// Scheme, host and port; `None` for the scheme's default port.
    Tuple {
        /// The scheme.
        scheme: String,
        /// The serialised host (IPv6 in brackets).
        host: String,
        /// The port.
        port: Option<u16>,
    },
}

/// The number given to opaque origins that come from a URL: such an origin is compared by whoever
/// holds it, never by the URL.
const OPAQUE_OF_URL: u64 = 0;

impl Origin {
    /// The origin of a URL.
    ///
    /// <https://url.spec.whatwg.org/#concept-url-origin>
    #[must_use]
    pub fn of_url(url: &Url) -> Self {
        match url.origin() {
            url::Origin::Opaque(_) => Self::Opaque(OPAQUE_OF_URL),
            url::Origin::Tuple(scheme, host, port) => {
                let default = match scheme.as_str() {
                    "http" | "ws" => 80,
                    "https" | "wss" => 443,
                    _ => 21,
                };
                Self::Tuple {
                    scheme,
                    host: host.to_string(),
                    port: (port != default).then_some(port),
                }
            }
        }
    }

    /// The origin that serialises to exactly this text; `None` for anything else than the serialised
    /// form of a tuple origin.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let origin = Self::of_url(&Url::parse(text).ok()?);
        (matches!(origin, Self::Tuple { .. }) && origin.serialize() == text).then_some(origin)
    }

    /// `null` for an opaque origin.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>
    #[must_use]
    pub fn serialize(&self) -> String {
        match self {
            Self::Opaque(_) => "null".to_owned(),
            Self::Tuple {
                scheme,
                host,
                port: None,
            } => format!("{scheme}://{host}"),
            Self::Tuple {
                scheme,
                host,
                port: Some(port),
            } => format!("{scheme}://{host}:{port}"),
        }
    }

    /// The scheme of a tuple origin.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        match self {
            Self::Opaque(_) => None,
            Self::Tuple { scheme, .. } => Some(scheme),
        }
    }

    /// <https://html.spec.whatwg.org/multipage/browsers.html#same-origin>
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        match (self, other) {
            // An opaque origin that comes from a URL is a new one each time it is asked for.
            (Self::Opaque(OPAQUE_OF_URL), _) | (_, Self::Opaque(OPAQUE_OF_URL)) => false,
            _ => self == other,
        }
    }

    /// Same scheme and same registrable domain, or same scheme and same host where there is none.
    ///
    /// <https://html.spec.whatwg.org/multipage/browsers.html#same-site>
    #[must_use]
    pub fn is_same_site(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Tuple { scheme, host, .. },
                Self::Tuple {
                    scheme: other_scheme,
                    host: other_host,
                    ..
                },
            ) => {
                scheme == other_scheme && registrable_domain(host) == registrable_domain(other_host)
            }
            _ => self.is_same_origin(other),
        }
    }

    /// <https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>
    #[must_use]
    pub fn is_potentially_trustworthy(&self) -> bool {
        match self {
            Self::Opaque(_) => false,
            Self::Tuple { scheme, host, .. } => {
                matches!(scheme.as_str(), "https" | "wss" | "file") || is_loopback(host)
            }
        }
    }
}

/// <https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy>
#[must_use]
pub fn is_potentially_trustworthy_url(url: &Url) -> bool {
    url.scheme() == "data"
        || matches!(url.as_str(), "about:blank" | "about:srcdoc")
        || Origin::of_url(url).is_potentially_trustworthy()
}

/// The registrable domain, or the host itself where there is none.
///
/// No list of public suffixes is kept: the last label is taken for one, which is right for
/// `.localhost` and `.example`, and for the reserved names that a test would use.
fn registrable_domain(host: &str) -> &str {
    if matches!(Host::parse(host), Ok(Host::Ipv4(_) | Host::Ipv6(_))) {
        return host;
    }
    let mut dots = host.rmatch_indices('.').map(|(index, _)| index);
    match (dots.next(), dots.next()) {
        (Some(_), Some(second)) => &host[second + 1..],
        _ => host,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    let name = host.strip_suffix('.').unwrap_or(host);
    address.is_ok_and(|address| address.is_loopback())
        || name == "localhost"
        || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of_url(&Url::parse(url).unwrap())
    }

    #[rstest]
    #[case("http://a.example:80/x", "http://a.example")]
    #[case("https://a.example:443/", "https://a.example")]
    #[case("https://a.example:80/", "https://a.example:80")]
    #[case("HTTP://A.Example/", "http://a.example")]
    #[case("http://user@a.example/", "http://a.example")]
    #[case("http://[::1]:8080/", "http://[::1]:8080")]
    #[case("http://b\u{fc}cher.example/", "http://xn--bcher-kva.example")]
    #[case("blob:https://a.example/uuid", "https://a.example")]
    #[case("data:text/plain,x", "null")]
    #[case("file:///etc/hosts", "null")]
    #[case("about:blank", "null")]
    fn serialization(#[case] url: &str, #[case] serialized: &str) {
        assert_eq!(origin(url).serialize(), serialized);
    }

    #[rstest]
    #[case("http://a.localhost:1/", "http://a.localhost:1/", true, true)]
    #[case("http://a.localhost:1/", "http://a.localhost:2/", false, true)]
    #[case("http://a.localhost/", "http://x.a.localhost/", false, true)]
    #[case("http://a.localhost/", "http://b.localhost/", false, false)]
    #[case("http://a.localhost/", "https://a.localhost/", false, false)]
    #[case("http://localhost/", "http://a.localhost/", false, false)]
    #[case("http://127.0.0.1/", "http://127.0.0.2/", false, false)]
    #[case("http://[::1]:1/", "http://[::1]:2/", false, true)]
    #[case("data:,a", "data:,a", false, false)]
    fn relations(#[case] a: &str, #[case] b: &str, #[case] same: bool, #[case] site: bool) {
        assert_eq!(origin(a).is_same_origin(&origin(b)), same);
        assert_eq!(origin(a).is_same_site(&origin(b)), site);
    }

    #[test]
    fn an_opaque_origin_is_the_same_as_itself_alone() {
        assert!(Origin::Opaque(1).is_same_origin(&Origin::Opaque(1)));
        assert!(!Origin::Opaque(1).is_same_origin(&Origin::Opaque(2)));
        assert!(!Origin::Opaque(1).is_same_site(&origin("http://a.example")));
    }

    #[rstest]
    #[case("https://a.example/", true)]
    #[case("http://a.example/", false)]
    #[case("http://a.localhost/", true)]
    #[case("http://localhost.:80/", true)]
    #[case("http://127.9.9.9/", true)]
    #[case("http://[::1]/", true)]
    #[case("http://0.0.0.0/", false)]
    #[case("http://notlocalhost/", false)]
    fn trustworthiness(#[case] url: &str, #[case] trustworthy: bool) {
        assert_eq!(
            is_potentially_trustworthy_url(&Url::parse(url).unwrap()),
            trustworthy
        );
    }

    #[rstest]
    #[case("http://a.example/")]
    #[case("http://a.example:80")]
    #[case("HTTP://a.example")]
    #[case("null")]
    #[case("*")]
    fn only_the_serialized_form_parses(#[case] text: &str) {
        assert_eq!(Origin::parse(text), None);
    }

    proptest::proptest! {
        #[test]
        fn a_serialized_origin_parses_to_itself(
            scheme in "https?", host in "[a-z]{1,8}(\\.[a-z]{1,8}){0,2}", port: u16
        ) {
            let origin = origin(&format!("{scheme}://{host}:{port}/path"));
            proptest::prop_assert_eq!(Origin::parse(&origin.serialize()), Some(origin));
        }
    }
}
