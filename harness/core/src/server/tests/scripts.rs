//! The wire carries what the script says.

use std::time::{Duration, Instant};

use rstest::rstest;
use tokio::io::AsyncWriteExt as _;

use super::support::{answer, answering, connect, converse, expect, get, permutation};
use crate::case::scenario::{Answer, ConnectionPlan, Hop, Script};
use crate::server::{Listener, Reference, Session};
use crate::tape::snapshot;

#[tokio::test]
async fn interleaved_duplicates_keep_order_and_case() {
    let reference = Reference::start().await.unwrap();
    let lines = [("Vary", "a"), ("X-B", "1"), ("vary", "b"), ("x-b", "2")];
    let session = reference.open(&answering(answer(200, &lines, "ok")));
    let received = converse(&reference, get(&reference, session.token(), "").as_bytes()).await;
    let expected =
        "HTTP/1.1 200 OK\r\nVary: a\r\nX-B: 1\r\nvary: b\r\nx-b: 2\r\nContent-Length: 2\r\n\r\nok";
    assert_eq!(received, expected);
    let transcript = session.transcript();
    let (status, response) = transcript[0].response.as_ref().unwrap();
    assert_eq!(*status, 200);
    let names: Vec<&str> = response
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["Vary", "X-B", "vary", "x-b", "Content-Length"]);
    assert_eq!(response.bytes, expected.as_bytes());
}

#[tokio::test]
async fn names_are_real_on_the_wire_and_canonical_in_the_transcript() {
    let reference = Reference::start().await.unwrap();
    let canonical = "http://app.localhost:18080/scenario/resource";
    let session = reference.open(&answering(answer(
        200,
        &[
            ("Location", canonical),
            ("Access-Control-Allow-Origin", "http://app.localhost:18080"),
        ],
        canonical,
    )));
    let token = session.token().to_owned();
    let port = reference.ports().real(Listener::Http);
    let origin = format!("Origin: http://app.localhost:{port}\r\n");
    let received = converse(&reference, get(&reference, &token, &origin).as_bytes()).await;
    let real = format!("http://app.localhost:{port}/{token}/resource");
    assert!(
        received.contains(&format!("Location: {real}\r\n")),
        "{received}"
    );
    assert!(received.ends_with(&format!("\r\n\r\n{real}")), "{received}");
    insta::assert_snapshot!(snapshot(&session.transcript()), @r"
    > GET http://api.localhost:18080/scenario/resource
    > origin: http://app.localhost:18080
    < 200 OK
    < location: http://app.localhost:18080/scenario/resource
    < access-control-allow-origin: http://app.localhost:18080
    < content-length: 44
    <
    < http://app.localhost:18080/scenario/resource
    ");
}

#[rstest]
#[case::raw("HTTP/1.1 200 OK\r\nX : 1\r\nY: a\x01\r\n folded\r\n\r\nrest")]
#[case::not_http("SSH-2.0-server\r\n")]
#[case::two_answers("HTTP/1.1 200 A\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 B\r\n\r\n")]
#[tokio::test]
async fn raw_answers_are_written_as_they_are_and_end_the_connection(#[case] raw: &str) {
    let reference = Reference::start().await.unwrap();
    let script = Answer {
        raw: Some(raw.as_bytes().to_vec()),
        ..Answer::default()
    };
    let session = reference.open(&answering(script));
    let request = get(&reference, session.token(), "").repeat(2);
    assert_eq!(converse(&reference, request.as_bytes()).await, raw);
    assert_eq!(session.transcript().len(), 1);
}

#[tokio::test]
async fn a_cut_answer_announces_more_than_it_sends() {
    let reference = Reference::start().await.unwrap();
    let cut = Answer {
        connection: ConnectionPlan::Cut,
        ..answer(200, &[], "0123456789")
    };
    let session = reference.open(&answering(cut));
    let received = converse(&reference, get(&reference, session.token(), "").as_bytes()).await;
    assert_eq!(
        received,
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"
    );
    assert!(snapshot(&session.transcript()).ends_with("< (cut after 5 of 10 bytes)\n"));
}

#[tokio::test]
async fn a_refused_request_gets_no_byte_and_no_response() {
    let reference = Reference::start().await.unwrap();
    let refuse = Answer {
        connection: ConnectionPlan::Refuse,
        ..Answer::default()
    };
    let session = reference.open(&answering(refuse));
    let received = converse(&reference, get(&reference, session.token(), "").as_bytes()).await;
    assert_eq!(received, "");
    assert_eq!(session.transcript()[0].response, None);
}

#[tokio::test]
async fn an_answer_waits_as_long_as_its_script_says() {
    let reference = Reference::start().await.unwrap();
    let delay = Duration::from_millis(80);
    let session = reference.open(&answering(Answer {
        delay,
        ..answer(204, &[], "")
    }));
    let begin = Instant::now();
    let mut stream = connect(&reference, Listener::Http).await;
    let request = get(&reference, session.token(), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    expect(&mut stream, "HTTP/1.1 204 No Content\r\n\r\n").await;
    assert!(begin.elapsed() >= delay);
}

#[rstest]
#[case::preflight(
    "OPTIONS",
    "Origin: null\r\nAccess-Control-Request-Method: PUT\r\n",
    "291"
)]
#[case::options_without_origin("OPTIONS", "Access-Control-Request-Method: PUT\r\n", "292")]
#[case::options_without_method("OPTIONS", "Origin: null\r\n", "292")]
#[case::other_method("PUT", "Origin: null\r\nAccess-Control-Request-Method: PUT\r\n", "292")]
#[tokio::test]
async fn preflights_are_told_from_other_requests(
    #[case] method: &str,
    #[case] lines: &str,
    #[case] status: &str,
) {
    let reference = Reference::start().await.unwrap();
    let script = Script {
        preflight: answer(291, &[], ""),
        response: answer(292, &[], ""),
        ..Script::default()
    };
    let session = reference.open(&permutation(vec![script]));
    let request = get(&reference, session.token(), lines).replacen("GET", method, 1);
    let received = converse(&reference, request.as_bytes()).await;
    assert_eq!(received.split(' ').nth(1), Some(status));
}

#[rstest]
#[case::first_hop("hop1", "GET", "301")]
#[case::second_hop("hop2", "GET", "302")]
#[case::preflight_at_a_hop("hop2", "OPTIONS", "291")]
#[case::no_such_hop("hop3", "GET", "200")]
#[case::zeroth_hop("hop0", "GET", "200")]
#[case::resource("resource?hop1", "GET", "200")]
#[tokio::test]
async fn each_hop_has_its_own_answers(
    #[case] resource: &str,
    #[case] method: &str,
    #[case] status: &str,
) {
    let reference = Reference::start().await.unwrap();
    let hop = |preflight, status| Hop {
        preflight: answer(preflight, &[], ""),
        response: answer(status, &[("Location", "hop2")], ""),
    };
    let script = Script {
        hops: vec![hop(290, 301), hop(291, 302)],
        ..Script::default()
    };
    let session = reference.open(&permutation(vec![script]));
    let lines = "Origin: null\r\nAccess-Control-Request-Method: GET\r\n";
    let request = get(&reference, session.token(), lines)
        .replacen("resource", resource, 1)
        .replacen("GET", method, 1);
    let received = converse(&reference, request.as_bytes()).await;
    assert_eq!(received.split(' ').nth(1), Some(status));
    assert_eq!(
        session.transcript()[0].target,
        format!("/scenario/{resource}")
    );
}

#[tokio::test]
async fn head_is_answered_without_a_body() {
    let reference = Reference::start().await.unwrap();
    let session = reference.open(&answering(answer(200, &[], "ok")));
    let request = get(&reference, session.token(), "").replacen("GET", "HEAD", 1);
    let received = converse(&reference, request.as_bytes()).await;
    assert_eq!(received, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
}

async fn statuses(reference: &Reference, session: &Session, asked: &[(&str, &str)]) -> Vec<String> {
    let mut statuses = Vec::new();
    for (method, resource) in asked {
        let lines = "Origin: null\r\nAccess-Control-Request-Method: GET\r\n";
        let request = get(reference, session.token(), lines)
            .replacen("resource", resource, 1)
            .replacen("GET", method, 1);
        let received = converse(reference, request.as_bytes()).await;
        statuses.extend(received.split(' ').nth(1).map(str::to_owned));
    }
    statuses
}

#[tokio::test]
async fn requests_for_the_same_are_answered_one_after_the_other_and_the_last_answer_stays() {
    let reference = Reference::start().await.unwrap();
    let script = Script {
        preflight: answer(290, &[], ""),
        response: answer(291, &[], ""),
        then: vec![answer(292, &[], ""), answer(293, &[], "")],
        ..Script::default()
    };
    let session = reference.open(&permutation(vec![script.clone(), script]));
    let asked = [
        ("OPTIONS", "resource"),
        ("GET", "resource"),
        ("OPTIONS", "resource"),
        ("GET", "resource?after=2"),
        ("GET", "elsewhere"),
        ("GET", "resource"),
        ("GET", "resource"),
    ];
    let answered = statuses(&reference, &session, &asked).await;
    assert_eq!(answered, ["290", "291", "290", "292", "291", "293", "293"]);
    session.set_step(1);
    let answered = statuses(&reference, &session, &asked[1..2]).await;
    assert_eq!(answered, ["291"], "each step begins anew");
}

#[tokio::test]
async fn other_resources_are_found_by_the_last_segment_of_their_path() {
    let reference = Reference::start().await.unwrap();
    let script = Script {
        preflight: answer(290, &[], ""),
        response: answer(291, &[], ""),
        resources: vec![("module.js".to_owned(), answer(292, &[], ""))],
        ..Script::default()
    };
    let session = reference.open(&permutation(vec![script]));
    let asked = [
        ("GET", "module.js"),
        ("GET", "deep/module.js?1"),
        ("GET", "module.jsx"),
        ("GET", "module.js/resource"),
        ("OPTIONS", "module.js"),
        ("GET", "module.js"),
    ];
    let answered = statuses(&reference, &session, &asked).await;
    assert_eq!(answered, ["292", "292", "291", "291", "290", "292"]);
}
