//! A call that is one fetch: by `fetch()`, by XMLHttpRequest, by an element, or by something that
//! tells its page nothing.

use std::ops::ControlFlow;
use std::time::Duration;

use corspec_fetch::{Outcome, Reason, Request};
use url::Url;

use super::listen::Heard;
use super::player::{Play, closes_connections};
use super::visit::Visit;
use super::{TransportError, events, facts};
use crate::agent::call::shown;
use crate::agent::{End, Observation};
use crate::case::scenario::{Mechanism, RequestPlan, Step};

impl Play<'_> {
    pub(super) async fn call(&mut self, step: &Step, request: Request) -> Observation {
        let plan = &step.request;
        let alone = closes_connections(&step.server);
        let mut was_open = false;
        let mut chunks: Vec<Vec<u8>> = Vec::new();
        let limit = ended_by(plan);
        let url = request.url.clone();
        let visit = {
            let Self { wire, agent, .. } = self;
            let hear = |heard: Heard<'_>| {
                match heard {
                    Heard::Response(_) => was_open = true,
                    Heard::Part(part) if plan.stream => chunks.push(part.to_vec()),
                    Heard::Part(_) => {}
                }
                ControlFlow::Continue(())
            };
            let call = async {
                // Only a call that may end in between has to be heard: the rest is cheaper.
                if plan.stream || limit.is_some() {
                    wire.listen(request, agent, alone, hear).await
                } else {
                    wire.visit(request, agent, alone).await
                }
            };
            match limit {
                None => Ok(call.await),
                Some((limit, reason)) => {
                    let ended = tokio::time::timeout(limit, call).await;
                    ended.map_err(|_| reason)
                }
            }
        };
        match visit {
            Err(reason) => self.ended(plan, reason, was_open, &chunks),
            Ok(visit) => self.observe(plan, visit, &url, was_open, &chunks),
        }
    }

    fn observe(
        &self,
        plan: &RequestPlan,
        mut visit: Visit,
        url: &Url,
        was_open: bool,
        chunks: &[Vec<u8>],
    ) -> Observation {
        if matches!(visit.failure(), Some(TransportError::Deadline { .. })) {
            return End::TimedOut.into();
        }
        let message = visit.failure().map(ToString::to_string);
        if plan.via == Mechanism::Frame {
            visit.outcome = shown(visit.outcome, url);
        }
        let (events, facts) = (
            events::of_call(plan, &visit, was_open, chunks),
            facts::of_call(plan, &visit),
        );
        let end = match visit.outcome {
            _ if plan.via.is_silent() => End::Silent,
            Outcome::Allow(response) => self.visible(response),
            Outcome::Block(block) => self.blocked(plan.via, block, &message.unwrap_or_default()),
        };
        Observation { end, events, facts }
    }

    /// A call that was ended before it was over.
    fn ended(
        &self,
        plan: &RequestPlan,
        reason: Reason,
        was_open: bool,
        chunks: &[Vec<u8>],
    ) -> Observation {
        let mut observation = Observation::from(self.blocked(plan.via, reason.into(), ""));
        observation.events = match plan.via {
            Mechanism::Fetch => Some(events::of_fetch(was_open, chunks, "error")),
            Mechanism::Jsonp => Some(vec![events::event("timeout", "")]),
            Mechanism::Xhr => {
                let name = if reason == Reason::Timeout {
                    "timeout"
                } else {
                    "abort"
                };
                events::of_xhr_ended(plan, name, chunks)
            }
            _ => None,
        };
        if plan.via == Mechanism::Xhr {
            let visit = Visit::ended(Outcome::Block(reason.into()));
            observation.facts = facts::of_call(plan, &visit);
            observation.facts.remove("timing");
        }
        observation
    }
}

/// What ends a call before it is over by itself, and when.
fn ended_by(plan: &RequestPlan) -> Option<(Duration, Reason)> {
    let abort = plan.abort.map(|after| (after, Reason::Aborted));
    let timeout = plan.timeout.map(|after| (after, Reason::Timeout));
    [abort, timeout]
        .into_iter()
        .flatten()
        .min_by_key(|(after, _)| *after)
}
