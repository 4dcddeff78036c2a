//! How a run is to be made.

use super::{AgentName, Agents, RemoteEnd, Shard};
use crate::server::Target;

/// How a run is to be made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who takes part.
    pub agents: Agents,
    /// Who answers where scenarios name a policy.
    pub target: Target,
    /// Where sessions of browsers come from that are not started here.
    pub remote: Vec<RemoteEnd>,
    /// The part of what is selected that is run.
    pub shard: Option<Shard>,
    /// How many permutations the wire agent has under way at a time.
    pub jobs: usize,
    /// How many sessions each browser has at most, or one at each of its remote ends if those are more;
    /// `None` for [what suits the machine](Self::sessions_each).
    pub sessions: Option<usize>,
    /// The seed of the order in which permutations begin; `None` for the order of the suite.
    pub shuffle: Option<u64>,
    /// The number of failures after which no further permutation begins.
    pub max_failures: Option<usize>,
    /// Whose transcripts and observations are kept to the end.
    pub keep: Keep,
}

impl Options {
    /// The agents in their own order, each once.
    #[must_use]
    pub fn resolve_agents(&self) -> Vec<AgentName> {
        self.agents.resolve_with(&self.remote)
    }
}

impl Options {
    /// How many sessions each of so many browsers has at most: one more than there are processors for it,
    /// for while one waits for what waits by nature, the others work. Each takes half a gigabyte of memory.
    #[must_use]
    pub fn sessions_each(&self, browsers: usize) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let usual = (processors / browsers.max(1) + 1).min(MOST_SESSIONS);
        self.sessions.unwrap_or(usual)
    }
}

/// More sessions than this have nothing to do, as the suite is.
const MOST_SESSIONS: usize = 6;

impl Default for Options {
    fn default() -> Self {
        Self {
            agents: Agents::All,
            target: Target::default(),
            remote: Vec::new(),
            shard: None,
            jobs: 32,
            sessions: None,
            shuffle: None,
            max_failures: None,
            keep: Keep::All,
        }
    }
}

/// Which results keep what was said and seen. Without it a result is small, so that memory does not
/// grow with what passes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// Those that did not simply pass.
    Remarkable,
}
