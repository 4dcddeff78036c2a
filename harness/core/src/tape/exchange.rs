//! One request and its response, as they were on the wire.

use crate::case::scenario::{SocketClose, SocketMessage};
use crate::server::NamedOrigin;

/// The exchanges of a permutation in the order in which the requests arrived.
pub type Transcript = Vec<Exchange>;

/// One request and its response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exchange {
    /// The step of the scenario during which the request was made, from 0.
    pub step: usize,
    /// The origin the request was sent to, by listener and `Host`.
    pub to: NamedOrigin,
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The method in the request line.
    pub method: String,
    /// The request target in canonical form (`/scenario/resource?query`).
    pub target: String,
    /// The request.
    pub request: Message,
    /// The status and the response, if one was sent.
    pub response: Option<(u16, Message)>,
    /// Whether the client went away before the answer was complete.
    pub aborted: bool,
    /// What was said through a WebSocket, where this is the handshake of one.
    pub conversation: Option<Conversation>,
}

/// What was said through a WebSocket. Both directions have an order of their own; between them there
/// is none that another run would repeat.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Conversation {
    /// The messages of the page.
    pub from_page: Vec<SocketMessage>,
    /// How the page closed it, if it did so first.
    pub closed_by_page: Option<SocketClose>,
    /// The messages of the server.
    pub from_server: Vec<SocketMessage>,
    /// How the server closed it, if it did so first.
    pub closed_by_server: Option<SocketClose>,
}

/// What a request and a response have in common.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Message {
    /// The reason phrase of a response; empty for a request.
    pub reason_phrase: Vec<u8>,
    /// Header lines in the order and case they were sent, in canonical form (origins and tokens).
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body with its transfer coding removed.
    pub body: Vec<u8>,
    /// Every byte as it was on the wire, not canonical; empty for HTTP/2, which has no such form.
    pub bytes: Vec<u8>,
    /// Whether the body of a response broke off: it is shorter than its `Content-Length`, has no last
    /// chunk, or its stream was reset.
    pub is_unfinished: bool,
}

/// The protocol an exchange was made in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Protocol {
    /// HTTP/1.1 (or 1.0).
    Http1,
    /// HTTP/2.
    Http2,
}
