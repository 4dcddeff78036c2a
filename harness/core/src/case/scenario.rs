//! Scenarios as the harness runs them: every default merged, every axis expanded, every template
//! resolved to canonical origins. Made only by loading case files; see [`super::Suite`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use corspec_fetch::{
    CacheMode, Credentials, Mode, Reason, RedirectMode, ReferrerPolicy, ResponseType,
};
use serde::Serialize;

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
    /// Where the script runs.
    pub page: Page,
    /// Cookies that are stored, first-party, before the first step.
    pub cookies: Vec<CookieSetup>,
    /// What is done, in order; at least one.
    pub steps: Vec<Step>,
}

/// The document that runs a scenario's script.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Page {
    /// A document really served from this origin.
    Origin(NamedOrigin),
    /// A sandboxed frame (opaque origin, serialised `null`) in a document of `app`.
    Sandboxed,
}

impl Page {
    /// The serialised origin of the page: `null` when sandboxed.
    #[must_use]
    pub fn serialize(&self) -> String {
        match self {
            Self::Origin(origin) => origin.serialize(),
            Self::Sandboxed => "null".to_owned(),
        }
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
    /// The method as the page writes it.
    pub method: String,
    /// Headers as the page sets them, in order; a name may recur.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body as the page passes it.
    pub body: Option<BodyPlan>,
    /// `RequestInit.mode`; always `cors` with XMLHttpRequest.
    pub mode: Mode,
    /// `RequestInit.credentials`; `include` sets `withCredentials` with XMLHttpRequest.
    pub credentials: Credentials,
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
}

/// A way of crossing an origin.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// `fetch()`.
    Fetch,
    /// `XMLHttpRequest`, asynchronous.
    Xhr,
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
    /// The answer to anything else at the resource.
    pub response: Answer,
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
    /// The body.
    pub body: Vec<u8>,
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
            delay: Duration::ZERO,
            connection: ConnectionPlan::Keep,
            raw: None,
        }
    }
}

/// What the server does with the connection around an answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConnectionPlan {
    /// Closes it in the middle of the body: the length announced is longer than what is sent.
    Cut,
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
}

/// The outcome that is required.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExpectedOutcome {
    /// Script gets the answer (an opaque one included).
    Allow,
    /// Script gets a network error or an exception, for one of these reasons.
    Block(Vec<Reason>),
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
    /// Request headers.
    pub headers: Vec<HeaderExpectation>,
    /// Request body.
    pub body: Option<Located<Vec<u8>>>,
    /// What must have been answered; for server scenarios.
    pub answer: ExpectedAnswer,
}

/// What a server must have answered.
#[derive(Clone, Debug, Default)]
pub struct ExpectedAnswer {
    /// One of these statuses.
    pub status: Option<Located<Vec<u16>>>,
    /// Response headers, as on the wire.
    pub headers: Vec<HeaderExpectation>,
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
    /// This value; for a list field the same members in any order.
    Equals(Vec<u8>),
    /// Exactly this value byte for byte, also for a list field.
    Exactly(Vec<u8>),
    /// This many lines.
    Lines(usize),
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
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
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
