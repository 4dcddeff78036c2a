//! How a run is to be made.

use super::{AgentName, Agents, RemoteEnd, Shard};
use crate::agent::browser::Engine;
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
    /// `None` for [what suits the machine](Self::sessions_of).
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
    /// How many sessions a browser that is one of so many has at most. Each takes half a gigabyte of memory.
    #[must_use]
    pub fn sessions_of(&self, engine: Engine, browsers: usize) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        self.sessions
            .unwrap_or_else(|| usual_sessions(engine, processors, browsers))
    }
}

/// As many as keep the processors busy that there are for each browser.
fn usual_sessions(engine: Engine, processors: usize, browsers: usize) -> usize {
    let processors_each = processors / browsers.max(1);
    let best = engine.sessions_for(processors_each);
    best.clamp(1, MOST_SESSIONS)
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Engine::Chromium, 2, 1, 2)]
    #[case(Engine::Chromium, 64, 1, 6)]
    #[case(Engine::Chromium, 2, 3, 1)]
    #[case(Engine::Firefox, 1, 1, 2)]
    #[case(Engine::Firefox, 2, 1, 2)]
    #[case(Engine::Firefox, 4, 1, 3)]
    #[case(Engine::Firefox, 2, 3, 1)]
    #[case(Engine::Webkit, 2, 1, 3)]
    #[case(Engine::Webkit, 2, 3, 1)]
    fn sessions_suit_the_engine_and_the_processors_that_there_are_for_it(
        #[case] engine: Engine,
        #[case] processors: usize,
        #[case] browsers: usize,
        #[case] sessions: usize,
    ) {
        assert_eq!(usual_sessions(engine, processors, browsers), sessions);
    }

    #[test]
    fn who_says_a_number_of_sessions_gets_it() {
        let options = Options {
            sessions: Some(9),
            ..Options::default()
        };
        assert_eq!(options.sessions_of(Engine::Webkit, 3), 9);
    }
}
