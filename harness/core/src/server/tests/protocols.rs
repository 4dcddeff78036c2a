//! TLS, HTTP/2 and IPv6 origins.

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rstest::rstest;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::support::{answer, answering, connect_tls, get, read_to_end};
use crate::case::scenario::{Answer, ConnectionPlan, Permutation};
use crate::server::{Listener, NamedOrigin, Reference, Session};
use crate::tape::{Protocol, snapshot};

#[rstest]
#[tokio::test]
async fn every_origin_is_served_at_its_listener(
    #[values("app", "api-port", "other-sub", "evil-tls", "ipv4", "ipv6")] name: &str,
) {
    let origin: NamedOrigin = name.parse().unwrap();
    let reference = Reference::start().await.unwrap();
    if name == "ipv6" && !reference.has_ipv6() {
        return; // there is no such address to connect to
    }
    let session = reference.open(&answering(answer(204, &[], "")));
    let port = reference.ports().real(origin.listener());
    let request = format!(
        "GET /{}/resource HTTP/1.1\r\nHost: {}:{port}\r\nConnection: close\r\n\r\n",
        session.token(),
        origin.host()
    );
    let received = if origin.listener() == Listener::Https {
        let mut stream = connect_tls(
            &reference,
            Listener::Https,
            origin.host(),
            &[b"h2", b"http/1.1"],
        )
        .await
        .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        stream.write_all(request.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await
    } else {
        let address = if name == "ipv6" { "::1" } else { "127.0.0.1" };
        let mut stream = TcpStream::connect((address, port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await
    };
    assert_eq!(received, "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(session.transcript()[0].to, origin);
}

#[rstest]
#[case::other_listener("api.localhost", Listener::HttpAlternative)]
#[case::no_such_name("nobody.localhost", Listener::Http)]
#[case::foreign("api.example", Listener::Http)]
#[tokio::test]
async fn a_host_that_is_no_origin_here_is_a_stray(#[case] host: &str, #[case] port_of: Listener) {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(answer(200, &[], "ok")));
    let port = reference.ports().real(port_of);
    let request = get(&reference, session.token(), "").replacen(
        &format!("api.localhost:{}", reference.ports().real(Listener::Http)),
        &format!("{host}:{port}"),
        1,
    );
    let received = super::support::converse(&reference, request.as_bytes()).await;
    assert!(received.starts_with("HTTP/1.1 404 "), "{received}");
    assert!(session.transcript().is_empty());
    assert_eq!(reference.strays().len(), 1);
}

#[tokio::test]
async fn an_unknown_authority_is_not_trusted() {
    let [one, other] = [
        Reference::start().await.unwrap(),
        Reference::start().await.unwrap(),
    ];
    assert_ne!(
        one.certificates().authority_pem(),
        other.certificates().authority_pem()
    );
    assert!(
        connect_tls(&one, Listener::Https, "evil.example", &[])
            .await
            .is_err()
    );
    assert!(
        connect_tls(&one, Listener::Https, "127.0.0.1", &[])
            .await
            .is_ok()
    );
}

struct Http2Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Result<Vec<u8>, hyper::Error>,
}

async fn over_http2(
    reference: &Reference,
    session: &Session,
    method: &str,
    headers: &[(&str, &str)],
) -> Result<Http2Answer, hyper::Error> {
    let stream = connect_tls(reference, Listener::HttpsHttp2, "api.localhost", &[b"h2"]).await;
    let stream = stream.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let port = reference.ports().real(Listener::HttpsHttp2);
    let uri = format!("https://api.localhost:{port}/{}/resource", session.token());
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::from_static(if method == "PUT" {
        b"body"
    } else {
        b""
    }));
    let response = sender.send_request(request.body(body).unwrap()).await?;
    Ok(Http2Answer {
        status: response.status().as_u16(),
        headers: response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: response
            .into_body()
            .collect()
            .await
            .map(|body| body.to_bytes().to_vec()),
    })
}

async fn served(permutation: &Permutation) -> (Reference, Session) {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(permutation);
    (reference, session)
}

#[tokio::test]
async fn http2_is_recorded_from_its_header_lists() {
    let lines = [
        ("X-B", "1"),
        ("Connection", "close"),
        ("Vary", "http://app.localhost:18444/"),
    ];
    let (reference, session) = served(&answering(answer(203, &lines, "ok"))).await;
    let headers = [
        ("x-probe", "1"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("user-agent", "x"),
    ];
    let answer = over_http2(&reference, &session, "PUT", &headers)
        .await
        .unwrap();
    assert_eq!(answer.status, 203);
    assert_eq!(answer.body.unwrap(), b"ok");
    let names: Vec<&str> = answer
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["x-b", "vary", "content-length"]);
    let transcript = session.transcript();
    assert_eq!(transcript[0].protocol, Protocol::Http2);
    insta::assert_snapshot!(snapshot(&transcript), @r"
    > PUT https://api.localhost:18444/scenario/resource
    > content-length: 4
    > cookie: a=1; b=2
    > x-probe: 1
    >
    > body
    < 203 Non Authoritative Information
    < x-b: 1
    < vary: http://app.localhost:18444/
    < content-length: 2
    <
    < ok
    ");
}

#[rstest]
#[case::refused(Answer { connection: ConnectionPlan::Refuse, ..Answer::default() })]
#[case::raw(Answer { raw: Some(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), ..Answer::default() })]
#[tokio::test]
async fn what_http2_cannot_carry_resets_the_stream(#[case] answer: Answer) {
    let (reference, session) = served(&answering(answer)).await;
    assert!(over_http2(&reference, &session, "GET", &[]).await.is_err());
    assert_eq!(session.transcript()[0].response, None);
}

#[tokio::test]
async fn a_cut_body_resets_an_http2_stream() {
    let cut = Answer {
        connection: ConnectionPlan::Cut,
        ..answer(200, &[], "0123456789")
    };
    let (reference, session) = served(&answering(cut)).await;
    let answer = over_http2(&reference, &session, "GET", &[]).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_err());
    assert!(snapshot(&session.transcript()).ends_with("< (cut after 5 of 10 bytes)\n"));
}

#[rstest]
#[case::head("HEAD", 200, vec![("content-length".to_owned(), "2".to_owned())])]
#[case::no_content("GET", 204, vec![])]
#[tokio::test]
async fn http2_has_no_body_where_there_is_none(
    #[case] method: &str,
    #[case] status: u16,
    #[case] headers: Vec<(String, String)>,
) {
    let (reference, session) = served(&answering(answer(status, &[], "ok"))).await;
    let answer = over_http2(&reference, &session, method, &[]).await.unwrap();
    assert_eq!((answer.status, answer.headers), (status, headers));
    assert_eq!(answer.body.unwrap(), b"");
    assert_eq!(
        session.transcript()[0].response.as_ref().unwrap().1.body,
        b""
    );
}
