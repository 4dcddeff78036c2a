//! What else is worth knowing of the answers.

use std::collections::HashSet;

use corspec_fetch::forbidden::is_forbidden_request_header;
use corspec_fetch::header_list::normalize_value;
use corspec_fetch::{
    Block, Credentials, HeaderList, Mode, Origin, Outcome, Purpose, Reason, Request, ResponseType,
    Tainting, redirect, safelist,
};
use url::Url;

use super::advice::is_cors;
use super::names::{misspelt, varies_on};
use crate::agent::wire::{Leg, Visit, header_list};

/// What else is worth knowing, a sentence each, without its full stop.
pub(super) fn notes(request: &Request, visit: &Visit) -> Vec<String> {
    let mut notes = left_out(request);
    notes.extend(of_status(visit));
    for leg in &visit.legs {
        let Some((_, message)) = &leg.exchanged.response else {
            continue;
        };
        of_answer(request, leg, &header_list(message), &mut notes);
    }
    let ends_at = visit
        .legs
        .last()
        .filter(|leg| leg.exchanged.failure.is_some());
    if let (Some(leg), Outcome::Allow(_)) = (ends_at, &visit.outcome)
        && let Some(failure) = &leg.exchanged.failure
    {
        notes.push(format!(
            "script has its response, but its body was not read to the end: {failure}"
        ));
    }
    if let Outcome::Block(Block {
        reason: Reason::HeaderNotAllowed,
        detail: Some(name),
    }) = &visit.outcome
        && is_authorization_behind_wildcard(request, name, visit)
    {
        notes.push(
            "every engine of today lets `*` cover Authorization, against the standard \
             (https://github.com/whatwg/fetch/issues/1919); it will not stay so"
                .to_owned(),
        );
    }
    if leads_somewhere_for_engines(request, visit) {
        notes.push(
            "every engine of today follows a Location with characters that are to be percent-encoded, \
             against the standard (https://github.com/whatwg/fetch/issues/883)"
                .to_owned(),
        );
    }
    // Every answer on a long way may have the same.
    let mut seen = HashSet::new();
    notes.retain(|note| seen.insert(note.clone()));
    notes
}

/// Whether nothing but its grammar keeps the model from following a Location.
fn leads_somewhere_for_engines(request: &Request, visit: &Visit) -> bool {
    let (Outcome::Block(block), Some(leg)) = (&visit.outcome, visit.legs.last()) else {
        return false;
    };
    let Some((_, message)) = &leg.exchanged.response else {
        return false;
    };
    let headers = header_list(message);
    let location = headers.extract_single("location").ok().flatten();
    let target = location.and_then(|it| leg.outgoing.url.join(&String::from_utf8_lossy(it)).ok());
    let follows = |target: Url| {
        let redirects = visit.legs.len().saturating_sub(1);
        let tainting = if request
            .origin
            .is_same_origin(&Origin::of_url(&leg.outgoing.url))
        {
            Tainting::Basic
        } else {
            Tainting::Cors
        };
        redirect::check(&target, redirects, &request.origin, request.mode, tainting).is_ok()
    };
    block.reason == Reason::RedirectLocationInvalid && target.is_some_and(follows)
}

/// Headers that script may set and that are left out in silence.
fn left_out(request: &Request) -> Vec<String> {
    let headers = request.headers.iter();
    let is_forbidden =
        |name: &str, value: &[u8]| is_forbidden_request_header(name, normalize_value(value));
    headers
        .filter_map(|(name, value)| {
            if is_forbidden(name, value) {
                let whose = match name.to_ascii_lowercase().as_str() {
                    "cookie" => "; cookies are the browser's to send",
                    "origin" => "; the browser sets it, to what --origin says",
                    _ => "",
                };
                return Some(format!(
                    "script may not set `{name}` (forbidden request-header, \
                     https://fetch.spec.whatwg.org/#forbidden-request-header); it was left out{whose}"
                ));
            }
            let is_dropped = request.mode == Mode::NoCors
                && !safelist::is_no_cors_safelisted(name, normalize_value(value));
            is_dropped.then(|| {
                format!(
                    "script may not set `{name}` to this value in mode `no-cors` (no-CORS-safelisted \
                     request-header, https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header); it \
                     was left out"
                )
            })
        })
        .collect()
}

/// What is to be mended before the headers of a blocked answer are.
fn of_status(visit: &Visit) -> Option<String> {
    let Outcome::Block(block) = &visit.outcome else {
        return None;
    };
    let leg = visit.legs.last().filter(|_| is_cors(block.reason))?;
    let (status, _) = leg.exchanged.response.as_ref()?;
    let is_preflight = leg.purpose == Purpose::Preflight;
    let whose = if is_preflight {
        "the status of the preflight"
    } else {
        "the status"
    };
    Some(match (status, is_preflight) {
        (300..=399, false) => format!(
            "{whose} is {status}: a redirect needs the headers too, and so does what it leads to; \
             requesting the final URL spares it"
        ),
        (401 | 403 | 407, true) => format!(
            "{whose} is {status}: browsers send no credentials with a preflight, so let OPTIONS through \
             before anybody has to log in"
        ),
        (400.., true) => format!(
            "{whose} is {status}: let the server answer OPTIONS with a status from 200 to 299 first"
        ),
        (401 | 407, false) => format!(
            "{whose} is {status}: the server wants a login, so mend that first; error answers need the \
             headers too, or script cannot see what is wrong"
        ),
        (400.., false) => format!(
            "{whose} is {status}: mend that first; error answers need the headers too, or script cannot \
             see what is wrong"
        ),
        _ => return None,
    })
}

fn is_authorization_behind_wildcard(request: &Request, name: &str, visit: &Visit) -> bool {
    let answer = visit
        .legs
        .last()
        .and_then(|leg| leg.exchanged.response.as_ref());
    let listed = answer.and_then(|(_, message)| {
        let listed = header_list(message).extract_tokens("access-control-allow-headers");
        listed.ok().flatten()
    });
    name.eq_ignore_ascii_case("authorization")
        && request.credentials != Credentials::Include
        && listed.iter().flatten().any(|member| member == "*")
}

fn of_answer(request: &Request, leg: &Leg, answer: &HeaderList, notes: &mut Vec<String>) {
    let whose = match leg.purpose {
        Purpose::Preflight => "the answer to the preflight",
        Purpose::Actual => "the answer",
    };
    for found in misspelt(answer) {
        notes.push(match found.meant {
            Some(meant) => format!(
                "no browser knows the header `{}` of {whose}; `{meant}` is the name",
                found.name
            ),
            None => format!(
                "the header `{}` of {whose} means nothing in an answer",
                found.name
            ),
        });
    }
    let asked: HeaderList = leg.outgoing.headers.iter().cloned().collect();
    let (origin, allowed) = (
        asked.get("origin"),
        answer.get("access-control-allow-origin"),
    );
    let is_cors = origin.is_some() && request.origin.serialize() != "null";
    if is_cors && origin.as_deref() == Some(b"null") {
        notes.push(
            "the Origin became `null` because a redirect led from one foreign origin to another; \
             requesting the final URL keeps it"
                .to_owned(),
        );
    }
    if allowed.is_some() && allowed == origin && !varies_on(answer, "Origin") {
        notes.push(format!(
            "{whose} names this origin without `Vary: Origin`: if other origins are answered \
             otherwise, a cache may give them this one"
        ));
    }
    let credentials = answer.get("access-control-allow-credentials");
    if allowed.as_deref() == Some(b"*") && credentials.as_deref() == Some(b"true") {
        notes.push(format!(
            "{whose} has both `*` and `Access-Control-Allow-Credentials: true`, which no browser \
             takes together"
        ));
    }
}

/// The names of headers that the server sent and script does not see.
pub(super) fn hidden(visit: &Visit) -> Vec<String> {
    let Outcome::Allow(visible) = &visit.outcome else {
        return Vec::new();
    };
    if visible.kind != ResponseType::Cors {
        return Vec::new();
    }
    let Some((_, message)) = visit
        .legs
        .last()
        .and_then(|leg| leg.exchanged.response.as_ref())
    else {
        return Vec::new();
    };
    let is_plumbing = |name: &str| {
        name.starts_with("access-control-")
            || PLUMBING.contains(&name)
            || visible.headers.contains(name)
    };
    let mut names: Vec<String> = message
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .filter(|name| !is_plumbing(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Headers between the server and the browser, which script never misses.
const PLUMBING: [&str; 10] = [
    "connection",
    "date",
    "keep-alive",
    "server",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
];
