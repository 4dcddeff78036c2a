//! Clients reuse connections, write in pieces, go away and talk nonsense.

use std::time::Duration;

use rstest::rstest;
use tokio::io::AsyncWriteExt as _;

use super::support::{answer, answering, connect, converse, expect, get, read_to_end};
use crate::case::scenario::Answer;
use crate::server::{Listener, Reference};

const OK: &str = "HTTP/1.1 200 OK\r\nx-A: 1\r\nContent-Length: 2\r\n\r\nok";

fn ok() -> Answer {
    answer(200, &[("x-A", "1")], "ok")
}

#[tokio::test]
async fn a_connection_is_kept_and_its_exchanges_are_kept_apart() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(ok()));
    let mut stream = connect(&reference, Listener::Http).await;
    for number in ["1", "2", "3"] {
        let lines = format!("X-Number: {number}\r\nContent-Length: 1\r\n");
        let request = get(&reference, session.token(), &lines) + number;
        stream.write_all(request.as_bytes()).await.unwrap();
        expect(&mut stream, OK).await;
        let transcript = session.transcript();
        let exchange = transcript.last().unwrap();
        assert_eq!(exchange.request.bytes, request.as_bytes());
        assert_eq!(exchange.request.body, number.as_bytes());
        assert_eq!(
            exchange.request.headers[1],
            ("X-Number".to_owned(), number.into())
        );
    }
    assert_eq!(session.transcript().len(), 3);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(ok()));
    let body = "Transfer-Encoding: chunked\r\n";
    let first = get(&reference, session.token(), body) + "2\r\nab\r\n0\r\n\r\n";
    let second = get(&reference, session.token(), "");
    let received = converse(&reference, (first.clone() + &second).as_bytes()).await;
    assert_eq!(received, OK.repeat(2));
    let transcript = session.transcript();
    assert_eq!(transcript[0].request.body, b"ab");
    assert_eq!(transcript[0].request.bytes, first.as_bytes());
    assert_eq!(transcript[1].request.bytes, second.as_bytes());
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(ok()));
    let request = get(&reference, session.token(), "Content-Length: 3\r\n") + "abc";
    let mut stream = connect(&reference, Listener::Http).await;
    stream.set_nodelay(true).unwrap();
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    expect(&mut stream, OK).await;
    assert_eq!(session.transcript()[0].request.bytes, request.as_bytes());
}

#[tokio::test]
async fn a_body_waits_for_leave_where_the_client_asks_for_it() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(ok()));
    let lines = "Content-Length: 3\r\nExpect: 100-continue\r\n";
    let mut stream = connect(&reference, Listener::Http).await;
    stream
        .write_all(get(&reference, session.token(), lines).as_bytes())
        .await
        .unwrap();
    expect(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
    stream.write_all(b"abc").await.unwrap();
    expect(&mut stream, OK).await;
    assert_eq!(session.transcript()[0].request.body, b"abc");
}

#[rstest]
#[case::asked("HTTP/1.1", "Connection: close\r\n")]
#[case::old_version("HTTP/1.0", "")]
#[tokio::test]
async fn a_connection_is_closed_where_the_client_wants_it(
    #[case] version: &str,
    #[case] lines: &str,
) {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(ok()));
    let mut stream = connect(&reference, Listener::Http).await;
    let request = get(&reference, session.token(), lines).replacen("HTTP/1.1", version, 1);
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, OK);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_what_it_said() {
    let reference = Reference::start().await.unwrap();
    let delay = Duration::from_millis(20);
    let session = reference.open(&answering(Answer { delay, ..ok() }));
    let mut stream = connect(&reference, Listener::Http).await;
    let request = get(&reference, session.token(), "Content-Length: 10\r\n") + "abc";
    stream.write_all(request.as_bytes()).await.unwrap();
    drop(stream);
    for _ in 0..100 {
        if session
            .transcript()
            .first()
            .is_some_and(|it| !it.request.bytes.is_empty())
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(session.transcript()[0].request.body, b"abc");
    assert_eq!(session.transcript()[0].request.bytes, request.as_bytes());
    session.settled().await;
    assert!(session.transcript()[0].aborted);
    let mut stream = connect(&reference, Listener::Http).await;
    let request = get(&reference, session.token(), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    expect(&mut stream, OK).await; // others are still served
    session.settled().await;
    assert!(!session.transcript()[1].aborted);
}

#[tokio::test]
async fn spare_connections_do_no_harm() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(ok()));
    let spare = connect(&reference, Listener::Http).await;
    let unfinished = connect(&reference, Listener::Https).await;
    let received = converse(&reference, get(&reference, session.token(), "").as_bytes()).await;
    assert_eq!(received, OK);
    drop((spare, unfinished));
    assert_eq!(session.transcript().len(), 1);
}

#[rstest]
#[case::not_http("nonsense\r\n\r\n", "nonsense")]
#[case::name_with_space("GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1")]
#[case::folded_line("GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", "GET / HTTP/1.1")]
#[case::other_version("GET / HTTP/9.9\r\n\r\n", "GET / HTTP/9.9")]
#[tokio::test]
async fn nonsense_is_refused_and_noted(#[case] request: &str, #[case] line: &str) {
    let reference = Reference::start().await.unwrap();
    let received = converse(&reference, request.as_bytes()).await;
    assert!(
        received.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{received}"
    );
    let noted: Vec<_> = reference
        .strays()
        .into_iter()
        .map(|stray| stray.line)
        .collect();
    assert_eq!(noted, [line]);
}

#[tokio::test]
async fn heads_and_bodies_are_bounded() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(ok()));
    let long = format!("X-Long: {}\r\n", "a".repeat(200 << 10));
    let received = converse(
        &reference,
        get(&reference, session.token(), &long).as_bytes(),
    )
    .await;
    assert_eq!(received, OK, "a long head is served");

    let mut stream = connect(&reference, Listener::Http).await;
    let too_long = get(&reference, session.token(), &long.repeat(2));
    // The server may close while this is still being written.
    let _ = stream.write_all(too_long.as_bytes()).await;
    let mut bytes = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes).await;
    assert!(!String::from_utf8_lossy(&bytes).contains("200 OK"));

    let mut stream = connect(&reference, Listener::Http).await;
    let head = get(&reference, session.token(), "Content-Length: 9000000\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    expect(&mut stream, "HTTP/1.1 413 Payload Too Large\r\n").await;
}
