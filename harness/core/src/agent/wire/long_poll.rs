//! Comet by long polling: as soon as one request is answered the next is made.

use corspec_fetch::{Block, Outcome, Reason, Request};

use super::TransportError;
use super::events::event;
use super::player::{Play, closes_connections};
use crate::agent::poll::{Polled, Poller};
use crate::agent::{End, Observation, ScriptEvent};
use crate::case::scenario::Step;

impl Play<'_> {
    pub(super) async fn long_poll(&mut self, step: &Step, request: Request) -> Observation {
        let mut poller = Poller::new(request, step);
        let mut events = Vec::new();
        let limit = self.wire.transport.deadlines().exchange;
        let abort = step.request.abort;
        let polling = self.poll(step, &mut poller, &mut events);
        // A server that never runs out of nothing new is not polled for ever.
        let end = match tokio::time::timeout(abort.unwrap_or(limit), polling).await {
            Ok(end) => end,
            Err(_) if abort.is_some() => {
                events.push(event("error", ""));
                self.blocked(step.request.via, Reason::Aborted.into(), "")
            }
            Err(_) => End::TimedOut,
        };
        let mut observation = Observation::from(end);
        let polls = poller.polls().to_string();
        observation.facts.insert("polls".to_owned(), polls);
        observation.events = Some(events);
        observation
    }

    async fn poll(
        &mut self,
        step: &Step,
        poller: &mut Poller,
        events: &mut Vec<ScriptEvent>,
    ) -> End {
        let alone = closes_connections(&step.server);
        loop {
            let request = poller.next_request();
            let visit = self.wire.visit(request, &mut self.agent, alone).await;
            if matches!(visit.failure(), Some(TransportError::Deadline { .. })) {
                return End::TimedOut;
            }
            let polled = match visit.outcome {
                Outcome::Block(block) => Err(block),
                Outcome::Allow(response) => match poller.read(&response) {
                    Ok(polled) => Ok((polled, response)),
                    Err(reason) => Err(Block::from(reason)),
                },
            };
            match polled {
                Err(block) => {
                    events.push(event("error", ""));
                    if !poller.tries_again() {
                        return self.blocked(step.request.via, block, "");
                    }
                }
                Ok((polled, response)) => {
                    match polled {
                        Polled::Empty => events.push(event("empty", "")),
                        Polled::Messages(messages) => {
                            events.extend(messages.into_iter().map(|it| event("message", it)));
                        }
                    }
                    if poller.is_satisfied() {
                        return self.visible(response);
                    }
                }
            }
        }
    }
}
