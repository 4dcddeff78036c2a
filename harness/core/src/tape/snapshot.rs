//! An exchange as a snapshot keeps it: for people to review, and the same for every agent.
//!
//! ```text
//! > OPTIONS http://api.localhost:18080/scenario/resource
//! > accept: */*
//! > access-control-request-method: PUT
//! > origin: http://app.localhost:18080
//! < 204 No Content
//! < access-control-allow-origin: http://app.localhost:18080
//!
//! > PUT http://api.localhost:18080/scenario/resource
//! > origin: http://app.localhost:18080
//! >
//! > a body
//! < 200 OK
//! < content-length: 2
//! <
//! < ok
//! ```
//!
//! Header names are in lower case, request headers in the standard's order, and what is personal to
//! an engine or a connection is left out ([`super::personal`]). Bytes that have no shape are escaped.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::body::Framing;
use super::escape::{escape, is_text};
use super::exchange::{Conversation, Exchange, Message};
use super::head::{Head, values};
use super::personal::{
    is_personal_in_requests, is_personal_in_responses, is_personal_of_element,
    is_personal_of_handshake, place_in_order,
};
use crate::case::scenario::{SocketClose, SocketMessage};

/// Shows the exchanges without what is personal to an engine or a connection.
#[must_use]
pub fn snapshot(transcript: &[Exchange]) -> String {
    let mut text = String::new();
    let has_steps = transcript.iter().any(|exchange| exchange.step > 0);
    let mut step = None;
    let mut previous: Option<&Exchange> = None;
    for exchange in transcript {
        if previous
            .replace(exchange)
            .is_some_and(|previous| is_retry(previous, exchange))
        {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        if has_steps && step != Some(exchange.step) {
            step = Some(exchange.step);
            line(&mut text, "#", &format!("step {}", exchange.step + 1));
        }
        show_request(&mut text, exchange);
        show_response(&mut text, exchange);
        if let Some(conversation) = &exchange.conversation {
            show_conversation(&mut text, conversation);
        }
        if exchange.aborted {
            line(&mut text, ">", "(gone away before the end)");
        }
    }
    text
}

/// Whether a request is made once more because the connection was closed without an answer, which a
/// client may do as often as it likes.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2>
fn is_retry(previous: &Exchange, exchange: &Exchange) -> bool {
    let essence = |exchange: &Exchange| {
        (
            exchange.step,
            exchange.to.clone(),
            exchange.method.clone(),
            exchange.target.clone(),
        )
    };
    previous.response.is_none()
        && exchange.response.is_none()
        && !previous.aborted
        && !exchange.aborted
        && essence(previous) == essence(exchange)
}

fn show_request(text: &mut String, exchange: &Exchange) {
    let Exchange {
        to,
        method,
        target,
        request,
        ..
    } = exchange;
    let url = format!("{}{target}", to.serialize());
    line(text, ">", &escape(format!("{method} {url}").as_bytes()));
    let mut headers = lower_case(request);
    headers.retain(|(name, _)| !is_personal_in_requests(name));
    let destination = headers.iter().find(|(name, _)| name == "sec-fetch-dest");
    let destination = destination.map_or(b"empty".as_slice(), |(_, value)| *value);
    headers.retain(|(name, value)| !is_personal_of_element(name, value, destination));
    if headers
        .iter()
        .any(|(name, value)| name == "upgrade" && *value == b"websocket")
    {
        headers.retain(|(name, _)| !is_personal_of_handshake(name));
    }
    headers.sort_by(|(a, _), (b, _)| place_in_order(a).cmp(&place_in_order(b)));
    show_headers(text, ">", &headers);
    show_body(text, ">", &request.body);
}

fn show_conversation(text: &mut String, conversation: &Conversation) {
    let Conversation {
        from_page,
        closed_by_page,
        from_server,
        closed_by_server,
    } = conversation;
    for (mark, messages, close) in [
        (">", from_page, closed_by_page),
        ("<", from_server, closed_by_server),
    ] {
        for message in messages {
            let shown = match message {
                SocketMessage::Binary(bytes) => format!("(binary) {}", hexadecimal(bytes)),
                SocketMessage::Text(content) => format!("(text) {}", escape(content.as_bytes())),
            };
            line(text, mark, &shown);
        }
        if let Some(SocketClose { code, reason }) = close {
            let code = code.map_or_else(String::new, |code| format!(" {code}"));
            let shown = format!("(close){code} {}", escape(reason.as_bytes()));
            line(text, mark, shown.trim_end());
        }
    }
}

fn show_response(text: &mut String, exchange: &Exchange) {
    let Some((status, message)) = &exchange.response else {
        if !exchange.aborted {
            line(text, "<", "(closed without an answer)");
        }
        return;
    };
    if *status == 0 {
        line(text, "<", "(not HTTP)");
    } else {
        let reason = match message.reason_phrase.as_slice() {
            [] => usual_reason(*status).as_bytes(),
            reason => reason,
        };
        line(text, "<", format!("{status} {}", escape(reason)).trim_end());
    }
    let mut headers = lower_case(message);
    headers.retain(|(name, _)| !is_personal_in_responses(name));
    let keys: Vec<&[u8]> = values(&exchange.request.headers, "sec-websocket-key").collect();
    for (name, value) in &mut headers {
        if name == "sec-websocket-accept" && answers_key(value, &keys) {
            *value = b"(answers the key)";
        }
    }
    show_headers(text, "<", &headers);
    show_body(text, "<", &message.body);
    if exchange.aborted {
        return; // which says why the body may have no end
    }
    let length = message.body.len();
    if let Some(announced) = length_announced(exchange, *status, message) {
        line(
            text,
            "<",
            &format!("(cut after {length} of {announced} bytes)"),
        );
    } else if message.is_unfinished {
        line(text, "<", &format!("(cut after {length} bytes)"));
    }
}

/// Whether this is what the key of a handshake must be answered with. It is shown in words, since
/// keys are random.
///
/// <https://www.rfc-editor.org/rfc/rfc6455.html#section-4.2.2>
fn answers_key(value: &[u8], keys: &[&[u8]]) -> bool {
    matches!(keys, [key] if derive_accept_key(key).as_bytes() == value)
}

fn lower_case(message: &Message) -> Vec<(String, &[u8])> {
    message
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_slice()))
        .collect()
}

fn show_headers(text: &mut String, mark: &str, headers: &[(String, &[u8])]) {
    for (name, value) in headers {
        let shown = format!("{}: {}", escape(name.as_bytes()), escape(value));
        line(text, mark, shown.trim_end());
    }
}

/// Text line by line; other bytes in hexadecimal; long bodies by length and digest.
fn show_body(text: &mut String, mark: &str, body: &[u8]) {
    if body.is_empty() {
        return;
    }
    line(text, mark, "");
    if body.len() > LONGEST_BODY {
        let digest = hexadecimal(&Sha256::digest(body)[..8]);
        line(
            text,
            mark,
            &format!("({} bytes, sha256 {digest}…)", body.len()),
        );
    } else if is_text(body) {
        for content in body.split(|byte| *byte == b'\n') {
            line(text, mark, &escape(content));
        }
    } else {
        for row in body.chunks(32) {
            line(text, mark, &format!("0x{}", hexadecimal(row)));
        }
    }
}

/// The length that was announced, if the body is shorter.
fn length_announced(exchange: &Exchange, status: u16, message: &Message) -> Option<u64> {
    values(&message.headers, "content-length").next()?;
    let head = Head {
        start_line: Vec::new(),
        headers: message.headers.clone(),
        oddities: Vec::new(),
        length: 0,
    };
    match Framing::of_response(&head, status, &exchange.method) {
        Framing::Length(length) if length > message.body.len() as u64 => Some(length),
        _ => None,
    }
}

fn usual_reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|it| it.canonical_reason())
        .unwrap_or_default()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn line(text: &mut String, mark: &str, content: &str) {
    text.push_str(mark);
    if !content.is_empty() {
        text.push(' ');
        text.push_str(content);
    }
    text.push('\n');
}

/// The most bytes of a body that a snapshot shows.
const LONGEST_BODY: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Protocol;

    fn message(headers: &[(&str, &[u8])], body: &[u8]) -> Message {
        Message {
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), v.to_vec()))
                .collect(),
            body: body.to_vec(),
            ..Message::default()
        }
    }

    fn exchange(method: &str, request: Message, response: Option<(u16, Message)>) -> Exchange {
        Exchange {
            step: 0,
            to: "api".parse().unwrap(),
            protocol: Protocol::Http1,
            method: method.to_owned(),
            target: "/scenario/resource".to_owned(),
            request,
            response,
            aborted: false,
            conversation: None,
        }
    }

    #[test]
    fn a_preflighted_exchange_shows_what_matters_in_the_standards_order() {
        let preflight = message(
            &[
                ("Host", b"api.localhost:18080"),
                ("User-Agent", b"Engine/1"),
                ("Sec-Fetch-Mode", b"cors"),
                ("Origin", b"http://app.localhost:18080"),
                ("Access-Control-Request-Headers", b"x-probe"),
                ("Access-Control-Request-Method", b"PUT"),
                ("Accept", b"*/*"),
            ],
            b"",
        );
        let allowed = message(&[("Access-Control-Allow-Origin", b"*"), ("Vary", b"")], b"");
        let actual = message(&[("X-Probe", b"1"), ("content-length", b"5")], b"a\nbod");
        let answer = message(
            &[("X-B", b"1"), ("X-A", b"2"), ("Connection", b"close")],
            b"ok",
        );
        let transcript = [
            exchange("OPTIONS", preflight, Some((204, allowed))),
            exchange("PUT", actual, Some((200, answer))),
        ];
        insta::assert_snapshot!(snapshot(&transcript), @r"
        > OPTIONS http://api.localhost:18080/scenario/resource
        > accept: */*
        > access-control-request-method: PUT
        > access-control-request-headers: x-probe
        > origin: http://app.localhost:18080
        > sec-fetch-mode: cors
        < 204 No Content
        < access-control-allow-origin: *
        < vary:

        > PUT http://api.localhost:18080/scenario/resource
        > content-length: 5
        > x-probe: 1
        >
        > a
        > bod
        < 200 OK
        < x-b: 1
        < x-a: 2
        <
        < ok
        ");
    }

    #[test]
    fn odd_answers_are_shown_with_escapes() {
        let odd = Message {
            reason_phrase: b"Fine\x01".to_vec(),
            headers: vec![
                ("X-Folded".to_owned(), b"a\r\n b".to_vec()),
                ("X-Space ".to_owned(), b"caf\xe9".to_vec()),
                ("Content-Length".to_owned(), b"4".to_vec()),
            ],
            body: b"\x00\xff".to_vec(),
            ..Message::default()
        };
        let garbage = message(&[], b"SSH-2.0-server\r\n");
        let transcript = [
            exchange("GET", message(&[], b""), Some((299, odd))),
            exchange("GET", message(&[], b""), Some((0, garbage))),
            exchange("GET", message(&[], b""), None),
        ];
        insta::assert_snapshot!(snapshot(&transcript), @r"
        > GET http://api.localhost:18080/scenario/resource
        < 299 Fine\x01
        < x-folded: a\x0d\x0a b
        < x-space : caf\xe9
        < content-length: 4
        <
        < 0x00ff
        < (cut after 2 of 4 bytes)

        > GET http://api.localhost:18080/scenario/resource
        < (not HTTP)
        <
        < SSH-2.0-server\x0d
        <

        > GET http://api.localhost:18080/scenario/resource
        < (closed without an answer)
        ");
    }

    #[test]
    fn a_conversation_is_shown_behind_its_handshake() {
        let handshake = message(
            &[
                ("Upgrade", b"websocket"),
                ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
                ("Sec-WebSocket-Extensions", b"permessage-deflate"),
                ("Sec-WebSocket-Version", b"13"),
            ],
            b"",
        );
        let right: (&str, &[u8]) = ("Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let wrong: (&str, &[u8]) = ("Sec-WebSocket-Accept", b"wrong");
        let accepted = message(&[right], b"");
        let close = |code, reason: &str| SocketClose {
            code,
            reason: reason.to_owned(),
        };
        let mut spoken = exchange("GET", handshake.clone(), Some((101, accepted)));
        spoken.conversation = Some(Conversation {
            from_page: vec![SocketMessage::Text("a\nb".to_owned())],
            closed_by_page: Some(close(Some(1000), "done")),
            from_server: vec![SocketMessage::Binary(vec![0, 255])],
            closed_by_server: None,
        });
        let mut refused = exchange("GET", handshake, Some((101, message(&[wrong], b""))));
        refused.aborted = true;
        insta::assert_snapshot!(snapshot(&[spoken, refused]), @r"
        > GET http://api.localhost:18080/scenario/resource
        > sec-websocket-version: 13
        > upgrade: websocket
        < 101 Switching Protocols
        < sec-websocket-accept: (answers the key)
        > (text) a\x0ab
        > (close) 1000 done
        < (binary) 00ff

        > GET http://api.localhost:18080/scenario/resource
        > sec-websocket-version: 13
        > upgrade: websocket
        < 101 Switching Protocols
        < sec-websocket-accept: wrong
        > (gone away before the end)
        ");
    }

    #[test]
    fn a_body_without_an_end_is_marked_unless_the_client_left() {
        let unfinished = Message {
            is_unfinished: true,
            ..message(&[], b"ab")
        };
        let cut = exchange("GET", message(&[], b""), Some((200, unfinished)));
        let left = Exchange {
            aborted: true,
            ..cut.clone()
        };
        let left_early = Exchange {
            response: None,
            ..left.clone()
        };
        let transcript = [cut, left, left_early.clone(), left_early];
        insta::assert_snapshot!(snapshot(&transcript), @r"
        > GET http://api.localhost:18080/scenario/resource
        < 200 OK
        <
        < ab
        < (cut after 2 bytes)

        > GET http://api.localhost:18080/scenario/resource
        < 200 OK
        <
        < ab
        > (gone away before the end)

        > GET http://api.localhost:18080/scenario/resource
        > (gone away before the end)

        > GET http://api.localhost:18080/scenario/resource
        > (gone away before the end)
        ");
    }

    #[test]
    fn steps_are_marked_and_long_bodies_are_digested() {
        let mut second = exchange("POST", message(&[], &[b'a'; 2000]), None);
        second.step = 1;
        let transcript = [exchange("GET", message(&[], b""), None), second];
        insta::assert_snapshot!(snapshot(&transcript), @r"
        # step 1
        > GET http://api.localhost:18080/scenario/resource
        < (closed without an answer)

        # step 2
        > POST http://api.localhost:18080/scenario/resource
        >
        > (2000 bytes, sha256 c4a700f85b7e9e5c…)
        < (closed without an answer)
        ");
    }
}
