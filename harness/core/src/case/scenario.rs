//! Scenarios as the harness runs them: every default merged, every axis expanded, every template
//! resolved to canonical origins. Made only by loading case files; see [`super::Suite`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use corspec_fetch::{
    CacheMode, Credentials, Mode, Reason, RedirectMode, ReferrerPolicy, ResponseType,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::context::{Context, Page, PageOrigin, Permission};
pub use super::mechanism::Mechanism;
pub use super::policy::Policy;
pub use super::surface::Surface;
use crate::server::NamedOrigin;

/// One declared exchange with its expectation, before its axes are expanded.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The permanent id: `<area>/<topic>/<scenario>`.
    pub id: String,
    /// What must be true, as one sentence.
    pub title: String,
    /// Why the case exists, for `corspec explain`.
    pub why: Option<String>,
    /// Who is judged.
    pub subject: Subject,
    /// How binding the expectations are unless they say so themselves.
    pub level: Level,
    /// Ids in `cases/requirements.yaml`.
    pub covers: Vec<String>,
    /// Words to select by.
    pub tags: Vec<String>,
    /// The only agents that can run this scenario, and why; `None` for all.
    pub only: Option<Only>,
    /// Where the scenario begins.
    pub location: Location,
}

/// A scenario with one value chosen on each axis: the unit that is run, judged and reported.
#[derive(Clone, Debug)]
pub struct Permutation {
    /// The scenario's id, followed by `[axis=value,…]` where it has axes.
    pub id: String,
    /// The scenario this is a permutation of.
    pub scenario: Arc<Scenario>,
    /// Axis names and the labels chosen, in the order declared.
    pub axes: Vec<(String, String)>,
    /// What the server under test is configured for; `None` where the scenario scripts the answers.
    pub policy: Option<Arc<Policy>>,
    /// Where the script runs.
    pub page: Page,
    /// Cookies that are stored, first-party, before the first step.
    pub cookies: Vec<CookieSetup>,
    /// What is done, in order; at least one.
    pub steps: Vec<Step>,
}

impl Permutation {
    /// Whether a server under test is asked something that no browser can be made to ask.
    #[must_use]
    pub fn is_wire_only(&self) -> bool {
        let only = self.scenario.only.as_ref();
        self.policy.is_some() && only.is_some_and(|only| only.agents == ["wire"])
    }
}

/// A cookie set by a response of `origin` to a first-party request, before the scenario begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CookieSetup {
    /// The origin that sets it.
    pub origin: NamedOrigin,
    /// The value of `Set-Cookie`. Unless it names a path, the cookie is confined to the scenario.
    pub set_cookie: String,
}

/// One request, the server's script for it, and what must come of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Waited before the request is made.
    pub wait: Duration,
    /// Where the script of this step runs, if not where the others do.
    pub page: Option<Page>,
    /// What the page does.
    pub request: RequestPlan,
    /// What the server answers.
    pub server: Script,
    /// What must come of it.
    pub expect: Expectation,
}

/// The call a page makes.
#[derive(Clone, Debug)]
pub struct RequestPlan {
    /// The mechanism.
    pub via: Mechanism,
    /// The URL, canonical: `http://api.localhost:18080/scenario/resource`, or `hop1` where the server
    /// has redirects. Userinfo, query and fragment are part of it.
    pub url: String,
    /// The path of the surface, where a server under test answers.
    pub surface: Option<Surface>,
    /// The method as the page writes it.
    pub method: String,
    /// Headers as the page sets them, in order; a name may recur.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body as the page passes it.
    pub body: Option<BodyPlan>,
    /// `RequestInit.mode`; with other mechanisms, what the mechanism and `crossorigin` make of it.
    pub mode: Mode,
    /// `RequestInit.credentials`; `include` sets `withCredentials` with XMLHttpRequest and
    /// EventSource. With elements, what `crossorigin` makes of it.
    pub credentials: Credentials,
    /// The attribute of an element; `None` where it is missing.
    pub crossorigin: Option<CrossOrigin>,
    /// `RequestInit.redirect`.
    pub redirect: RedirectMode,
    /// `RequestInit.cache`.
    pub cache: CacheMode,
    /// `RequestInit.referrerPolicy`.
    pub referrer_policy: ReferrerPolicy,
    /// `RequestInit.integrity`.
    pub integrity: Option<String>,
    /// `RequestInit.keepalive`.
    pub keepalive: bool,
    /// Whether a listener is registered on `XMLHttpRequest.upload` before `send()`.
    pub upload_listener: bool,
    /// Whether XMLHttpRequest is used synchronously.
    pub synchronous: bool,
    /// Whether the body is read as it arrives: from `responseText` with XMLHttpRequest, from a
    /// `ReadableStream` with `fetch()`. Each part that is new is an event, `chunk`.
    pub stream: bool,
    /// `XMLHttpRequest.timeout`.
    pub timeout: Option<Duration>,
    /// The page gives the call up when the server has what is expected and nothing has happened for so long.
    pub abort: Option<Duration>,
    /// The page closes the connection after so many messages: EventSource, WebSocket, long polling.
    pub messages: Option<usize>,
    /// The subprotocols offered by a WebSocket.
    pub protocols: Vec<String>,
    /// What is sent through a WebSocket once it is open, or posted to another window.
    pub send: Vec<SocketMessage>,
    /// How the page closes a WebSocket; without code and reason unless said.
    pub close: Option<SocketClose>,
    /// The name of the function that a JSONP answer calls, as the query names it.
    pub callback: String,
}

impl RequestPlan {
    /// `fetch(url)` with nothing else said.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self {
            via: Mechanism::Fetch,
            url: url.to_owned(),
            surface: None,
            method: "GET".to_owned(),
            headers: Vec::new(),
            body: None,
            mode: Mode::Cors,
            credentials: Credentials::SameOrigin,
            crossorigin: None,
            redirect: RedirectMode::Follow,
            cache: CacheMode::Default,
            referrer_policy: ReferrerPolicy::Empty,
            integrity: None,
            keepalive: false,
            upload_listener: false,
            synchronous: false,
            stream: false,
            timeout: None,
            abort: None,
            messages: None,
            protocols: Vec::new(),
            send: Vec::new(),
            close: None,
            callback: "receive".to_owned(),
        }
    }
}

/// The `crossorigin` attribute.
///
/// <https://html.spec.whatwg.org/#cors-settings-attributes>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrossOrigin {
    /// Credentials go to the page's own origin only.
    Anonymous,
    /// Credentials go everywhere.
    UseCredentials,
}

/// A message of a WebSocket.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SocketMessage {
    /// Bytes.
    Binary(Vec<u8>),
    /// Text.
    Text(String),
}

/// The end of a WebSocket.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct SocketClose {
    /// The status code; `None` for none.
    pub code: Option<u16>,
    /// The reason.
    pub reason: String,
}

impl std::fmt::Display for SocketClose {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => write!(formatter, "{code}")?,
            None => formatter.write_str("no code")?,
        }
        if self.reason.is_empty() {
            Ok(())
        } else {
            write!(formatter, " `{}`", self.reason)
        }
    }
}

/// A request body, as the interface it is passed through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BodyPlan {
    /// What the page constructs.
    pub kind: BodyKind,
    /// Its content.
    pub content: Vec<u8>,
}

/// The kinds of body a page can pass.
///
/// <https://fetch.spec.whatwg.org/#bodyinit>
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BodyKind {
    /// A `Blob` of this type (empty for none).
    Blob(String),
    /// An `ArrayBuffer`.
    Bytes,
    /// `FormData` of these fields; the content is empty.
    FormData(Vec<(String, String)>),
    /// A `ReadableStream` (`duplex: "half"`).
    Stream,
    /// A string.
    Text,
    /// `URLSearchParams` parsed from the content.
    UrlSearchParams,
}

/// What the reference server answers during one step.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The redirects before the resource, first to last; their paths are `hop1`, `hop2` ….
    pub hops: Vec<Hop>,
    /// The answer to a CORS-preflight request for the resource.
    pub preflight: Answer,
    /// The answer to anything else at the resource, in the first instance.
    pub response: Answer,
    /// The answers to the second such request and those that follow; the last stays for good.
    pub then: Vec<Answer>,
    /// Other resources, by the last segment of their path; the preflight answer is shared.
    pub resources: Vec<(String, Answer)>,
}

/// A redirect that the server answers with on the way to the resource.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The answer to a CORS-preflight request at this hop.
    pub preflight: Answer,
    /// The redirecting answer; `Location` is among its headers already.
    pub response: Answer,
}

/// One scripted answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Reason phrase, where it is not the usual one.
    pub reason_phrase: Option<String>,
    /// Header lines in order, values as bytes; canonical origins are replaced when sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; that of a chunked answer is all chunks together.
    pub body: Vec<u8>,
    /// The body in parts, each written by itself; empty for a body that is written at once.
    pub chunks: Vec<Chunk>,
    /// The data of a JSONP endpoint, a JSON text: the answer is then made of it and of the callback
    /// that the query names.
    pub jsonp: Option<String>,
    /// What is done after the handshake, where this answers a WebSocket.
    pub websocket: Option<SocketPlan>,
    /// Waited before the first byte.
    pub delay: Duration,
    /// What is done to the connection.
    pub connection: ConnectionPlan,
    /// Bytes written instead of all of the above; the connection is closed behind them.
    pub raw: Option<Vec<u8>>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            status: 200,
            reason_phrase: None,
            headers: Vec::new(),
            body: Vec::new(),
            chunks: Vec::new(),
            jsonp: None,
            websocket: None,
            delay: Duration::ZERO,
            connection: ConnectionPlan::Keep,
            raw: None,
        }
    }
}

/// A part of a body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chunk {
    /// Waited before it is written.
    pub wait: Duration,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What the server does with a WebSocket: the handshake is answered with 101, and with the headers of
/// the answer, which replace those of the same name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SocketPlan {
    /// The subprotocol chosen; `None` for none.
    pub protocol: Option<String>,
    /// The only origins that are let in, serialised; others are answered with status 403. `None`
    /// for a server that does not check.
    pub origins: Option<Vec<String>>,
    /// Sent as soon as the connection is open.
    pub send: Vec<SocketMessage>,
    /// Whether every message is sent back.
    pub echo: bool,
    /// How the server closes the connection, after so many messages were received; never, where there
    /// is none: then the page does.
    pub close: Option<(SocketClose, usize)>,
}

/// What the server does with the connection around an answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConnectionPlan {
    /// Closes it in the middle of the body: the length announced is longer than what is sent, and a
    /// chunked one has no end. A WebSocket is closed without a close frame.
    Cut,
    /// Leaves the body unfinished until the client closes the connection.
    Hold,
    /// Keeps it as HTTP says.
    #[default]
    Keep,
    /// Closes it without an answer.
    Refuse,
}

/// What must come of a step. Everything absent is not judged.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// Allowed or blocked, and why.
    pub outcome: Option<Located<ExpectedOutcome>>,
    /// How far the exchange got.
    pub delivery: Option<Located<Delivery>>,
    /// Every request that reaches a server, in order: no more and no fewer.
    pub sent: Option<Located<Vec<ExpectedExchange>>>,
    /// What script sees of the answer.
    pub response: ExpectedResponse,
    /// What script is told, in order. `readystatechange` and `progress` count only where the list
    /// has them.
    pub events: Option<Located<Vec<ExpectedEvent>>>,
    /// What else script can find out.
    pub script: Vec<ExpectedFact>,
    /// Where it is demanded that `Vary` names what the answers so far depend on.
    pub vary: Option<Location>,
    /// Where it is demanded that a shared cache may keep the answers so far.
    pub shared_cache: Option<Location>,
}

/// Something that script is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpectedEvent {
    /// Its name: `load`, `message`, `chunk` ….
    pub name: String,
    /// What it carries; not judged where there is none.
    pub detail: Option<Vec<u8>>,
}

/// Something that script can find out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpectedFact {
    /// What.
    pub name: String,
    /// How it must be.
    pub value: Located<String>,
}

/// The outcome that is required.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExpectedOutcome {
    /// Script gets the answer (an opaque one included).
    Allow,
    /// Script gets a network error or an exception, for one of these reasons; for whatever reason,
    /// where there is none.
    Block(Vec<Reason>),
    /// Script is told nothing either way; what was sent tells.
    Silent,
}

/// How far an exchange got, as the tape proves.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// The request itself was not sent (a preflight may have been).
    NotSent,
    /// The request was sent; script sees nothing of the answer.
    Hidden,
    /// Script sees the answer.
    Visible,
}

/// One request that must have been sent, and what must have been answered.
#[derive(Clone, Debug)]
pub struct ExpectedExchange {
    /// The method in the request line.
    pub method: Located<String>,
    /// The origin it was sent to.
    pub to: Option<Located<NamedOrigin>>,
    /// The query of the URL, with its `?`; empty for none.
    pub query: Option<Located<String>>,
    /// Request headers.
    pub headers: Vec<HeaderExpectation>,
    /// Request body.
    pub body: Option<Located<Vec<u8>>>,
    /// What must have been answered; for server scenarios.
    pub answer: ExpectedAnswer,
    /// Whether the client must have gone away before the answer was complete.
    pub aborted: Option<Located<bool>>,
    /// What must have come through a WebSocket from the page, in order.
    pub received: Option<Located<Vec<SocketMessage>>>,
    /// How the page must have closed a WebSocket.
    pub closed: Option<Located<SocketClose>>,
}

/// What a server must have answered.
#[derive(Clone, Debug, Default)]
pub struct ExpectedAnswer {
    /// One of these statuses.
    pub status: Option<Located<Vec<StatusMatcher>>>,
    /// Response headers, as on the wire.
    pub headers: Vec<HeaderExpectation>,
}

/// A status, or all that begin with a digit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusMatcher {
    /// `2xx` and its like, by the digit.
    Class(u16),
    /// This one.
    Exactly(u16),
}

impl StatusMatcher {
    /// Whether a status is meant.
    #[must_use]
    pub const fn matches(self, status: u16) -> bool {
        match self {
            Self::Class(class) => status / 100 == class,
            Self::Exactly(exact) => status == exact,
        }
    }
}

impl std::fmt::Display for StatusMatcher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Class(class) => write!(formatter, "{class}xx"),
            Self::Exactly(status) => write!(formatter, "{status}"),
        }
    }
}

/// What script must see of a response.
#[derive(Clone, Debug, Default)]
pub struct ExpectedResponse {
    /// `Response.status`.
    pub status: Option<Located<u16>>,
    /// `Response.statusText`.
    pub status_text: Option<Located<String>>,
    /// `Response.type`; not judged where the mechanism has none.
    pub kind: Option<Located<ResponseType>>,
    /// `Response.url`, canonical.
    pub url: Option<Located<String>>,
    /// `Response.redirected`; not judged where the mechanism has none.
    pub redirected: Option<Located<bool>>,
    /// Headers, as `Headers.get()` or `getResponseHeader()` return them.
    pub headers: Vec<HeaderExpectation>,
    /// The body as text.
    pub body: Option<Located<Vec<u8>>>,
}

/// One header that is judged.
#[derive(Clone, Debug)]
pub struct HeaderExpectation {
    /// The name as written in the case.
    pub name: String,
    /// What is asked of it.
    pub matcher: HeaderMatcher,
    /// How binding it is, where that differs from the scenario.
    pub level: Option<Level>,
    /// Where it is written.
    pub location: Location,
}

/// What can be asked of a header. Values are compared as the field is defined: lists as lists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HeaderMatcher {
    /// No such line.
    Absent,
    /// A list that has at least these members.
    Covers(Vec<String>),
    /// A list that has none of these members, or no such line.
    Lacks(Vec<String>),
    /// This value; for a list field the same members in any order.
    Equals(Vec<u8>),
    /// Exactly this value byte for byte, also for a list field.
    Exactly(Vec<u8>),
    /// This many lines.
    Lines(usize),
    /// None of these values, or no such line.
    NoneOf(Vec<Vec<u8>>),
    /// One of these values.
    OneOf(Vec<Vec<u8>>),
    /// At least one line, of whatever value.
    Present,
    /// The value of this header of the request in the same exchange.
    SameAsRequest(String),
}

/// Who is judged by a scenario.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Is a server's policy implemented right, safely and cacheably?
    Server,
    /// Does a browser do what the standard says with that answer?
    UserAgent,
}

/// How binding an expectation is.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A violation is a failure.
    Must,
    /// A violation is a warning.
    Should,
    /// A violation is a note.
    May,
}

/// Agents a scenario is confined to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Only {
    /// The agents' names.
    pub agents: Vec<String>,
    /// Why no other agent can run it; shown with every skip.
    pub reason: String,
}

/// A value and the place it is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub location: Location,
}

/// A place in a case file; lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Location {
    /// The file, relative to the folder of cases.
    pub file: Arc<PathBuf>,
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}
