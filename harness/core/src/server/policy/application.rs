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
            "protected" if !request.has("authorization") => unauthorized(),
            "protected" => resource(request),
            "failing" => text(500, "failing"),
            "events" => self.events(request),
            "jsonp" => self.jsonp(),
            "socket" => self.socket(request),
            _ => text(404, "missing"),
        }
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
        let is_allowed = match request.header("origin") {
            Some(origin) => self.policy.allows(&origin),
            // Whoever is no browser has no cookies of a user to misuse.
            None => true,
        };
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

fn unauthorized() -> Answer {
    let mut answer = text(401, "unauthorized");
    let challenge = line("WWW-Authenticate", "Basic realm=\"corspec\"");
    answer.headers.push(challenge);
    answer
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

/// Longer than any name of a host with its scheme and port.
const LONG_ORIGIN: usize = 1000;
