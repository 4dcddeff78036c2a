//! WebSocket: a handshake of ours, byte for byte, and then frames.

mod handshake;

use corspec_fetch::{Block, Origin, Reason, Request, ResponseType, websocket};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use self::handshake::Shaken;
use super::events::event;
use super::player::Play;
use crate::agent::{End, Observation, ScriptEvent};
use crate::case::scenario::{RequestPlan, SocketClose, SocketMessage, Step};
use crate::tape::stream::Stream;

/// The code for an end without a close frame, and for one whose close frame has none.
///
/// <https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1>
const ABNORMAL: u16 = 1006;
const NO_STATUS: u16 = 1005;

/// What script sees when a WebSocket is closed.
struct Closed {
    code: u16,
    reason: String,
    was_clean: bool,
    /// Whether the user agent failed the connection: something was said that may not be.
    is_failed: bool,
}

impl Play<'_> {
    pub(super) async fn web_socket(&mut self, step: &Step, request: Request) -> Observation {
        let plan = &step.request;
        let now = Instant::now();
        let deadline = now + self.wire.transport.deadlines().exchange;
        let abort = plan.abort.map(|after| now + after);
        let (origin, url) = (request.origin.clone(), request.url.clone());
        let shaking = self.shake_hands(request, &plan.protocols);
        let shaken = match timeout_at(abort.unwrap_or(deadline).min(deadline), shaking).await {
            Ok(shaken) => shaken,
            Err(_) if abort.is_some() => Err(Block::from(Reason::Aborted)),
            Err(_) => return End::TimedOut.into(),
        };
        let shaken = match shaken {
            Ok(shaken) => shaken,
            Err(block) => return self.socket_failed(plan, block),
        };
        let Shaken {
            stream,
            mut response,
            protocol,
        } = shaken;
        let mut conversation = Conversation::new(plan, stream, abort);
        conversation.events.push(event("open", protocol.as_str()));
        let closed = match timeout_at(deadline, conversation.hold(plan)).await {
            Ok(Ok(closed)) => closed,
            Ok(Err(block)) => {
                // Nothing is closed by that: only the page's end closes it.
                let _ = conversation.close(None).await;
                let mut observation = Observation::from(self.blocked(plan.via, block, ""));
                observation.events = Some(conversation.events);
                return observation;
            }
            Err(_) => return End::TimedOut.into(),
        };
        let mut events = conversation.events;
        response.kind = if origin.is_same_origin(&Origin::of_url(&url)) {
            ResponseType::Basic
        } else {
            ResponseType::Cors
        };
        let mut observation = Observation::from(self.visible(response));
        told_of_the_end(&mut events, &mut observation, &closed, &protocol);
        observation.events = Some(events);
        observation
    }

    /// A connection that did not come about.
    fn socket_failed(&self, plan: &RequestPlan, block: Block) -> Observation {
        let closed = Closed {
            code: ABNORMAL,
            reason: String::new(),
            was_clean: false,
            is_failed: true,
        };
        let mut events = Vec::new();
        let mut observation = Observation::from(self.blocked(plan.via, block, ""));
        told_of_the_end(&mut events, &mut observation, &closed, "");
        observation.events = Some(events);
        observation
    }
}

/// <https://websockets.spec.whatwg.org/#eventdef-websocket-close>
fn told_of_the_end(
    events: &mut Vec<ScriptEvent>,
    observation: &mut Observation,
    closed: &Closed,
    protocol: &str,
) {
    if closed.is_failed {
        events.push(event("error", ""));
    }
    events.push(event("close", closed.code.to_string()));
    let facts = [
        ("code", closed.code.to_string()),
        ("extensions", String::new()),
        ("protocol", protocol.to_owned()),
        ("reason", closed.reason.clone()),
        ("wasClean", closed.was_clean.to_string()),
    ];
    let facts = facts.map(|(name, value)| (name.to_owned(), value));
    observation.facts.extend(facts);
}

/// A connection that is open.
struct Conversation {
    socket: WebSocketStream<Stream>,
    events: Vec<ScriptEvent>,
    missing: usize,
    abort: Option<Instant>,
    /// Whether the page has closed it: it is told of no further message.
    is_closing: bool,
}

impl Conversation {
    fn new(plan: &RequestPlan, socket: WebSocketStream<Stream>, abort: Option<Instant>) -> Self {
        Self {
            socket,
            events: Vec::new(),
            missing: plan.messages.unwrap_or_else(|| plan.send.len().max(1)),
            abort,
            is_closing: false,
        }
    }

    /// Says what the page says, and listens until the connection is closed.
    ///
    /// # Errors
    ///
    /// What `close()` throws for.
    async fn hold(&mut self, plan: &RequestPlan) -> Result<Closed, Block> {
        for message in &plan.send {
            let message = match message {
                SocketMessage::Binary(bytes) => Message::binary(bytes.clone()),
                SocketMessage::Text(text) => Message::text(text.clone()),
            };
            // Whoever has gone will be missed below.
            let _ = self.socket.send(message).await;
        }
        self.close_when_done(plan).await?;
        let mut last: Option<CloseFrame> = None;
        let mut was_clean = false;
        loop {
            let received = match self.abort.filter(|_| !self.is_closing) {
                None => self.socket.next().await,
                Some(abort) => tokio::select! {
                    received = self.socket.next() => received,
                    () = sleep_until(abort) => {
                        self.close(None).await?;
                        continue;
                    }
                },
            };
            match received {
                Some(Ok(Message::Text(text))) => {
                    self.receive("message", text.as_bytes(), plan).await?;
                }
                Some(Ok(Message::Binary(bytes))) => self.receive("binary", &bytes, plan).await?,
                Some(Ok(Message::Close(frame))) => {
                    last = frame;
                    was_clean = true;
                }
                Some(Ok(_)) => {}
                None | Some(Err(Error::AlreadyClosed | Error::ConnectionClosed)) => {
                    return Ok(closed(last, was_clean, false));
                }
                Some(Err(Error::Capacity(_) | Error::Utf8(_))) => {
                    return Ok(closed(None, false, true));
                }
                Some(Err(error)) => {
                    let is_failed =
                        matches!(&error, Error::Protocol(fault) if !is_disconnection(fault));
                    return Ok(closed(last, was_clean, is_failed));
                }
            }
        }
    }

    async fn receive(&mut self, name: &str, data: &[u8], plan: &RequestPlan) -> Result<(), Block> {
        if self.is_closing {
            return Ok(());
        }
        self.events.push(event(name, data));
        self.missing = self.missing.saturating_sub(1);
        self.close_when_done(plan).await
    }

    async fn close_when_done(&mut self, plan: &RequestPlan) -> Result<(), Block> {
        if self.missing > 0 || self.is_closing {
            return Ok(());
        }
        self.close(plan.close.as_ref()).await
    }

    async fn close(&mut self, close: Option<&SocketClose>) -> Result<(), Block> {
        let frame = close.and_then(|close| Some((close.code?, close.reason.as_str())));
        let (code, reason) = frame.unzip();
        if !websocket::may_close_with(code, reason.unwrap_or_default()) {
            let detail = code.map(|code| code.to_string()).unwrap_or_default();
            return Err(Block::new(Reason::NotSupported, detail));
        }
        self.is_closing = true;
        let frame = frame.map(|(code, reason)| CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        });
        let _ = self.socket.close(frame).await;
        Ok(())
    }
}

fn closed(frame: Option<CloseFrame>, was_clean: bool, is_failed: bool) -> Closed {
    let none = if was_clean { NO_STATUS } else { ABNORMAL };
    let (code, reason) = match frame {
        Some(frame) => (u16::from(frame.code), frame.reason.to_string()),
        None => (none, String::new()),
    };
    Closed {
        code,
        reason,
        was_clean,
        is_failed,
    }
}

/// Whether the other side has just gone away, which is nobody's fault.
const fn is_disconnection(error: &tokio_tungstenite::tungstenite::error::ProtocolError) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    matches!(
        error,
        ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing
    )
}
