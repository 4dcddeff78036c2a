//! WebSockets: handshakes, messages, and the end of them.

use rstest::rstest;

use super::play_scenario;
use crate::case::scenario::SocketMessage;

#[rstest]
#[case("api")]
#[case("api-tls")]
#[case("app")]
#[tokio::test]
async fn what_is_said_comes_back(#[case] to: &str) {
    let request = format!(
        "{{ via: websocket, to: {to}, protocols: [a, b], send: [one, {{ bytes: \"\\xff\" }}] }}"
    );
    let server = "{ response: { websocket: { protocol: b } } }";
    let played = play_scenario(&request, server).await;
    assert_eq!(played.outcome(), "allow");
    let events = played.events();
    assert_eq!(events[..2], ["open: b", "message: one"]);
    assert_eq!(
        played.observations[0].events.as_ref().unwrap()[2].detail,
        b"\xff"
    );
    assert_eq!(events[3], "close: 1005");
    assert_eq!(played.fact("wasClean"), Some("true"));
    let said = played.transcript[0].conversation.as_ref().unwrap();
    let expected = [
        SocketMessage::Text("one".to_owned()),
        SocketMessage::Binary(b"\xff".to_vec()),
    ];
    assert_eq!(said.from_page, expected);
}

#[tokio::test]
async fn a_handshake_looks_like_this() {
    let played = play_scenario(
        "{ via: websocket, send: [a] }",
        "{ response: { websocket: {} } }",
    );
    insta::assert_snapshot!(played.await.snapshot(), @r"
    > GET http://api.localhost:18080/scenario/resource
    > origin: http://app.localhost:18080
    > cache-control: no-cache
    > pragma: no-cache
    > sec-websocket-version: 13
    > upgrade: websocket
    < 101 Switching Protocols
    < upgrade: websocket
    < sec-websocket-accept: (answers the key)
    > (text) a
    > (close)
    < (text) a
    ");
}

#[rstest]
#[case::status("{ response: { status: 403 } }", "websocket-status")]
#[case::redirect("{ redirects: [{ to: other }] }", "redirect-mode-error")]
#[case::origin(
    "{ response: { websocket: { origins: [\"http://other.localhost:18080\"] } } }",
    "websocket-status"
)]
#[case::accept(
    "{ response: { websocket: {}, headers: { Sec-WebSocket-Accept: x } } }",
    "websocket-handshake"
)]
#[case::protocol("{ response: { websocket: { protocol: c } } }", "websocket-protocol")]
#[case::extension(
    "{ response: { websocket: {}, headers: { Sec-WebSocket-Extensions: x-a } } }",
    "websocket-extension"
)]
#[case::nothing("{ response: { connection: refuse } }", "network-error")]
#[tokio::test]
async fn a_handshake_that_fails_closes_at_once(#[case] server: &str, #[case] outcome: &str) {
    let played = play_scenario("{ via: websocket }", server).await;
    assert_eq!(played.outcome(), outcome);
    assert_eq!(played.events(), ["error", "close: 1006"]);
    assert_eq!(played.fact("wasClean"), Some("false"));
}

#[rstest]
#[case("{ via: websocket, protocols: [a, a] }", "websocket-protocol")]
#[case("{ via: websocket, fragment: \"#a\" }", "url-invalid")]
#[tokio::test]
async fn impossible_arguments_are_refused(#[case] request: &str, #[case] outcome: &str) {
    let played = play_scenario(request, "{}").await;
    assert_eq!(played.outcome(), outcome);
    assert!(played.events().is_empty());
    assert!(played.sent().is_empty());
}

#[tokio::test]
async fn a_server_that_speaks_nothing_but_http2_has_no_web_sockets() {
    let played = play_scenario("{ via: websocket, to: api-h2 }", "{}").await;
    assert_eq!(played.outcome(), "network-error");
    assert!(played.sent().is_empty());
}

#[tokio::test]
async fn the_page_closes_with_code_and_reason() {
    let request = "{ via: websocket, send: [a], close: { code: 3001, reason: bye } }";
    let played = play_scenario(request, "{ response: { websocket: {} } }").await;
    assert_eq!(played.events(), ["open", "message: a", "close: 3001"]);
    let said = played.transcript[0].conversation.as_ref().unwrap();
    let close = said.closed_by_page.as_ref().unwrap();
    assert_eq!((close.code, close.reason.as_str()), (Some(3001), "bye"));
}

#[tokio::test]
async fn the_server_closes_with_code_and_reason() {
    let server = "{ response: { websocket: { send: [hello], close: { code: 4000, reason: enough, after: 0 } } } }";
    let played = play_scenario("{ via: websocket, messages: 2 }", server).await;
    assert_eq!(played.events(), ["open", "message: hello", "close: 4000"]);
    assert_eq!(played.fact("reason"), Some("enough"));
}

#[tokio::test]
async fn a_connection_that_is_cut_ends_abnormally() {
    let server = "{ response: { websocket: { send: [hello] }, connection: cut } }";
    let played = play_scenario("{ via: websocket, messages: 2 }", server).await;
    assert_eq!(
        played.events().last().map(String::as_str),
        Some("close: 1006")
    );
    assert_eq!(played.fact("wasClean"), Some("false"));
    assert_eq!(played.outcome(), "allow");
}
