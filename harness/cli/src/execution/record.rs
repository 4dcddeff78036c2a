//! What was done of a run that does not come to its end.

use std::time::{Instant, SystemTime};

use corspec::case::Suite;
use corspec::run::{AgentInfo, CaseResult, Event, Options, RunResult};

/// Keeps results as they come, for the case that the run is dropped.
pub(super) struct Record {
    agents: Vec<AgentInfo>,
    results: Vec<CaseResult>,
    started: SystemTime,
    clock: Instant,
}

impl Record {
    pub(super) fn begin() -> Self {
        Self {
            agents: Vec::new(),
            results: Vec::new(),
            started: SystemTime::now(),
            clock: Instant::now(),
        }
    }

    pub(super) fn keep(&mut self, event: &Event<'_>) {
        match event {
            Event::AgentReady(agent) => self.agents.push((*agent).clone()),
            Event::Finished(result) => self.results.push((*result).clone()),
            Event::AgentStarting(_) | Event::Planned { .. } => {}
        }
    }

    /// The result of the run as far as it got, in the order of every result.
    pub(super) fn into_result(self, suite: &Suite, options: &Options) -> RunResult {
        let Self {
            agents,
            mut results,
            started,
            clock,
        } = self;
        let place = |result: &CaseResult| {
            let agent = agents.iter().position(|agent| agent.name == result.agent);
            let id = suite
                .permutations
                .iter()
                .position(|it| it.id == result.permutation.id);
            (agent, id)
        };
        results.sort_by_cached_key(place);
        RunResult {
            suite_digest: suite.digest.clone(),
            suite_size: suite.permutations.len(),
            agents,
            target: corspec::run::REFERENCE.to_owned(),
            seed: options.shuffle,
            started,
            duration: clock.elapsed(),
            results,
            interrupted: true,
        }
    }
}
