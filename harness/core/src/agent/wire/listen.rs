//! One call whose answer is heard while it arrives.

use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use corspec_fetch::{
    Fetch, HttpRequest, Outcome, Purpose, Reason, Request, ResponseType, Step, UserAgent,
    VisibleResponse, is_null_body_status,
};
use tokio::time::{Instant, sleep_until};

use super::visit::{Leg, Visit, head_of, outgoing, response};
use super::watch::{Arrival, Watch};
use super::{Exchanged, Wire};

/// What is heard of a call under way.
pub(super) enum Heard<'call> {
    /// A part of the body.
    Part(&'call [u8]),
    /// Script may see the response; its body follows.
    Response(&'call VisibleResponse),
}

impl Wire {
    /// Makes one call: `hear` is told of the response as soon as its head allows it, and of every part
    /// of its body. It may break off, which closes the connection; the call then ends with what there
    /// was. `alone` gives each of its requests a connection of its own.
    pub(super) async fn listen(
        &self,
        request: Request,
        agent: &mut UserAgent,
        alone: bool,
        hear: impl FnMut(Heard<'_>) -> ControlFlow<()>,
    ) -> Visit {
        let begun = Fetch::start(request, agent, self.now());
        self.listen_on(begun, agent, alone, hear).await.0
    }

    /// Goes on with a call that has begun, and hands it back when it is over.
    pub(super) async fn listen_on(
        &self,
        (fetch, mut next): (Fetch, Step),
        agent: &mut UserAgent,
        alone: bool,
        hear: impl FnMut(Heard<'_>) -> ControlFlow<()>,
    ) -> (Visit, Fetch) {
        let mut call = Call {
            wire: self,
            agent,
            fetch,
            hear,
            legs: Vec::new(),
            response: None,
            early: None,
        };
        loop {
            next = match next {
                Step::Done(outcome) => return call.end(outcome),
                Step::Send(request) => call.exchange(request, alone).await,
            };
        }
    }
}

/// A call under way.
struct Call<'call, H> {
    wire: &'call Wire,
    agent: &'call mut UserAgent,
    fetch: Fetch,
    hear: H,
    legs: Vec<Leg>,
    /// What script may see already.
    response: Option<VisibleResponse>,
    /// What follows from a head that script may not see.
    early: Option<Step>,
}

impl<H: FnMut(Heard<'_>) -> ControlFlow<()>> Call<'_, H> {
    fn end(self, outcome: Outcome) -> (Visit, Fetch) {
        let mut visit = Visit::new(outcome, &self.fetch, self.legs);
        let is_blocked = matches!(visit.outcome, Outcome::Block(_));
        visit.has_lost_body |= is_blocked && self.response.is_some();
        (visit, self.fetch)
    }

    async fn exchange(&mut self, request: HttpRequest, alone: bool) -> Step {
        let alone = alone || request.on_new_connection;
        let (purpose, outgoing) = (request.purpose, outgoing(request));
        let (watch, mut arrivals) = Watch::new();
        let transport = &self.wire.transport;
        let exchanged = {
            let mut exchange = pin!(transport.exchange_watched(&outgoing, alone, &watch));
            let mut until: Option<Instant> = None;
            loop {
                tokio::select! {
                    biased;
                    // The watch is held here, so that this has no end.
                    Some(arrival) = arrivals.recv() => {
                        if self.arrive(arrival, purpose).is_break()
                            && let Some(response) = self.response.clone()
                        {
                            return Step::Done(Outcome::Allow(response));
                        }
                        if self.is_blocked() {
                            until.get_or_insert_with(|| Instant::now() + TIME_TO_DRAIN);
                        }
                    }
                    () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                        if let Some(step) = self.early.take() {
                            return step;
                        }
                    }
                    exchanged = &mut exchange => break exchanged,
                }
            }
        };
        // What came together with the end.
        while let Ok(arrival) = arrivals.try_recv() {
            if self.arrive(arrival, purpose).is_break() {
                break;
            }
        }
        let next = self.next(&exchanged, outgoing.method == "HEAD");
        self.legs.push(Leg {
            purpose,
            outgoing,
            exchanged,
        });
        next
    }

    /// Whether the head has decided, against the page.
    fn is_blocked(&self) -> bool {
        matches!(self.early, Some(Step::Done(Outcome::Block(_))))
    }

    fn arrive(&mut self, arrival: Arrival, purpose: Purpose) -> ControlFlow<()> {
        match (arrival, &mut self.response) {
            (Arrival::Head(status, head), _) if purpose == Purpose::Actual => {
                let head = head_of(status, &head);
                if self.fetch.awaits_body(&head, self.agent, self.wire.now()) {
                    return ControlFlow::Continue(());
                }
                match self.fetch.receive(head, self.agent, self.wire.now()) {
                    Step::Done(Outcome::Allow(response)) => {
                        let flow = (self.hear)(Heard::Response(&response));
                        self.response = Some(response);
                        flow
                    }
                    step => {
                        self.early = Some(step);
                        ControlFlow::Continue(())
                    }
                }
            }
            (Arrival::Part(part), Some(response)) if is_readable(response) => {
                response.body.extend_from_slice(&part);
                (self.hear)(Heard::Part(&part))
            }
            (Arrival::Head(..) | Arrival::Part(_), _) => ControlFlow::Continue(()),
        }
    }

    /// What follows when the exchange is over.
    fn next(&mut self, exchanged: &Exchanged, is_bodiless: bool) -> Step {
        let whole = response(exchanged);
        if let Some(response) = &self.response {
            let is_failed = whole.is_none_or(|whole| whole.is_cut)
                && !is_bodiless
                && !self.fetch.tolerates_cut()
                && !is_null_body_status(response.status);
            return Step::Done(if is_failed {
                Outcome::Block(Reason::NetworkError.into())
            } else {
                Outcome::Allow(response.clone())
            });
        }
        match (self.early.take(), whole) {
            (Some(step), _) => step,
            (None, None) => self.fetch.fail(self.agent),
            // There was nothing to hear: a preflight, a response that had to be read another way, or one that
            // is judged by its body.
            (None, Some(whole)) => {
                let step = self.fetch.receive(whole, self.agent, self.wire.now());
                if let Step::Done(Outcome::Allow(response)) = &step
                    && (self.hear)(Heard::Response(response)).is_continue()
                    && !response.body.is_empty()
                {
                    // There is nothing left to break off.
                    let _ = (self.hear)(Heard::Part(&response.body));
                }
                step
            }
        }
    }
}

/// How long the body of a response is read that script never sees, so that the connection can serve
/// again: a body without an end must not keep the page waiting.
const TIME_TO_DRAIN: Duration = Duration::from_millis(300);

fn is_readable(response: &VisibleResponse) -> bool {
    matches!(response.kind, ResponseType::Basic | ResponseType::Cors)
}
