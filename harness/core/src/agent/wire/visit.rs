//! One call, made as a page makes it.

use std::ops::ControlFlow;
use std::pin::pin;

use corspec_fetch::header_list::is_header_name;
use corspec_fetch::{
    Decision, Fetch, HeaderList, HttpRequest, HttpResponse, Outcome, Purpose, Reason, Request,
    ResponseType, Step, UserAgent, VisibleResponse, is_null_body_status,
};

use super::watch::{Arrival, Watch};
use super::{Exchanged, Outgoing, TransportError, Wire};
use crate::tape::Message;

/// What became of a call.
#[derive(Debug)]
pub struct Visit {
    /// How it ended for the page.
    pub outcome: Outcome,
    /// The decisions on the way there, in order.
    pub decisions: Vec<Decision>,
    /// Everything that was sent, in order.
    pub legs: Vec<Leg>,
    /// Whether the page may see how long everything took.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-tao-check>
    pub shares_timing: bool,
    /// Whether status and headers were visible before the call failed with its body.
    pub has_lost_body: bool,
}

/// One request of a call, and what came of it.
#[derive(Debug)]
pub struct Leg {
    /// What the request is for.
    pub purpose: Purpose,
    /// The request as it was to be sent.
    pub outgoing: Outgoing,
    /// What was said.
    pub exchanged: Exchanged,
}

impl Visit {
    /// What is known of a call that was ended from outside.
    pub(super) fn ended(outcome: Outcome) -> Self {
        Self {
            outcome,
            decisions: Vec::new(),
            legs: Vec::new(),
            shares_timing: false,
            has_lost_body: false,
        }
    }

    fn new(outcome: Outcome, fetch: &Fetch, legs: Vec<Leg>) -> Self {
        Self {
            outcome,
            decisions: fetch.decisions().to_vec(),
            legs,
            shares_timing: fetch.shares_timing(),
            has_lost_body: fetch.has_lost_body(),
        }
    }

    /// Why the last request got no whole and well-formed response, if it did not.
    #[must_use]
    pub fn failure(&self) -> Option<&TransportError> {
        self.legs.last()?.exchanged.failure.as_ref()
    }
}

impl Wire {
    /// Makes one call, against any URL that the transport reaches: sends what the model says that a
    /// browser sends, until script would see an outcome.
    ///
    /// The user agent keeps its cookies and preflights from one call to the next. Its time is that of
    /// this wire agent, so it is not to be carried over to another.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-fetch>
    pub async fn fetch(&self, request: Request, agent: &mut UserAgent) -> Visit {
        self.visit(request, agent, false).await
    }

    /// Makes one call; `alone` gives each of its requests a connection of its own.
    pub(super) async fn visit(
        &self,
        request: Request,
        agent: &mut UserAgent,
        alone: bool,
    ) -> Visit {
        let mut legs = Vec::new();
        let (mut fetch, mut next) = Fetch::start(request, agent, self.now());
        loop {
            match next {
                Step::Done(outcome) => return Visit::new(outcome, &fetch, legs),
                Step::Send(request) => {
                    let leg = self.send(request, alone).await;
                    next = match response(&leg.exchanged) {
                        Some(response) => fetch.receive(response, agent, self.now()),
                        None => fetch.fail(agent),
                    };
                    legs.push(leg);
                }
            }
        }
    }

    /// Makes one call whose body is read while it arrives: `hear` is told of the response as soon as
    /// its head allows it, and of every part of its body. It may break off, which closes the
    /// connection; the call then ends with what there was.
    pub(super) async fn listen(
        &self,
        request: Request,
        agent: &mut UserAgent,
        alone: bool,
        mut hear: impl FnMut(Heard<'_>) -> ControlFlow<()>,
    ) -> Visit {
        let mut legs = Vec::new();
        let (mut fetch, mut next) = Fetch::start(request, agent, self.now());
        loop {
            let request = match next {
                Step::Done(outcome) => return Visit::new(outcome, &fetch, legs),
                Step::Send(request) => request,
            };
            let (purpose, outgoing) = (request.purpose, outgoing(request));
            let (watch, mut arrivals) = Watch::new();
            let mut opened: Option<VisibleResponse> = None;
            let mut early = None;
            let exchanged = {
                let mut exchange = pin!(self.transport.exchange_watched(&outgoing, alone, &watch));
                let mut done = None;
                loop {
                    let arrival = match &done {
                        Some(_) => arrivals.try_recv().ok(),
                        None => tokio::select! {
                            biased;
                            arrival = arrivals.recv() => arrival,
                            exchanged = &mut exchange => {
                                done = Some(exchanged);
                                continue;
                            }
                        },
                    };
                    let flow = match (arrival, &mut opened) {
                        (None, _) => break,
                        (Some(Arrival::Head(status, head)), _) if purpose == Purpose::Actual => {
                            let head = head_of(status, &head);
                            match fetch.receive(head, agent, self.now()) {
                                Step::Done(Outcome::Allow(response)) => {
                                    let flow = hear(Heard::Response(&response));
                                    opened = Some(response);
                                    flow
                                }
                                step => {
                                    early = Some(step);
                                    ControlFlow::Continue(())
                                }
                            }
                        }
                        (Some(Arrival::Part(part)), Some(response)) if is_readable(response) => {
                            response.body.extend_from_slice(&part);
                            hear(Heard::Part(&part))
                        }
                        (Some(_), _) => ControlFlow::Continue(()),
                    };
                    if flow.is_break()
                        && let Some(response) = opened.take()
                    {
                        return Visit::new(Outcome::Allow(response), &fetch, legs);
                    }
                }
                done
            };
            let Some(exchanged) = exchanged else {
                // The watch is held here, so that there is no end of arrivals before that of the exchange.
                return Visit::new(Outcome::Block(Reason::NetworkError.into()), &fetch, legs);
            };
            let whole = response(&exchanged);
            let failed =
                whole.as_ref().is_none_or(|response| response.is_cut) && outgoing.method != "HEAD";
            legs.push(Leg {
                purpose,
                outgoing,
                exchanged,
            });
            next = match (opened, early, whole) {
                (Some(response), _, _) if failed && !is_null_body_status(response.status) => {
                    let mut visit =
                        Visit::new(Outcome::Block(Reason::NetworkError.into()), &fetch, legs);
                    visit.has_lost_body = true;
                    return visit;
                }
                (Some(response), _, _) => Step::Done(Outcome::Allow(response)),
                (None, Some(step), _) => step,
                // There was nothing to hear: a preflight, or a response that had to be read another way.
                (None, None, Some(whole)) => {
                    let step = fetch.receive(whole, agent, self.now());
                    if let Step::Done(Outcome::Allow(response)) = &step
                        && hear(Heard::Response(response)).is_continue()
                        && !response.body.is_empty()
                    {
                        let _ = hear(Heard::Part(&response.body));
                    }
                    step
                }
                (None, None, None) => fetch.fail(agent),
            };
        }
    }

    async fn send(&self, request: HttpRequest, alone: bool) -> Leg {
        let purpose = request.purpose;
        let outgoing = outgoing(request);
        let exchanged = if alone {
            self.transport.exchange_alone(&outgoing).await
        } else {
            self.transport.exchange(&outgoing).await
        };
        Leg {
            purpose,
            outgoing,
            exchanged,
        }
    }
}

/// What is heard of a call under way.
pub(super) enum Heard<'call> {
    /// A part of the body.
    Part(&'call [u8]),
    /// Script may see the response; its body follows.
    Response(&'call VisibleResponse),
}

fn is_readable(response: &VisibleResponse) -> bool {
    matches!(response.kind, ResponseType::Basic | ResponseType::Cors)
}

pub(super) fn outgoing(request: HttpRequest) -> Outgoing {
    Outgoing {
        method: request.method.as_str().to_owned(),
        url: request.url,
        headers: personal_headers(&request.headers),
        body: request.body,
    }
}

/// A response whose body is still to come.
pub(super) fn head_of(status: u16, head: &Message) -> HttpResponse {
    HttpResponse {
        status,
        headers: header_list(head),
        reason_phrase: head.reason_phrase.clone(),
        body: Vec::new(),
        is_cut: false,
    }
}

/// What the model is told; nothing where there is no response that a browser would take.
pub(super) fn response(exchanged: &Exchanged) -> Option<HttpResponse> {
    let is_cut = match &exchanged.failure {
        None => false,
        // The model knows what a cut body matters to.
        Some(TransportError::Cut) => true,
        Some(_) => return None,
    };
    let (status, message) = exchanged.response.as_ref()?;
    Some(HttpResponse {
        status: *status,
        headers: header_list(message),
        reason_phrase: message.reason_phrase.clone(),
        body: message.body.clone(),
        is_cut,
    })
}

/// What the model leaves to the client, around what the model says.
pub(super) fn personal_headers(headers: &HeaderList) -> Vec<(String, Vec<u8>)> {
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
pub(super) fn header_list(message: &Message) -> HeaderList {
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

const PERSONAL_HEADERS: [(&str, &str); 3] = [
    ("User-Agent", concat!("corspec/", env!("CARGO_PKG_VERSION"))),
    ("Accept-Language", "en"),
    ("Accept-Encoding", "identity"),
];
