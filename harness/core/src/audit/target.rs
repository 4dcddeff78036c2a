//! What is audited.

use std::net::IpAddr;

use corspec_fetch::{Origin, websocket};
use url::{Host, Url};

use crate::check::{self, BadCall};

/// The resource that is audited.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its URL as it was given.
    pub given: Url,
    /// The URL that is requested, of http or https.
    pub url: Url,
    /// Whether it is a WebSocket.
    pub is_socket: bool,
    /// Origins that it is said to allow.
    pub told: Vec<String>,
    /// Headers that every request has, as an Authorization for a test deployment.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Target {
    /// A resource by its URL, which may be of ws or wss.
    #[must_use]
    pub fn new(url: &Url) -> Self {
        Self {
            given: url.clone(),
            url: websocket::request_url(url),
            is_socket: matches!(url.scheme(), "ws" | "wss"),
            told: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// The origin of the resource itself.
    #[must_use]
    pub fn own_origin(&self) -> String {
        Origin::of_url(&self.url).serialize()
    }

    /// Whether the URL leads into a network that not everybody is in, as far as it tells.
    ///
    /// <https://wicg.github.io/private-network-access/#ip-address-space-heading>
    #[must_use]
    pub fn is_private(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost"
                    || PRIVATE_ENDS.iter().any(|end| name.ends_with(end))
                    || !name.contains('.')
            }
            Some(Host::Ipv4(address)) => is_private(address.into()),
            Some(Host::Ipv6(address)) => is_private(address.into()),
            None => false,
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_private(mapped.into()),
            None => {
                address.is_loopback()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        },
    }
}

/// A header of every request, as `Name: value`.
///
/// # Errors
///
/// It is none, or one that the audit sets itself: sent twice, servers would take the wrong one, and
/// nothing would be found.
pub fn parse_header(text: &str) -> Result<(String, Vec<u8>), BadCall> {
    let (name, value) = check::parse_header(text)?;
    let lower = name.to_ascii_lowercase();
    if OWN_HEADERS.contains(&lower.as_str()) || lower.starts_with("access-control-request-") {
        return Err(BadCall {
            message: format!("the audit sets the header `{name}` itself"),
            hint: if lower == "origin" {
                "name an origin that is allowed with --origin; the audit asks with it and with others"
                    .to_owned()
            } else {
                format!(
                    "leave `{name}` out: a second line of it would change what is asked, and hide what \
                     is wrong"
                )
            },
        });
    }
    Ok((name, value))
}

/// Headers that the audit, or the protocol below it, sets itself; beside those of a preflight.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "origin",
    "sec-websocket-key",
    "sec-websocket-version",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-host",
];

/// Ends of names that are no names of the public network.
const PRIVATE_ENDS: [&str; 4] = [".localhost", ".local", ".internal", ".home.arpa"];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://10.1.2.3/", true)]
    #[case("http://100.64.0.1/", true)]
    #[case("http://[::1]:8080/", true)]
    #[case("http://[::ffff:192.168.0.1]/", true)]
    #[case("http://printer/", true)]
    #[case("http://api.localhost/", true)]
    #[case("https://192.0.2.1/", false)]
    #[case("https://api.example/", false)]
    fn a_url_tells_whether_it_leads_into_a_private_network(
        #[case] url: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(Target::new(&url.parse().unwrap()).is_private(), expected);
    }

    #[test]
    fn a_web_socket_is_asked_over_http() {
        let target = Target::new(&"wss://api.example/live".parse().unwrap());
        assert!(target.is_socket);
        assert_eq!(target.own_origin(), "https://api.example");
    }
}
