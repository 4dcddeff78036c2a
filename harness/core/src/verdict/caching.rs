//! What caches between a server and its pages make of its answers.
//!
//! Evidence is had by asking several times: an answer that is the same for everybody needs no `Vary`,
//! one that is not has to say what it depends on. A small shared cache then shows what follows where
//! it does not: whose answer is given to whom.
//!
//! <https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches>,
//! <https://www.rfc-editor.org/rfc/rfc9111#name-calculating-cache-keys-with>

use std::collections::BTreeSet;

use corspec_fetch::{Credentials, HeaderList, Outcome};
use url::Url;

use crate::agent::exact;
use crate::tape::Exchange;
use crate::tape::head::values;

/// Where answers differ and do not say what they depend on; as sentences, none where all is well.
pub(super) fn incomplete_vary(exchanges: &[&Exchange]) -> Vec<String> {
    let mut found = Vec::new();
    for (one, other) in pairs(exchanges) {
        if is_same_answer(one, other) {
            continue;
        }
        let names = differing_headers(one, other);
        for exchange in [one, other] {
            let missing: Vec<&str> = names
                .iter()
                .copied()
                .filter(|name| !is_kept_from_caches(exchange) && !varies(exchange, name))
                .collect();
            // A preflight may depend on any of those that differ; who asks is the least.
            let is_enough = exchange.method == "OPTIONS" && missing.len() < names.len();
            if !missing.is_empty() && !is_enough {
                found.push(format!(
                    "`{}` in the answer to {}, where {} gets another",
                    shown_vary(exchange),
                    asker(exchange),
                    asker(if std::ptr::eq(exchange, one) {
                        other
                    } else {
                        one
                    }),
                ));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whom a shared cache would give somebody else's answer, with another outcome than their own.
pub(super) fn poisoned(exchanges: &[&Exchange], credentials: Credentials) -> Vec<String> {
    let mut found = Vec::new();
    for (one, other) in pairs(exchanges) {
        for (kept, asking) in [(one, other), (other, one)] {
            if !is_reused(kept, asking) {
                continue;
            }
            let own = is_let_in(asking, asking, credentials);
            let reused = is_let_in(asking, kept, credentials);
            if own != reused {
                let consequence = if own { "is blocked" } else { "is let in" };
                found.push(format!(
                    "{} {consequence} by the answer kept for {}",
                    asker(asking),
                    asker(kept)
                ));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Answers to the same question of different askers: all pairs of them.
fn pairs<'tape>(exchanges: &[&'tape Exchange]) -> Vec<(&'tape Exchange, &'tape Exchange)> {
    let mut pairs = Vec::new();
    for (index, one) in exchanges.iter().enumerate() {
        for other in &exchanges[index + 1..] {
            let is_same = one.method == other.method && one.target == other.target;
            if is_same && one.response.is_some() && other.response.is_some() {
                pairs.push((*one, *other));
            }
        }
    }
    pairs
}

/// Whether two answers are the same as far as the protocol goes.
fn is_same_answer(one: &Exchange, other: &Exchange) -> bool {
    let status = |exchange: &Exchange| exchange.response.as_ref().map(|(status, _)| *status);
    status(one) == status(other) && protocol_lines(one) == protocol_lines(other)
}

fn protocol_lines(exchange: &Exchange) -> BTreeSet<(String, Vec<u8>)> {
    let lines = exchange.response.iter().flat_map(|(_, it)| &it.headers);
    lines
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .filter(|(name, _)| name.starts_with("access-control-"))
        .collect()
}

/// The headers of the protocol in which two requests differ.
fn differing_headers(one: &Exchange, other: &Exchange) -> Vec<&'static str> {
    let value = |exchange: &Exchange, name: &str| -> Vec<Vec<u8>> {
        values(&exchange.request.headers, name)
            .map(<[u8]>::to_vec)
            .collect()
    };
    let is_different = |name: &&str| value(one, name) != value(other, name);
    ASKED.into_iter().filter(is_different).collect()
}

/// Whether a cache gives the answer of one request to another.
fn is_reused(kept: &Exchange, asking: &Exchange) -> bool {
    // Answers to other methods are kept nowhere.
    if !matches!(kept.method.as_str(), "GET" | "HEAD") || is_kept_from_caches(kept) {
        return false;
    }
    let names = vary(kept);
    !names.contains("*")
        && names.iter().all(|name| {
            let lines = |exchange: &Exchange| -> Vec<Vec<u8>> {
                let lines = values(&exchange.request.headers, name);
                lines.map(<[u8]>::to_vec).collect()
            };
            lines(kept) == lines(asking)
        })
}

/// Whether the page that asks is let in by an answer, its own or somebody else's.
fn is_let_in(asking: &Exchange, answer: &Exchange, credentials: Credentials) -> bool {
    let request: HeaderList = asking.request.headers.iter().cloned().collect();
    let Some((status, message)) = &answer.response else {
        return false;
    };
    let response = corspec_fetch::HttpResponse {
        status: *status,
        headers: message.headers.iter().cloned().collect(),
        ..corspec_fetch::HttpResponse::default()
    };
    let Ok(url) = Url::parse(&format!("{}{}", asking.to.serialize(), asking.target)) else {
        return false;
    };
    let outcome = exact::outcome(&asking.method, &request, credentials, &url, response);
    matches!(outcome, Outcome::Allow(_))
}

/// Whether an answer says that it is for nobody else.
///
/// <https://www.rfc-editor.org/rfc/rfc9111#name-storing-responses-in-caches>
fn is_kept_from_caches(exchange: &Exchange) -> bool {
    let lines = exchange.response.iter().flat_map(|(_, it)| &it.headers);
    let mut directives = lines
        .filter(|(name, _)| name.eq_ignore_ascii_case("cache-control"))
        .flat_map(|(_, value)| value.split(|byte| *byte == b','))
        .map(|directive| directive.trim_ascii().to_ascii_lowercase());
    directives.any(|directive| directive == b"no-store" || directive == b"private")
}

fn varies(exchange: &Exchange, name: &str) -> bool {
    let names = vary(exchange);
    names.contains("*") || names.contains(&name.to_ascii_lowercase())
}

fn vary(exchange: &Exchange) -> BTreeSet<String> {
    let Some((_, message)) = &exchange.response else {
        return BTreeSet::new();
    };
    values(&message.headers, "vary")
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect()
}

fn shown_vary(exchange: &Exchange) -> String {
    let names: Vec<String> = vary(exchange).into_iter().collect();
    if names.is_empty() {
        "no Vary".to_owned()
    } else {
        format!("Vary: {}", names.join(", "))
    }
}

fn asker(exchange: &Exchange) -> String {
    let mut origins = values(&exchange.request.headers, "origin");
    match origins.next() {
        Some(origin) => String::from_utf8_lossy(origin).into_owned(),
        None => "a request without Origin".to_owned(),
    }
}

/// What an answer may depend on, as far as the protocol goes.
const ASKED: [&str; 4] = [
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Private-Network",
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::tape::{Message, Protocol};

    fn exchange(method: &str, origin: Option<&str>, response: &[(&str, &str)]) -> Exchange {
        let lines = |lines: &[(&str, &str)]| -> Vec<(String, Vec<u8>)> {
            let lines = lines.iter();
            lines
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect()
        };
        let origin: Vec<_> = origin.into_iter().map(|it| ("Origin", it)).collect();
        Exchange {
            step: 0,
            to: "api".parse().unwrap(),
            protocol: Protocol::Http1,
            method: method.to_owned(),
            target: "/scenario/resource".to_owned(),
            request: Message {
                headers: lines(&origin),
                ..Message::default()
            },
            response: Some((
                200,
                Message {
                    headers: lines(response),
                    ..Message::default()
                },
            )),
            aborted: false,
            conversation: None,
        }
    }

    const APP: Option<&str> = Some("https://app.example");
    const NAMED: (&str, &str) = ("Access-Control-Allow-Origin", "https://app.example");
    const STAR: (&str, &str) = ("Access-Control-Allow-Origin", "*");
    const VARY: (&str, &str) = ("Vary", "Accept-Encoding, origin");

    #[rstest]
    #[case::constant(&[STAR], &[STAR], 0, 0)]
    #[case::complete(&[NAMED, VARY], &[VARY], 0, 0)]
    #[case::missing(&[NAMED], &[], 2, 1)]
    #[case::missing_for_others(&[NAMED, VARY], &[], 1, 1)]
    #[case::star(&[NAMED, ("Vary", "*")], &[("Vary", "*")], 0, 0)]
    #[case::not_kept(&[NAMED, ("Cache-Control", "no-store")], &[("Cache-Control", "private")], 0, 0)]
    #[case::other_vary(&[NAMED, ("Vary", "Accept")], &[("Vary", "Accept")], 2, 1)]
    fn answers_that_differ_have_to_say_so(
        #[case] for_app: &[(&str, &str)],
        #[case] for_nobody: &[(&str, &str)],
        #[case] incomplete: usize,
        #[case] poisonous: usize,
    ) {
        let (app, nobody) = (
            exchange("GET", APP, for_app),
            exchange("GET", None, for_nobody),
        );
        let exchanges = [&app, &nobody];
        assert_eq!(incomplete_vary(&exchanges).len(), incomplete);
        assert_eq!(
            poisoned(&exchanges, Credentials::SameOrigin).len(),
            poisonous
        );
    }

    #[test]
    fn what_follows_is_said_of_whom_it_concerns() {
        let app = exchange("GET", APP, &[NAMED]);
        let nobody = exchange("GET", None, &[]);
        assert_eq!(
            poisoned(&[&app, &nobody], Credentials::SameOrigin),
            ["https://app.example is blocked by the answer kept for a request without Origin"]
        );
        let reflected = exchange("POST", APP, &[NAMED]);
        let other = exchange("POST", None, &[]);
        assert!(poisoned(&[&reflected, &other], Credentials::SameOrigin).is_empty());
    }
}
