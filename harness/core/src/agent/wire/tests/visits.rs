//! Calls against any URL, without a scenario or the reference server.

use corspec_fetch::{Outcome, Purpose, Reason, Request, UserAgent};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use crate::agent::wire::{Deadlines, Reach, Transport, Visit, Wire};

fn wire() -> Wire {
    Wire::new(Transport::new([], Deadlines::default(), Reach::Loopback).unwrap())
}

/// Answers on one connection: first one answer, then the next.
async fn server(answers: Vec<&'static str>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for answer in answers {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.unwrap_or(0) == 0 {
                break;
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    format!("http://127.0.0.1:{port}/resource").parse().unwrap()
}

fn put(url: &Url) -> Request {
    let page = Url::parse("http://app.example/").unwrap();
    Request {
        method: "PUT".to_owned(),
        headers: vec![("x-probe".to_owned(), b"1".to_vec())],
        ..Request::get(&page, url.clone())
    }
}

fn purposes(visit: &Visit) -> Vec<Purpose> {
    visit.legs.iter().map(|leg| leg.purpose).collect()
}

const PERMITS: &str = "HTTP/1.1 204 No Content\r\n\
    Access-Control-Allow-Origin: http://app.example\r\n\
    Access-Control-Allow-Methods: PUT\r\n\
    Access-Control-Allow-Headers: x-probe\r\n\
    Access-Control-Max-Age: 60\r\n\r\n";
const ALLOWS: &str = "HTTP/1.1 200 OK\r\n\
    Access-Control-Allow-Origin: http://app.example\r\n\
    Content-Length: 2\r\n\r\nok";

#[tokio::test]
async fn a_call_is_made_as_a_browser_makes_it() {
    let url = server(vec![PERMITS, ALLOWS]).await;
    let visit = wire().fetch(put(&url), &mut UserAgent::default()).await;
    let Outcome::Allow(response) = &visit.outcome else {
        panic!("{:?}", visit.outcome)
    };
    assert_eq!(response.body, b"ok");
    assert_eq!(purposes(&visit), [Purpose::Preflight, Purpose::Actual]);
    assert!(visit.failure().is_none());
    let decisions: Vec<&str> = visit.decisions.iter().map(|it| it.what.as_str()).collect();
    assert!(
        decisions.contains(&"the CORS check passes"),
        "{decisions:?}"
    );
    let preflight = &visit.legs[0];
    assert_eq!(preflight.outgoing.method, "OPTIONS");
    let request = String::from_utf8(preflight.exchanged.request.bytes.clone()).unwrap();
    assert!(request.starts_with("OPTIONS /resource HTTP/1.1\r\n"));
    assert!(request.contains("\r\nOrigin: http://app.example\r\n"));
    let (status, answer) = visit.legs[1].exchanged.response.as_ref().unwrap();
    assert_eq!((*status, answer.bytes.as_slice()), (200, ALLOWS.as_bytes()));
}

#[tokio::test]
async fn a_call_that_its_preflight_forbids_is_not_made() {
    let url = server(vec![ALLOWS]).await;
    let visit = wire().fetch(put(&url), &mut UserAgent::default()).await;
    let Outcome::Block(block) = &visit.outcome else {
        panic!("{:?}", visit.outcome)
    };
    assert_eq!(block.reason, Reason::MethodNotAllowed);
    assert_eq!(purposes(&visit), [Purpose::Preflight]);
}

#[tokio::test]
async fn a_user_agent_keeps_a_preflight_for_the_next_call() {
    let url = server(vec![PERMITS, ALLOWS, ALLOWS]).await;
    let (wire, mut agent) = (wire(), UserAgent::default());
    let first = wire.fetch(put(&url), &mut agent).await;
    let second = wire.fetch(put(&url), &mut agent).await;
    assert_eq!(purposes(&first), [Purpose::Preflight, Purpose::Actual]);
    assert_eq!(purposes(&second), [Purpose::Actual]);
}

#[tokio::test]
async fn a_response_that_is_cut_is_a_network_error_that_tells_why() {
    let url = server(vec![PERMITS, &ALLOWS[..ALLOWS.len() - 1]]).await;
    let visit = wire().fetch(put(&url), &mut UserAgent::default()).await;
    assert_eq!(visit.outcome, Outcome::Block(Reason::NetworkError.into()));
    let failure = visit.failure().unwrap().to_string();
    assert!(
        failure.contains("before the response was complete"),
        "{failure}"
    );
}

#[tokio::test]
async fn hosts_out_of_reach_are_not_visited() {
    let url = Url::parse("http://corspec.invalid/").unwrap();
    let visit = wire().fetch(put(&url), &mut UserAgent::default()).await;
    assert_eq!(visit.outcome, Outcome::Block(Reason::NetworkError.into()));
    assert!(visit.legs[0].exchanged.response.is_none());
    assert!(
        visit
            .failure()
            .unwrap()
            .to_string()
            .contains("within reach")
    );
}
