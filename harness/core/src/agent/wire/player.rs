//! Plays the browser in a scenario.

use std::time::{Duration, Instant};

use corspec_fetch::{Block, HeaderList, Outcome, Reason, UserAgent, VisibleResponse};
use url::Url;

use super::transport::{Deadlines, Reach, Transport};
use super::visit::{header_list, personal_headers};
use super::{Outgoing, TransportError};
use crate::agent::call::request_of;
use crate::agent::{BlockSignal, End, Observation};
use crate::case::scenario::{
    Answer, ConnectionPlan, Mechanism, Page, Permutation, RequestPlan, Script, Step as ScenarioStep,
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
            observations.push(play.step(step, &permutation.page).await);
        }
        observations
    }

    /// The time of every user agent that is played here.
    pub(super) fn now(&self) -> Duration {
        self.begin.elapsed()
    }
}

/// A permutation under way.
struct Play<'run> {
    wire: &'run Wire,
    names: &'run Names,
    agent: UserAgent,
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
        let to_real = |text: &str| self.names.to_real_text(text);
        let request = match request_of(page, &step.request, to_real) {
            Ok(request) => request,
            Err(reason) => return refused(&step.request, reason.into(), String::new()),
        };
        let alone = closes_connections(&step.server);
        let visit = self.wire.visit(request, &mut self.agent, alone).await;
        if matches!(visit.failure(), Some(TransportError::Deadline { .. })) {
            return End::TimedOut.into();
        }
        let message = visit.failure().map(ToString::to_string);
        match visit.outcome {
            Outcome::Allow(response) => End::Visible(canonical(response, self.names)).into(),
            Outcome::Block(mut block) => {
                block.detail = block.detail.map(|it| self.names.to_canonical_text(&it));
                let message = self.names.to_canonical_text(&message.unwrap_or_default());
                refused(&step.request, block, message)
            }
        }
    }
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
    End::Blocked(BlockSignal {
        error,
        message,
        because: Some(reason),
        alternatives: Vec::new(),
        detail,
    })
    .into()
}

/// The name of what script catches: an exception, or the event `error`.
fn error_name(via: Mechanism, because: Reason) -> &'static str {
    match (via, because) {
        (Mechanism::Fetch | Mechanism::LongPoll, _) => "TypeError",
        (Mechanism::Xhr, Reason::ForbiddenMethod) => "SecurityError",
        (Mechanism::Xhr, Reason::InvalidHeader | Reason::InvalidMethod | Reason::UrlInvalid) => {
            "SyntaxError"
        }
        (_, _) => "error",
    }
}
