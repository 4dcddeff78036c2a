//! Permutations to serve, and clients that say exactly what they are told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::case::scenario::{
    Answer, Expectation, Level, Location, Page, Permutation, RequestPlan, Scenario, Script, Step,
    Subject,
};
use crate::server::{Listener, Reference};

/// A permutation that does nothing with its request, for the sake of its scripts.
pub(crate) fn permutation(scripts: Vec<Script>) -> Permutation {
    let location = Location {
        file: Arc::new(PathBuf::from("test.yaml")),
        line: 1,
        column: 1,
    };
    let scenario = Scenario {
        id: "area/topic/scenario".to_owned(),
        title: "A scenario".to_owned(),
        why: None,
        subject: Subject::UserAgent,
        level: Level::Must,
        covers: Vec::new(),
        tags: Vec::new(),
        only: None,
        location,
    };
    let step = |server| Step {
        page: None,
        wait: Duration::ZERO,
        request: request("GET", "http://api.localhost:18080/scenario/resource"),
        server,
        expect: Expectation::default(),
    };
    Permutation {
        id: scenario.id.clone(),
        scenario: Arc::new(scenario),
        axes: Vec::new(),
        policy: None,
        page: Page::window("app".parse().unwrap()),
        cookies: Vec::new(),
        steps: scripts.into_iter().map(step).collect(),
    }
}

/// A plain `fetch()`.
pub(crate) fn request(method: &str, url: &str) -> RequestPlan {
    RequestPlan {
        method: method.to_owned(),
        ..RequestPlan::get(url)
    }
}

/// One step with this answer.
pub(crate) fn answering(response: Answer) -> Permutation {
    permutation(vec![Script {
        response,
        ..Script::default()
    }])
}

/// A status, header lines and a body.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    Answer {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: body.as_bytes().to_vec(),
        ..Answer::default()
    }
}

/// A connection to a listener's IPv4 address.
pub(crate) async fn connect(reference: &Reference, listener: Listener) -> TcpStream {
    let port = reference.ports().real(listener);
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// A TLS connection that trusts the server's authority.
pub(crate) async fn connect_tls(
    reference: &Reference,
    listener: Listener,
    host: &str,
    protocols: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(reference.certificates().authority().clone())
        .unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let stream = connect(reference, listener).await;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// The lines of a request to `api`, with the real port and a token.
pub(crate) fn get(reference: &Reference, token: &str, lines: &str) -> String {
    let port = reference.ports().real(Listener::Http);
    format!("GET /{token}/resource HTTP/1.1\r\nHost: api.localhost:{port}\r\n{lines}\r\n")
}

/// Sends bytes on a new connection, stops sending, and reads until the server closes.
pub(crate) async fn converse(reference: &Reference, request: &[u8]) -> String {
    let mut stream = connect(reference, Listener::Http).await;
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    read_to_end(&mut stream).await
}

/// Everything until the server closes.
pub(crate) async fn read_to_end<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    tokio::time::timeout(Duration::from_secs(5), reading)
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

/// As many bytes as `expected` has, which they should equal.
pub(crate) async fn expect<S: tokio::io::AsyncRead + Unpin>(stream: &mut S, expected: &str) {
    let mut bytes = vec![0; expected.len()];
    let reading = stream.read_exact(&mut bytes);
    tokio::time::timeout(Duration::from_secs(5), reading)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&bytes), expected);
}
