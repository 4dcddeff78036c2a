//! The paths that belong to the server itself.

use std::time::{Duration, Instant};

use rstest::rstest;
use tokio::io::AsyncWriteExt as _;

use super::support::{answer, answering, connect, converse, get};
use crate::case::scenario::{Answer, CookieSetup};
use crate::server::{Listener, Pages, Reference, Session};

async fn ask(reference: &Reference, method: &str, path: &str, lines: &str) -> String {
    let port = reference.ports().real(Listener::Http);
    let request = format!("{method} {path} HTTP/1.1\r\nHost: api.localhost:{port}\r\n{lines}\r\n");
    converse(reference, request.as_bytes()).await
}

fn open(reference: &Reference) -> Session {
    reference.open(&answering(answer(200, &[], "ok")))
}

#[rstest]
#[case::page("/-/page", "text/html; charset=utf-8", "the page")]
#[case::page_with_query("/-/page?1", "text/html; charset=utf-8", "the page")]
#[case::script("/-/page.js", "text/javascript; charset=utf-8", "the script")]
#[case::frame("/-/frame", "text/html; charset=utf-8", "the frame")]
#[tokio::test]
async fn pages_are_served_as_they_were_given(
    #[case] path: &str,
    #[case] content_type: &str,
    #[case] content: &str,
) {
    let pages = Pages {
        html: "the page",
        script: "the script",
        frame_html: "the frame",
    };
    let reference = Reference::start_with(pages).await.unwrap();
    let received = ask(&reference, "GET", path, "").await;
    assert!(
        received.contains(&format!("\r\nContent-Type: {content_type}\r\n")),
        "{received}"
    );
    assert!(
        received.ends_with(&format!("\r\n\r\n{content}")),
        "{received}"
    );
    assert_eq!(
        received.contains("\r\nService-Worker-Allowed: /\r\n"),
        path == "/-/page.js"
    );
    assert_eq!(
        received.contains("sandbox allow-scripts"),
        path == "/-/frame"
    );
    assert_eq!(reference.strays(), []);
}

#[tokio::test]
async fn the_icon_that_browsers_want_is_no_stray() {
    let reference = Reference::start().await.unwrap();
    let received = ask(&reference, "GET", "/favicon.ico", "").await;
    assert!(received.starts_with("HTTP/1.1 204 "), "{received}");
    assert_eq!(reference.strays(), []);
}

#[tokio::test]
async fn a_page_sets_the_step_whatever_its_origin() {
    let reference = Reference::start().await.unwrap();
    let session = open(&reference);
    let path = format!("/{}/-/step/3", session.token());
    let lines = "Origin: null\r\nAccess-Control-Request-Method: GET\r\n";
    let preflight = ask(&reference, "OPTIONS", &path, lines).await;
    assert!(
        preflight.contains("\r\nAccess-Control-Allow-Methods: GET\r\n"),
        "{preflight}"
    );
    let received = ask(&reference, "GET", &path, "Origin: null\r\n").await;
    assert!(received.starts_with("HTTP/1.1 204 "), "{received}");
    for line in [
        "Access-Control-Allow-Origin: null",
        "Access-Control-Allow-Credentials: true",
        "Cache-Control: no-store",
    ] {
        assert!(
            received.contains(&format!("\r\n{line}\r\n")),
            "{line} in {received}"
        );
    }
    assert!(session.transcript().is_empty());
    converse(&reference, get(&reference, session.token(), "").as_bytes()).await;
    assert_eq!(session.transcript()[0].step, 3);
}

#[tokio::test]
async fn a_page_is_told_when_its_session_has_settled() {
    let reference = Reference::start().await.unwrap();
    let delay = Duration::from_millis(150);
    let session = reference.open(&answering(Answer {
        delay,
        ..answer(200, &[], "ok")
    }));
    let mut stream = connect(&reference, Listener::Http).await;
    let request = get(&reference, session.token(), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    let path = format!("/{}/-/settled", session.token());
    let begin = Instant::now();
    let received = ask(&reference, "GET", &path, "Origin: null\r\n").await;
    assert!(begin.elapsed() >= delay, "the answer was still under way");
    assert!(received.starts_with("HTTP/1.1 204 "), "{received}");
    assert!(
        received.contains("\r\nAccess-Control-Allow-Origin: null\r\n"),
        "{received}"
    );
    assert_eq!(session.transcript().len(), 1);
    assert!(session.transcript()[0].response.is_some());
}

#[tokio::test]
async fn a_session_in_which_nothing_happens_counts_as_settled_after_a_while() {
    let reference = Reference::start().await.unwrap();
    let session = open(&reference);
    converse(&reference, get(&reference, session.token(), "").as_bytes()).await;
    session.set_step(1); // in which nothing was said
    let begin = Instant::now();
    session.settled().await;
    let elapsed = begin.elapsed();
    assert!(elapsed >= Duration::from_millis(600), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(3), "{elapsed:?}");
}

#[tokio::test]
async fn what_comes_soon_after_is_waited_for() {
    let reference = Reference::start().await.unwrap();
    let session = open(&reference);
    let mut stream = connect(&reference, Listener::Http).await;
    let request = get(&reference, session.token(), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    let settled = session.settled();
    let again = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        stream.write_all(request.as_bytes()).await.unwrap();
    };
    tokio::join!(settled, again);
    assert_eq!(session.transcript().len(), 2);
}

#[tokio::test]
async fn what_is_said_after_the_last_step_has_settled_is_no_part_of_it() {
    let reference = Reference::start().await.unwrap();
    let two_steps = {
        let mut permutation = answering(answer(200, &[], "ok"));
        permutation.steps.push(permutation.steps[0].clone());
        permutation
    };
    let session = reference.open(&two_steps);
    let request = get(&reference, session.token(), "");
    let ask = || converse(&reference, request.as_bytes());
    ask().await;
    session.settled().await;
    ask().await;
    assert_eq!(session.transcript().len(), 2, "another step is to come");
    session.set_step(1);
    ask().await;
    session.settled().await;
    ask().await;
    assert_eq!(session.transcript().len(), 3);
}

#[tokio::test]
async fn cookies_are_set_for_the_origin_asked_and_confined_to_the_session() {
    let reference = Reference::start().await.unwrap();
    let mut permutation = answering(answer(200, &[], "ok"));
    permutation.cookies = [
        ("api", "a=1; SameSite=None; Secure"),
        ("api", "b=2; Path=/scenario/deep"),
        ("other", "c=3"),
    ]
    .map(|(origin, set_cookie)| CookieSetup {
        origin: origin.parse().unwrap(),
        set_cookie: set_cookie.to_owned(),
    })
    .to_vec();
    let session = reference.open(&permutation);
    let token = session.token();
    let received = ask(&reference, "GET", &format!("/{token}/-/cookies"), "").await;
    let cookies: Vec<&str> = received
        .lines()
        .filter_map(|line| line.strip_prefix("Set-Cookie: "))
        .collect();
    let expected = [
        format!("a=1; SameSite=None; Secure; Path=/{token}"),
        format!("b=2; Path=/{token}/deep"),
    ];
    assert_eq!(cookies, expected);
    assert!(session.transcript().is_empty());
}

#[tokio::test]
async fn a_tour_sets_the_cookies_of_all_its_sessions_and_goes_on() {
    let reference = Reference::start().await.unwrap();
    let sessions: Vec<Session> = ["a=1", "b=2"]
        .map(|set_cookie| {
            let mut permutation = answering(answer(200, &[], "ok"));
            permutation.cookies = vec![CookieSetup {
                origin: "api".parse().unwrap(),
                set_cookie: set_cookie.to_owned(),
            }];
            reference.open(&permutation)
        })
        .into();
    let tokens = [sessions[0].token(), sessions[1].token()];
    let path = format!(
        "/-/cookies?{}&http://other.localhost:1={}&then=http://app.localhost:1/-/page",
        tokens.join(","),
        tokens[0]
    );
    let received = ask(&reference, "GET", &path, "").await;
    assert!(received.starts_with("HTTP/1.1 302 "), "{received}");
    for line in [
        format!("Set-Cookie: a=1; Path=/{}", tokens[0]),
        format!("Set-Cookie: b=2; Path=/{}", tokens[1]),
        format!(
            "Location: http://other.localhost:1/-/cookies?{}&then=http://app.localhost:1/-/page",
            tokens[0]
        ),
    ] {
        assert!(
            received.contains(&format!("\r\n{line}\r\n")),
            "{line} in {received}"
        );
    }
    assert_eq!(reference.strays(), []);
}

#[rstest]
#[case::no_such_control("/-/nothing")]
#[case::tour_without_end("/-/cookies?00000001")]
#[case::tour_of_no_session("/-/cookies?ffffffff&then=http://app.localhost:1/")]
#[case::root("/")]
#[case::unknown_token("/ffffffff/resource")]
#[case::short_token("/1/resource")]
#[case::bad_step("/00000001/-/step/x")]
#[case::no_such_session_control("/00000001/-/nothing")]
#[tokio::test]
async fn everything_else_is_not_found_and_noted(#[case] path: &str) {
    let reference = Reference::start().await.unwrap();
    let session = open(&reference);
    let received = ask(&reference, "GET", path, "").await;
    assert!(received.starts_with("HTTP/1.1 404 "), "{received}");
    assert_eq!(reference.strays()[0].line, format!("GET {path}"));
    assert!(session.transcript().is_empty());
}
