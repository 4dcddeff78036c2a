//! An exchange without what differs from run to run.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::names::Names;
use crate::case::scenario::SocketMessage;
use crate::tape::head::values;
use crate::tape::{Conversation, Exchange, Message};

/// The exchange with canonical names, keys and boundaries.
pub(crate) fn canonical(exchange: &Exchange, names: &Names) -> Exchange {
    let mut request = canonical_message(&exchange.request, names);
    let response = exchange.response.as_ref();
    let mut response =
        response.map(|(status, message)| (*status, canonical_message(message, names)));
    replace_boundary(&mut request);
    replace_key(&mut request, response.as_mut().map(|(_, message)| message));
    let conversation = exchange.conversation.as_ref();
    Exchange {
        step: exchange.step,
        to: exchange.to.clone(),
        protocol: exchange.protocol,
        method: exchange.method.clone(),
        target: names.to_canonical_text(&exchange.target),
        request,
        response,
        aborted: exchange.aborted,
        conversation: conversation.map(|it| canonical_conversation(it, names)),
    }
}

fn canonical_message(message: &Message, names: &Names) -> Message {
    Message {
        reason_phrase: message.reason_phrase.clone(),
        headers: message
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), names.to_canonical(value)))
            .collect(),
        body: names.to_canonical(&message.body),
        bytes: message.bytes.clone(),
        is_unfinished: message.is_unfinished,
    }
}

fn canonical_conversation(conversation: &Conversation, names: &Names) -> Conversation {
    let messages = |messages: &[SocketMessage]| {
        let canonical = messages.iter().map(|message| match message {
            SocketMessage::Binary(bytes) => SocketMessage::Binary(names.to_canonical(bytes)),
            SocketMessage::Text(text) => SocketMessage::Text(names.to_canonical_text(text)),
        });
        canonical.collect()
    };
    Conversation {
        from_page: messages(&conversation.from_page),
        closed_by_page: conversation.closed_by_page.clone(),
        from_server: messages(&conversation.from_server),
        closed_by_server: conversation.closed_by_server.clone(),
    }
}

/// Gives the parts of a form a boundary that is the same in every run, and the request the length
/// that it would have with it.
///
/// <https://html.spec.whatwg.org/#multipart-form-data>
fn replace_boundary(request: &mut Message) {
    let Some(boundary) = boundary(request) else {
        return;
    };
    let length_before = request.body.len();
    request.body = replace(&request.body, &boundary, BOUNDARY);
    let length_after = request.body.len();
    for (name, value) in &mut request.headers {
        if name.eq_ignore_ascii_case("content-type") {
            *value = replace(value, &boundary, BOUNDARY);
        } else if name.eq_ignore_ascii_case("content-length")
            && *value == length_before.to_string().as_bytes()
        {
            *value = length_after.to_string().into_bytes();
        }
    }
}

fn boundary(request: &Message) -> Option<Vec<u8>> {
    let value = values(&request.headers, "content-type").next()?;
    let parameters = value.strip_prefix(b"multipart/form-data;")?.trim_ascii();
    let boundary = parameters.strip_prefix(b"boundary=")?;
    // Shorter ones were made by hand, and could stand in the content as well.
    (boundary.len() >= SHORTEST_BOUNDARY).then(|| boundary.to_vec())
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            replaced.extend_from_slice(to);
            rest = after;
        } else {
            replaced.push(*first);
            rest = after;
        }
    }
    replaced
}

/// Gives the handshake of a WebSocket a key that is the same in every run, and the answer that fits it
/// if the answer fitted.
///
/// <https://websockets.spec.whatwg.org/#websocket-opening-handshake>
fn replace_key(request: &mut Message, response: Option<&mut Message>) {
    let headers = request.headers.iter_mut();
    let mut keys = headers.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let Some((_, key)) = keys.next() else {
        return;
    };
    let canonical = STANDARD.encode(KEY).into_bytes();
    let fitting = derive_accept_key(key).into_bytes();
    let accepts = response.into_iter().flat_map(|it| it.headers.iter_mut());
    for (name, value) in accepts {
        if name.eq_ignore_ascii_case("sec-websocket-accept") && *value == fitting {
            *value = derive_accept_key(&canonical).into_bytes();
        }
    }
    *key = canonical;
}

const BOUNDARY: &[u8] = b"----boundary";
const SHORTEST_BOUNDARY: usize = 16;
const KEY: &[u8; 16] = b"corspec-scenario";

#[cfg(test)]
mod tests {
    use super::*;

    fn message(headers: &[(&str, &str)], body: &str) -> Message {
        Message {
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            body: body.as_bytes().to_vec(),
            ..Message::default()
        }
    }

    #[test]
    fn the_boundary_of_a_form_is_the_same_in_every_run() {
        let form = |boundary: &str| {
            let body = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--{boundary}--\r\n"
            );
            let content_type = format!("multipart/form-data; boundary={boundary}");
            let length = body.len().to_string();
            let headers = [
                ("content-length", length.as_str()),
                ("content-type", &content_type),
            ];
            let mut form = message(&headers, &body);
            replace_boundary(&mut form);
            form
        };
        let one = form("----WebKitFormBoundaryABCDEFGHIJKLMNOP");
        assert_eq!(
            one,
            form("----geckoformboundary0123456789abcdef0123456789abcdef")
        );
        assert_eq!(
            one,
            form("---------------------------9051914041544843365972754266")
        );
        assert_eq!(
            one.headers[1].1,
            b"multipart/form-data; boundary=----boundary"
        );
        assert!(one.body.starts_with(b"------boundary\r\n"));
        assert_eq!(one.headers[0].1, one.body.len().to_string().as_bytes());
    }

    #[test]
    fn a_boundary_made_by_hand_stays() {
        let headers = [("content-type", "multipart/form-data; boundary=x")];
        let mut form = message(&headers, "--x--");
        replace_boundary(&mut form);
        assert_eq!(form, message(&headers, "--x--"));
    }

    #[test]
    fn a_fitting_answer_to_a_key_still_fits_and_another_stays() {
        let key = "dGhlIHNhbXBsZSBub25jZQ==";
        let mut request = message(&[("Sec-WebSocket-Key", key)], "");
        let right = ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let wrong = ("Sec-WebSocket-Accept", "wrong");
        let mut response = message(&[right, wrong], "");
        replace_key(&mut request, Some(&mut response));
        assert_eq!(request.headers[0].1, b"Y29yc3BlYy1zY2VuYXJpbw==");
        let fitting = derive_accept_key(b"Y29yc3BlYy1zY2VuYXJpbw==");
        assert_eq!(response.headers[0].1, fitting.as_bytes());
        assert_eq!(response.headers[1].1, b"wrong");
    }
}
