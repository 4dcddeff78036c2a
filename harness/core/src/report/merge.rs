//! The reports of several runs as one: the parts of a run that was shared, and runs of other agents.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::json::{NoReport, Stored};
use super::{json, timestamp};
use crate::case::Suite;
use crate::case::scenario::Permutation;
use crate::run::{AgentInfo, AgentName, CaseResult, RunResult, Selected, Shard};

/// A report, and the name of its file.
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    report: Stored,
}

impl Part {
    /// Reads the JSON report of a run.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn read(name: impl Into<String>, bytes: &[u8]) -> Result<Self, MergeError> {
        let name = name.into();
        match json::read(bytes) {
            Ok(report) => Ok(Self { name, report }),
            Err(source) => Err(MergeError::Unreadable { part: name, source }),
        }
    }

    /// The part of a shared run that it is, which a number beyond all parts is not.
    fn shard(&self) -> Result<Option<Shard>, MergeError> {
        match self.report.run.shard {
            None => Ok(None),
            Some(stored) => match Shard::new(stored.number, stored.of) {
                Some(shard) => Ok(Some(shard)),
                None => Err(self.damaged(&format!("part {}/{}", stored.number, stored.of))),
            },
        }
    }

    /// The agents that it has results of.
    fn agents(&self) -> BTreeSet<&str> {
        self.report
            .results
            .iter()
            .map(|result| result.agent.as_str())
            .collect()
    }

    fn damaged(&self, what: &str) -> MergeError {
        MergeError::Damaged {
            part: self.name.clone(),
            what: what.to_owned(),
        }
    }
}

/// Makes one result of the reports of several runs of one suite: what a single run of all of it, in all
/// of their agents, would have left. A run in which an agent ran a part has to be given with all other
/// parts of that agent.
///
/// # Errors
///
/// They do not belong together, or not all of them are given; the message names files.
pub fn merge(parts: &[Part], suite: &Suite) -> Result<RunResult, MergeError> {
    let first = parts.first().ok_or(MergeError::Nothing)?;
    for part in parts {
        same(first, part)?;
    }
    if first.report.corspec != env!("CARGO_PKG_VERSION") {
        return Err(MergeError::Corspec(first.report.corspec.clone()));
    }
    if first.report.suite.digest != suite.digest {
        return Err(MergeError::Suite {
            parts: first.report.suite.digest.clone(),
            suite: suite.digest.clone(),
        });
    }
    complete(parts)?;
    let results = results(parts, suite)?;
    let runs = || parts.iter().map(|part| &part.report.run);
    let seeds: BTreeSet<Option<u64>> = runs().map(|run| run.seed).collect();
    let started = |part: &Part| {
        let text = &part.report.run.started;
        timestamp::parse(text).ok_or_else(|| part.damaged(text))
    };
    let started: Vec<SystemTime> = parts.iter().map(started).collect::<Result<_, _>>()?;
    let selected = &first.report.run.selected;
    Ok(RunResult {
        suite_digest: suite.digest.clone(),
        suite_size: suite.permutations.len(),
        selected: Selected {
            permutations: selected.permutations,
            digest: selected.digest.clone(),
        },
        shard: None,
        agents: agents(parts)?,
        target: first.report.run.target.clone(),
        unanswered: BTreeMap::new(), // which no report tells apart from other reasons to skip
        seed: seeds
            .first()
            .copied()
            .flatten()
            .filter(|_| seeds.len() == 1),
        started: started.into_iter().min().unwrap_or(SystemTime::UNIX_EPOCH),
        duration: runs()
            .map(|run| json::milliseconds_of(run.duration_ms))
            .fold(Duration::ZERO, Duration::saturating_add),
        interrupted: runs().any(|run| run.interrupted),
        results,
    })
}

/// What all parts must have in common.
fn same(first: &Part, part: &Part) -> Result<(), MergeError> {
    let facts = |part: &Part| {
        let report = &part.report;
        [
            ("corspec", report.corspec.clone()),
            ("suite", report.suite.digest.clone()),
            ("target", report.run.target.clone()),
            (
                "selection",
                format!(
                    "{} of {} permutations",
                    report.run.selected.digest, report.run.selected.permutations
                ),
            ),
        ]
    };
    for ((what, one), (_, other)) in facts(first).into_iter().zip(facts(part)) {
        if one != other {
            return Err(MergeError::Different {
                what: what.to_owned(),
                parts: [first.name.clone(), part.name.clone()],
                values: [one, other],
            });
        }
    }
    Ok(())
}

/// The agents with their versions, in their own order.
fn agents(parts: &[Part]) -> Result<Vec<AgentInfo>, MergeError> {
    let mut agents: Vec<(AgentInfo, &Part)> = Vec::new();
    for part in parts {
        for agent in &part.report.run.agents {
            match agents.iter().find(|(info, _)| info.name == agent.name) {
                None => agents.push((
                    AgentInfo {
                        name: agent.name.clone(),
                        version: agent.version.clone(),
                    },
                    part,
                )),
                Some((info, _)) if info.version == agent.version => {}
                Some((info, other)) => {
                    return Err(MergeError::Different {
                        what: agent.name.clone(),
                        parts: [other.name.clone(), part.name.clone()],
                        values: [info.version.clone(), agent.version.clone()],
                    });
                }
            }
        }
    }
    agents.sort_by_key(|(info, _)| place_of(&info.name));
    Ok(agents.into_iter().map(|(info, _)| info).collect())
}

/// Agents that this corspec does not know come last.
fn place_of(agent: &str) -> (bool, Option<AgentName>, String) {
    let known = agent.parse().ok();
    (known.is_none(), known, agent.to_owned())
}

/// Nothing, if of each agent there is either one run or every part of one, each once.
fn complete(parts: &[Part]) -> Result<(), MergeError> {
    let mut by_agent: BTreeMap<&str, Vec<(&Part, Option<Shard>)>> = BTreeMap::new();
    for part in parts {
        let shard = part.shard()?;
        for agent in part.agents() {
            by_agent.entry(agent).or_default().push((part, shard));
        }
    }
    for (agent, runs) in by_agent {
        let mut seen: BTreeMap<usize, &Part> = BTreeMap::new();
        let (first, shape) = runs[0];
        let of = shape.map_or(1, Shard::of);
        for (part, shard) in runs {
            let text = |shard: Option<Shard>| match shard {
                Some(shard) => format!("part {shard}"),
                None => "all of it".to_owned(),
            };
            let names = || [first.name.clone(), part.name.clone()];
            if shard.map_or(1, Shard::of) != of {
                return Err(MergeError::Different {
                    what: format!("share of {agent}"),
                    parts: names(),
                    values: [text(shape), text(shard)],
                });
            }
            if let Some(other) = seen.insert(shard.map_or(1, Shard::number), part) {
                return Err(MergeError::Twice {
                    agent: agent.to_owned(),
                    what: text(shard),
                    parts: [other.name.clone(), part.name.clone()],
                });
            }
        }
        let missing: Vec<String> = (1..=of)
            .filter(|number| !seen.contains_key(number))
            .map(|number| format!("{number}/{of}"))
            .collect();
        if !missing.is_empty() {
            return Err(MergeError::Missing {
                agent: agent.to_owned(),
                missing,
            });
        }
    }
    Ok(())
}

/// All results: by agent, then in the order of the suite.
fn results(parts: &[Part], suite: &Suite) -> Result<Vec<CaseResult>, MergeError> {
    let places: HashMap<&str, (usize, &Arc<Permutation>)> = suite
        .permutations
        .iter()
        .enumerate()
        .map(|(place, permutation)| (permutation.id.as_str(), (place, permutation)))
        .collect();
    let mut results = Vec::new();
    for part in parts {
        for stored in &part.report.results {
            let Some((place, permutation)) = places.get(stored.id.as_str()) else {
                return Err(part.damaged(&stored.id));
            };
            let result = stored
                .restore(permutation)
                .map_err(|error| part.damaged(&format!("{}: {error}", stored.id)))?;
            results.push(((place_of(&stored.agent), *place), result));
        }
    }
    results.sort_by(|(one, _), (other, _)| one.cmp(other));
    let results: Vec<CaseResult> = results.into_iter().map(|(_, result)| result).collect();
    // Every part may be there, and yet not hold what it should.
    let selected = &parts[0].report.run.selected;
    for of_agent in results.chunk_by(|one, next| one.agent == next.agent) {
        let ids: Vec<_> = of_agent
            .iter()
            .map(|it| Arc::clone(&it.permutation))
            .collect();
        if Selected::of(&ids).digest != selected.digest {
            return Err(MergeError::NotSelected {
                agent: of_agent[0].agent.clone(),
                found: ids.len(),
                selected: selected.permutations,
            });
        }
    }
    Ok(results)
}

/// Why reports cannot be made one.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// They were written by another corspec.
    #[error("the reports are of corspec {0}, and this is corspec {this}", this = env!("CARGO_PKG_VERSION"))]
    Corspec(String),
    /// A part says what no run leaves.
    #[error("`{part}` holds what no run leaves: {what}")]
    Damaged {
        /// Its name.
        part: String,
        /// What it says.
        what: String,
    },
    /// They differ in what they must have in common.
    #[error("they do not belong together: {what} is {} in `{}`, and {} in `{}`", values[0], parts[0], values[1], parts[1])]
    Different {
        /// In what.
        what: String,
        /// The names of two.
        parts: [String; 2],
        /// What each has.
        values: [String; 2],
    },
    /// Not all parts are there.
    #[error("of {agent} there is no part {}", missing.join(", "))]
    Missing {
        /// The agent.
        agent: String,
        /// The parts that none of them is.
        missing: Vec<String>,
    },
    /// There is no report at all.
    #[error("there is no report to merge")]
    Nothing,
    /// The results are not those of what was selected.
    #[error(
        "the parts of {agent} are not what was selected: {found} results of {selected} permutations"
    )]
    NotSelected {
        /// The agent.
        agent: String,
        /// How many results there are.
        found: usize,
        /// How many permutations were selected.
        selected: usize,
    },
    /// They are of another suite.
    #[error("the reports are of suite {parts}, and this is suite {suite}")]
    Suite {
        /// The digest of theirs.
        parts: String,
        /// The digest of the one given.
        suite: String,
    },
    /// The same was run twice.
    #[error("`{}` and `{}` both hold {what} in {agent}", parts[0], parts[1])]
    Twice {
        /// The agent.
        agent: String,
        /// The part.
        what: String,
        /// The names of both.
        parts: [String; 2],
    },
    /// It cannot be read.
    #[error("cannot read `{part}`: {source}")]
    Unreadable {
        /// Its name.
        part: String,
        /// Why.
        source: NoReport,
    },
}

impl MergeError {
    /// How to mend it, in one sentence.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Corspec(_) => "merge them with the corspec that wrote them",
            Self::Damaged { .. } | Self::NotSelected { .. } => {
                "run the part again; its report was changed, or cut short"
            }
            Self::Different { .. } => {
                "run all parts with the same corspec, cases, agents and selection"
            }
            Self::Missing { .. } => "name the reports of all parts",
            Self::Nothing | Self::Unreadable { .. } => {
                "name what `corspec run --report json=FILE` wrote"
            }
            Self::Suite { .. } => "name the folder of cases that was run with --cases",
            Self::Twice { .. } => "name each report once, and only one of each part",
        }
    }
}

#[cfg(test)]
mod tests;
