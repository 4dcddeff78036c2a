//! What a run leaves behind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::shard::Shard;
use crate::agent::Observation;
use crate::case::scenario::Permutation;
use crate::server::NoAnswer;
use crate::tape::Transcript;
use crate::verdict::{Judgement, Status, Summary};

/// Everything that is known of a run when it is over; what every report is made from.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// The digest of the case files.
    pub suite_digest: String,
    /// The number of permutations in the suite, selected or not.
    pub suite_size: usize,
    /// What was selected of it, all parts of a shared run together.
    pub selected: Selected,
    /// The part of it that was run, where the run is shared.
    pub shard: Option<Shard>,
    /// The agents that took part, in order.
    pub agents: Vec<AgentInfo>,
    /// The name of the target.
    pub target: String,
    /// The policies under which the target was not asked anything, and why.
    pub unanswered: BTreeMap<String, NoAnswer>,
    /// The seed of the order in which permutations were started; `None` for the order of the suite.
    pub seed: Option<u64>,
    /// When the run began.
    pub started: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// A result per selected permutation and agent: by agent, then in the order of the suite,
    /// whatever the order of completion was.
    pub results: Vec<CaseResult>,
    /// Whether the run was ended before everything selected had run.
    pub interrupted: bool,
}

impl RunResult {
    /// How many permutations have each status.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.results.iter().map(|result| result.status).collect()
    }
}

/// What was selected: enough to tell whether two runs are parts of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Selected {
    /// How many permutations.
    pub permutations: usize,
    /// A digest of their ids, in the order of the suite.
    pub digest: String,
}

impl Selected {
    /// Describes what was selected.
    #[must_use]
    pub fn of(permutations: &[Arc<Permutation>]) -> Self {
        let mut hash = Sha256::new();
        for permutation in permutations {
            hash.update(&permutation.id);
            hash.update("\n");
        }
        let mut digest = format!("{:x}", hash.finalize());
        digest.truncate(DIGITS);
        Self {
            permutations: permutations.len(),
            digest,
        }
    }
}

/// As many as the digest of a suite has.
const DIGITS: usize = 16;

/// An agent that took part in a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgentInfo {
    /// `wire`, `chromium` ….
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What became of one permutation in one agent.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// What was run.
    pub permutation: Arc<Permutation>,
    /// The name of the agent.
    pub agent: String,
    /// What became of it.
    pub status: Status,
    /// Why it was skipped or could not be decided, or the reason and link of a known deviation.
    pub message: Option<String>,
    /// What the judges found; `None` where it did not run to its end.
    pub judgement: Option<Judgement>,
    /// What script saw in each step.
    pub observations: Vec<Observation>,
    /// What was said.
    pub transcript: Transcript,
    /// How long it took.
    pub duration: Duration,
    /// How often it was tried.
    pub attempts: u32,
}

/// What happens during a run, for whoever shows progress.
#[derive(Debug)]
pub enum Event<'run> {
    /// An agent is being made ready, which may take seconds.
    AgentStarting(&'run str),
    /// An agent is ready.
    AgentReady(&'run AgentInfo),
    /// A permutation has ended.
    Finished(&'run CaseResult),
    /// The server under test is being started, once for each policy.
    TargetStarting(&'run str),
    /// The number of permutations and agents to run is known.
    Planned {
        /// Results that will come.
        total: usize,
    },
}
