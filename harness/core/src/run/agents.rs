//! The agents a run is made with.

use std::fmt;
use std::str::FromStr;

use super::remote_end::RemoteEnd;
use crate::agent::browser::{Engine, Search};

/// An agent, by name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AgentName {
    /// The raw HTTP client.
    Wire,
    /// A real browser.
    Browser(Engine),
}

impl AgentName {
    /// Every agent there is.
    #[must_use]
    pub fn all() -> Vec<Self> {
        std::iter::once(Self::Wire)
            .chain(Engine::ALL.map(Self::Browser))
            .collect()
    }

    /// The word for it in commands, cases and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Browser(engine) => engine.name(),
        }
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for AgentName {
    type Err = UnknownAgent;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let agent = Self::all().into_iter().find(|agent| agent.name() == name);
        agent.ok_or_else(|| UnknownAgent(name.to_owned()))
    }
}

/// A name that no agent has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown agent `{0}`; there are {known}", known = AgentName::all().iter().map(|agent| agent.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownAgent(pub String);

/// Which agents take part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Agents {
    /// The wire, and every browser that is found or has a remote end.
    #[default]
    All,
    /// These, and none may be missing.
    Named(Vec<AgentName>),
}

impl Agents {
    /// The agents in their own order, each once, where no browser has a remote end.
    #[must_use]
    pub fn resolve(&self) -> Vec<AgentName> {
        self.resolve_with(&[])
    }

    /// The agents in their own order, each once.
    pub(super) fn resolve_with(&self, remote: &[RemoteEnd]) -> Vec<AgentName> {
        let mut agents = match self {
            Self::All => {
                let search = Search::from_environment();
                let mut found = vec![AgentName::Wire];
                found.extend(
                    Engine::ALL
                        .into_iter()
                        .filter(|engine| {
                            remote.iter().any(|end| end.engine == *engine)
                                || engine.is_installed(&search)
                        })
                        .map(AgentName::Browser),
                );
                found
            }
            Self::Named(named) => named.clone(),
        };
        agents.sort();
        agents.dedup();
        agents
    }
}
