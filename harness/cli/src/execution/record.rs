//! What was done of a run that does not come to its end.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use corspec::case::Suite;
use corspec::case::scenario::Permutation;
use corspec::run::{AgentInfo, CaseResult, Event, Keep, Options, RunResult, Selected};
use corspec::verdict::Status;

/// Keeps results as they come, for the case that the run is dropped.
pub(super) struct Record {
    agents: Vec<AgentInfo>,
    results: Vec<CaseResult>,
    keep: Keep,
    started: SystemTime,
    clock: Instant,
}

impl Record {
    pub(super) fn begin(keep: Keep) -> Self {
        Self {
            agents: Vec::new(),
            results: Vec::new(),
            keep,
            started: SystemTime::now(),
            clock: Instant::now(),
        }
    }

    pub(super) fn keep(&mut self, event: &Event<'_>) {
        match event {
            Event::AgentReady(agent) => self.agents.push((*agent).clone()),
            Event::Finished(result) => {
                let mut result = (*result).clone();
                if self.keep == Keep::Remarkable && result.status == Status::Pass {
                    (result.transcript, result.observations) = (Vec::new(), Vec::new());
                }
                self.results.push(result);
            }
            Event::AgentStarting(_) | Event::Planned { .. } | Event::TargetStarting(_) => {}
        }
    }

    /// The result of the run as far as it got, in the order that every result has; what had not run
    /// is skipped.
    pub(super) fn into_result(
        self,
        suite: &Suite,
        selected: &[Arc<Permutation>],
        options: &Options,
    ) -> RunResult {
        let mut done: HashMap<(String, String), CaseResult> = self
            .results
            .into_iter()
            .map(|result| {
                (
                    (result.agent.clone(), result.permutation.id.clone()),
                    result,
                )
            })
            .collect();
        let part = match options.shard {
            Some(shard) => shard.select(selected.to_vec()),
            None => selected.to_vec(),
        };
        let mut results = Vec::new();
        for agent in options.resolve_agents() {
            for permutation in &part {
                let key = (agent.name().to_owned(), permutation.id.clone());
                results.push(
                    done.remove(&key)
                        .unwrap_or_else(|| not_run(permutation, agent.name())),
                );
            }
        }
        RunResult {
            suite_digest: suite.digest.clone(),
            suite_size: suite.permutations.len(),
            selected: Selected::of(selected),
            shard: options.shard,
            agents: self.agents,
            target: TARGET.to_owned(),
            unanswered: BTreeMap::new(),
            seed: options.shuffle,
            started: self.started,
            duration: self.clock.elapsed(),
            results,
            interrupted: true,
        }
    }
}

fn not_run(permutation: &Arc<Permutation>, agent: &str) -> CaseResult {
    CaseResult {
        permutation: Arc::clone(permutation),
        agent: agent.to_owned(),
        status: Status::Skip,
        message: Some("not run: the user ended the run".to_owned()),
        judgement: None,
        observations: Vec::new(),
        transcript: Vec::new(),
        duration: Duration::ZERO,
        attempts: 0,
    }
}

/// The name that runs give to the server inside corspec.
const TARGET: &str = "embedded";
