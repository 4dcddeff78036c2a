//! Answers whose bodies come in parts, or never end.

use std::time::Duration;

use super::encode::{asks_to_close, head, may_have_body};
use crate::case::scenario::{Answer, ConnectionPlan};
use crate::tape::head::values;

/// A body in parts, whatever the protocol.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    pub(crate) end: End,
}

/// A part of a body, written by itself.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Part {
    /// Waited before it is written.
    pub(crate) wait: Duration,
    pub(crate) content: Vec<u8>,
}

/// What follows the last part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// The end of the body.
    Complete,
    /// The end of the connection, or of the stream.
    Cut,
    /// Nothing, until the client goes away.
    Held,
}

impl Parts {
    /// The parts of an answer to this method; `None` if it is written at once.
    pub(crate) fn of(answer: &Answer, method: &str) -> Option<Self> {
        let is_held = answer.connection == ConnectionPlan::Hold;
        if answer.raw.is_some()
            || answer.connection == ConnectionPlan::Refuse
            || !may_have_body(answer.status, method)
            || (answer.chunks.is_empty() && !is_held)
        {
            return None;
        }
        let chunks = answer.chunks.iter().map(|chunk| Part {
            wait: chunk.wait,
            content: chunk.bytes.clone(),
        });
        let mut parts: Vec<Part> = chunks.collect();
        if parts.is_empty() {
            parts.push(Part {
                wait: Duration::ZERO,
                content: answer.body.clone(),
            });
        }
        let end = match answer.connection {
            ConnectionPlan::Cut => End::Cut,
            // The client counts: nothing is left to wait for.
            ConnectionPlan::Hold if has_fitting_length(answer) => End::Complete,
            ConnectionPlan::Hold => End::Held,
            ConnectionPlan::Keep | ConnectionPlan::Refuse => End::Complete,
        };
        Some(Self { parts, end })
    }
}

/// How the parts are written over HTTP/1.1.
#[derive(Debug)]
pub(crate) struct Coding {
    /// The status line and the header lines of the script, and `Transfer-Encoding: chunked` unless
    /// they say a length or a coding.
    pub(crate) head: Vec<u8>,
    is_chunked: bool,
    /// Whether the connection must be closed behind a complete body.
    pub(crate) closes: bool,
}

impl Coding {
    pub(crate) fn of(answer: &Answer) -> Self {
        let length = values(&answer.headers, "content-length").next();
        let coding = values(&answer.headers, "transfer-encoding").next();
        let is_silent = length.is_none() && coding.is_none();
        let is_chunked =
            is_silent || coding.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
        let own: &[(&str, &[u8])] = if is_silent {
            &[("Transfer-Encoding", b"chunked")]
        } else {
            &[]
        };
        Self {
            head: head(answer, own),
            is_chunked,
            closes: asks_to_close(answer) || !(is_chunked || has_fitting_length(answer)),
        }
    }

    /// The bytes that carry a part.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc9112.html#name-chunked-transfer-coding>
    pub(crate) fn encode(&self, content: &[u8], ends_body: bool) -> Vec<u8> {
        if !self.is_chunked {
            return content.to_vec();
        }
        let mut bytes = Vec::with_capacity(content.len() + 16);
        // An empty chunk would be the last.
        if !content.is_empty() {
            bytes.extend_from_slice(format!("{:x}\r\n", content.len()).as_bytes());
            bytes.extend_from_slice(content);
            bytes.extend_from_slice(b"\r\n");
        }
        if ends_body {
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        bytes
    }
}

fn has_fitting_length(answer: &Answer) -> bool {
    values(&answer.headers, "transfer-encoding")
        .next()
        .is_none()
        && values(&answer.headers, "content-length")
            .next()
            .is_some_and(|length| length.trim_ascii() == answer.body.len().to_string().as_bytes())
}

/// How long a client may leave an unfinished answer alone: longer than any step lasts.
pub(crate) const LONGEST_HOLD: Duration = Duration::from_secs(15);
