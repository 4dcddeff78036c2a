//! From what an agent brought back to a result.

use std::sync::Arc;
use std::time::Duration;

use super::result::{AgentInfo, CaseResult};
use crate::agent::Observation;
use crate::case::KnownDeviations;
use crate::case::scenario::Permutation;
use crate::tape::Transcript;
use crate::verdict::{Status, judge};

/// What an agent brought back from a permutation that ran to its end.
pub(super) struct Played {
    pub(super) observations: Vec<Observation>,
    pub(super) transcript: Transcript,
    pub(super) duration: Duration,
    pub(super) attempts: u32,
}

/// The result of a permutation that ran to its end.
pub(super) fn decided(
    permutation: &Arc<Permutation>,
    agent: &AgentInfo,
    known: &KnownDeviations,
    played: Played,
) -> CaseResult {
    let judgement = judge(permutation, &played.transcript, &played.observations);
    let known = known.find(&permutation.id, &agent.name, &agent.version);
    let status = match (judgement.status(), known) {
        (Status::Pass, Some(_)) => Status::Fixed,
        (_, Some(_)) => Status::Known,
        (Status::Pass, None) if played.attempts > 1 => Status::Flaky,
        (status, None) => status,
    };
    CaseResult {
        message: known.map(|known| format!("{} ({})", known.reason, known.link)),
        status,
        judgement: Some(judgement),
        observations: played.observations,
        transcript: played.transcript,
        duration: played.duration,
        attempts: played.attempts,
        ..undecided(permutation, &agent.name, status, None)
    }
}

/// The result of a permutation that was not run, or could not be decided.
pub(super) fn undecided(
    permutation: &Arc<Permutation>,
    agent: &str,
    status: Status,
    message: Option<String>,
) -> CaseResult {
    CaseResult {
        permutation: Arc::clone(permutation),
        agent: agent.to_owned(),
        status,
        message,
        judgement: None,
        observations: Vec::new(),
        transcript: Vec::new(),
        duration: Duration::ZERO,
        attempts: 0,
    }
}

/// Why this agent does not run a permutation, if it does not.
pub(super) fn skipped(permutation: &Arc<Permutation>, agent: &str) -> Option<CaseResult> {
    let only = permutation.scenario.only.as_ref()?;
    (!only.agents.iter().any(|name| name == agent))
        .then(|| undecided(permutation, agent, Status::Skip, Some(only.reason.clone())))
}
