//! Who answers what: the part of the server that both protocols share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::jsonp;
use super::names::{Names, Ports};
use super::pages::Pages;
use super::route::Route;
use super::session::{Place, Sessions, Source};
use super::underway::Underway;
use super::upstream::Upstream;
use super::{Listener, NamedOrigin};
use crate::case::scenario::{Answer, Chunk, SocketMessage, SocketPlan};
use crate::tape::head::values;
use crate::tape::{Exchange, Message, Protocol};

/// A request whose head has arrived.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) listener: Listener,
    pub(crate) protocol: Protocol,
    pub(crate) method: String,
    pub(crate) target: String,
    /// `Host`, or `:authority`.
    pub(crate) authority: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

/// What is to be done with a request.
#[derive(Debug)]
pub(crate) enum Reception {
    /// Answered by a server under test.
    Forwarded(Forwarded),
    /// Answered by the server itself; no part of any transcript.
    Control(Answer),
    /// Answered by a script.
    Scripted(Scripted),
    /// Answered by the server itself when the step of the session has begun; no part of any transcript.
    Begun(Arc<Place>, Answer),
    /// The same when the session has settled.
    Settled(Arc<Place>, Answer),
}

/// An exchange that a script answers. It stands in the transcript already.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) underway: Underway,
    /// With the names that are real on the wire.
    pub(crate) answer: Answer,
}

/// An exchange that a server under test answers. It stands in the transcript already.
#[derive(Debug)]
pub(crate) struct Forwarded {
    pub(crate) underway: Underway,
    pub(crate) upstream: Arc<Upstream>,
    /// The path behind the session's.
    pub(crate) resource: String,
}

/// A request that belonged to no open session; for finding out what leaked from where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stray {
    /// The listener it reached.
    pub listener: Listener,
    /// `Host` or `:authority`, with the canonical port.
    pub authority: String,
    /// Method and target; the whole first line of something that is no request.
    pub line: String,
}

/// Decides about requests; one for all connections of a server.
#[derive(Debug)]
pub(crate) struct Responder {
    pub(crate) ports: Ports,
    pub(crate) pages: Pages,
    pub(crate) sessions: Arc<Sessions>,
    strays: Mutex<VecDeque<Stray>>,
}

impl Responder {
    pub(crate) fn new(ports: Ports, pages: Pages) -> Self {
        Self {
            ports,
            pages,
            sessions: Arc::default(),
            strays: Mutex::default(),
        }
    }

    pub(crate) fn receive(&self, incoming: Incoming) -> Reception {
        let control = match Route::of(&incoming.target, &self.sessions) {
            Route::Frame => frame(self.pages.frame_html),
            Route::Icon => plain(204),
            Route::Page => document("text/html; charset=utf-8", self.pages.html),
            Route::PageScript => page_script(self.pages.script),
            Route::Resource(place, resource) => match self.origin_of(&incoming) {
                Some(to) => return begin(place, resource, to, incoming),
                None => self.refuse_stray(&incoming),
            },
            Route::SetCookies(place) => match self.origin_of(&incoming) {
                Some(origin) => set_cookies(&place, &origin, &incoming),
                None => self.refuse_stray(&incoming),
            },
            Route::SetCookiesAndGoOn(places, next) => match self.origin_of(&incoming) {
                Some(origin) => redirect_with_cookies(&places, &origin, next),
                None => self.refuse_stray(&incoming),
            },
            Route::SetStep(place, step) => {
                if incoming.method != "OPTIONS" {
                    place.set_step(step);
                }
                permissive(&incoming)
            }
            Route::Begun(place) if incoming.method != "OPTIONS" => {
                return Reception::Begun(place, permissive(&incoming));
            }
            Route::Settled(place) if incoming.method != "OPTIONS" => {
                return Reception::Settled(place, permissive(&incoming));
            }
            Route::Begun(_) | Route::Settled(_) => permissive(&incoming),
            Route::Unknown => self.refuse_stray(&incoming),
        };
        Reception::Control(control)
    }

    /// Keeps a note of something that no session asked for.
    pub(crate) fn note_stray(&self, listener: Listener, authority: &str, line: String) {
        let authority = self.ports.to_canonical(authority.as_bytes());
        let authority = String::from_utf8_lossy(&authority).into_owned();
        let mut strays = self.strays.lock().unwrap_or_else(PoisonError::into_inner);
        if strays.len() == MOST_STRAYS {
            strays.pop_front();
        }
        strays.push_back(Stray {
            listener,
            authority,
            line,
        });
    }

    pub(crate) fn strays(&self) -> Vec<Stray> {
        self.strays
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    fn refuse_stray(&self, incoming: &Incoming) -> Answer {
        let line = format!("{} {}", incoming.method, incoming.target);
        self.note_stray(incoming.listener, &incoming.authority, line);
        plain(404)
    }

    fn origin_of(&self, incoming: &Incoming) -> Option<NamedOrigin> {
        let (host, port) = incoming.authority.rsplit_once(':')?;
        let is_here = port.parse() == Ok(self.ports.real(incoming.listener));
        is_here
            .then(|| NamedOrigin::at(host, incoming.listener))
            .flatten()
    }
}

/// Enters the request into its session's transcript and finds out who answers it.
fn begin(place: Arc<Place>, resource: String, to: NamedOrigin, incoming: Incoming) -> Reception {
    let (method, target) = (incoming.method.clone(), incoming.target.clone());
    let exchange = Exchange {
        step: place.step(),
        to,
        protocol: incoming.protocol,
        method: incoming.method,
        target: incoming.target,
        request: Message {
            headers: incoming.headers,
            ..Message::default()
        },
        response: None,
        aborted: false,
        conversation: None,
    };
    let (number, source) = place.begin(exchange, &resource);
    let answer = match source {
        Source::Here(answer) => answer,
        Source::Elsewhere(upstream) => {
            return Reception::Forwarded(Forwarded {
                underway: Underway::new(place, number),
                upstream,
                resource,
            });
        }
    };
    let mut answer = answer.map_or_else(|| plain(404), |answer| real(&answer, &place.names));
    if let Some(data) = &answer.jsonp {
        answer = jsonp::answer(&answer, data, &method, &target);
    }
    Reception::Scripted(Scripted {
        underway: Underway::new(place, number),
        answer,
    })
}

fn real(answer: &Answer, names: &Names) -> Answer {
    Answer {
        status: answer.status,
        reason_phrase: answer.reason_phrase.clone(),
        headers: answer
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), names.to_real(value)))
            .collect(),
        body: names.to_real(&answer.body),
        jsonp: answer.jsonp.clone(),
        chunks: answer
            .chunks
            .iter()
            .map(|chunk| Chunk {
                wait: chunk.wait,
                bytes: names.to_real(&chunk.bytes),
            })
            .collect(),
        websocket: answer
            .websocket
            .as_ref()
            .map(|socket| real_socket(socket, names)),
        delay: answer.delay,
        connection: answer.connection,
        raw: answer.raw.as_ref().map(|raw| names.to_real(raw)),
    }
}

fn real_socket(socket: &SocketPlan, names: &Names) -> SocketPlan {
    let origins = socket.origins.as_ref().map(|origins| {
        let origins = origins.iter();
        origins.map(|origin| names.to_real_text(origin)).collect()
    });
    let send = socket.send.iter().map(|message| match message {
        SocketMessage::Binary(bytes) => SocketMessage::Binary(names.to_real(bytes)),
        SocketMessage::Text(text) => SocketMessage::Text(names.to_real_text(text)),
    });
    SocketPlan {
        origins,
        send: send.collect(),
        ..socket.clone()
    }
}

fn set_cookies(place: &Place, origin: &NamedOrigin, incoming: &Incoming) -> Answer {
    let mut answer = permissive(incoming);
    answer.headers.extend(cookie_headers(place, origin));
    answer
}

fn redirect_with_cookies(places: &[Arc<Place>], origin: &NamedOrigin, next: String) -> Answer {
    let mut answer = plain(302);
    let cookies = places
        .iter()
        .flat_map(|place| cookie_headers(place, origin));
    answer.headers.extend(cookies);
    let location = ("Location".to_owned(), next.into_bytes());
    answer.headers.push(location);
    answer
}

fn cookie_headers(place: &Place, origin: &NamedOrigin) -> impl Iterator<Item = (String, Vec<u8>)> {
    let values = place.set_cookies(origin);
    values.map(|value| ("Set-Cookie".to_owned(), value))
}

/// `204` that any page may see, also one with an opaque origin and one that sends credentials.
fn permissive(incoming: &Incoming) -> Answer {
    let mut answer = plain(204);
    let mut add = |name: &str, value: &[u8]| answer.headers.push((name.to_owned(), value.to_vec()));
    match values(&incoming.headers, "origin").next() {
        Some(origin) => {
            add("Access-Control-Allow-Origin", origin);
            add("Access-Control-Allow-Credentials", b"true");
        }
        None => add("Access-Control-Allow-Origin", b"*"),
    }
    if let Some(method) = values(&incoming.headers, "access-control-request-method").next() {
        add("Access-Control-Allow-Methods", method);
    }
    if let Some(names) = values(&incoming.headers, "access-control-request-headers").next() {
        add("Access-Control-Allow-Headers", names);
    }
    add("Cross-Origin-Resource-Policy", b"cross-origin");
    answer
}

fn frame(html: &str) -> Answer {
    let mut answer = document("text/html; charset=utf-8", html);
    // Opaque even where somebody opens it outside a sandboxed frame.
    let policy = (
        "Content-Security-Policy".to_owned(),
        b"sandbox allow-scripts".to_vec(),
    );
    answer.headers.push(policy);
    answer
}

/// Also the script of workers, for any path: of this origin, and of documents with an opaque one.
///
/// <https://w3c.github.io/ServiceWorker/#service-worker-allowed>
fn page_script(script: &str) -> Answer {
    let mut answer = document("text/javascript; charset=utf-8", script);
    let mut add = |name: &str, value: &str| answer.headers.push((name.to_owned(), value.into()));
    add("Service-Worker-Allowed", "/");
    add("Access-Control-Allow-Origin", "*");
    add("Cross-Origin-Resource-Policy", "cross-origin");
    answer
}

fn document(content_type: &str, content: &str) -> Answer {
    let mut answer = plain(200);
    answer
        .headers
        .push(("Content-Type".to_owned(), content_type.as_bytes().to_vec()));
    answer.body = content.as_bytes().to_vec();
    answer
}

fn plain(status: u16) -> Answer {
    let cache_control = ("Cache-Control".to_owned(), b"no-store".to_vec());
    Answer {
        status,
        headers: vec![cache_control],
        ..Answer::default()
    }
}

const MOST_STRAYS: usize = 1000;
