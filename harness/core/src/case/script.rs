//! What the server answers during a step.

use std::time::Duration;

use super::document::{AnswerDraft, RedirectDraft, ServerDraft};
use super::fault::{Place, shorten};
use super::read::{Many, Placed, Setting};
use super::request::Route;
use super::resolve::Resolver;
use super::scalar::{Isomorphic, Status, Templated};
use super::scenario::{Answer, Chunk, ConnectionPlan, Hop, Script};
use super::table::Table;
use super::token::is_token;

impl ServerDraft {
    pub(super) fn resolve(&self, route: &Route, resolver: &mut Resolver<'_>) -> Script {
        let redirects = self
            .redirects
            .given()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let hops = redirects
            .iter()
            .zip(&route.next)
            .map(|(redirect, next)| hop(redirect, next, resolver))
            .collect();
        let then = self.then.given().map(Vec::as_slice).unwrap_or_default();
        let then = then
            .iter()
            .map(|draft| draft.value.resolve(RESPONSE, resolver));
        let then = then.collect();
        let mut resources = Vec::new();
        for (name, draft) in self
            .resources
            .given()
            .map(|it| it.0.as_slice())
            .unwrap_or_default()
        {
            if let (Some(name), Some(draft)) = (resolver.value(name), draft.given()) {
                resources.push((name, draft.resolve(RESPONSE, resolver)));
            }
        }
        Script {
            hops,
            preflight: answer(&self.preflight, PREFLIGHT, resolver),
            response: answer(&self.response, RESPONSE, resolver),
            then,
            resources,
        }
    }
}

/// What an answer is unless the case says otherwise.
#[derive(Clone, Copy)]
struct Usual {
    status: u16,
    body: &'static str,
}

const PREFLIGHT: Usual = Usual {
    status: 204,
    body: "",
};
const RESPONSE: Usual = Usual {
    status: 200,
    body: "ok",
};
const REDIRECT: Usual = Usual {
    status: 302,
    body: "",
};

fn answer(draft: &Setting<AnswerDraft>, usual: Usual, resolver: &mut Resolver<'_>) -> Answer {
    match draft.given() {
        Some(draft) => draft.resolve(usual, resolver),
        None => Answer {
            status: usual.status,
            body: usual.body.into(),
            ..Answer::default()
        },
    }
}

fn hop(redirect: &Placed<RedirectDraft>, next: &str, resolver: &mut Resolver<'_>) -> Hop {
    let draft = &redirect.value;
    let mut response = draft.answer().resolve(REDIRECT, resolver);
    let has_location = response
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("location"));
    if response.raw.is_some() {
        if let Some(location) = draft.location.given() {
            resolver.refuse(
                location.text.place,
                "`location` cannot stand beside `raw`",
                "write the header into `raw`",
            );
        }
    } else if !has_location {
        match &draft.location {
            Setting::Absent if draft.to.given().is_none() => resolver.refuse(
                redirect.place,
                "it is not said where this redirect leads",
                "give `to` (an origin's name), or `location`",
            ),
            Setting::Absent => {
                response
                    .headers
                    .push(("Location".to_owned(), next.as_bytes().to_vec()));
            }
            Setting::Given(location) => {
                if let Some(value) = resolver.value(location) {
                    refuse_line_breaks(&value.0, location.text.place, resolver);
                    response.headers.push(("Location".to_owned(), value.0));
                }
            }
            Setting::Removed => {}
        }
    } else if let Some(location) = draft.location.given() {
        resolver.refuse(
            location.text.place,
            "`Location` is among the headers already",
            "keep one of the two",
        );
    }
    Hop {
        preflight: answer(&draft.preflight, PREFLIGHT, resolver),
        response,
    }
}

impl AnswerDraft {
    fn resolve(&self, usual: Usual, resolver: &mut Resolver<'_>) -> Answer {
        if let Some(raw) = self.raw.given() {
            self.refuse_beside_raw(raw.text.place, resolver);
            let raw = resolver.value(raw).map(|raw| raw.0);
            return Answer {
                raw,
                ..Answer::default()
            };
        }
        if let (Some(_), Some(bytes)) = (self.body.given(), self.bytes.given()) {
            resolver.refuse(
                bytes.text.place,
                "`bytes` cannot stand beside `body`",
                "keep one of the two; `body: null` removes one from the defaults",
            );
        }
        let chunks: Vec<Chunk> = self
            .chunks
            .given()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(|chunk| chunk.resolve(resolver))
            .collect();
        let asset = resolver.setting(&self.asset);
        let websocket = self.websocket.given().map(|it| it.resolve(resolver));
        self.refuse_second_body(resolver);
        let body = match (self.bytes.given(), &self.body) {
            _ if !chunks.is_empty() => {
                Some(chunks.iter().flat_map(|it| it.bytes.clone()).collect())
            }
            _ if websocket.is_some() || self.jsonp.given().is_some() => None,
            (Some(bytes), _) => resolver.value(bytes).map(|bytes| bytes.0),
            (None, Setting::Given(body)) => resolver.value(body).map(String::into_bytes),
            (None, Setting::Absent | Setting::Removed) if asset.is_some() => {
                asset.map(|asset| asset.content().to_vec())
            }
            (None, Setting::Absent) => Some(usual.body.into()),
            (None, Setting::Removed) => None,
        };
        let mut headers = Vec::new();
        if let Some(table) = self.headers.given() {
            resolve_headers(table, &mut headers, resolver);
        }
        for line in self.header_lines.given().into_iter().flatten() {
            headers.extend(header_line(line, resolver));
        }
        let has_type = |(name, _): &(String, _)| name.eq_ignore_ascii_case("content-type");
        if let Some(asset) = asset.filter(|_| !headers.iter().any(has_type)) {
            headers.push(("Content-Type".to_owned(), asset.content_type().into()));
        }
        let usual_status = if websocket.is_some() {
            101
        } else {
            usual.status
        };
        Answer {
            status: resolver
                .setting(&self.status)
                .map_or(usual_status, |Status(status)| status),
            reason_phrase: self.reason.given().and_then(|reason| {
                let phrase = resolver.value(reason)?;
                refuse_line_breaks(phrase.as_bytes(), reason.text.place, resolver);
                Some(phrase)
            }),
            headers,
            body: body.unwrap_or_default(),
            chunks,
            jsonp: resolver.setting(&self.jsonp),
            websocket,
            delay: resolver.setting(&self.delay).unwrap_or(Duration::ZERO),
            connection: resolver
                .setting(&self.connection)
                .unwrap_or(ConnectionPlan::Keep),
            raw: None,
        }
    }

    /// A body is said in one way.
    fn refuse_second_body(&self, resolver: &mut Resolver<'_>) {
        let body = self.body.given().map(|body| body.text.place);
        let bytes = self.bytes.given().map(|bytes| bytes.text.place);
        let Some(place) = body.or(bytes) else {
            return;
        };
        for (key, given) in [
            ("asset", self.asset.given().is_some()),
            ("chunks", self.chunks.given().is_some()),
            ("jsonp", self.jsonp.given().is_some()),
            ("websocket", self.websocket.given().is_some()),
        ] {
            if given {
                resolver.refuse(
                    place,
                    &format!("a body cannot stand beside `{key}`"),
                    "keep one of the two; `null` removes one from the defaults",
                );
            }
        }
    }

    fn refuse_beside_raw(&self, raw: Place, resolver: &mut Resolver<'_>) {
        let others = [
            ("status", self.status.given().is_some()),
            ("reason", self.reason.given().is_some()),
            (
                "headers",
                self.headers
                    .given()
                    .is_some_and(|headers| !headers.0.is_empty()),
            ),
            ("header_lines", self.header_lines.given().is_some()),
            ("body", self.body.given().is_some()),
            ("bytes", self.bytes.given().is_some()),
            ("asset", self.asset.given().is_some()),
            ("chunks", self.chunks.given().is_some()),
            ("jsonp", self.jsonp.given().is_some()),
            ("websocket", self.websocket.given().is_some()),
            ("delay", self.delay.given().is_some()),
            ("connection", self.connection.given().is_some()),
        ];
        for (key, given) in others {
            if given {
                resolver.refuse(
                    raw,
                    &format!("`raw` cannot stand beside `{key}`"),
                    &format!("raw bytes are the whole answer; `{key}: null` removes a default"),
                );
            }
        }
    }
}

fn resolve_headers(
    table: &Table<Setting<Many<Templated<Isomorphic>>>>,
    headers: &mut Vec<(String, Vec<u8>)>,
    resolver: &mut Resolver<'_>,
) {
    for (name, values) in &table.0 {
        let Some(values) = values.given() else {
            continue;
        };
        let place = name.text.place;
        let Some(name) = resolver.value(name) else {
            continue;
        };
        if !is_token(&name) {
            let message = format!("`{}` is not a header name", shorten(&name));
            resolver.refuse(place, &message, "what is not HTTP can be sent with `raw`");
        }
        for value in &values.0 {
            let place = value.text.place;
            if let Some(value) = resolver.value(value) {
                refuse_line_breaks(&value.0, place, resolver);
                headers.push((name.clone(), value.0));
            }
        }
    }
}

/// `Name: value`; one space behind the colon belongs to the notation, more are part of the line.
fn header_line(
    line: &Templated<Isomorphic>,
    resolver: &mut Resolver<'_>,
) -> Option<(String, Vec<u8>)> {
    let place = line.text.place;
    let bytes = resolver.value(line)?.0;
    refuse_line_breaks(&bytes, place, resolver);
    let colon = bytes.iter().position(|byte| *byte == b':');
    let name = colon.and_then(|colon| std::str::from_utf8(&bytes[..colon]).ok());
    let (Some(colon), Some(name)) = (colon, name.filter(|name| is_token(name))) else {
        resolver.refuse(
            place,
            "this is not a header line",
            "write `Name: value`; what is not HTTP can be sent with `raw`",
        );
        return None;
    };
    let value = &bytes[colon + 1..];
    Some((
        name.to_owned(),
        value.strip_prefix(b" ").unwrap_or(value).to_vec(),
    ))
}

fn refuse_line_breaks(value: &[u8], place: Place, resolver: &mut Resolver<'_>) {
    if value.iter().any(|byte| b"\r\n".contains(byte)) {
        resolver.refuse(
            place,
            "a line break would end the header",
            "what is not HTTP can be sent with `raw`",
        );
    }
}
