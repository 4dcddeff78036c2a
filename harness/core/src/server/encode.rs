//! An answer as HTTP/1.1 bytes: exactly the lines of its script.

use crate::case::scenario::{Answer, ConnectionPlan};
use crate::tape::head::values;

/// An answer ready to be dictated.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// Whether the connection must be closed behind it.
    pub(crate) closes: bool,
}

impl Encoded {
    /// Closes the connection without another byte.
    pub(crate) const CLOSE: Self = Self {
        bytes: Vec::new(),
        closes: true,
    };
}

/// Encodes the answer to a request with this method.
///
/// Nothing is added but a `Content-Length`, where the answer has a body and does not say how long it
/// is. A scripted `Transfer-Encoding: chunked` is honoured by sending the body as one chunk.
pub(crate) fn encode(answer: &Answer, method: &str) -> Encoded {
    if let Some(raw) = &answer.raw {
        return Encoded {
            bytes: raw.clone(),
            closes: true,
        };
    }
    if answer.connection == ConnectionPlan::Refuse {
        return Encoded::CLOSE;
    }
    let body = Body::of(answer, method);
    let length = body.length_to_announce.map(|length| length.to_string());
    let length = length
        .as_ref()
        .map(|length| ("Content-Length", length.as_bytes()));
    let mut bytes = head(answer, length.as_slice());
    bytes.extend_from_slice(&body.sent);
    Encoded {
        bytes,
        closes: body.closes || asks_to_close(answer),
    }
}

/// The status line, the lines of the script, lines of our own behind them, and the empty line.
pub(crate) fn head(answer: &Answer, own: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = status_line(answer);
    for (name, value) in &answer.headers {
        push_line(&mut bytes, name, value);
    }
    for (name, value) in own {
        push_line(&mut bytes, name, value);
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Whether a response with this status to this method can have a body.
///
/// <https://www.rfc-editor.org/rfc/rfc9112.html#name-message-body-length>
pub(crate) fn may_have_body(status: u16, method: &str) -> bool {
    method != "HEAD" && !matches!(status, 100..=199 | 204 | 304)
}

/// How much of a body is sent before the connection is cut.
pub(crate) fn cut(body: &[u8]) -> &[u8] {
    &body[..body.len() / 2]
}

struct Body {
    sent: Vec<u8>,
    length_to_announce: Option<usize>,
    closes: bool,
}

impl Body {
    fn of(answer: &Answer, method: &str) -> Self {
        let is_cut = answer.connection == ConnectionPlan::Cut;
        let scripted_length = values(&answer.headers, "content-length").next();
        let coding = values(&answer.headers, "transfer-encoding").next();
        let is_silent = scripted_length.is_none() && coding.is_none();
        if !may_have_body(answer.status, method) {
            let has_length = answer.chunks.is_empty() && answer.connection != ConnectionPlan::Hold;
            let is_head = method == "HEAD" && may_have_body(answer.status, "GET") && has_length;
            return Self {
                sent: Vec::new(),
                length_to_announce: (is_head && is_silent).then_some(answer.body.len()),
                closes: is_cut || answer.status < 200,
            };
        }
        if coding.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
            let chunks = chunked(&answer.body);
            let sent = if is_cut {
                cut(&chunks).to_vec()
            } else {
                chunks
            };
            return Self {
                sent,
                length_to_announce: None,
                closes: is_cut,
            };
        }
        let sent = if is_cut {
            cut(&answer.body)
        } else {
            &answer.body
        };
        let is_consistent = scripted_length
            .is_none_or(|length| length.trim_ascii() == answer.body.len().to_string().as_bytes());
        // Whatever is cut announces more than it sends, even if there was nothing to send.
        let length = if is_cut {
            answer.body.len().max(1)
        } else {
            answer.body.len()
        };
        Self {
            sent: sent.to_vec(),
            length_to_announce: is_silent.then_some(length),
            closes: is_cut || !is_consistent || coding.is_some(),
        }
    }
}

fn status_line(answer: &Answer) -> Vec<u8> {
    let reason = answer
        .reason_phrase
        .as_deref()
        .unwrap_or_else(|| usual_reason(answer.status));
    let mut line = format!("HTTP/1.1 {:03} ", answer.status).into_bytes();
    line.extend(isomorphic_encode(reason));
    line.extend_from_slice(b"\r\n");
    line
}

fn usual_reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|it| it.canonical_reason())
        .unwrap_or_default()
}

fn push_line(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend(isomorphic_encode(name));
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

/// Characters up to U+00FF as the byte of the same number; others, which nothing should have, as `?`.
///
/// <https://infra.spec.whatwg.org/#isomorphic-encode>
fn isomorphic_encode(text: &str) -> impl Iterator<Item = u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?'))
}

pub(crate) fn asks_to_close(answer: &Answer) -> bool {
    values(&answer.headers, "connection").any(|value| {
        value
            .to_ascii_lowercase()
            .windows(5)
            .any(|window| window == b"close")
    })
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::with_capacity(body.len() + 16);
    if !body.is_empty() {
        chunks.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
        chunks.extend_from_slice(body);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        }
    }

    fn encoded(answer: &Answer, method: &str) -> (String, bool) {
        let Encoded { bytes, closes } = encode(answer, method);
        (String::from_utf8(bytes).unwrap(), closes)
    }

    #[test]
    fn lines_go_out_in_the_order_and_case_of_the_script() {
        let answer = answer(200, &[("Vary", "a"), ("x-B", "1"), ("vary", "b")], "ok");
        let expected =
            "HTTP/1.1 200 OK\r\nVary: a\r\nx-B: 1\r\nvary: b\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(encoded(&answer, "GET"), (expected.to_owned(), false));
    }

    #[rstest]
    #[case::head("HEAD", 200, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")]
    #[case::no_content("GET", 204, "HTTP/1.1 204 No Content\r\n\r\n")]
    #[case::not_modified("GET", 304, "HTTP/1.1 304 Not Modified\r\n\r\n")]
    #[case::unknown_status("GET", 299, "HTTP/1.1 299 \r\nContent-Length: 2\r\n\r\nok")]
    fn a_body_is_sent_where_there_can_be_one(
        #[case] method: &str,
        #[case] status: u16,
        #[case] expected: &str,
    ) {
        assert_eq!(
            encoded(&answer(status, &[], "ok"), method),
            (expected.to_owned(), false)
        );
    }

    #[rstest]
    #[case::right("2", false)]
    #[case::too_long("3", true)]
    #[case::too_short("1", true)]
    #[case::nonsense("two", true)]
    fn a_scripted_length_stays_and_a_wrong_one_closes(#[case] length: &str, #[case] closes: bool) {
        let answer = answer(200, &[("Content-Length", length)], "ok");
        let expected = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nok");
        assert_eq!(encoded(&answer, "GET"), (expected, closes));
    }

    #[test]
    fn a_scripted_coding_is_honoured() {
        let answer = answer(200, &[("Transfer-Encoding", "chunked")], "ok");
        let expected = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        assert_eq!(encoded(&answer, "GET"), (expected.to_owned(), false));
    }

    #[rstest]
    #[case::half("1234", "4\r\n\r\n12")]
    #[case::one_byte("1", "1\r\n\r\n")]
    #[case::nothing("", "1\r\n\r\n")]
    fn a_cut_answer_announces_more_than_it_sends(#[case] body: &str, #[case] end: &str) {
        let cut = Answer {
            connection: ConnectionPlan::Cut,
            ..answer(200, &[], body)
        };
        let expected = format!("HTTP/1.1 200 OK\r\nContent-Length: {end}");
        assert_eq!(encoded(&cut, "GET"), (expected, true));
    }

    #[test]
    fn raw_bytes_replace_everything_and_refusal_sends_nothing() {
        let raw = Answer {
            raw: Some(b"any\x00thing".to_vec()),
            ..answer(200, &[], "ok")
        };
        assert_eq!(
            encode(&raw, "GET"),
            Encoded {
                bytes: b"any\x00thing".to_vec(),
                closes: true
            }
        );
        let refused = Answer {
            connection: ConnectionPlan::Refuse,
            ..answer(200, &[], "ok")
        };
        assert_eq!(
            encode(&refused, "GET"),
            Encoded {
                bytes: Vec::new(),
                closes: true
            }
        );
    }

    #[test]
    fn the_reason_phrase_of_the_script_counts() {
        let named = Answer {
            reason_phrase: Some("Caf\u{e9}".to_owned()),
            ..answer(204, &[], "")
        };
        assert_eq!(encode(&named, "GET").bytes, b"HTTP/1.1 204 Caf\xe9\r\n\r\n");
    }

    #[test]
    fn a_scripted_connection_header_is_obeyed() {
        assert!(encode(&answer(204, &[("Connection", "Close")], ""), "GET").closes);
    }
}
