//! Plays the browser in a scenario.

use std::time::{Duration, Instant};

use corspec_fetch::{Block, HeaderList, UserAgent, VisibleResponse};
use url::Url;

use super::limits::{Deadlines, Reach};
use super::transport::Transport;
use super::visit::{header_list, personal_headers};
use super::{Outgoing, events};
use crate::agent::call::request_of;
use crate::agent::{BlockSignal, End, Observation};
use crate::case::scenario::{
    Answer, ConnectionPlan, Mechanism, Page, Permutation, Script, Step as ScenarioStep,
};
use crate::server::{NamedOrigin, Names, Reference, Session};

/// The wire agent. Any number of permutations can be under way; they share connections and nothing
/// else, each has a user agent of its own.
#[derive(Debug)]
pub struct Wire {
    pub(super) transport: Transport,
    begin: Instant,
}

impl Wire {
    /// A wire agent on this transport.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            begin: Instant::now(),
        }
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
        };
        play.store_cookies(permutation, session).await;
        let mut observations = Vec::with_capacity(permutation.steps.len());
        for (number, step) in permutation.steps.iter().enumerate() {
            tokio::time::sleep(step.wait).await;
            session.set_step(number);
            let page = step.page.as_ref().unwrap_or(&permutation.page);
            observations.push(play.step(step, page).await);
            if leaves(step) {
                session.settled().await;
            }
        }
        observations
    }

    /// The time of every user agent that is played here.
    pub(super) fn now(&self) -> Duration {
        self.begin.elapsed()
    }
}

/// A permutation under way.
pub(super) struct Play<'run> {
    pub(super) wire: &'run Wire,
    pub(super) names: &'run Names,
    pub(super) agent: UserAgent,
}

impl Play<'_> {
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
                let now = self.wire.now();
                self.agent.cookies.store(value, &origin, &url, now);
            }
        }
    }

    async fn step(&mut self, step: &ScenarioStep, page: &Page) -> Observation {
        if step.request.via == Mechanism::Xdr {
            return self.cross_domain_request(step, page).await;
        }
        if step.request.via == Mechanism::Http {
            return self.exact_request(step).await;
        }
        let to_real = |text: &str| self.names.to_real_text(text);
        let request = match request_of(page, &step.request, to_real) {
            Ok(request) => request,
            Err(block) => return events::refused(&step.request, self.canonical_block(block)),
        };
        let mut observation = match step.request.via {
            Mechanism::EventSource => self.event_source(step, request).await,
            Mechanism::LongPoll | Mechanism::LongPollXhr => self.long_poll(step, request).await,
            Mechanism::WebSocket => self.web_socket(step, request).await,
            _ => self.call(step, request).await,
        };
        for event in observation.events.iter_mut().flatten() {
            event.detail = self.names.to_canonical(&event.detail);
        }
        for fact in observation.facts.values_mut() {
            *fact = self.names.to_canonical_text(fact);
        }
        observation
    }

    pub(super) fn canonical_block(&self, mut block: Block) -> Block {
        block.detail = block.detail.map(|it| self.names.to_canonical_text(&it));
        block
    }

    /// What script sees of a response.
    pub(super) fn visible(&self, response: VisibleResponse) -> End {
        End::Visible(canonical(response, self.names))
    }

    /// The end of a call that is blocked; `message` says more than the page is told.
    pub(super) fn blocked(&self, via: Mechanism, block: Block, message: &str) -> End {
        let message = self.names.to_canonical_text(message);
        let Block { reason, detail } = self.canonical_block(block);
        End::Blocked(BlockSignal {
            error: events::error_name(via, reason).to_owned(),
            message,
            because: Some(reason),
            alternatives: Vec::new(),
            detail,
        })
    }
}

/// Whether the page may go away before the server has said everything, which the server notices a
/// little later.
const fn leaves(step: &ScenarioStep) -> bool {
    let plan = &step.request;
    plan.abort.is_some()
        || plan.timeout.is_some()
        || matches!(step.server.response.connection, ConnectionPlan::Hold)
        || matches!(plan.via, Mechanism::EventSource | Mechanism::WebSocket)
}

/// Whether a script ends connections under the client's feet. A connection that was used before might
/// then be taken for a stale one, and the request be made twice.
pub(super) fn closes_connections(script: &Script) -> bool {
    let closes =
        |answer: &Answer| answer.raw.is_some() || answer.connection != ConnectionPlan::Keep;
    let rest = script
        .then
        .iter()
        .chain(script.resources.iter().map(|(_, answer)| answer));
    closes(&script.preflight)
        || closes(&script.response)
        || rest.clone().any(closes)
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
