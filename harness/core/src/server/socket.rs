//! WebSockets: the handshake as scripted, the conversation as planned.
//!
//! <https://www.rfc-editor.org/rfc/rfc6455.html>

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::parts::LONGEST_HOLD;
use super::underway::Underway;
use crate::case::scenario::{Answer, ConnectionPlan, SocketClose, SocketMessage, SocketPlan};
use crate::tape::head::{isomorphic_decode, values};

/// What becomes of a request at an answer for WebSockets.
#[derive(Debug)]
pub(super) enum Handshake {
    /// An answer like any other: there was no handshake to answer, or it is refused.
    Ordinary(Answer),
    /// The head of the handshake's answer; then the conversation begins.
    Upgrade(Answer, SocketPlan),
}

impl Handshake {
    /// Reads the headers of a request at this answer.
    pub(super) fn of(answer: Answer, method: &str, headers: &[(String, Vec<u8>)]) -> Self {
        let Some(plan) = answer.websocket.clone() else {
            return Self::Ordinary(answer);
        };
        if answer.raw.is_some()
            || answer.status != 101
            || answer.connection == ConnectionPlan::Refuse
        {
            return Self::Ordinary(answer);
        }
        let is_upgrade = values(headers, "upgrade")
            .any(|value| value.eq_ignore_ascii_case(b"websocket"))
            && method == "GET";
        let Some(key) = values(headers, "sec-websocket-key")
            .next()
            .filter(|_| is_upgrade)
        else {
            return Self::Ordinary(upgrade_required(answer));
        };
        let origin = values(headers, "origin").next().map(isomorphic_decode);
        let is_let_in = plan
            .origins
            .as_ref()
            .is_none_or(|origins| origin.is_some_and(|origin| origins.contains(&origin)));
        if !is_let_in {
            return Self::Ordinary(Answer {
                status: 403,
                delay: answer.delay,
                ..Answer::default()
            });
        }
        Self::Upgrade(switching(answer, &plan, key), plan)
    }
}

/// What a request gets that is no handshake, though the script has nothing but one.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22>
pub(super) fn upgrade_required(answer: Answer) -> Answer {
    let mut headers = answer.headers;
    headers.push(("Upgrade".to_owned(), b"websocket".to_vec()));
    Answer {
        status: 426,
        headers,
        delay: answer.delay,
        ..Answer::default()
    }
}

/// The lines that a handshake needs, except those that are scripted, and the scripted ones.
fn switching(answer: Answer, plan: &SocketPlan, key: &[u8]) -> Answer {
    let mut needed = vec![
        ("Upgrade", b"websocket".to_vec()),
        ("Connection", b"Upgrade".to_vec()),
        ("Sec-WebSocket-Accept", derive_accept_key(key).into_bytes()),
    ];
    if let Some(protocol) = &plan.protocol {
        needed.push(("Sec-WebSocket-Protocol", protocol.clone().into_bytes()));
    }
    needed.retain(|(name, _)| values(&answer.headers, name).next().is_none());
    let needed = needed
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Answer {
        headers: needed.chain(answer.headers.clone()).collect(),
        ..answer
    }
}

/// Speaks as planned until one side has closed, and enters everything into the transcript.
/// `is_cut` drops the connection where the plan would close it.
pub(super) async fn converse<S>(stream: S, plan: &SocketPlan, is_cut: bool, underway: Underway)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    underway.converse(|_| {});
    let mut speaker = Speaker {
        socket: WebSocketStream::from_raw_socket(stream, Role::Server, None).await,
        underway: &underway,
    };
    match speaker.follow(plan, is_cut).await {
        // Whoever dropped the connection without a word is gone.
        Err(Left) => drop(underway),
        Ok(()) => underway.finish(),
    }
}

/// The client left without closing.
struct Left;

struct Speaker<'a, S> {
    socket: WebSocketStream<S>,
    underway: &'a Underway,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Speaker<'_, S> {
    async fn follow(&mut self, plan: &SocketPlan, is_cut: bool) -> Result<(), Left> {
        for message in &plan.send {
            self.say(message.clone()).await?;
        }
        let end = match &plan.close {
            Some((_, after)) => Some(*after),
            None => is_cut.then_some(0),
        };
        let mut received = 0;
        loop {
            if end.is_some_and(|end| received >= end) {
                return match &plan.close {
                    Some((close, _)) if !is_cut => self.close(close).await,
                    _ => {
                        self.drop_connection().await;
                        Ok(())
                    }
                };
            }
            let Some(message) = self.hear(LONGEST_HOLD).await? else {
                return Ok(());
            };
            received += 1;
            if plan.echo {
                self.say(message).await?;
            }
        }
    }

    /// The next message; `None` when the page has closed, or says nothing for so long.
    async fn hear(&mut self, patience: Duration) -> Result<Option<SocketMessage>, Left> {
        loop {
            let Ok(frame) = tokio::time::timeout(patience, self.socket.next()).await else {
                return Ok(None);
            };
            let message = match frame {
                Some(Ok(Frame::Text(text))) => SocketMessage::Text(text.as_str().to_owned()),
                Some(Ok(Frame::Binary(bytes))) => SocketMessage::Binary(bytes.to_vec()),
                Some(Ok(Frame::Close(frame))) => {
                    self.underway.converse(|conversation| {
                        if conversation.closed_by_server.is_none() {
                            conversation.closed_by_page = Some(read_close(frame));
                        }
                    });
                    // Sends the answer to it.
                    let _ = self.socket.flush().await;
                    return Ok(None);
                }
                // Pings are answered below.
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return Err(Left),
            };
            let heard = message.clone();
            self.underway
                .converse(|conversation| conversation.from_page.push(heard));
            return Ok(Some(message));
        }
    }

    async fn say(&mut self, message: SocketMessage) -> Result<(), Left> {
        let frame = match &message {
            SocketMessage::Binary(bytes) => Frame::binary(bytes.clone()),
            SocketMessage::Text(text) => Frame::text(text.clone()),
        };
        self.underway
            .converse(|conversation| conversation.from_server.push(message));
        self.socket.send(frame).await.map_err(|_| Left)
    }

    /// Closes, and waits until the page does so as well.
    async fn close(&mut self, close: &SocketClose) -> Result<(), Left> {
        let said = close.clone();
        self.underway
            .converse(|conversation| conversation.closed_by_server = Some(said));
        let frame = close.code.map(|code| CloseFrame {
            code: code.into(),
            reason: close.reason.as_str().into(),
        });
        self.socket.close(frame).await.map_err(|_| Left)?;
        while self.hear(TIME_TO_CLOSE).await?.is_some() {}
        Ok(())
    }

    /// Ends the connection without a close frame. What the client still says is read, since closing
    /// over unread bytes would take back what was sent.
    async fn drop_connection(&mut self) {
        let stream = self.socket.get_mut();
        let _ = stream.shutdown().await;
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(TIME_TO_DROP, stream.read_to_end(&mut rest)).await;
    }
}

fn read_close(frame: Option<CloseFrame>) -> SocketClose {
    frame.map_or_else(SocketClose::default, |frame| SocketClose {
        code: Some(frame.code.into()),
        reason: frame.reason.as_str().to_owned(),
    })
}

const TIME_TO_CLOSE: Duration = Duration::from_secs(2);
const TIME_TO_DROP: Duration = Duration::from_millis(100);
