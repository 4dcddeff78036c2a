//! Server-sent events, over as many connections as it takes.

use corspec_fetch::{Outcome, Request};

use super::listen::Heard;
use super::player::{Play, closes_connections};
use crate::agent::source::Source;
use crate::agent::{End, Observation};
use crate::case::scenario::Step;

impl Play<'_> {
    pub(super) async fn event_source(&mut self, step: &Step, request: Request) -> Observation {
        let mut source = Source::new(step);
        let limit = self.wire.transport.deadlines().exchange;
        let streaming = self.stream(step, &request, &mut source);
        let end = match tokio::time::timeout(limit, streaming).await {
            Ok(Outcome::Allow(response)) => self.visible(response),
            Ok(Outcome::Block(block)) => self.blocked(step.request.via, block, ""),
            Err(_) => End::TimedOut,
        };
        let mut observation = Observation::from(end);
        let facts = source.facts().into_iter();
        observation.facts = facts
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        observation.events = Some(source.into_events());
        observation
    }

    async fn stream(&mut self, step: &Step, first: &Request, source: &mut Source<'_>) -> Outcome {
        let alone = closes_connections(&step.server);
        loop {
            let request = source.next_request(first);
            let hear = |heard: Heard<'_>| match heard {
                Heard::Part(part) => source.read(part),
                Heard::Response(response) => source.open(response),
            };
            let visit = self
                .wire
                .listen(request, &mut self.agent, alone, hear)
                .await;
            if let Some(response) = source.satisfied() {
                return Outcome::Allow(response.clone());
            }
            match source.end(&visit.outcome) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return source.outcome(visit.outcome),
            }
        }
    }
}
