//! The application behind the policy: the surface, with nothing of the protocol.

use std::time::Duration;

use super::{Mutant, PolicyServer, Request, line};
use crate::case::scenario::{Answer, Chunk, ConnectionPlan, SocketPlan};

impl PolicyServer {
    /// What the application answers by itself.
    pub(super) fn application(&self, request: &Request<'_>) -> Answer {
        let origin = request.header("origin").unwrap_or_default();
        if self.is(Mutant::CrashOnLong) && origin.len() > LONG_ORIGIN {
            return Answer {
                connection: ConnectionPlan::Refuse,
                ..Answer::default()
            };
        }
        if self.is(Mutant::FailsOnMalformed) && !is_well_formed(&origin) {
            return text(500, "failing");
        }
        match request.resource {
            "resource" => resource(request),
            "protected" if !self.is_authorized(request) => self.unauthorized(),
            "protected" => resource(request),
            "failing" => text(500, "failing"),
            "events" => self.events(request),
            "jsonp" => self.jsonp(),
            "socket" => self.socket(request),
            _ => text(404, "missing"),
        }
    }

    fn is_authorized(&self, request: &Request<'_>) -> bool {
        let is_let_in = self.is(Mutant::OriginIsLogin)
            && request
                .header("origin")
                .is_some_and(|origin| self.policy.allows(&origin));
        is_let_in || request.has("authorization")
    }

    fn unauthorized(&self) -> Answer {
        let mut answer = text(401, "unauthorized");
        if !self.is(Mutant::NoChallenge) {
            let challenge = line("WWW-Authenticate", "Basic realm=\"corspec\"");
            answer.headers.push(challenge);
        }
        answer
    }

    fn events(&self, request: &Request<'_>) -> Answer {
        let cached = if self.is(Mutant::EventsCached) {
            "public, max-age=60"
        } else {
            "no-store"
        };
        let last = request.header("last-event-id");
        let event = |id: &str, data: &str| Chunk {
            wait: Duration::ZERO,
            bytes: format!("id: {id}\ndata: {data}\n\n").into_bytes(),
        };
        let mut chunks = vec![event("1", "one"), event("2", "two")];
        if last.as_deref() == Some("1") {
            chunks.remove(0);
        }
        Answer {
            headers: vec![
                line("Content-Type", "text/event-stream"),
                line("Cache-Control", cached),
                line("X-Handler", "events"),
            ],
            body: chunks
                .iter()
                .flat_map(|chunk| chunk.bytes.clone())
                .collect(),
            chunks,
            ..Answer::default()
        }
    }

    fn jsonp(&self) -> Answer {
        let mut answer = Answer {
            jsonp: Some("{\"value\": 42}".to_owned()),
            headers: vec![line("X-Handler", "jsonp")],
            ..Answer::default()
        };
        if self.is(Mutant::JsonpUnchecked) {
            answer.jsonp = None;
            answer.headers.push(line("Content-Type", "text/html"));
            answer.body = b"{\"value\": 42}".to_vec();
        }
        answer
    }

    fn socket(&self, request: &Request<'_>) -> Answer {
        if let Some(refused) = self.incomplete_handshake(request) {
            return refused;
        }
        let is_allowed = match request.header("origin") {
            Some(origin) => self.policy.allows(&origin),
            // Whoever is no browser has no cookies of a user to misuse.
            None => true,
        };
        let is_allowed = is_allowed && !self.is(Mutant::SocketRefused);
        let is_checked = !self.is(Mutant::SocketUnchecked);
        Answer {
            status: 101,
            websocket: Some(SocketPlan {
                echo: true,
                origins: (is_checked && !is_allowed).then(Vec::new),
                ..SocketPlan::default()
            }),
            ..Answer::default()
        }
    }

    /// What is answered to a request that is not a whole handshake of the only version there is.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc6455.html#section-4.2.1>
    fn incomplete_handshake(&self, request: &Request<'_>) -> Option<Answer> {
        let is = |name: &str, value: &str| {
            let given = request.header(name);
            given.is_some_and(|given| given.eq_ignore_ascii_case(value))
        };
        let key = request.header("sec-websocket-key").unwrap_or_default();
        let status = match request.method {
            "GET" if !is("upgrade", "websocket") || !is("sec-websocket-version", "13") => 426,
            "GET" if key.len() == LENGTH_OF_KEY && key.ends_with("==") => return None,
            _ => 400,
        };
        if self.is(Mutant::SocketLenient) {
            return Some(text(200, "socket"));
        }
        let mut answer = text(status, "no handshake");
        answer.headers.extend([
            line("Upgrade", "websocket"),
            line("Sec-WebSocket-Version", "13"),
        ]);
        Some(answer)
    }
}

fn resource(request: &Request<'_>) -> Answer {
    let headers = vec![
        line("Content-Type", "text/plain"),
        line("X-Handler", "resource"),
        line("X-Total", "42"),
        line("X-Trace", "t1"),
        line("Vary", "Accept-Encoding"),
        line("Cache-Control", "public, max-age=60"),
    ];
    match request.method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" => Answer {
            headers,
            body: b"resource".to_vec(),
            ..Answer::default()
        },
        "OPTIONS" => Answer {
            status: 204,
            headers: vec![line("Allow", ALLOW), line("X-Handler", "resource")],
            ..Answer::default()
        },
        _ => Answer {
            headers: vec![line("Allow", ALLOW)],
            ..text(405, "method not allowed")
        },
    }
}

fn text(status: u16, body: &str) -> Answer {
    Answer {
        status,
        headers: vec![line("Content-Type", "text/plain")],
        body: body.into(),
        ..Answer::default()
    }
}

/// Whether this could be the serialisation of an origin.
fn is_well_formed(origin: &str) -> bool {
    origin.is_empty()
        || origin == "null"
        || url::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == origin)
}

const ALLOW: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Sixteen bytes in base64.
const LENGTH_OF_KEY: usize = 24;

/// Longer than any name of a host with its scheme and port.
const LONG_ORIGIN: usize = 1000;
