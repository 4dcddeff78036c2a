//! Bodies in parts, bodies without an end, and clients that do not wait for it.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rstest::rstest;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::support::{
    answer, answering, connect, connect_tls, converse, expect, get, permutation, read_to_end,
};
use crate::case::scenario::{Answer, Chunk, ConnectionPlan, Script};
use crate::server::{Listener, Reference, Session};
use crate::tape::snapshot;

const WAIT: Duration = Duration::from_millis(60);

/// Parts that each wait, under these header lines.
fn chunked(headers: &[(&str, &str)], parts: &[&str], connection: ConnectionPlan) -> Answer {
    let chunks = parts.iter().map(|part| Chunk {
        wait: WAIT,
        bytes: part.as_bytes().to_vec(),
    });
    Answer {
        chunks: chunks.collect(),
        connection,
        ..answer(200, headers, &parts.concat())
    }
}

async fn asked(reference: &Reference, session: &Session) -> TcpStream {
    let mut stream = connect(reference, Listener::Http).await;
    let request = get(reference, session.token(), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn the_head_comes_at_once_and_each_part_when_its_time_has_come() {
    let reference = Reference::start().await.unwrap();
    let script = chunked(&[("X-A", "1")], &["one", "", "three"], ConnectionPlan::Keep);
    let session = reference.open(&answering(script));
    let begin = Instant::now();
    let mut stream = asked(&reference, &session).await;
    let head = "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(&mut stream, head).await;
    assert!(begin.elapsed() < WAIT, "{:?}", begin.elapsed());
    expect(&mut stream, "3\r\none\r\n").await;
    assert!(begin.elapsed() >= WAIT);
    assert!(begin.elapsed() < 2 * WAIT, "{:?}", begin.elapsed());
    let exchange = session.transcript().remove(0);
    assert_eq!(exchange.response.unwrap().1.body, b"one");
    expect(&mut stream, "5\r\nthree\r\n0\r\n\r\n").await;
    assert!(begin.elapsed() >= 3 * WAIT);

    let request = get(&reference, session.token(), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    expect(&mut stream, head).await; // the connection is kept
    let exchange = session.transcript().remove(0);
    assert!(!exchange.aborted);
    let (_, message) = exchange.response.unwrap();
    assert_eq!(message.body, b"onethree");
    let bytes = format!("{head}3\r\none\r\n5\r\nthree\r\n0\r\n\r\n");
    assert_eq!(message.bytes, bytes.as_bytes());
    assert!(!message.is_unfinished);
}

#[rstest]
#[case::fitting("8", true)]
#[case::too_long("9", false)]
#[tokio::test]
async fn a_scripted_length_stands_instead_of_a_coding(#[case] length: &str, #[case] keeps: bool) {
    let reference = Reference::start().await.unwrap();
    let lines = [("Content-Length", length)];
    let script = chunked(&lines, &["one", "three"], ConnectionPlan::Keep);
    let session = reference.open(&answering(script));
    let mut stream = asked(&reference, &session).await;
    let answered = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nonethree");
    expect(&mut stream, &answered).await;
    if keeps {
        let request = get(&reference, session.token(), "");
        stream.write_all(request.as_bytes()).await.unwrap();
        expect(&mut stream, &answered).await;
    } else {
        assert_eq!(read_to_end(&mut stream).await, "");
    }
}

#[tokio::test]
async fn a_cut_body_in_parts_has_all_parts_and_no_end() {
    let reference = Reference::start().await.unwrap();
    let script = chunked(&[], &["one", "two"], ConnectionPlan::Cut);
    let session = reference.open(&answering(script));
    let mut stream = asked(&reference, &session).await;
    assert_eq!(
        read_to_end(&mut stream).await,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n"
    );
    session.settled().await;
    insta::assert_snapshot!(snapshot(&session.transcript()), @r"
    > GET http://api.localhost:18080/scenario/resource
    < 200 OK
    <
    < onetwo
    < (cut after 6 bytes)
    ");
}

#[tokio::test]
async fn a_held_body_has_no_end_until_the_client_leaves() {
    let reference = Reference::start().await.unwrap();
    let held = Answer {
        connection: ConnectionPlan::Hold,
        ..answer(200, &[], "start")
    };
    let session = reference.open(&answering(held));
    let mut stream = asked(&reference, &session).await;
    let answered = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstart\r\n";
    expect(&mut stream, answered).await;
    tokio::time::sleep(WAIT).await;
    assert!(!session.transcript()[0].aborted, "the client is there");
    drop(stream);
    session.settled().await;
    insta::assert_snapshot!(snapshot(&session.transcript()), @r"
    > GET http://api.localhost:18080/scenario/resource
    < 200 OK
    <
    < start
    > (gone away before the end)
    ");
}

#[rstest]
#[case::during_the_delay(
    Answer { delay: Duration::from_secs(9), ..answer(200, &[], "ok") },
    "",
    None
)]
#[case::between_parts(
    chunked(&[], &["one", "two", "three"], ConnectionPlan::Keep),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
    Some("one")
)]
#[tokio::test]
async fn a_client_that_leaves_before_the_end_aborts(
    #[case] script: Answer,
    #[case] until: &str,
    #[case] body: Option<&str>,
) {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(script));
    let mut stream = asked(&reference, &session).await;
    expect(&mut stream, until).await;
    drop(stream);
    session.settled().await;
    let exchange = session.transcript().remove(0);
    assert!(exchange.aborted);
    let answered = exchange.response.map(|(_, message)| message.body);
    assert_eq!(answered.as_deref(), body.map(str::as_bytes));
}

#[tokio::test]
async fn a_client_that_leaves_after_the_end_does_not_abort() {
    let reference = Reference::start().await.unwrap();
    let script = chunked(&[], &["one"], ConnectionPlan::Keep);
    let session = reference.open(&answering(script));
    let mut stream = asked(&reference, &session).await;
    let answered = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n";
    expect(&mut stream, answered).await;
    drop(stream);
    session.settled().await;
    assert!(!session.transcript()[0].aborted);
}

#[tokio::test]
async fn a_request_that_comes_early_waits_for_its_turn() {
    let reference = Reference::start().await.unwrap();
    let script = Script {
        response: chunked(&[], &["one"], ConnectionPlan::Keep),
        then: vec![answer(200, &[], "two")],
        ..Script::default()
    };
    let session = reference.open(&permutation(vec![script]));
    let mut stream = asked(&reference, &session).await;
    expect(&mut stream, "HTTP/1.1 200 OK\r\n").await;
    let lines = "Content-Length: 3\r\n";
    let second = get(&reference, session.token(), lines) + "abc";
    stream.write_all(second.as_bytes()).await.unwrap();
    let rest = "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n";
    expect(&mut stream, rest).await;
    expect(
        &mut stream,
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo",
    )
    .await;
    assert_eq!(session.transcript()[1].request.bytes, second.as_bytes());
}

#[tokio::test]
async fn head_has_no_parts() {
    let reference = Reference::start().await.unwrap();
    let script = chunked(&[], &["one"], ConnectionPlan::Hold);
    let session = reference.open(&answering(script));
    let request = get(&reference, session.token(), "").replacen("GET", "HEAD", 1);
    let received = converse(&reference, request.as_bytes()).await;
    assert_eq!(received, "HTTP/1.1 200 OK\r\n\r\n");
}

/// The head of an answer over HTTP/2, which comes at once, and its body.
async fn over_http2(reference: &Reference, session: &Session) -> hyper::Response<Incoming> {
    let mut sender = http2_sender(reference).await;
    sender
        .send_request(http2_request(reference, session))
        .await
        .unwrap()
}

async fn http2_sender(reference: &Reference) -> http2::SendRequest<Empty<Bytes>> {
    let stream = connect_tls(reference, Listener::HttpsHttp2, "api.localhost", &[b"h2"]).await;
    let io = TokioIo::new(stream.unwrap());
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn http2_request(reference: &Reference, session: &Session) -> Request<Empty<Bytes>> {
    let port = reference.ports().real(Listener::HttpsHttp2);
    let uri = format!("https://api.localhost:{port}/{}/resource", session.token());
    Request::get(uri).body(Empty::new()).unwrap()
}

async fn frame(body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    let frame = tokio::time::timeout(Duration::from_secs(5), body.frame());
    let frame = frame.await.unwrap()?;
    Some(frame.map(|frame| frame.into_data().unwrap()))
}

#[tokio::test]
async fn http2_has_a_frame_for_each_part() {
    let reference = Reference::start().await.unwrap();
    let script = chunked(&[], &["one", "two"], ConnectionPlan::Keep);
    let session = reference.open(&answering(script));
    let begin = Instant::now();
    let response = over_http2(&reference, &session).await;
    assert!(!response.headers().contains_key("content-length"));
    let mut body = response.into_body();
    assert_eq!(frame(&mut body).await.unwrap().unwrap(), "one");
    assert!(begin.elapsed() >= WAIT);
    assert_eq!(frame(&mut body).await.unwrap().unwrap(), "two");
    assert!(begin.elapsed() >= 2 * WAIT);
    assert!(frame(&mut body).await.is_none());
    session.settled().await;
    insta::assert_snapshot!(snapshot(&session.transcript()), @r"
    > GET https://api.localhost:18444/scenario/resource
    < 200 OK
    <
    < onetwo
    ");
}

#[tokio::test]
async fn a_cut_body_in_parts_resets_an_http2_stream() {
    let reference = Reference::start().await.unwrap();
    let script = chunked(&[], &["one", "two"], ConnectionPlan::Cut);
    let session = reference.open(&answering(script));
    let mut body = over_http2(&reference, &session).await.into_body();
    assert_eq!(frame(&mut body).await.unwrap().unwrap(), "one");
    assert_eq!(frame(&mut body).await.unwrap().unwrap(), "two");
    assert!(frame(&mut body).await.unwrap().is_err());
    session.settled().await;
    insta::assert_snapshot!(snapshot(&session.transcript()), @r"
    > GET https://api.localhost:18444/scenario/resource
    < 200 OK
    <
    < onetwo
    < (cut after 6 bytes)
    ");
}

#[tokio::test]
async fn a_client_that_resets_a_held_http2_stream_aborts() {
    let reference = Reference::start().await.unwrap();
    let held = Answer {
        connection: ConnectionPlan::Hold,
        ..answer(200, &[], "start")
    };
    let session = reference.open(&answering(held));
    let mut sender = http2_sender(&reference).await; // kept: only the stream ends
    let request = http2_request(&reference, &session);
    let mut body = sender.send_request(request).await.unwrap().into_body();
    assert_eq!(frame(&mut body).await.unwrap().unwrap(), "start");
    assert!(!session.transcript()[0].aborted);
    drop(body);
    session.settled().await;
    insta::assert_snapshot!(snapshot(&session.transcript()), @r"
    > GET https://api.localhost:18444/scenario/resource
    < 200 OK
    <
    < start
    > (gone away before the end)
    ");
}

#[tokio::test]
async fn a_client_that_resets_an_http2_stream_before_its_answer_aborts() {
    let reference = Reference::start().await.unwrap();
    let delay = Duration::from_secs(9);
    let session = reference.open(&answering(Answer {
        delay,
        ..answer(200, &[], "ok")
    }));
    let mut sender = http2_sender(&reference).await;
    let request = sender.send_request(http2_request(&reference, &session));
    assert!(tokio::time::timeout(WAIT, request).await.is_err());
    session.settled().await;
    let exchange = session.transcript().remove(0);
    assert!(exchange.aborted);
    assert_eq!(exchange.response, None);
}
