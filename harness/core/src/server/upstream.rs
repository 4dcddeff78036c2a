//! Passing requests on to a server under test, byte for byte in both directions.
//!
//! The reference server stands in front of a server under test as a reverse proxy: pages reach it at an
//! origin that has a name, and what was said is on tape however the server, or the client, behaves. The
//! path loses its session; all else stays as it is.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::Ports;
use crate::case::scenario::Surface;
use crate::tape::head::Head;
use crate::tape::response::{Arriving, Extent, final_head};
use crate::tape::stream::Stream;

/// Where a server under test is, and how its paths are called.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The host to connect to: a name or an address.
    pub host: String,
    /// The port to connect to.
    pub port: u16,
    /// How TLS is spoken; `None` for plain text.
    pub tls: Option<Arc<ClientConfig>>,
    /// The value of `Host`; `None` keeps that of the client, as a proxy on the same host does.
    pub host_header: Option<String>,
    /// The paths that are not at their usual place.
    pub paths: BTreeMap<Surface, String>,
    /// Headers that every request gets, for deployments that want a key. No transcript has them.
    pub headers: Vec<(String, String)>,
    /// The ports of the run, where the server was configured with the canonical ones.
    pub translated: Option<Ports>,
    /// How long everything may take, connecting included.
    pub limit: Duration,
}

/// What keeps a server under test from being judged by its answer: there is none, or no whole one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UpstreamFault {
    /// The connection was closed before there was a response.
    #[error("it closes the connection without an answer")]
    Closed,
    /// The connection was closed in the middle of the response.
    #[error("it closes the connection in the middle of its answer")]
    Cut,
    /// What came is no HTTP.
    #[error("what it answers is no HTTP response")]
    Garbage,
    /// Nothing came in time.
    #[error("it does not answer within {0:?}")]
    Silent(Duration),
    /// The end did not come in time.
    #[error("its answer does not end within {0:?}")]
    Slow(Duration),
    /// There was more than anybody should read.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    /// There were more header lines than anybody should read.
    #[error("its answer has more than {0} header lines")]
    TooManyLines(usize),
    /// Nothing listens there. Says nothing about the server, but about the run.
    #[error("nothing can be reached at {address}: {reason}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system said.
        reason: String,
    },
}

impl UpstreamFault {
    /// Whether this is no answer of the server, but trouble in reaching it.
    #[must_use]
    pub const fn is_infrastructure(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// What came back.
pub(crate) struct Passed {
    /// The response, as far as it came.
    pub(crate) bytes: Vec<u8>,
    /// Whether the connection to the client must be closed behind it.
    pub(crate) closes: bool,
    pub(crate) fault: Option<UpstreamFault>,
    /// The connection, where another protocol is spoken on it from now on.
    pub(crate) tunnel: Option<Tunnel>,
}

/// A connection on which HTTP is no longer spoken.
pub(crate) struct Tunnel {
    pub(crate) stream: Stream,
    /// What came together with the response.
    pub(crate) ahead: Vec<u8>,
}

impl Upstream {
    /// Less than the agents wait, so that it is known who was late.
    pub const LIMIT: Duration = Duration::from_secs(4);

    /// A server at a port of this machine, in plain text.
    #[must_use]
    pub fn local(port: u16) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port,
            tls: None,
            host_header: None,
            paths: BTreeMap::new(),
            headers: Vec::new(),
            translated: None,
            limit: Self::LIMIT,
        }
    }

    /// The same for a server that was configured once and for all, with the ports that origins have in
    /// cases. Whatever is said is translated, which changes no length.
    #[must_use]
    pub(crate) fn translated(self, ports: Ports) -> Self {
        Self {
            translated: Some(ports),
            ..self
        }
    }

    /// Makes a request to a path of the surface; `request` is the whole message of the client.
    pub(crate) async fn pass(&self, method: &str, resource: &str, request: &[u8]) -> Passed {
        let Some(mut request) = self.rewrite(resource, request) else {
            return failed(Vec::new(), UpstreamFault::Garbage);
        };
        if let Some(ports) = &self.translated {
            request = ports.to_canonical(&request);
        }
        let deadline = Instant::now() + self.limit;
        match self.connect(deadline).await {
            Ok(stream) => {
                let mut passed = self.converse(stream, method, &request, deadline).await;
                if let Some(ports) = &self.translated {
                    passed.bytes = ports.to_real(&passed.bytes);
                }
                passed
            }
            Err(fault) => failed(Vec::new(), fault),
        }
    }

    async fn connect(&self, deadline: Instant) -> Result<Stream, UpstreamFault> {
        let unreachable = |error: io::Error| UpstreamFault::Unreachable {
            address: format!("{}:{}", self.host, self.port),
            reason: error.to_string(),
        };
        let address = (self.host.as_str(), self.port);
        let stream = timeout(CONNECT_LIMIT, TcpStream::connect(address))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(unreachable)?;
        // Answers are read as they come; a socket that refuses the option is only slower.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(self.host.clone());
        let name = name.map_err(|error| unreachable(io::Error::other(error)))?;
        let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
        match timeout_at(deadline, connecting).await {
            Ok(stream) => Ok(Box::new(stream.map_err(unreachable)?)),
            // It has taken the connection, and leaves it at that.
            Err(_) => Err(UpstreamFault::Silent(self.limit)),
        }
    }

    async fn converse(
        &self,
        mut stream: Stream,
        method: &str,
        request: &[u8],
        deadline: Instant,
    ) -> Passed {
        let mut bytes = Vec::new();
        let conversing = exchange(&mut stream, method, request, &mut bytes);
        match timeout_at(deadline, conversing).await {
            Ok(Ok((length, is_until_close))) => {
                let ahead = bytes.split_off(length);
                let is_switching = final_head(&bytes).is_some_and(|head| is_switching(&head));
                Passed {
                    closes: is_until_close || !ahead.is_empty() || asks_to_close(&bytes),
                    fault: None,
                    tunnel: is_switching.then_some(Tunnel { stream, ahead }),
                    bytes,
                }
            }
            Ok(Err(fault)) => {
                // Results are kept to the end of a run, and there are hundreds of them.
                if matches!(
                    fault,
                    UpstreamFault::TooLong(_) | UpstreamFault::TooManyLines(_)
                ) {
                    bytes.truncate(KEPT_BYTES);
                }
                failed(bytes, fault)
            }
            Err(_) if bytes.is_empty() => failed(bytes, UpstreamFault::Silent(self.limit)),
            Err(_) => failed(bytes, UpstreamFault::Slow(self.limit)),
        }
    }

    /// The message with the path of the server under test, and its `Host` and headers where there are.
    fn rewrite(&self, resource: &str, request: &[u8]) -> Option<Vec<u8>> {
        let start = request
            .iter()
            .position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let request = &request[start..];
        let head = Head::parse(request)?;
        let (method, target) = head.request_line()?;
        let query = target.iter().position(|byte| *byte == b'?');
        let query = query.map_or(&[][..], |start| &target[start..]);
        let path = self.path(resource);
        let line_end = request.iter().position(|byte| *byte == b'\n')?;
        let mut message = Vec::with_capacity(request.len() + 64);
        message.extend_from_slice(method);
        message.push(b' ');
        message.extend_from_slice(path.as_bytes());
        message.extend_from_slice(query);
        message.extend_from_slice(b" HTTP/1.1\r\n");
        for (name, value) in &self.headers {
            message.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let rest = &request[line_end + 1..];
        match &self.host_header {
            None => message.extend_from_slice(rest),
            Some(host) => replace_host(rest, host, &mut message),
        }
        Some(message)
    }

    fn path(&self, resource: &str) -> String {
        let surface = Surface::ALL.into_iter().find(|it| it.word() == resource);
        match surface.and_then(|surface| self.paths.get(&surface)) {
            Some(path) => path.clone(),
            None => format!("/{resource}"),
        }
    }
}

/// Copies header lines and what follows them, with another value of `Host`.
fn replace_host(rest: &[u8], host: &str, message: &mut Vec<u8>) {
    let mut rest = rest;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, behind) = rest.split_at(end + 1);
        let is_host = line.len() >= 5 && line[..5].eq_ignore_ascii_case(b"host:");
        if is_host {
            message.extend_from_slice(format!("Host: {host}\r\n").as_bytes());
        } else {
            message.extend_from_slice(line);
        }
        rest = behind;
        if line == b"\r\n" || line == b"\n" {
            break;
        }
    }
    message.extend_from_slice(rest);
}

/// Sends the request and reads the response. Returns its length, for more may have come, and whether
/// nothing but the end of the connection ends it.
async fn exchange(
    stream: &mut Stream,
    method: &str,
    request: &[u8],
    bytes: &mut Vec<u8>,
) -> Result<(usize, bool), UpstreamFault> {
    // A server may answer, and close, before it has read everything: what it says then tells more than that
    // it did not listen.
    let is_sent = stream.write_all(request).await.is_ok();
    let mut buffer = vec![0; 16 << 10];
    let mut arriving = Arriving::default();
    let has_ended = loop {
        match arriving.extent(bytes, method) {
            _ if arriving.lines() > MOST_LINES => {
                return Err(UpstreamFault::TooManyLines(MOST_LINES));
            }
            Extent::Whole(length) => return Ok((length, false)),
            _ if bytes.len() > MOST_BYTES => return Err(UpstreamFault::TooLong(MOST_BYTES)),
            Extent::UntilClose | Extent::HalfBody | Extent::HalfHead => {}
        }
        match stream.read(&mut buffer).await {
            Ok(0) => break true,
            Err(_) => break false,
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
        }
    };
    let is_http = || final_head(bytes).is_some_and(|it| it.status_line().is_some());
    match Extent::of_response(bytes, method) {
        _ if bytes.is_empty() => Err(UpstreamFault::Closed),
        Extent::UntilClose if !is_http() => Err(UpstreamFault::Garbage),
        // The end of a connection that was reset is not the end of an answer.
        Extent::UntilClose if has_ended && is_sent => Ok((bytes.len(), true)),
        Extent::HalfHead if !bytes.starts_with(b"HTTP/") => Err(UpstreamFault::Garbage),
        Extent::UntilClose | Extent::HalfBody | Extent::HalfHead | Extent::Whole(_) => {
            Err(UpstreamFault::Cut)
        }
    }
}

/// Whether the connection ends behind a response: its own server says so, or its protocol does.
fn asks_to_close(bytes: &[u8]) -> bool {
    let Some(head) = final_head(bytes) else {
        return true;
    };
    if is_switching(&head) {
        return true;
    }
    let says_close = head.values("connection").any(|value| {
        value
            .to_ascii_lowercase()
            .windows(5)
            .any(|it| it == b"close")
    });
    says_close || head.start_line.starts_with(b"HTTP/1.0")
}

/// <https://www.rfc-editor.org/rfc/rfc9110#section-15.2.2>
fn is_switching(head: &Head) -> bool {
    head.status_line().is_some_and(|(status, _)| status == 101)
}

const fn failed(bytes: Vec<u8>, fault: UpstreamFault) -> Passed {
    Passed {
        bytes,
        closes: true,
        fault: Some(fault),
        tunnel: None,
    }
}

/// A server on this machine accepts at once, or is not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// No answer of the surface comes near.
const MOST_BYTES: usize = 256 << 10;
/// Nor near this.
const MOST_LINES: usize = 1000;
/// What is kept of an answer that goes beyond: enough to see what it is.
const KEPT_BYTES: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use tokio::net::TcpListener;
    use tokio_rustls::rustls::RootCertStore;
    use tokio_rustls::rustls::crypto::ring;

    use super::*;
    use crate::agent::wire::Deadlines;

    const HEAD: &str = "HTTP/1.1 200 OK\r\n";
    const REQUEST: &[u8] = b"GET /0000002a/resource?a=/b HTTP/1.1\r\nHost: api.localhost:41000\r\nOrigin: https://app.example\r\n\r\n";

    /// A server that says this to whoever comes, and what it was asked.
    async fn asked(answer: &'static [u8]) -> (Passed, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).await.unwrap();
            stream.write_all(answer).await.unwrap();
            String::from_utf8(asked[..length].to_vec()).unwrap()
        });
        let passed = Upstream::local(port).pass("GET", "resource", REQUEST).await;
        (passed, server.await.unwrap())
    }

    #[tokio::test]
    async fn everything_but_the_path_stays_as_it_is() {
        let answer = b"HTTP/1.1 200 Fine\r\nx-Odd: a\r\nContent-Length: 2\r\n\r\nok";
        let (passed, asked) = asked(answer).await;
        assert_eq!(passed.bytes, answer);
        assert_eq!((passed.closes, passed.fault), (false, None));
        assert_eq!(
            asked,
            "GET /resource?a=/b HTTP/1.1\r\nHost: api.localhost:41000\r\nOrigin: https://app.example\r\n\r\n"
        );
    }

    #[rstest]
    #[case::nothing(b"", Some(UpstreamFault::Closed))]
    #[case::no_http(b"220 smtp ready\r\n\r\n", Some(UpstreamFault::Garbage))]
    #[case::half_a_head(b"HTTP/1.1 200 OK\r\nContent-", Some(UpstreamFault::Cut))]
    #[case::half_a_body(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        Some(UpstreamFault::Cut)
    )]
    #[case::until_the_end(b"HTTP/1.1 200 OK\r\n\r\nall of it", None)]
    #[case::more_than_it_said(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", None)]
    #[tokio::test]
    async fn what_is_no_answer_is_told_apart(
        #[case] answer: &'static [u8],
        #[case] fault: Option<UpstreamFault>,
    ) {
        let (passed, _) = asked(answer).await;
        assert_eq!(passed.fault, fault);
        assert!(passed.closes);
    }

    #[rstest]
    #[case::lines(HEAD, "X-Line: again\r\n", UpstreamFault::TooManyLines(MOST_LINES))]
    #[case::behind_an_interim_one(
        "HTTP/1.1 103 Hi\r\n\r\nHTTP/1.1 200 OK\r\n",
        "X-Line: again\r\n",
        UpstreamFault::TooManyLines(MOST_LINES)
    )]
    #[case::behind_empty_lines(
        "\r\n\r\nHTTP/1.1 200 OK\r\n",
        "X-Line: again\r\n",
        UpstreamFault::TooManyLines(MOST_LINES)
    )]
    #[case::one_line(HEAD, "X-Line: again", UpstreamFault::TooLong(MOST_BYTES))]
    #[case::body(HEAD, "\r\n", UpstreamFault::TooLong(MOST_BYTES))]
    #[tokio::test]
    async fn an_endless_answer_ends_here(
        #[case] head: &'static str,
        #[case] part: &'static str,
        #[case] fault: UpstreamFault,
    ) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(head.as_bytes()).await;
            while stream.write_all(part.as_bytes()).await.is_ok() {}
        });
        let passed = Upstream::local(port).pass("GET", "resource", REQUEST).await;
        assert_eq!(passed.fault, Some(fault));
        assert_eq!(passed.bytes.len(), KEPT_BYTES);
        server.await.unwrap();
    }

    #[tokio::test]
    async fn what_comes_with_a_change_of_protocols_belongs_to_the_next_one() {
        let head = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n";
        let (passed, _) = asked(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nframe").await;
        assert_eq!(passed.bytes, head.as_bytes());
        assert_eq!(passed.tunnel.unwrap().ahead, b"frame");
    }

    #[rstest]
    #[case::closing(
        b"HTTP/1.1 103 Hi\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        true,
        false
    )]
    #[case::switching(b"HTTP/1.1 103 Hi\r\n\r\nHTTP/1.1 101 Switching\r\n\r\n", true, true)]
    #[case::kept(b"HTTP/1.1 103 Hi\r\n\r\nHTTP/1.1 204 -\r\n\r\n", false, false)]
    #[tokio::test]
    async fn the_final_head_decides_what_becomes_of_the_connection(
        #[case] answer: &'static [u8],
        #[case] closes: bool,
        #[case] is_tunnel: bool,
    ) {
        let (passed, _) = asked(answer).await;
        assert_eq!((passed.closes, passed.fault), (closes, None));
        assert_eq!(passed.tunnel.is_some(), is_tunnel);
    }

    #[tokio::test]
    async fn a_server_that_takes_connections_and_leaves_it_at_that_is_silent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let upstream = Upstream {
            tls: Some(Arc::new(tls)),
            limit: Duration::from_millis(200),
            ..Upstream::local(port)
        };
        let passed = upstream.pass("GET", "resource", REQUEST).await;
        assert_eq!(passed.fault, Some(UpstreamFault::Silent(upstream.limit)));
    }

    #[test]
    fn a_late_server_is_told_from_a_late_agent() {
        assert!(Upstream::LIMIT < Deadlines::default().exchange);
    }

    #[tokio::test]
    async fn a_connection_that_is_reset_has_cut_its_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf")
                .await
                .unwrap();
            // The request is left unread, so that the connection ends by a reset.
            stream.set_zero_linger().unwrap();
        });
        let passed = Upstream::local(port).pass("GET", "resource", REQUEST).await;
        server.await.unwrap();
        let fault = passed.fault.unwrap();
        assert!(
            matches!(fault, UpstreamFault::Cut | UpstreamFault::Closed),
            "{fault}"
        );
    }

    #[tokio::test]
    async fn nobody_there_is_no_answer_of_the_server() {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let passed = Upstream::local(port).pass("GET", "resource", REQUEST).await;
        assert!(passed.fault.unwrap().is_infrastructure());
    }

    #[test]
    fn a_server_elsewhere_gets_its_own_host_and_keys() {
        let upstream = Upstream {
            host_header: Some("api.example".to_owned()),
            headers: vec![("Authorization".to_owned(), "Bearer key".to_owned())],
            paths: [(Surface::Resource, "/v1/things".to_owned())].into(),
            ..Upstream::local(1)
        };
        let request = upstream.rewrite("resource", REQUEST).unwrap();
        let behind_an_empty_line = [b"\r\n", REQUEST].concat();
        assert_eq!(
            upstream.rewrite("resource", &behind_an_empty_line).as_ref(),
            Some(&request)
        );
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "GET /v1/things?a=/b HTTP/1.1\r\nAuthorization: Bearer key\r\nHost: api.example\r\nOrigin: https://app.example\r\n\r\n"
        );
    }
}
