//! What script can find out, as far as it follows from the exchange.

use std::collections::BTreeMap;

use corspec_fetch::{Outcome, Reason, VisibleResponse};

use super::events::is_readable;
use super::visit::Visit;
use crate::case::scenario::{Mechanism, RequestPlan};

/// The facts about a call that is over.
pub(super) fn of_call(plan: &RequestPlan, visit: &Visit) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    let mut set = |name: &str, value: &str| facts.insert(name.to_owned(), value.to_owned());
    if !plan.via.is_silent() {
        set("timing", timing(visit));
    }
    let response = match &visit.outcome {
        Outcome::Allow(response) => Some(response),
        Outcome::Block(_) => None,
    };
    let readable = |other: &'static str| match response {
        Some(response) if is_readable(response.kind) => Some("readable"),
        Some(_) => Some(other),
        None => None,
    };
    let told = match plan.via {
        Mechanism::Frame => readable("hidden").map(|it| ("document", it)),
        Mechanism::Image | Mechanism::Video => readable("tainted").map(|it| ("pixels", it)),
        Mechanism::Style => readable("hidden").map(|it| ("rules", it)),
        Mechanism::Beacon => match &visit.outcome {
            // Everything else is found out when nobody listens any more.
            Outcome::Block(block) if block.reason == Reason::KeepaliveTooLarge => {
                Some(("queued", "false"))
            }
            Outcome::Allow(_) | Outcome::Block(_) => Some(("queued", "true")),
        },
        _ => None,
    };
    if let Some((name, value)) = told {
        set(name, value);
    }
    if plan.via == Mechanism::Xhr {
        facts.append(&mut of_xhr(&visit.outcome));
    }
    facts
}

/// What an XMLHttpRequest shows when it is over.
///
/// <https://xhr.spec.whatwg.org/#interface-xmlhttprequest>
fn of_xhr(outcome: &Outcome) -> BTreeMap<String, String> {
    let facts: Vec<(&str, String)> = match outcome {
        Outcome::Allow(response) => vec![
            ("headers", header_lines(response)),
            ("readyState", "4".to_owned()),
            (
                "responseURL",
                response
                    .url
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ),
            ("status", response.status.to_string()),
            ("statusText", response.status_text.clone()),
        ]
        .into_iter()
        .chain(text(response).map(|text| ("responseText", text)))
        .collect(),
        // What is refused before there is a request has not come as far as this.
        Outcome::Block(block) if block.reason == Reason::Aborted => shows_nothing("0"),
        Outcome::Block(_) => shows_nothing("4"),
    };
    let owned = facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    owned.collect()
}

/// An XMLHttpRequest without a response.
///
/// <https://xhr.spec.whatwg.org/#request-error-steps>
fn shows_nothing(ready_state: &str) -> Vec<(&'static str, String)> {
    vec![
        ("headers", String::new()),
        ("readyState", ready_state.to_owned()),
        ("responseText", String::new()),
        ("responseURL", String::new()),
        ("status", "0".to_owned()),
        ("statusText", String::new()),
    ]
}

/// The text of a response that names no other encoding than UTF-8.
fn text(response: &VisibleResponse) -> Option<String> {
    let content_type = response.headers.get("content-type").unwrap_or_default();
    if corspec_fetch::mime::with_charset_utf8(&content_type).is_some() {
        return None;
    }
    let body = &response.body;
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    Some(String::from_utf8_lossy(body).into_owned())
}

/// <https://xhr.spec.whatwg.org/#the-getallresponseheaders()-method>
fn header_lines(response: &VisibleResponse) -> String {
    let lines = response.headers.iter();
    lines
        .map(|(name, value)| format!("{name}: {}\r\n", String::from_utf8_lossy(value)))
        .collect()
}

/// <https://w3c.github.io/resource-timing/#sec-cross-origin-resources>
fn timing(visit: &Visit) -> &'static str {
    match &visit.outcome {
        _ if visit.legs.is_empty() => "none",
        Outcome::Allow(_) if visit.shares_timing => "full",
        _ => "limited",
    }
}
