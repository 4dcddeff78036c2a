//! Connections are kept, shared and replaced.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{answer, fetching, play_with};
use crate::agent::wire::{Deadlines, Outgoing, Reach, Transport, TransportError, Wire};
use crate::case::scenario::{Answer, ConnectionPlan};
use crate::server::{Listener, NamedOrigin, Reference};

fn transport() -> Transport {
    Transport::new([], Deadlines::default(), Reach::Loopback).unwrap()
}

/// For tests in which it does not matter how fast they go.
fn unhurried() -> Deadlines {
    let limit = Duration::from_secs(60);
    Deadlines {
        connect: limit,
        first_byte: limit,
        exchange: limit,
    }
}

fn get(port: u16) -> Outgoing {
    Outgoing {
        method: "GET".to_owned(),
        url: format!("http://127.0.0.1:{port}/").parse().unwrap(),
        headers: Vec::new(),
        body: None,
    }
}

/// Serves one connection after the other; each answers as often as its number says, then closes
/// without a word. Every request is answered with the number of its connection.
async fn counting_server(answers: Vec<usize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for (number, answers) in answers.into_iter().enumerate() {
            let (mut stream, _) = listener.accept().await.unwrap();
            for _ in 0..answers {
                let mut request = [0; 1024];
                if stream.read(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    port
}

async fn bodies(transport: &Transport, port: u16, requests: usize) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for _ in 0..requests {
        let exchanged = transport.exchange(&get(port)).await;
        assert!(exchanged.failure.is_none(), "{:?}", exchanged.failure);
        bodies.push(exchanged.response.unwrap().1.body);
    }
    bodies
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let port = counting_server(vec![3]).await;
    assert_eq!(bodies(&transport(), port, 3).await, [b"0", b"0", b"0"]);
}

#[tokio::test]
async fn a_stale_connection_is_replaced() {
    let port = counting_server(vec![1, 2, 1]).await;
    assert_eq!(
        bodies(&transport(), port, 4).await,
        [b"0", b"1", b"1", b"2"]
    );
}

#[tokio::test]
async fn an_exchange_alone_neither_takes_nor_leaves_a_connection() {
    let port = counting_server(vec![2, 1]).await;
    let transport = transport();
    bodies(&transport, port, 1).await;
    // The first connection still waits, so the server accepts no other: this has to wait as well.
    let outgoing = get(port);
    let (alone, kept) = tokio::join!(transport.exchange_alone(&outgoing), async {
        tokio::task::yield_now().await;
        bodies(&transport, port, 1).await
    });
    assert_eq!(kept, [b"0"]);
    assert_eq!(alone.response.unwrap().1.body, b"1");
}

#[tokio::test]
async fn a_stream_that_is_reset_is_not_tried_again() {
    let reference = Reference::start().await.unwrap();
    let wire = Wire::for_reference(&reference, Deadlines::default()).unwrap();
    let allow = [("Access-Control-Allow-Origin", "*")];
    let first = fetching("api-h2", answer(200, &allow, ""));
    assert_eq!(
        play_with(&wire, &reference, &first).await.outcome(),
        "allow"
    );
    let refuse = Answer {
        connection: ConnectionPlan::Refuse,
        ..Answer::default()
    };
    let session = reference.open(&fetching("api-h2", refuse));
    let port = reference.ports().real(Listener::HttpsHttp2);
    let url = format!("https://api.localhost:{port}/{}/resource", session.token());
    let outgoing = Outgoing {
        url: url.parse().unwrap(),
        ..get(port)
    };
    let exchanged = wire.transport.exchange(&outgoing).await;
    assert!(matches!(exchanged.failure, Some(TransportError::Closed)));
    assert_eq!(session.transcript().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_gets_through(#[values("api", "api-tls", "api-h2")] to: &str) {
    let reference = Reference::start().await.unwrap();
    let wire = Arc::new(Wire::for_reference(&reference, unhurried()).unwrap());
    let session = reference.open(&fetching(to, answer(200, &[], "")));
    let origin: NamedOrigin = to.parse().unwrap();
    let path = format!("{}/scenario/resource", origin.serialize());
    let url: url::Url = session.names().to_real_text(&path).parse().unwrap();
    let mut crowd = JoinSet::new();
    for number in 0..100 {
        let (wire, outgoing) = (
            Arc::clone(&wire),
            Outgoing {
                url: url.clone(),
                ..get(1)
            },
        );
        crowd.spawn(async move {
            // Those who want a connection of their own stand in the way of those who would share.
            match number % 3 {
                0 => wire.transport.exchange(&outgoing).await,
                _ => wire.transport.exchange_alone(&outgoing).await,
            }
        });
    }
    while let Some(exchanged) = crowd.join_next().await {
        let failure = exchanged.unwrap().failure;
        assert!(failure.is_none(), "{failure:?}");
    }
    assert_eq!(session.transcript().len(), 100);
}

#[tokio::test]
async fn both_directions_are_recorded_as_they_were() {
    let port = counting_server(vec![1]).await;
    let mut outgoing = get(port);
    outgoing.headers = vec![
        ("x-B".to_owned(), b"1".to_vec()),
        ("X-a".to_owned(), b"2".to_vec()),
    ];
    let exchanged = transport().exchange(&outgoing).await;
    let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-B: 1\r\nX-a: 2\r\n\r\n");
    assert_eq!(exchanged.request.bytes, request.as_bytes());
    assert_eq!(exchanged.request.headers[1..], outgoing.headers);
    let (status, response) = exchanged.response.unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        response.bytes,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0"
    );
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_a_failure() {
    let reference = Reference::start().await.unwrap();
    let mut outgoing = get(reference.ports().real(Listener::Https));
    outgoing.url.set_scheme("https").unwrap();
    let exchanged = transport().exchange(&outgoing).await;
    let failure = exchanged.failure.unwrap().to_string();
    assert!(
        failure.starts_with("cannot agree on TLS with 127.0.0.1:"),
        "{failure}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_permutations_at_once_keep_apart(
    #[values("api", "api-tls", "api-h2")] to: &'static str,
) {
    let reference = Arc::new(Reference::start().await.unwrap());
    let wire = Arc::new(Wire::for_reference(&reference, unhurried()).unwrap());
    let mut runs = JoinSet::new();
    for number in 0..200 {
        let (reference, wire) = (Arc::clone(&reference), Arc::clone(&wire));
        runs.spawn(async move {
            let body = format!("body of {number}");
            let allow = [("Access-Control-Allow-Origin", "*")];
            let played =
                play_with(&wire, &reference, &fetching(to, answer(200, &allow, &body))).await;
            assert_eq!(played.outcome(), "allow");
            assert_eq!(played.transcript.len(), 1);
            assert_eq!(
                played.transcript[0].response.as_ref().unwrap().1.body,
                body.as_bytes()
            );
        });
    }
    while let Some(run) = runs.join_next().await {
        run.unwrap();
    }
}
