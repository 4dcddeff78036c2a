//! WebSockets: handshakes that succeed and fail, and what is said behind them.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rstest::rstest;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::support::{answer, answering, connect, connect_tls, converse, get};
use crate::case::scenario::{Answer, ConnectionPlan, SocketClose, SocketMessage, SocketPlan};
use crate::server::{Listener, Reference, Session};
use crate::tape::snapshot;

const LINES: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What answers [`LINES`], with further lines before the empty one.
fn switching(lines: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{lines}\r\n"
    )
}

fn socket(plan: SocketPlan) -> Answer {
    Answer {
        websocket: Some(plan),
        ..answer(101, &[], "")
    }
}

fn echo() -> SocketPlan {
    SocketPlan {
        echo: true,
        ..SocketPlan::default()
    }
}

fn closing(code: Option<u16>, reason: &str) -> SocketClose {
    SocketClose {
        code,
        reason: reason.to_owned(),
    }
}

/// Shakes hands on a stream, and returns the head of the answer.
async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    request: &str,
) -> (String, WebSocketStream<S>) {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    (String::from_utf8(head).unwrap(), socket)
}

async fn open(
    reference: &Reference,
    session: &Session,
) -> (String, WebSocketStream<tokio::net::TcpStream>) {
    let stream = connect(reference, Listener::Http).await;
    shake(stream, &get(reference, session.token(), LINES)).await
}

async fn next<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) -> Option<Frame> {
    let next = tokio::time::timeout(Duration::from_secs(5), socket.next());
    next.await.unwrap().and_then(Result::ok)
}

#[tokio::test]
async fn messages_are_sent_and_sent_back_and_the_page_may_close() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(socket(SocketPlan {
        protocol: Some("chat".to_owned()),
        send: vec![SocketMessage::Text("http://app.localhost:18080".to_owned())],
        ..echo()
    })));
    let (head, mut socket) = open(&reference, &session).await;
    assert_eq!(head, switching("Sec-WebSocket-Protocol: chat\r\n"));
    let port = reference.ports().real(Listener::Http);
    let greeting = Frame::text(format!("http://app.localhost:{port}"));
    assert_eq!(next(&mut socket).await, Some(greeting));
    for frame in [Frame::text("hello"), Frame::binary(&b"\x00\xff"[..])] {
        socket.send(frame.clone()).await.unwrap();
        assert_eq!(next(&mut socket).await, Some(frame));
    }
    assert!(!session.transcript()[0].aborted);
    let close = CloseFrame {
        code: 4000.into(),
        reason: "done".into(),
    };
    socket.close(Some(close.clone())).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Frame::Close(Some(close))));
    assert_eq!(next(&mut socket).await, None);
    session.settled().await;
    insta::assert_snapshot!(snapshot(&session.transcript()), @r"
    > GET http://api.localhost:18080/scenario/resource
    > sec-websocket-version: 13
    > upgrade: websocket
    < 101 Switching Protocols
    < upgrade: websocket
    < sec-websocket-accept: (answers the key)
    < sec-websocket-protocol: chat
    > (text) hello
    > (binary) 00ff
    > (close) 4000 done
    < (text) http://app.localhost:18080
    < (text) hello
    < (binary) 00ff
    ");
}

#[tokio::test]
async fn the_server_closes_after_as_many_messages_as_it_was_told() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(socket(SocketPlan {
        close: Some((closing(Some(1011), "enough"), 2)),
        ..SocketPlan::default()
    })));
    let (_, mut socket) = open(&reference, &session).await;
    socket.send(Frame::text("one")).await.unwrap();
    socket.send(Frame::text("two")).await.unwrap();
    let close = CloseFrame {
        code: 1011.into(),
        reason: "enough".into(),
    };
    assert_eq!(next(&mut socket).await, Some(Frame::Close(Some(close))));
    assert_eq!(next(&mut socket).await, None);
    session.settled().await;
    let exchange = session.transcript().remove(0);
    assert!(!exchange.aborted);
    let conversation = exchange.conversation.unwrap();
    assert_eq!(conversation.from_page.len(), 2);
    assert_eq!(conversation.from_server, []);
    assert_eq!(conversation.closed_by_page, None);
    assert_eq!(
        conversation.closed_by_server,
        Some(closing(Some(1011), "enough"))
    );
}

#[tokio::test]
async fn a_close_without_a_code_has_none() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(socket(SocketPlan {
        close: Some((closing(None, ""), 0)),
        ..SocketPlan::default()
    })));
    let (_, mut socket) = open(&reference, &session).await;
    assert_eq!(next(&mut socket).await, Some(Frame::Close(None)));
}

#[rstest]
#[case::after_what_it_sends(None)]
#[case::after_a_message(Some((closing(Some(1000), ""), 1)))]
#[tokio::test]
async fn a_cut_conversation_ends_without_a_close(#[case] close: Option<(SocketClose, usize)>) {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(Answer {
        connection: ConnectionPlan::Cut,
        ..socket(SocketPlan {
            send: vec![SocketMessage::Text("one".to_owned())],
            close,
            ..SocketPlan::default()
        })
    }));
    let (_, mut socket) = open(&reference, &session).await;
    socket.send(Frame::text("hello")).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Frame::text("one")));
    assert_eq!(next(&mut socket).await, None);
    drop(socket);
    session.settled().await;
    let exchange = session.transcript().remove(0);
    assert!(!exchange.aborted, "it was the server who left");
    assert_eq!(exchange.conversation.unwrap().closed_by_server, None);
}

#[tokio::test]
async fn a_page_that_leaves_without_closing_aborts() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(socket(echo())));
    let (_, socket) = open(&reference, &session).await;
    drop(socket);
    session.settled().await;
    let exchange = session.transcript().remove(0);
    assert!(exchange.aborted);
    assert_eq!(exchange.conversation.unwrap().closed_by_page, None);
}

#[rstest]
#[case::let_in("http://app.localhost:18080", "101")]
#[case::refused("http://evil.localhost:18080", "403")]
#[tokio::test]
async fn only_the_origins_of_the_script_are_let_in(#[case] origin: &str, #[case] status: &str) {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(socket(SocketPlan {
        origins: Some(vec!["http://app.localhost:18080".to_owned()]),
        ..echo()
    })));
    let origin = session.names().to_real_text(origin);
    let lines = format!("{LINES}Origin: {origin}\r\n");
    let stream = connect(&reference, Listener::Http).await;
    let (head, _socket) = shake(stream, &get(&reference, session.token(), &lines)).await;
    assert_eq!(head.split(' ').nth(1), Some(status), "{head}");
    let answered = session.transcript().remove(0);
    let said = answered.response.map(|(status, _)| status.to_string());
    assert_eq!(said.as_deref(), Some(status));
}

#[tokio::test]
async fn scripted_lines_replace_those_of_the_handshake() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(Answer {
        headers: vec![
            ("sec-websocket-accept".to_owned(), b"wrong".to_vec()),
            ("X-A".to_owned(), b"1".to_vec()),
        ],
        ..socket(echo())
    }));
    let (head, _socket) = open(&reference, &session).await;
    assert_eq!(
        head,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nsec-websocket-accept: wrong\r\nX-A: 1\r\n\r\n"
    );
    let shown = snapshot(&session.transcript());
    assert!(shown.contains("< sec-websocket-accept: wrong\n"), "{shown}");
}

#[rstest]
#[case::other_status(Answer { body: b"no".to_vec(), ..Answer { status: 200, ..socket(echo()) } }, LINES, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")]
#[case::no_plan(answer(200, &[], "ok"), LINES, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
#[case::no_handshake(
    socket(echo()),
    "",
    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"
)]
#[tokio::test]
async fn everything_else_is_an_ordinary_answer(
    #[case] script: Answer,
    #[case] lines: &str,
    #[case] expected: &str,
) {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(script));
    let request = get(&reference, session.token(), lines);
    assert_eq!(converse(&reference, request.as_bytes()).await, expected);
}

#[tokio::test]
async fn sockets_are_served_over_tls() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(socket(echo())));
    let stream = connect_tls(&reference, Listener::Https, "api.localhost", &[b"http/1.1"]).await;
    let port = reference.ports().real(Listener::Https);
    let request = format!(
        "GET /{}/resource HTTP/1.1\r\nHost: api.localhost:{port}\r\n{LINES}\r\n",
        session.token()
    );
    let (head, mut socket) = shake(stream.unwrap(), &request).await;
    assert_eq!(head, switching(""));
    socket.send(Frame::text("hello")).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Frame::text("hello")));
}
