//! Preflights, redirects, cookies and steps, as the model wants them.

use std::time::{Duration, Instant};

use rstest::rstest;

use super::{answer, fetching, permutation, play, request, resource};
use crate::agent::End;
use crate::case::scenario::{BodyKind, BodyPlan, CookieSetup, Hop, Mechanism, Permutation, Script};

const ALLOW: (&str, &str) = ("Access-Control-Allow-Origin", "http://app.localhost:18080");

fn put(preflight: &[(&str, &str)]) -> Permutation {
    let script = Script {
        preflight: answer(204, preflight, ""),
        response: answer(200, &[ALLOW], "ok"),
        ..Script::default()
    };
    let mut permutation = permutation(vec![script]);
    permutation.steps[0].request = request("PUT", &resource("api"));
    permutation.steps[0].request.headers = vec![("X-Probe".to_owned(), b"1".to_vec())];
    permutation
}

#[tokio::test]
async fn a_preflight_that_permits_is_followed_by_the_request() {
    let permits = [
        ALLOW,
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "x-probe"),
    ];
    let played = play(&put(&permits)).await;
    assert_eq!(played.outcome(), "allow");
    insta::assert_snapshot!(played.snapshot(), @r"
    > OPTIONS http://api.localhost:18080/scenario/resource
    > accept: */*
    > access-control-request-method: PUT
    > access-control-request-headers: x-probe
    > referer: http://app.localhost:18080/
    > origin: http://app.localhost:18080
    > sec-fetch-dest: empty
    > sec-fetch-mode: cors
    > sec-fetch-site: cross-site
    < 204 No Content
    < access-control-allow-origin: http://app.localhost:18080
    < access-control-allow-methods: PUT
    < access-control-allow-headers: x-probe

    > PUT http://api.localhost:18080/scenario/resource
    > accept: */*
    > content-length: 0
    > referer: http://app.localhost:18080/
    > origin: http://app.localhost:18080
    > sec-fetch-dest: empty
    > sec-fetch-mode: cors
    > sec-fetch-site: cross-site
    > x-probe: 1
    < 200 OK
    < access-control-allow-origin: http://app.localhost:18080
    < content-length: 2
    <
    < ok
    ");
}

#[tokio::test]
async fn a_preflight_that_does_not_permit_is_followed_by_nothing() {
    let played = play(&put(&[ALLOW, ("Access-Control-Allow-Methods", "PUT")])).await;
    assert_eq!(played.outcome(), "header-not-allowed");
    assert_eq!(
        played.sent(),
        ["OPTIONS http://api.localhost:18080/scenario/resource"]
    );
    let Some(End::Blocked(signal)) = played.observations.last().map(|it| &it.end) else {
        panic!()
    };
    assert_eq!(
        (signal.error.as_str(), signal.detail.as_deref()),
        ("TypeError", Some("x-probe"))
    );
}

#[tokio::test]
async fn the_wire_keeps_the_order_and_case_that_the_model_gives() {
    let mut permutation = fetching("api", answer(200, &[ALLOW], "ok"));
    permutation.steps[0].request.headers = vec![("aCCEPT".to_owned(), b"x/y".to_vec())];
    let played = play(&permutation).await;
    let headers = &played.transcript[0].request.headers;
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.first(), Some(&"Host"));
    assert!(
        names.contains(&"aCCEPT") && names.contains(&"Origin"),
        "{names:?}"
    );
    assert_eq!(names.last(), Some(&"Accept-Encoding"));
}

#[rstest]
#[case::simple("api", "other", &["GET http://api.localhost:18080/scenario/hop1", "GET http://other.localhost:18080/scenario/resource"])]
#[case::to_https("api", "api-tls", &["GET http://api.localhost:18080/scenario/hop1", "GET https://api.localhost:18443/scenario/resource"])]
#[case::from_http2("api-h2", "api", &["GET https://api.localhost:18444/scenario/hop1", "GET http://api.localhost:18080/scenario/resource"])]
#[tokio::test]
async fn redirects_are_followed_over_origins(
    #[case] from: &str,
    #[case] to: &str,
    #[case] sent: &[&str],
) {
    let location = resource(to);
    let any = ("Access-Control-Allow-Origin", "*");
    let hop = Hop {
        preflight: answer(204, &[], ""),
        response: answer(302, &[any, ("Location", &location)], ""),
    };
    let script = Script {
        hops: vec![hop],
        response: answer(200, &[any], "ok"),
        ..Script::default()
    };
    let mut permutation = permutation(vec![script]);
    let url = resource(from).replace("resource", "hop1");
    permutation.steps[0].request = request("GET", &url);
    let played = play(&permutation).await;
    assert_eq!(played.sent(), sent);
    let Some(End::Visible(response)) = played.observations.last().map(|it| &it.end) else {
        panic!("{:?}", played.observations)
    };
    assert!(response.redirected);
    assert_eq!(
        response.url.as_ref().map(url::Url::as_str),
        Some(location.as_str())
    );
    assert_eq!(response.body, b"ok");
}

#[rstest]
#[case::included("include", Some("a=1"))]
#[case::same_origin_only("same-origin", None)]
#[tokio::test]
async fn cookies_are_stored_first_party_and_sent_with_credentials(
    #[case] credentials: &str,
    #[case] sent: Option<&str>,
) {
    let lines = [ALLOW, ("Access-Control-Allow-Credentials", "true")];
    let mut permutation = fetching("api-tls", answer(200, &lines, "ok"));
    permutation.steps[0].request.credentials = credentials.parse().unwrap();
    let cookie = |origin: &str, set_cookie: &str| CookieSetup {
        origin: origin.parse().unwrap(),
        set_cookie: set_cookie.to_owned(),
    };
    permutation.cookies = vec![
        cookie("api-tls", "a=1; SameSite=None; Secure"),
        cookie("api-tls", "b=2; SameSite=Strict"),
        cookie("other-tls", "c=3; SameSite=None; Secure"),
    ];
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), "allow");
    assert_eq!(
        played.transcript.len(),
        1,
        "setting cookies is no part of the transcript"
    );
    let cookie = played.transcript[0]
        .request
        .headers
        .iter()
        .find(|(name, _)| name == "Cookie");
    assert_eq!(
        cookie.map(|(_, value)| value.as_slice()),
        sent.map(str::as_bytes)
    );
}

#[tokio::test]
async fn steps_share_a_preflight_cache_and_wait_as_they_say() {
    let mut permutation = put(&[
        ALLOW,
        ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "x-probe"),
        ("Access-Control-Max-Age", "1"),
    ]);
    let step = permutation.steps[0].clone();
    permutation.steps.push(step.clone());
    permutation.steps.push(step);
    permutation.steps[2].wait = Duration::from_millis(1100);
    let begin = Instant::now();
    let played = play(&permutation).await;
    assert!(begin.elapsed() >= Duration::from_millis(1100));
    let sent: Vec<(usize, &str)> = played
        .transcript
        .iter()
        .map(|it| (it.step, it.method.as_str()))
        .collect();
    assert_eq!(
        sent,
        [
            (0, "OPTIONS"),
            (0, "PUT"),
            (1, "PUT"),
            (2, "OPTIONS"),
            (2, "PUT")
        ]
    );
}

#[tokio::test]
async fn a_blocked_step_does_not_end_the_scenario() {
    let script = |headers: &[(&str, &str)]| Script {
        response: answer(200, headers, ""),
        ..Script::default()
    };
    let played = play(&permutation(vec![script(&[]), script(&[ALLOW])])).await;
    assert!(matches!(played.observations[0].end, End::Blocked(_)));
    assert!(matches!(played.observations[1].end, End::Visible(_)));
}

#[rstest]
#[case::text(BodyKind::Text, "a b=c", "a b=c", Some("text/plain;charset=UTF-8"))]
#[case::blob(BodyKind::Blob("text/x".to_owned()), "a", "a", Some("text/x"))]
#[case::untyped_blob(BodyKind::Blob(String::new()), "a", "a", None)]
#[case::bytes(BodyKind::Bytes, "a", "a", None)]
#[case::parameters(
    BodyKind::UrlSearchParams,
    "a b=c",
    "a+b=c",
    Some("application/x-www-form-urlencoded;charset=UTF-8")
)]
#[tokio::test]
async fn bodies_arrive_with_the_type_they_imply(
    #[case] kind: BodyKind,
    #[case] content: &str,
    #[case] body: &str,
    #[case] content_type: Option<&str>,
) {
    let mut permutation = fetching("api", answer(200, &[ALLOW], "ok"));
    permutation.steps[0].request.method = "POST".to_owned();
    permutation.steps[0].request.body = Some(BodyPlan {
        kind,
        content: content.into(),
    });
    permutation.steps[0].server.preflight = answer(
        204,
        &[ALLOW, ("Access-Control-Allow-Headers", "content-type")],
        "",
    );
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), "allow");
    let request = &played.transcript.last().unwrap().request;
    assert_eq!(request.body, body.as_bytes());
    let line = request
        .headers
        .iter()
        .find(|(name, _)| name == "Content-Type");
    assert_eq!(
        line.map(|(_, value)| value.as_slice()),
        content_type.map(str::as_bytes)
    );
}

#[rstest]
#[case::over_http1("api", "network-error", 1)]
#[case::over_http2("api-h2", "allow", 2)]
#[tokio::test]
async fn a_streamed_body_needs_http2(
    #[case] to: &str,
    #[case] outcome: &str,
    #[case] requests: usize,
) {
    let mut permutation = fetching(to, answer(200, &[ALLOW], "ok"));
    permutation.steps[0].request.method = "POST".to_owned();
    permutation.steps[0].request.body = Some(BodyPlan {
        kind: BodyKind::Stream,
        content: b"streamed".to_vec(),
    });
    permutation.steps[0].server.preflight = answer(204, &[ALLOW], "");
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.transcript.len(), requests);
}

#[rstest]
#[case::fetch(Mechanism::Fetch, "TRACE", "forbidden-method", "TypeError")]
#[case::xhr(Mechanism::Xhr, "TRACE", "forbidden-method", "SecurityError")]
#[case::xhr_syntax(Mechanism::Xhr, "A B", "invalid-method", "SyntaxError")]
#[tokio::test]
async fn what_an_interface_refuses_is_never_sent(
    #[case] via: Mechanism,
    #[case] method: &str,
    #[case] outcome: &str,
    #[case] error: &str,
) {
    let mut permutation = fetching("api", answer(200, &[ALLOW], "ok"));
    permutation.steps[0].request.via = via;
    permutation.steps[0].request.method = method.to_owned();
    let played = play(&permutation).await;
    assert_eq!(played.outcome(), outcome);
    assert!(played.transcript.is_empty());
    let Some(End::Blocked(signal)) = played.observations.last().map(|it| &it.end) else {
        panic!()
    };
    assert_eq!(signal.error, error);
}
