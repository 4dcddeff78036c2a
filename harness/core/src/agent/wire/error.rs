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

impl TransportError {
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

/// The commonest faults in plain words; the library's own words otherwise.
fn tls_fault(source: &io::Error) -> String {
    let inner = source.get_ref().and_then(|it| it.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "the port speaks plain HTTP, or another protocol without TLS".to_owned()
        }
        // Which verifier refused it is told by its own type alone, which is no dependency of ours.
        Some(error @ Error::InvalidCertificate(_))
            if format!("{error:?}").contains("CaUsedAsEndEntity") =>
        {
            "its certificate is that of an authority (CA:TRUE, as `openssl req -x509` makes it), which \
             cannot be a server's"
                .to_owned()
        }
        _ => source.to_string(),
    }
}

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
