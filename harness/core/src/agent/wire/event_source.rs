//! Server-sent events, over as many connections as it takes.

use corspec_fetch::{Fetch, Outcome, Request};

use super::listen::Heard;
use super::player::{Play, closes_connections};
use crate::agent::source::Source;
use crate::agent::{End, Observation};
use crate::case::scenario::Step;

impl Play<'_> {
    pub(super) async fn event_source(&mut self, step: &Step, request: Request) -> Observation {
        let mut source = Source::new(step);
        let limit = self.wire.transport.deadlines().exchange;
        let streaming = self.stream(step, request, &mut source);
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

    async fn stream(&mut self, step: &Step, request: Request, source: &mut Source<'_>) -> Outcome {
        let alone = closes_connections(&step.server);
        let mut begun = Fetch::start(request, &mut self.agent, self.wire.now());
        loop {
            let hear = |heard: Heard<'_>| match heard {
                Heard::Part(part) => source.read(part),
                Heard::Response(response) => source.open(response),
            };
            let listening = self.wire.listen_on(begun, &mut self.agent, alone, hear);
            let (visit, mut fetch) = listening.await;
            if let Some(response) = source.satisfied() {
                return Outcome::Allow(response.clone());
            }
            match source.end(&visit.outcome) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return source.outcome(visit.outcome),
            }
            let next = fetch.again(source.header(), &mut self.agent, self.wire.now());
            begun = (fetch, next);
        }
    }
}
