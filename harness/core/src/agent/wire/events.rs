//! What script is told on the way, as far as the protocol settles it.

use corspec_fetch::{Block, Outcome, Purpose, Reason, ResponseType};

use super::visit::Visit;
use crate::agent::{BlockSignal, End, Observation, ScriptEvent};
use crate::case::scenario::{Mechanism, RequestPlan};

/// An event that carries something, or nothing.
pub(super) fn event(name: &str, detail: impl Into<Vec<u8>>) -> ScriptEvent {
    ScriptEvent {
        name: name.to_owned(),
        detail: detail.into(),
    }
}

/// A call that its interface refused before there was a request.
pub(super) fn refused(plan: &RequestPlan, block: Block) -> Observation {
    let Block { reason, detail } = block;
    let mut observation = Observation::from(End::Blocked(BlockSignal {
        error: error_name(plan.via, reason).to_owned(),
        message: String::new(),
        because: Some(reason),
        alternatives: Vec::new(),
        detail,
    }));
    observation.events = match plan.via {
        // The request that an element begins fails, and so does `register()`.
        Mechanism::Fetch | Mechanism::ServiceWorker => Some(vec![event("error", "")]),
        via if is_element(via) => Some(vec![event("error", "")]),
        _ => Some(Vec::new()),
    };
    observation
}

/// The events of a call that is over, in order; `chunks` are the parts of its body that were read
/// while they arrived.
pub(super) fn of_call(
    plan: &RequestPlan,
    visit: &Visit,
    was_open: bool,
    chunks: &[Vec<u8>],
) -> Option<Vec<ScriptEvent>> {
    let allowed = matches!(visit.outcome, Outcome::Allow(_));
    match plan.via {
        Mechanism::Fetch => {
            let opens = allowed || was_open || visit.has_lost_body;
            Some(of_fetch(
                opens,
                chunks,
                if allowed { "end" } else { "error" },
            ))
        }
        Mechanism::Xhr => of_xhr(plan, visit, chunks),
        Mechanism::Beacon | Mechanism::Form | Mechanism::Link => Some(Vec::new()),
        Mechanism::Frame => Some(vec![event("load", "")]),
        // What else they are told is for their own script to say.
        Mechanism::Jsonp
        | Mechanism::Module
        | Mechanism::Script
        | Mechanism::ServiceWorker
        | Mechanism::SharedWorker
        | Mechanism::Worker
            if allowed =>
        {
            None
        }
        _ => Some(vec![event(if allowed { "load" } else { "error" }, "")]),
    }
}

/// The events of a `fetch()`.
pub(super) fn of_fetch(opens: bool, chunks: &[Vec<u8>], end: &str) -> Vec<ScriptEvent> {
    let mut events = Vec::new();
    if opens {
        events.push(event("response", ""));
    }
    events.extend(chunks.iter().map(|chunk| event("chunk", chunk.as_slice())));
    events.push(event(end, ""));
    events
}

/// The events of an XMLHttpRequest, but for `readystatechange` and `progress`, which come as often as
/// the user agent likes.
///
/// <https://xhr.spec.whatwg.org/#the-send()-method>
fn of_xhr(plan: &RequestPlan, visit: &Visit, chunks: &[Vec<u8>]) -> Option<Vec<ScriptEvent>> {
    let (end, because) = match &visit.outcome {
        Outcome::Allow(_) => ("load", None),
        Outcome::Block(block) => ("error", Some(block.reason)),
    };
    if because.is_some_and(is_thrown) {
        return Some(Vec::new());
    }
    if plan.synchronous {
        let ends = |end| vec![event(end, ""), event("loadend", "")];
        return Some(because.map_or_else(|| ends("load"), |_| Vec::new()));
    }
    let mut events = vec![event("loadstart", "")];
    if plan.upload_listener && has_body(plan) {
        events.push(event("upload-loadstart", ""));
        let last = visit.legs.last();
        let is_uploaded = last.is_some_and(|leg| leg.purpose == Purpose::Actual);
        if is_uploaded && last.is_some_and(|leg| leg.exchanged.response.is_none()) {
            // Nobody knows how far it got.
            return None;
        }
        let names = if is_uploaded {
            ["upload-load", "upload-loadend"]
        } else {
            ["upload-error", "upload-loadend"]
        };
        events.extend(names.map(|name| event(name, "")));
    }
    events.extend(texts(chunks).map(|text| event("chunk", text)));
    events.extend([event(end, ""), event("loadend", "")]);
    Some(events)
}

/// The events of an XMLHttpRequest that the page ended by `abort`, or time by `timeout`.
pub(super) fn of_xhr_ended(
    plan: &RequestPlan,
    end: &str,
    chunks: &[Vec<u8>],
) -> Option<Vec<ScriptEvent>> {
    if plan.synchronous || (plan.upload_listener && has_body(plan)) {
        return None;
    }
    let mut events = vec![event("loadstart", "")];
    events.extend(texts(chunks).map(|text| event("chunk", text)));
    events.extend([event(end, ""), event("loadend", "")]);
    Some(events)
}

/// The text that each part adds: an unfinished character waits for its end.
fn texts(chunks: &[Vec<u8>]) -> impl Iterator<Item = String> {
    let mut waiting: Vec<u8> = Vec::new();
    let texts = chunks.iter().map(move |chunk| {
        waiting.extend_from_slice(chunk);
        let end = match std::str::from_utf8(&waiting) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => waiting.len(),
        };
        let text: Vec<u8> = waiting.drain(..end).collect();
        String::from_utf8_lossy(&text).into_owned()
    });
    texts.filter(|text| !text.is_empty())
}

/// The name of what script catches: an exception, or the event `error`.
pub(super) fn error_name(via: Mechanism, because: Reason) -> &'static str {
    match (via, because) {
        (Mechanism::Fetch | Mechanism::LongPoll, Reason::Aborted) => "AbortError",
        (_, Reason::Aborted) => "abort",
        (_, Reason::Timeout) => "timeout",
        (Mechanism::Beacon | Mechanism::Fetch | Mechanism::LongPoll, _) => "TypeError",
        (Mechanism::Xhr, Reason::ForbiddenMethod) | (_, Reason::WorkerOrigin) => "SecurityError",
        (Mechanism::Xhr, Reason::NotSupported) => "InvalidAccessError",
        (Mechanism::Xhr, Reason::InvalidHeader | Reason::InvalidMethod | Reason::UrlInvalid) => {
            "SyntaxError"
        }
        (Mechanism::EventSource | Mechanism::WebSocket, Reason::UrlInvalid) => "SyntaxError",
        (_, _) => "error",
    }
}

/// Whether XMLHttpRequest throws for it before anything begins.
const fn is_thrown(because: Reason) -> bool {
    matches!(
        because,
        Reason::ForbiddenMethod
            | Reason::InvalidHeader
            | Reason::InvalidMethod
            | Reason::NotSupported
            | Reason::UrlInvalid
    )
}

fn has_body(plan: &RequestPlan) -> bool {
    plan.body.is_some()
        && !["GET", "HEAD"]
            .iter()
            .any(|it| plan.method.eq_ignore_ascii_case(it))
}

const fn is_element(via: Mechanism) -> bool {
    via.has_crossorigin() || matches!(via, Mechanism::Font)
}

/// Whether script can read what was loaded.
pub(super) const fn is_readable(kind: ResponseType) -> bool {
    matches!(kind, ResponseType::Basic | ResponseType::Cors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_in_two_parts_is_told_when_it_is_whole() {
        let chunks = [b"a\xe2\x82".to_vec(), b"\xac".to_vec(), b"b\xff".to_vec()];
        let texts: Vec<String> = texts(&chunks).collect();
        assert_eq!(texts, ["a", "\u{20ac}", "b\u{fffd}"]);
    }

    #[test]
    fn a_part_of_nothing_but_half_a_character_is_not_told() {
        assert_eq!(texts(&[b"\xe2".to_vec()]).count(), 0);
    }
}
