//! What can happen to an exchange on its way.

use std::io;
use std::time::Duration;

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
    /// The request is none that the protocol can carry.
    #[error("the request cannot be sent: {0}")]
    Request(http::Error),
    /// A stream needs HTTP/2.
    ///
    /// <https://fetch.spec.whatwg.org/#http-network-fetch>
    #[error("a streamed body cannot be sent over HTTP/1.1")]
    StreamedBody,
    /// The TLS connection was refused by one of the sides.
    #[error("cannot agree on TLS with {authority}: {source}")]
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
