//! One request on its way, and what came of it.

use url::{Position, Url};

use super::TransportError;
use crate::tape::{Message, Protocol};

/// A request as it is to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The method.
    pub method: String,
    /// The URL, with the port to connect to.
    pub url: Url,
    /// Header lines in the order in which they are sent; `Host` is added before them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl Outgoing {
    /// The message as HTTP/1.1 has it.
    pub(super) fn encode(&self) -> Vec<u8> {
        let line = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n",
            self.method,
            self.target(),
            self.host()
        );
        let mut bytes = line.into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    /// Host and port as they stand in `Host`: without the scheme's default port.
    pub(super) fn host(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    pub(super) fn target(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// Whether the body's length is unknown when the request is sent.
    pub(super) fn is_streamed(&self) -> bool {
        let has_length = |(name, _): &(String, _)| name.eq_ignore_ascii_case("content-length");
        self.body.is_some() && !self.headers.iter().any(has_length)
    }
}

/// What was said, as far as it went.
#[derive(Debug)]
pub struct Exchanged {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The request as it was sent.
    pub request: Message,
    /// The status and the response, as much of it as came; 0 for bytes that are no HTTP response.
    pub response: Option<(u16, Message)>,
    /// Why this is no whole and well-formed response.
    pub failure: Option<TransportError>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn outgoing(url: &str) -> Outgoing {
        Outgoing {
            method: "PUT".to_owned(),
            url: url.parse().unwrap(),
            headers: vec![
                ("X-b".to_owned(), b"1".to_vec()),
                ("X-a".to_owned(), b"2".to_vec()),
            ],
            body: Some(b"body".to_vec()),
        }
    }

    #[rstest]
    #[case::port(
        "http://u:p@a.localhost:81/p?q#f",
        "PUT /p?q HTTP/1.1\r\nHost: a.localhost:81\r\n"
    )]
    #[case::default_port("https://a.localhost:443", "PUT / HTTP/1.1\r\nHost: a.localhost\r\n")]
    #[case::ipv6("http://[::1]:81/", "PUT / HTTP/1.1\r\nHost: [::1]:81\r\n")]
    fn a_request_is_encoded_in_its_own_order_and_case(#[case] url: &str, #[case] start: &str) {
        let expected = format!("{start}X-b: 1\r\nX-a: 2\r\n\r\nbody");
        assert_eq!(String::from_utf8(outgoing(url).encode()).unwrap(), expected);
    }

    #[test]
    fn a_body_without_a_length_is_a_stream() {
        let mut outgoing = outgoing("http://a.localhost/");
        assert!(outgoing.is_streamed());
        outgoing
            .headers
            .push(("content-length".to_owned(), b"4".to_vec()));
        assert!(!outgoing.is_streamed());
        outgoing.headers.clear();
        outgoing.body = None;
        assert!(!outgoing.is_streamed());
    }
}
