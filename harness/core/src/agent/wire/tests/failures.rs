//! Connections that fail, and responses that are odd.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rstest::rstest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::{answer, fetching, play, play_with};
use crate::agent::wire::{Deadlines, Exchanged, Outgoing, Reach, Transport, Trust, Wire};
use crate::agent::{End, Observation};
use crate::case::scenario::{Answer, ConnectionPlan, Permutation};
use crate::server::Reference;

const HEAD: &str = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: http://app.localhost:18080\r\n";

fn raw(text: &str) -> Permutation {
    let raw = text.replace("{HEAD}", HEAD);
    fetching(
        "api",
        Answer {
            raw: Some(raw.into_bytes()),
            ..Answer::default()
        },
    )
}

fn message(observations: &[Observation]) -> String {
    match observations.last().map(|it| &it.end) {
        Some(End::Blocked(signal)) => signal.message.clone(),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::until_close("{HEAD}\r\nok", "ok")]
#[case::bare_line_feeds(
    "HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\nContent-Length: 2\n\nok",
    "ok"
)]
#[case::space_before_colon("{HEAD}X-Odd : 1\r\n\r\nok", "ok")]
#[case::folded("{HEAD}X-Odd: 1\r\n 2\r\nContent-Length: 2\r\n\r\nokrest", "ok")]
#[case::control_byte("{HEAD}X-Odd: \x01\r\nContent-Length: 2\r\n\r\nok", "ok")]
#[case::no_colon(
    "{HEAD}nonsense\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "ok"
)]
#[case::no_reason("HTTP/1.1 200\r\nAccess-Control-Allow-Origin: *\r\n\r\nok", "ok")]
#[case::after_an_interim_response("HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n{HEAD}\r\nok", "ok")]
#[tokio::test]
async fn odd_responses_are_read_as_a_browser_reads_them(#[case] text: &str, #[case] body: &str) {
    let played = play(&raw(text)).await;
    let Some(End::Visible(response)) = played.observations.last().map(|it| &it.end) else {
        panic!("{:?}", played.observations)
    };
    assert_eq!(response.body, body.as_bytes());
}

#[tokio::test]
async fn any_number_of_header_lines_is_read() {
    let lines = "X-Line: 1\r\n".repeat(500);
    let played = play(&raw(&format!("{{HEAD}}{lines}Content-Length: 2\r\n\r\nok"))).await;
    let Some(End::Visible(response)) = played.observations.last().map(|it| &it.end) else {
        panic!("{:?}", played.observations)
    };
    assert_eq!(response.body, b"ok");
}

#[rstest]
#[case::not_http(
    "hello\r\n\r\n",
    r"no HTTP response; it begins with `hello\x0d\x0a\x0d\x0a`"
)]
#[case::not_even_a_line("hello", "no HTTP response; it begins with `hello`")]
#[case::nothing("", "without a response")]
#[case::nothing_but_a_line("HTTP/1.1 200 OK\r\n", "its head has no end")]
#[case::lengths_differ(
    "{HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nok",
    "Content-Length"
)]
#[case::null_byte("{HEAD}X-Odd: a\0b\r\nContent-Length: 2\r\n\r\nok", "NUL")]
#[case::odd_and_cut("{HEAD}X-Odd : 1\r\nContent-Length: 9\r\n\r\nok", "closed")]
#[case::last_chunk_missing("{HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "closed")]
#[tokio::test]
async fn broken_responses_are_network_errors(#[case] text: &str, #[case] expected: &str) {
    let played = play(&raw(text)).await;
    assert_eq!(played.outcome(), "network-error");
    let message = message(&played.observations);
    assert!(message.contains(expected), "{message}");
}

#[rstest]
#[case::raw_duplicates("{HEAD}Access-Control-Allow-Origin: http://app.localhost:18080\r\n\r\n")]
#[case::folded_duplicates("{HEAD}X-Odd : 1\r\nAccess-Control-Allow-Origin: *\r\n\r\n")]
#[tokio::test]
async fn every_line_of_an_odd_response_counts(#[case] text: &str) {
    assert_eq!(play(&raw(text)).await.outcome(), "allow-origin-multiple");
}

#[rstest]
#[tokio::test]
async fn a_connection_that_ends_early_is_a_network_error(
    #[values(ConnectionPlan::Cut, ConnectionPlan::Refuse)] connection: ConnectionPlan,
    #[values("api", "api-tls", "api-h2")] to: &str,
) {
    let allow = [("Access-Control-Allow-Origin", "http://app.localhost:18080")];
    let reference = Reference::start().await.unwrap();
    let wire = Wire::for_reference(&reference, Deadlines::default()).unwrap();
    // A connection that was used before must not make the request be sent twice.
    let first = fetching(to, answer(200, &allow, "0123456789"));
    assert_eq!(
        play_with(&wire, &reference, &first).await.outcome(),
        "allow"
    );
    let ended = fetching(
        to,
        Answer {
            connection,
            ..answer(200, &allow, "0123456789")
        },
    );
    let played = play_with(&wire, &reference, &ended).await;
    assert_eq!(played.outcome(), "network-error");
    assert_eq!(played.transcript.len(), 1);
}

#[rstest]
#[case::for_script("GET", true, "network-error", 1)]
#[case::but_not_for_the_cors_check("GET", false, "allow-origin-missing", 1)]
#[case::nor_for_a_preflight("PUT", true, "network-error", 2)]
#[case::nor_for_a_preflight_that_denies("PUT", false, "preflight-allow-origin-missing", 1)]
#[tokio::test]
async fn a_cut_body_matters_where_a_body_does(
    #[case] method: &str,
    #[case] allows: bool,
    #[case] outcome: &str,
    #[case] requests: usize,
) {
    let allow = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "PUT"),
    ];
    let lines: &[(&str, &str)] = if allows { &allow } else { &[] };
    let cut = Answer {
        connection: ConnectionPlan::Cut,
        ..answer(200, lines, "0123456789")
    };
    let mut permutation = fetching("api", cut.clone());
    permutation.steps[0].server.preflight = cut;
    permutation.steps[0].request.method = method.to_owned();
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.transcript.len(), requests);
}

#[tokio::test]
async fn nobody_listening_is_a_network_error() {
    let mut permutation = fetching("api", Answer::default());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    permutation.steps[0].request.url = format!("http://127.0.0.1:{port}/");
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), "network-error");
    assert!(message(&played.observations).starts_with("cannot connect to 127.0.0.1:"));
}

#[tokio::test]
async fn hosts_out_of_reach_are_not_asked_for() {
    let mut permutation = fetching("api", Answer::default());
    permutation.steps[0].request.url = "http://corspec.invalid/".to_owned();
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), "network-error");
    assert!(message(&played.observations).contains("within reach"));
}

#[rstest]
#[case::first_byte(Deadlines { first_byte: Duration::from_millis(50), ..Deadlines::default() })]
#[case::exchange(Deadlines { exchange: Duration::from_millis(50), ..Deadlines::default() })]
#[tokio::test]
async fn nothing_is_waited_for_longer_than_agreed(#[case] deadlines: Deadlines) {
    let reference = Reference::start().await.unwrap();
    let wire = Wire::for_reference(&reference, deadlines).unwrap();
    let slow = Answer {
        delay: Duration::from_secs(5),
        ..answer(200, &[], "")
    };
    let played = play_with(&wire, &reference, &fetching("api", slow)).await;
    assert!(matches!(
        played.observations[..],
        [Observation {
            end: End::TimedOut,
            ..
        }]
    ));
}

#[tokio::test]
async fn a_url_that_is_none_is_refused() {
    let mut permutation = fetching("api", Answer::default());
    permutation.steps[0].request.url = "http://[".to_owned();
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), "url-invalid");
}

/// What comes of a request by https to a server that does this with a connection.
async fn failure_of<F: Future<Output = ()> + Send + 'static>(
    trust: Trust,
    serve: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> Exchanged {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
    });
    let transport = Transport::trusting(trust, Deadlines::default(), Reach::Loopback).unwrap();
    let outgoing = Outgoing {
        method: "GET".to_owned(),
        url: format!("https://localhost:{port}/").parse().unwrap(),
        headers: Vec::new(),
        body: None,
    };
    transport.exchange(&outgoing).await
}

#[tokio::test]
async fn plain_http_where_tls_was_wanted_is_told_and_nothing_was_sent() {
    let trust = Trust::Authorities(RootCertStore::empty());
    let exchanged = failure_of(trust, |mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read(&mut [0; 4096]).await;
    });
    let failure = exchanged.await.failure.unwrap();
    assert!(
        failure.to_string().contains(": the port speaks plain HTTP"),
        "{failure}"
    );
    assert!(failure.is_unsent());
}

#[tokio::test]
async fn the_certificate_of_an_authority_is_none_of_a_server() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let exchanged = failure_of(Trust::Authorities(roots), move |stream| async move {
        let _ = acceptor.accept(stream).await;
    });
    let failure = exchanged.await.failure.unwrap();
    assert!(
        failure
            .to_string()
            .contains("its certificate is that of an authority (CA:TRUE"),
        "{failure}"
    );
    assert!(failure.is_unsent());
}
