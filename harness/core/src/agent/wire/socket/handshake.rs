//! The opening handshake.
//!
//! <https://websockets.spec.whatwg.org/#websocket-opening-handshake>

use corspec_fetch::{
    Block, Fetch, HttpResponse, Outcome, Reason, Request, Step, VisibleResponse, websocket,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::agent::call::SOCKET_KEY;
use crate::agent::wire::player::Play;
use crate::agent::wire::visit::{head_of, outgoing};
use crate::agent::wire::{Outgoing, Wire};
use crate::tape::Message;
use crate::tape::head::Head;
use crate::tape::stream::Stream;

/// A connection that is established.
pub(super) struct Shaken {
    pub(super) stream: WebSocketStream<Stream>,
    pub(super) response: VisibleResponse,
    pub(super) protocol: String,
}

impl Play<'_> {
    /// Establishes a connection.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) async fn shake_hands(
        &mut self,
        request: Request,
        protocols: &[String],
    ) -> Result<Shaken, Block> {
        let now = self.wire.now();
        let (mut fetch, next) = Fetch::start(request, &mut self.agent, now);
        let sent = match next {
            Step::Send(sent) => outgoing(sent),
            Step::Done(outcome) => return Err(block_of(outcome)),
        };
        let Some(Answered { stream, head, rest }) = answered(self.wire, &sent).await else {
            return Err(block_of_step(fetch.fail(&mut self.agent)));
        };
        let (status, headers) = (head.status, head.headers.clone());
        let response = match fetch.receive(head, &mut self.agent, now) {
            Step::Done(Outcome::Allow(response)) => response,
            step => return Err(block_of_step(step)),
        };
        let protocol = websocket::judge(SOCKET_KEY, protocols, &[], status, &headers)?;
        let stream = WebSocketStream::from_partially_read(stream, rest, Role::Client, None).await;
        Ok(Shaken {
            stream,
            response,
            protocol,
        })
    }
}

/// An answer whose head is there. What is behind it belongs to the WebSocket.
struct Answered {
    stream: Stream,
    head: HttpResponse,
    rest: Vec<u8>,
}

/// Sends a request on a connection of its own, and reads the head of the answer; `None` where there
/// is none.
async fn answered(wire: &Wire, sent: &Outgoing) -> Option<Answered> {
    let mut stream = wire.transport.open(&sent.url).await.ok()?;
    stream.write_all(&sent.encode()).await.ok()?;
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(head) = Head::parse(&bytes) else {
            continue;
        };
        let rest = bytes.split_off(head.length);
        let (status, message) = Message::read_response(bytes, &sent.method)?;
        if status == 0 {
            return None;
        }
        let head = head_of(status, &message);
        return Some(Answered { stream, head, rest });
    }
}

fn block_of_step(step: Step) -> Block {
    match step {
        Step::Done(outcome) => block_of(outcome),
        // A handshake is one request: redirects are errors, and preflights there are none.
        Step::Send(_) => Reason::NetworkError.into(),
    }
}

fn block_of(outcome: Outcome) -> Block {
    match outcome {
        Outcome::Block(block) => block,
        Outcome::Allow(_) => Reason::NetworkError.into(),
    }
}
