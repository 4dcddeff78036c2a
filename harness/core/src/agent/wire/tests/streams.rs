//! Answers that take their time: server-sent events, streams, long polls, and pages without patience.

use std::time::Duration;

use rstest::rstest;

use super::{play_scenario, play_with, scenario};
use crate::agent::End;
use crate::agent::wire::{Deadlines, Wire};
use crate::server::Reference;

const EVENTS: &str = "Access-Control-Allow-Origin: \"*\", Content-Type: text/event-stream";

#[tokio::test]
async fn a_source_is_closed_when_the_page_has_what_it_waits_for() {
    let server = format!(
        "{{ response: {{ headers: {{ {EVENTS} }}, connection: hold, \
         chunks: [\"id: 7\\ndata: a\\n\\n\", {{ wait: 20ms, bytes: \"data: b\\n\\n\" }}] }} }}"
    );
    let played = play_scenario("{ via: eventsource, messages: 2 }", &server).await;
    assert_eq!(played.outcome(), "allow");
    assert_eq!(played.events(), ["open", "message: a", "message: b"]);
    assert_eq!(played.headers("accept"), ["text/event-stream"]);
    assert_eq!(played.headers("cache-control"), ["no-cache"]);
    assert_eq!(played.fact("lastEventId"), Some("7"));
    assert_eq!(played.fact("origin"), Some("http://api.localhost:18080"));
    assert!(played.transcript[0].aborted);
}

#[tokio::test]
async fn a_source_comes_back_where_it_was() {
    let server = format!(
        "{{ response: {{ headers: {{ {EVENTS} }}, body: \"retry: 10\\nid: 1\\ndata: a\\n\\n\" }}, \
         then: [{{ headers: {{ {EVENTS} }}, body: \"data: b\\n\\n\" }}] }}"
    );
    let played = play_scenario("{ via: eventsource, messages: 2 }", &server).await;
    let expected = [
        "open",
        "message: a",
        "error: connecting",
        "open",
        "message: b",
    ];
    assert_eq!(played.events(), expected);
    assert_eq!(played.headers("last-event-id"), ["-", "1"]);
}

#[rstest]
#[case::status(
    "{ response: { status: 204, headers: { Access-Control-Allow-Origin: \"*\" } } }",
    "event-stream-status"
)]
#[case::kind(
    "{ response: { headers: { Access-Control-Allow-Origin: \"*\" } } }",
    "event-stream-type"
)]
#[case::cors(
    "{ response: { headers: { Content-Type: text/event-stream } } }",
    "allow-origin-missing"
)]
#[tokio::test]
async fn a_source_that_is_refused_stays_closed(#[case] server: &str, #[case] outcome: &str) {
    let played = play_scenario("{ via: eventsource, messages: 1 }", server).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.events(), ["error: closed"]);
    assert_eq!(played.sent().len(), 1);
}

#[tokio::test]
async fn a_source_without_an_answer_is_tried_again_if_the_page_waits() {
    let server = format!(
        "{{ response: {{ connection: refuse }}, \
         then: [{{ headers: {{ {EVENTS} }}, body: \"data: a\\n\\n\" }}] }}"
    );
    let played = play_scenario("{ via: eventsource, messages: 1 }", &server).await;
    assert_eq!(played.events(), ["error: connecting", "open", "message: a"]);
    let played = play_scenario("{ via: eventsource }", &server).await;
    assert_eq!(played.outcome(), "network-error");
}

#[rstest]
#[case::fetch("fetch", &["response", "chunk: one", "chunk: two", "end"])]
#[case::xhr("xhr", &["loadstart", "chunk: one", "chunk: two", "load", "loadend"])]
#[tokio::test]
async fn parts_are_told_as_they_arrive(#[case] via: &str, #[case] events: &[&str]) {
    let server = "{ response: { headers: { Access-Control-Allow-Origin: \"*\" }, \
                  chunks: [one, { wait: 30ms, bytes: two }] } }";
    let played = play_scenario(&format!("{{ via: {via}, stream: true }}"), server).await;
    assert_eq!(played.events(), events);
    assert_eq!(played.outcome(), "allow");
}

#[rstest]
#[case::matching("sha256-JbZ0bVFy7WNSlmoBPZOshG4RENWiXo8YO1kx9GiIQqE=", &["response", "chunk: onetwo", "end"])]
#[case::other("sha256-AAAA", &["error"])]
#[tokio::test]
async fn no_part_is_told_before_the_whole_body_has_been_checked(
    #[case] integrity: &str,
    #[case] events: &[&str],
) {
    let server = "{ response: { headers: { Access-Control-Allow-Origin: \"*\" }, \
                  chunks: [one, { wait: 30ms, bytes: two }] } }";
    let request = format!("{{ stream: true, integrity: \"{integrity}\" }}");
    let played = play_scenario(&request, server).await;
    assert_eq!(played.events(), events);
}

#[tokio::test]
async fn what_the_head_decides_needs_no_body_although_there_is_integrity() {
    let server = "{ response: { chunks: [one], connection: hold } }";
    let request = "{ stream: true, integrity: sha256-AAAA }";
    let played = play_scenario(request, server).await;
    assert_eq!(played.outcome(), "allow-origin-missing");
}

#[tokio::test]
async fn no_part_is_told_of_a_stream_that_is_not_shared() {
    let server = "{ response: { chunks: [one, { wait: 30ms, bytes: two }] } }";
    let played = play_scenario("{ stream: true }", server).await;
    assert_eq!(played.events(), ["error"]);
    assert_eq!(played.outcome(), "allow-origin-missing");
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_behind_its_parts() {
    let server = "{ response: { headers: { Access-Control-Allow-Origin: \"*\" }, \
                  chunks: [one, { wait: 30ms, bytes: two }], connection: cut } }";
    let played = play_scenario("{ stream: true }", server).await;
    let (last, first) = {
        let mut it = played.events();
        (it.pop(), it)
    };
    assert_eq!(last.as_deref(), Some("error"));
    assert_eq!(first[..2], ["response", "chunk: one"]);
    assert_eq!(played.outcome(), "network-error");
}

#[rstest]
#[case::fetch("fetch", "abort", "aborted", &["response", "chunk: one", "error"])]
#[case::xhr("xhr", "abort", "aborted", &["loadstart", "chunk: one", "abort", "loadend"])]
#[case::xhr_timeout("xhr", "timeout", "timeout", &["loadstart", "chunk: one", "timeout", "loadend"])]
#[tokio::test]
async fn a_page_without_patience_goes_away(
    #[case] via: &str,
    #[case] by: &str,
    #[case] outcome: &str,
    #[case] events: &[&str],
) {
    let server = "{ response: { headers: { Access-Control-Allow-Origin: \"*\" }, \
                  chunks: [one], connection: hold } }";
    let request = format!("{{ via: {via}, stream: true, {by}: 120ms }}");
    let played = play_scenario(&request, server).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.events(), events);
    assert!(played.transcript[0].aborted);
}

#[tokio::test]
async fn an_answer_in_time_is_not_aborted() {
    let server = "{ response: { headers: { Access-Control-Allow-Origin: \"*\" } } }";
    let played = play_scenario("{ abort: 4s }", server).await;
    assert_eq!(played.outcome(), "allow");
    assert_eq!(played.events(), ["response", "end"]);
}

const POLLED: &str = "Access-Control-Allow-Origin: \"*\", Content-Type: application/json";

#[rstest]
#[case("long-poll")]
#[case("long-poll-xhr")]
#[tokio::test]
async fn polls_follow_each_other(#[case] via: &str) {
    let first = r#"'{"next": 2, "messages": ["one"]}'"#;
    let second = r#"'{"next": 3, "messages": ["two", "three"]}'"#;
    let server = format!(
        "{{ response: {{ headers: {{ {POLLED} }}, body: {first} }}, then: [\
         {{ status: 204, headers: {{ {POLLED} }} }}, \
         {{ headers: {{ {POLLED} }}, body: {second}, delay: 20ms }}] }}"
    );
    let played = play_scenario(&format!("{{ via: {via}, messages: 3 }}"), &server).await;
    let expected = ["message: one", "empty", "message: two", "message: three"];
    assert_eq!(played.events(), expected);
    assert_eq!(played.fact("polls"), Some("3"));
    assert!(played.sent()[2].ends_with("/scenario/resource?after=2"));
}

#[tokio::test]
async fn a_poll_that_is_forbidden_is_given_up_in_the_end() {
    let played = play_scenario("{ via: long-poll }", "{}").await;
    assert_eq!(played.outcome(), "allow-origin-missing");
    assert_eq!(played.events(), ["error"; 4]);
}

#[tokio::test]
async fn what_an_xmlhttprequest_shows_follows_from_the_answer() {
    let server = "{ response: { status: 201, headers: { Access-Control-Allow-Origin: \"*\" }, \
                  body: hello } }";
    let played = play_scenario("{ via: xhr }", server).await;
    let fact = |name| played.fact(name).unwrap_or_default();
    assert_eq!(fact("status"), "201");
    assert_eq!(fact("statusText"), "Created");
    assert_eq!(fact("responseText"), "hello");
    assert_eq!(fact("readyState"), "4");
    let url = "http://api.localhost:18080/scenario/resource";
    assert_eq!(fact("responseURL"), url);
    assert_eq!(fact("timing"), "limited");
    assert_eq!(played.events(), ["loadstart", "load", "loadend"]);
}

#[tokio::test]
async fn an_upload_that_may_not_begin_fails_first() {
    let request = "{ via: xhr, method: POST, body: { text: a }, upload_listener: true }";
    let played = play_scenario(request, "{}").await;
    let expected = [
        "loadstart",
        "upload-loadstart",
        "upload-error",
        "upload-loadend",
    ];
    assert_eq!(played.events()[..4], expected);
    assert_eq!(played.events()[4..], ["error", "loadend"]);
}

#[tokio::test]
async fn a_server_that_never_has_anything_new_is_not_polled_for_ever() {
    let server = "{ response: { status: 204, headers: { Access-Control-Allow-Origin: \"*\" }, delay: 5ms } }";
    let permutation = scenario("{ via: long-poll }", server);
    let reference = Reference::start().await.unwrap();
    let deadlines = Deadlines {
        exchange: Duration::from_secs(1),
        ..Deadlines::default()
    };
    let wire = Wire::for_reference(&reference, deadlines).unwrap();
    let playing = play_with(&wire, &reference, &permutation);
    let played = tokio::time::timeout(Duration::from_secs(60), playing).await;
    let played = played.expect("there is an end of it");
    assert!(matches!(played.observations[0].end, End::TimedOut));
    assert!(played.sent().len() > 1, "{:?}", played.sent());
}
