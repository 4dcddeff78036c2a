//! What can happen to an exchange on its way.

use std::io;
use std::time::Duration;

use tokio_rustls::rustls::{Error, InvalidMessage};

use crate::tape::escape;

/// An exchange that did not end in a whole and well-formed response.
///
/// For script all of these are the same network error; reports say which it was.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The connection ended before the head of the response did.
    #[error("the connection was closed without a response")]
    Closed,
    /// No connection.
    #[error("cannot connect to {authority}: {source}")]
    Connect {
        /// Host and port.
        authority: String,
        /// What the system said.
        source: io::Error,
    },
    /// The connection ended in the middle of the body; the head is there.
    #[error("the connection was closed before the response was complete")]
    Cut,
    /// Something took too long.
    #[error("no {awaited} within {limit:?}")]
    Deadline {
        /// What did not come.
        awaited: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The head of the response has more than any browser takes.
    #[error("the head of the response is longer than {0} bytes")]
    HeadTooLong(usize),
    /// The response is none that a browser would take.
    #[error("the response is malformed: {0}")]
    Malformed(&'static str),
    /// What came is of another protocol: its first bytes.
    #[error("what came is no HTTP response; it begins with `{}`", beginning(.0))]
    NotHttp(Vec<u8>),
    /// The request is none that the protocol can carry.
    #[error("the request cannot be sent: {0}")]
    Request(http::Error),
    /// A stream needs HTTP/2.
    ///
    /// <https://fetch.spec.whatwg.org/#http-network-fetch>
    #[error("a streamed body cannot be sent over HTTP/1.1")]
    StreamedBody,
    /// The TLS connection was refused by one of the sides.
    #[error("cannot agree on TLS with {authority}: {}", tls_fault(source))]
    Tls {
        /// Host and port.
        authority: String,
        /// What was wrong.
        source: io::Error,
    },
    /// The response has more than anyone should read.
    #[error("the response is longer than {0} bytes")]
    TooLong(usize),
    /// The host has no address, or none that may be connected to.
    #[error("the host {0} has no address within reach")]
    Unresolved(String),
}

/// What whoever asks can do something about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// The certificate of the server is that of an authority.
    AuthorityCertificate,
    /// The host has no address.
    NoAddress,
    /// Nobody accepts the connection.
    NoListener,
    /// TLS was spoken to a port that does not.
    NoTls,
    /// Something took longer than it may.
    Slow,
    /// TLS was not spoken to a port that does.
    TlsAlone,
    /// The certificate of the server is not trusted, or there is no agreement for another reason.
    Untrusted,
}

impl TransportError {
    /// What whoever asks can do something about, if it is anything.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Connect { .. } => Some(Trouble::NoListener),
            Self::Deadline { .. } => Some(Trouble::Slow),
            Self::NotHttp(bytes) => bytes.starts_with(TLS_ALERT).then_some(Trouble::TlsAlone),
            Self::Tls { source, .. } => Some(tls_trouble(source)),
            Self::Unresolved(_) => Some(Trouble::NoAddress),
            Self::Closed
            | Self::Cut
            | Self::HeadTooLong(_)
            | Self::Malformed(_)
            | Self::Request(_)
            | Self::StreamedBody
            | Self::TooLong(_) => None,
        }
    }

    /// Bytes that are no response; no more of them are kept than are shown.
    pub(super) fn not_http(bytes: &[u8]) -> Self {
        Self::NotHttp(bytes[..bytes.len().min(MOST_SHOWN + 1)].to_vec())
    }

    /// What ended a response within its head, by all that came of it.
    pub(super) fn of_half_head(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            Self::Closed
        } else if is_foreign(bytes) {
            Self::not_http(bytes)
        } else {
            Self::Malformed("its head has no end")
        }
    }

    /// The same deadline, that of a connection if there was none yet when it came: of two that end at the
    /// same time, either may come first.
    pub(super) fn awaiting_connection(self, is_unconnected: bool) -> Self {
        match self {
            Self::Deadline { limit, .. } if is_unconnected => Self::Deadline {
                awaited: CONNECTION,
                limit,
            },
            other => other,
        }
    }

    /// Whether it happened before any byte of the request was sent.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Request(_)
            | Self::StreamedBody
            | Self::Tls { .. }
            | Self::Unresolved(_) => true,
            // The only thing that is awaited before.
            Self::Deadline { awaited, .. } => *awaited == CONNECTION,
            Self::Closed
            | Self::Cut
            | Self::HeadTooLong(_)
            | Self::Malformed(_)
            | Self::NotHttp(_)
            | Self::TooLong(_) => false,
        }
    }
}

/// Whether what came cannot become an HTTP response any more, whatever follows.
pub(super) fn is_foreign(bytes: &[u8]) -> bool {
    let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let bytes = bytes.iter().skip_while(|byte| is_line_end(byte));
    bytes.zip(b"HTTP/").any(|(byte, known)| byte != known)
}

/// How long more is awaited of what is no HTTP response, only to show it.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// What is awaited until a connection is there.
pub(super) const CONNECTION: &str = "connection";

/// The first bytes of what came, as they can be shown.
fn beginning(bytes: &[u8]) -> String {
    let mut shown = escape(&bytes[..bytes.len().min(MOST_SHOWN)]);
    if bytes.len() > MOST_SHOWN {
        shown.push('…');
    }
    shown
}

const MOST_SHOWN: usize = 40;

/// Why two sides do not agree on TLS.
fn tls_trouble(source: &io::Error) -> Trouble {
    match source.get_ref().and_then(|it| it.downcast_ref::<Error>()) {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => Trouble::NoTls,
        // Which verifier refused it is told by its own type alone, which is no dependency of ours.
        Some(error @ Error::InvalidCertificate(_))
            if format!("{error:?}").contains("CaUsedAsEndEntity") =>
        {
            Trouble::AuthorityCertificate
        }
        _ => Trouble::Untrusted,
    }
}

/// The commonest faults in plain words; the library's own words otherwise.
fn tls_fault(source: &io::Error) -> String {
    match tls_trouble(source) {
        Trouble::NoTls => "the port speaks plain HTTP, or another protocol without TLS".to_owned(),
        Trouble::AuthorityCertificate => {
            "its certificate is that of an authority (CA:TRUE, as `openssl req -x509` makes it), which \
             cannot be a server's"
                .to_owned()
        }
        _ => source.to_string(),
    }
}

/// How what a TLS server says to plain HTTP begins: an alert.
///
/// <https://www.rfc-editor.org/rfc/rfc8446#section-5.1>
const TLS_ALERT: &[u8] = b"\x15\x03";

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing(b"", "the connection was closed without a response")]
    #[case::half(
        b"HTTP/1.1 200 OK\r\n",
        "the response is malformed: its head has no end"
    )]
    #[case::less(b"HT", "the response is malformed: its head has no end")]
    #[case::another_protocol(
        b"SSH-2.0-OpenSSH_9.2\r\n",
        r"what came is no HTTP response; it begins with `SSH-2.0-OpenSSH_9.2\x0d\x0a`"
    )]
    #[case::long(
        &[b'x'; 850],
        "what came is no HTTP response; it begins with `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`"
    )]
    fn what_ended_a_head_is_told_by_what_came(#[case] bytes: &[u8], #[case] expected: &str) {
        assert_eq!(TransportError::of_half_head(bytes).to_string(), expected);
    }

    fn tls(error: Error) -> TransportError {
        TransportError::Tls {
            authority: "a.example:443".to_owned(),
            source: io::Error::other(error),
        }
    }

    #[rstest]
    #[case::plain_http(
        tls(Error::InvalidMessage(InvalidMessage::InvalidContentType)),
        Some(Trouble::NoTls)
    )]
    #[case::no_agreement(tls(Error::HandshakeNotComplete), Some(Trouble::Untrusted))]
    #[case::plain_http_to_tls(
        TransportError::not_http(b"\x15\x03\x01\x00\x02\x02\x46"),
        Some(Trouble::TlsAlone)
    )]
    #[case::another_protocol(TransportError::not_http(b"SSH-2.0-"), None)]
    #[case::closed(TransportError::Closed, None)]
    fn what_can_be_mended_is_told_apart(
        #[case] error: TransportError,
        #[case] trouble: Option<Trouble>,
    ) {
        assert_eq!(error.trouble(), trouble);
    }

    #[test]
    fn what_is_awaited_tells_whether_a_request_was_sent() {
        let deadline = |awaited| TransportError::Deadline {
            awaited,
            limit: Duration::from_secs(1),
        };
        assert!(deadline(CONNECTION).is_unsent());
        assert!(!deadline("response").is_unsent());
        assert!(!TransportError::Closed.is_unsent());
        assert!(TransportError::Unresolved("a.example".to_owned()).is_unsent());
    }
}
