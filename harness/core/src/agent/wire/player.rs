//! Plays the browser in a scenario.

use std::time::{Duration, Instant};

use corspec_fetch::header_list::is_header_name;
use corspec_fetch::{
    Block, Fetch, HeaderList, HttpRequest, HttpResponse, Outcome, Reason, Step, UserAgent,
    VisibleResponse,
};
use url::Url;

use super::plan::request;
use super::transport::{Deadlines, Reach, Transport};
use super::{Outgoing, TransportError};
use crate::agent::{BlockSignal, Observation};
use crate::case::scenario::{
    Answer, ConnectionPlan, Mechanism, Page, Permutation, RequestPlan, Script, Step as ScenarioStep,
};
use crate::server::{NamedOrigin, Names, Reference, Session};
use crate::tape::Message;

/// The wire agent. Any number of permutations can be under way; they share connections and nothing
/// else, each has a user agent of its own.
#[derive(Debug)]
pub struct Wire {
    pub(super) transport: Transport,
}

impl Wire {
    /// A wire agent on this transport.
    #[must_use]
    pub const fn new(transport: Transport) -> Self {
        Self { transport }
    }

    /// A wire agent that reaches the reference server and trusts its certificates.
    ///
    /// # Errors
    ///
    /// [`tokio_rustls::rustls::Error`] if the certificates are no good, which would be a fault.
    pub fn for_reference(
        reference: &Reference,
        deadlines: Deadlines,
    ) -> Result<Self, tokio_rustls::rustls::Error> {
        let authority = reference.certificates().authority().clone();
        Ok(Self::new(Transport::new(
            [authority],
            deadlines,
            Reach::Loopback,
        )?))
    }

    /// Plays every step of a permutation, and says what its script would see of each.
    ///
    /// A step that is blocked does not end the scenario. What is returned is canonical.
    pub async fn run(&self, permutation: &Permutation, session: &Session) -> Vec<Observation> {
        let mut play = Play {
            wire: self,
            names: session.names(),
            agent: UserAgent::default(),
            begin: Instant::now(),
        };
        play.store_cookies(permutation, session).await;
        let mut observations = Vec::with_capacity(permutation.steps.len());
        for (number, step) in permutation.steps.iter().enumerate() {
            tokio::time::sleep(step.wait).await;
            session.set_step(number);
            observations.push(play.step(step, &permutation.page).await);
        }
        observations
    }
}

/// A permutation under way.
struct Play<'run> {
    wire: &'run Wire,
    names: &'run Names,
    agent: UserAgent,
    begin: Instant,
}

impl Play<'_> {
    fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Visits the origins that set cookies, as if each were the page.
    async fn store_cookies(&mut self, permutation: &Permutation, session: &Session) {
        let mut visited: Vec<&NamedOrigin> = Vec::new();
        for setup in &permutation.cookies {
            if visited.contains(&&setup.origin) {
                continue;
            }
            visited.push(&setup.origin);
            let url = format!("{}/{}/-/cookies", setup.origin.serialize(), session.token());
            let Ok(url) = Url::parse(&self.names.to_real_text(&url)) else {
                continue;
            };
            let outgoing = Outgoing {
                method: "GET".to_owned(),
                url: url.clone(),
                headers: personal_headers(&HeaderList::new()),
                body: None,
            };
            let exchanged = self.wire.transport.exchange(&outgoing).await;
            let Some((_, message)) = exchanged.response else {
                continue;
            };
            let origin = corspec_fetch::Origin::of_url(&url);
            for value in header_list(&message).get_all("set-cookie") {
                let now = self.now();
                self.agent.cookies.store(value, &origin, &url, now);
            }
        }
    }

    async fn step(&mut self, step: &ScenarioStep, page: &Page) -> Observation {
        let request = match request(page, &step.request, self.names) {
            Ok(request) => request,
            Err(reason) => return refused(&step.request, reason.into(), String::new()),
        };
        let alone = closes_connections(&step.server);
        let mut message = String::new();
        let now = self.now();
        let (mut fetch, mut next) = Fetch::start(request, &mut self.agent, now);
        loop {
            match next {
                Step::Done(Outcome::Allow(response)) => {
                    return Observation::Visible(canonical(response, self.names));
                }
                Step::Done(Outcome::Block(mut block)) => {
                    block.detail = block.detail.map(|it| self.names.to_canonical_text(&it));
                    let message = self.names.to_canonical_text(&message);
                    return refused(&step.request, block, message);
                }
                Step::Send(http_request) => {
                    let (response, failure) = self.send(http_request, alone).await;
                    let now = self.now();
                    message = failure
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    next = match (response, failure) {
                        // The model knows what a cut body matters to.
                        (Some(response), None | Some(TransportError::Cut)) => {
                            fetch.receive(response, &mut self.agent, now)
                        }
                        _ => fetch.fail(&mut self.agent),
                    };
                }
            }
        }
    }

    /// What came back, and why it is not whole.
    async fn send(
        &self,
        request: HttpRequest,
        alone: bool,
    ) -> (Option<HttpResponse>, Option<TransportError>) {
        let outgoing = Outgoing {
            method: request.method.as_str().to_owned(),
            url: request.url,
            headers: personal_headers(&request.headers),
            body: request.body,
        };
        let exchanged = if alone {
            self.wire.transport.exchange_alone(&outgoing).await
        } else {
            self.wire.transport.exchange(&outgoing).await
        };
        let response = exchanged.response.map(|(status, message)| HttpResponse {
            status,
            headers: header_list(&message),
            reason_phrase: message.reason_phrase,
            body: message.body,
            is_cut: matches!(exchanged.failure, Some(TransportError::Cut)),
        });
        (response, exchanged.failure)
    }
}

/// What the model leaves to the client, around what the model says.
fn personal_headers(headers: &HeaderList) -> Vec<(String, Vec<u8>)> {
    let mut lines = headers.lines().to_vec();
    for (name, value) in PERSONAL_HEADERS {
        if !headers.contains(name) {
            lines.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }
    lines
}

/// The header list a browser makes of the lines of a response: a folded value is put on one line, and
/// lines whose name is none are dropped.
///
/// <https://www.rfc-editor.org/rfc/rfc9112.html#name-obsolete-line-folding>
fn header_list(message: &Message) -> HeaderList {
    let mut list = HeaderList::new();
    for (name, value) in message
        .headers
        .iter()
        .filter(|(name, _)| is_header_name(name))
    {
        let unfolded: Vec<u8> = value
            .iter()
            .map(|byte| {
                if matches!(byte, b'\r' | b'\n') {
                    b' '
                } else {
                    *byte
                }
            })
            .collect();
        list.append(name.as_str(), unfolded);
    }
    list
}

/// Whether a script ends connections under the client's feet. A connection that was used before might
/// then be taken for a stale one, and the request be made twice.
fn closes_connections(script: &Script) -> bool {
    let closes =
        |answer: &Answer| answer.raw.is_some() || answer.connection != ConnectionPlan::Keep;
    closes(&script.preflight)
        || closes(&script.response)
        || script
            .hops
            .iter()
            .any(|hop| closes(&hop.preflight) || closes(&hop.response))
}

fn canonical(response: VisibleResponse, names: &Names) -> VisibleResponse {
    let url = response
        .url
        .as_ref()
        .and_then(|url| Url::parse(&names.to_canonical_text(url.as_str())).ok());
    let mut headers = HeaderList::new();
    for (name, value) in response.headers.iter() {
        headers.append(name, names.to_canonical(value));
    }
    let body = names.to_canonical(&response.body);
    VisibleResponse {
        url,
        headers,
        body,
        ..response
    }
}

fn refused(plan: &RequestPlan, block: Block, message: String) -> Observation {
    let Block { reason, detail } = block;
    let error = error_name(plan.via, reason).to_owned();
    Observation::Blocked(BlockSignal {
        error,
        message,
        because: Some(reason),
        detail,
    })
}

/// The name of what script catches: an exception, or the event `error`.
fn error_name(via: Mechanism, because: Reason) -> &'static str {
    match (via, because) {
        (Mechanism::Fetch, _) => "TypeError",
        (Mechanism::Xhr, Reason::ForbiddenMethod) => "SecurityError",
        (Mechanism::Xhr, Reason::InvalidHeader | Reason::InvalidMethod | Reason::UrlInvalid) => {
            "SyntaxError"
        }
        (Mechanism::Xhr, _) => "error",
    }
}

const PERSONAL_HEADERS: [(&str, &str); 3] = [
    ("User-Agent", concat!("corspec/", env!("CARGO_PKG_VERSION"))),
    ("Accept-Language", "en"),
    ("Accept-Encoding", "identity"),
];
