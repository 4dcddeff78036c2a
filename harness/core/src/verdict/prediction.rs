//! What the model says a conforming browser must do with the very answers an agent was given.

use std::time::Duration;

use corspec_fetch::{
    Block, Decision, Fetch, HeaderList, HttpRequest, HttpResponse, Outcome, Step as ModelStep,
    UserAgent,
};
use url::Url;

use super::judgement::Verdict;
use crate::agent::call::request_of;
use crate::case::scenario::{BodyKind, Page, Permutation, Step};
use crate::server::{Listener, NamedOrigin};
use crate::tape::Exchange;

/// The model's word on one step.
#[derive(Clone, Debug)]
pub(crate) struct Prediction {
    /// What must come of it; `None` where the tape holds no answer to what the model would send.
    pub(crate) verdict: Option<Verdict>,
    /// Where the requests on the tape part from those of the model.
    pub(crate) divergence: Option<String>,
    /// What the model decided on the way, in order.
    pub(crate) decisions: Vec<Decision>,
}

/// Replays the model over the exchanges of a permutation, step by step.
pub(crate) fn predict(permutation: &Permutation, transcript: &[Exchange]) -> Vec<Prediction> {
    let mut agent = UserAgent::default();
    let mut now = Duration::ZERO;
    store_cookies(permutation, &mut agent);
    let steps = permutation.steps.iter().enumerate();
    steps
        .map(|(index, step)| {
            now += step.wait;
            let exchanges = transcript.iter().filter(|exchange| exchange.step == index);
            replay(&permutation.page, step, exchanges, &mut agent, now)
        })
        .collect()
}

fn replay<'tape>(
    page: &Page,
    step: &Step,
    exchanges: impl Iterator<Item = &'tape Exchange>,
    agent: &mut UserAgent,
    now: Duration,
) -> Prediction {
    let mut exchanges = exchanges.peekable();
    let request = match request_of(page, &step.request, str::to_owned) {
        Err(reason) => {
            return ended(Outcome::Block(reason.into()), exchanges.next(), Vec::new());
        }
        Ok(request) => request,
    };
    let (mut fetch, mut model) = Fetch::start(request, agent, now);
    loop {
        match model {
            ModelStep::Done(outcome) => {
                return ended(outcome, exchanges.next(), fetch.decisions().to_vec());
            }
            ModelStep::Send(request) => {
                let answer = match exchanges.next_if(|exchange| is_same(exchange, &request)) {
                    Some(exchange) => answer_of(exchange),
                    // What could not be sent leaves nothing on the tape.
                    None if exchanges.peek().is_none() && !can_be_sent(step, &request) => None,
                    None => {
                        let divergence = Some(parted(&request, exchanges.next()));
                        let decisions = fetch.decisions().to_vec();
                        return Prediction {
                            verdict: None,
                            divergence,
                            decisions,
                        };
                    }
                };
                model = match answer {
                    Some(answer) => fetch.receive(answer, agent, now),
                    None => fetch.fail(agent),
                };
            }
        }
    }
}

fn ended(outcome: Outcome, surplus: Option<&Exchange>, decisions: Vec<Decision>) -> Prediction {
    let verdict = match outcome {
        Outcome::Allow(_) => Verdict {
            allowed: true,
            because: None,
            detail: None,
        },
        Outcome::Block(Block { reason, detail }) => Verdict {
            allowed: false,
            because: Some(reason),
            detail,
        },
    };
    let divergence = surplus.map(|exchange| {
        format!(
            "{} was sent, where the model sends nothing more",
            describe(exchange)
        )
    });
    Prediction {
        verdict: Some(verdict),
        divergence,
        decisions,
    }
}

fn parted(expected: &HttpRequest, found: Option<&Exchange>) -> String {
    let found = found.map_or_else(|| "nothing".to_owned(), describe);
    format!(
        "{found} was sent, where the model sends {} {}",
        expected.method, expected.url
    )
}

fn describe(exchange: &Exchange) -> String {
    format!(
        "{} {}{}",
        exchange.method,
        exchange.to.serialize(),
        exchange.target
    )
}

fn is_same(exchange: &Exchange, request: &HttpRequest) -> bool {
    let url = format!("{}{}", exchange.to.serialize(), exchange.target);
    let same_url = Url::parse(&url).is_ok_and(|url| {
        let mut requested = request.url.clone();
        requested.set_fragment(None);
        // Both fail only for URLs that cannot have them.
        let _ = requested.set_username("");
        let _ = requested.set_password(None);
        url == requested
    });
    same_url && exchange.method == request.method.as_str()
}

/// Whether a request must leave its trace at the reference server: it listens there, and the request
/// is one that its protocol can carry.
///
/// A stream needs HTTP/2: <https://fetch.spec.whatwg.org/#http-network-fetch>.
fn can_be_sent(step: &Step, request: &HttpRequest) -> bool {
    let url = &request.url;
    let listener = NamedOrigin::all().into_iter().find(|origin| {
        url.host_str() == Some(origin.host())
            && url.port() == Some(origin.listener().canonical_port())
            && url.scheme() == origin.listener().scheme()
    });
    let streams = request.body.is_some()
        && step
            .request
            .body
            .as_ref()
            .is_some_and(|body| body.kind == BodyKind::Stream);
    listener.is_some_and(|origin| !streams || origin.listener() == Listener::HttpsHttp2)
}

fn answer_of(exchange: &Exchange) -> Option<HttpResponse> {
    // What is not HTTP has no status.
    let (status, message) = exchange
        .response
        .as_ref()
        .filter(|(status, _)| *status != 0)?;
    let headers = message.headers.iter().cloned().collect::<HeaderList>();
    let announced = headers.get("content-length");
    let announced = announced.and_then(|length| String::from_utf8(length).ok()?.parse().ok());
    Some(HttpResponse {
        status: *status,
        reason_phrase: message.reason_phrase.clone(),
        is_cut: exchange.method != "HEAD"
            && announced.is_some_and(|announced: usize| announced > message.body.len()),
        headers,
        body: message.body.clone(),
    })
}

fn store_cookies(permutation: &Permutation, agent: &mut UserAgent) {
    for setup in &permutation.cookies {
        let Ok(url) = Url::parse(&format!("{}/scenario/-", setup.origin.serialize())) else {
            continue;
        };
        let origin = corspec_fetch::Origin::of_url(&url);
        agent
            .cookies
            .store(setup.set_cookie.as_bytes(), &origin, &url, Duration::ZERO);
    }
}
