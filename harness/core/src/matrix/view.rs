//! What is published, as tables and panels show it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::publish::topic;
use super::published::{Counts, Found, Outcome, PolicyState, Published};
use crate::case::Suite;
use crate::case::scenario::Scenario;
use crate::report::terminal::shell_quote;
use crate::verdict::Status;

/// The agent whose results fill the cells.
pub(super) const WIRE: &str = "wire";

/// Everything that is published, and the suite that tells what it is about.
#[derive(Clone, Copy)]
pub(super) struct View<'run> {
    pub(super) published: &'run [Published],
    pub(super) suite: &'run Suite,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Topic {
    pub(super) key: String,
    pub(super) title: String,
}

/// A cell: what is wrong, gravest first, or that nothing is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cell {
    pub(super) topic: Topic,
    /// `fail`, `warn`, `note`, `pass`, `infra` or `none`.
    pub(super) class: &'static str,
    pub(super) marks: Vec<Mark>,
    /// The same in words.
    pub(super) words: String,
}

/// A symbol and a number.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// A scenario that some server does not meet.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Unmet {
    pub(super) scenario: About,
    pub(super) status: &'static str,
    /// How many of its permutations were run and did not pass.
    pub(super) number: usize,
    pub(super) of: usize,
    pub(super) groups: Vec<Group>,
}

/// What a scenario is about.
#[derive(Clone, Debug, Serialize)]
pub(super) struct About {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) why: Option<String>,
    pub(super) level: &'static str,
    pub(super) citations: Vec<Citation>,
}

/// Where a standard says it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Citation {
    pub(super) url: String,
    pub(super) name: String,
    pub(super) statement: String,
}

/// Permutations of a scenario of which the same was found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Group {
    pub(super) status: &'static str,
    pub(super) ids: Vec<String>,
    pub(super) reason: Option<String>,
    pub(super) findings: Vec<Found>,
    /// The exchange of the first one.
    pub(super) exchange: Vec<String>,
    /// The command that shows the first one again.
    pub(super) command: String,
}

/// What was not asked, and why.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NotAsked {
    pub(super) reason: String,
    pub(super) number: usize,
}

/// A permutation of which a browser found something else than the wire.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Disagreement {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) agent: String,
    pub(super) wire: &'static str,
    pub(super) browser: &'static str,
    pub(super) findings: Vec<Found>,
    pub(super) reason: Option<String>,
}

/// What a browser made of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct InBrowser {
    pub(super) agent: String,
    pub(super) version: String,
    pub(super) asked: usize,
    pub(super) disagreements: Vec<Disagreement>,
}

impl<'run> View<'run> {
    /// The columns: topics that anybody was asked about, in the order of their names.
    pub(super) fn topics(&self) -> Vec<Topic> {
        let wire = self.published.iter().filter_map(|it| it.topics.get(WIRE));
        let keys: BTreeSet<&String> = wire.flat_map(BTreeMap::keys).collect();
        let title = |key: &str| {
            let mut permutations = self.suite.permutations.iter();
            let permutation = permutations.find(|it| it.policy.is_some() && topic(&it.id) == key);
            let path = permutation.map(|it| Arc::clone(&it.scenario.location.file));
            let mut files = self.suite.files.iter();
            let file = files.find(|file| path.as_deref() == Some(&file.path));
            file.map_or_else(|| key.to_owned(), |file| file.title.clone())
        };
        keys.into_iter()
            .map(|key| Topic {
                key: key.clone(),
                title: title(key),
            })
            .collect()
    }

    /// The cells of a server.
    pub(super) fn cells(&self, published: &Published) -> Vec<Cell> {
        let topics = published.topics.get(WIRE);
        let cell = |topic: Topic| {
            let counts = topics.and_then(|it| it.get(&topic.key));
            cell(topic, counts.unwrap_or(&Counts::new()))
        };
        self.topics().into_iter().map(cell).collect()
    }

    /// What is known of the scenario of this id.
    pub(super) fn about(&self, id: &str) -> About {
        let mut permutations = self.suite.permutations.iter();
        let Some(permutation) = permutations.find(|it| it.scenario.id == id) else {
            return About {
                id: id.to_owned(),
                title: id.to_owned(),
                why: Some("This scenario is not in the suite of today.".to_owned()),
                level: "",
                citations: Vec::new(),
            };
        };
        let scenario = &permutation.scenario;
        let requirements = scenario.covers.iter();
        About {
            id: id.to_owned(),
            title: scenario.title.clone(),
            why: scenario.why.clone(),
            level: level_word(scenario),
            citations: requirements
                .filter_map(|id| self.suite.requirements.find(id))
                .map(|it| Citation {
                    url: it.citation.clone(),
                    name: format!("{}: {}", it.spec, it.section),
                    statement: it.statement.clone(),
                })
                .collect(),
        }
    }

    /// What a server does not meet of a topic, gravest first, then by id.
    pub(super) fn unmet(&self, published: &Published, key: &str) -> Vec<Unmet> {
        let mut scenarios: BTreeMap<&str, Vec<(&String, &Outcome)>> = BTreeMap::new();
        for (id, outcome) in published.results.get(WIRE).into_iter().flatten() {
            if topic(id) == key && outcome.status != Status::Skip {
                let scenario = scenario_of(id);
                scenarios.entry(scenario).or_default().push((id, outcome));
            }
        }
        let mut unmet: Vec<(Status, Unmet)> = Vec::new();
        for (scenario, outcomes) in scenarios {
            let wrong = outcomes.iter().filter(|(_, it)| is_wrong(it.status));
            let wrong: Vec<_> = wrong.copied().collect();
            let Some(gravest) = wrong.iter().map(|(_, it)| it.status).min() else {
                continue;
            };
            let found = Unmet {
                scenario: self.about(scenario),
                status: gravest.word(),
                number: wrong.len(),
                of: outcomes.len(),
                groups: groups(published, &wrong),
            };
            unmet.push((gravest, found));
        }
        unmet.sort_by_key(|(status, _)| *status);
        unmet.into_iter().map(|(_, it)| it).collect()
    }

    /// What each browser made of it that was asked.
    pub(super) fn browsers(&self, published: &Published) -> Vec<InBrowser> {
        let empty = BTreeMap::new();
        let wire = published.results.get(WIRE).unwrap_or(&empty);
        let browsers = published.agents.iter().filter(|(name, _)| *name != WIRE);
        browsers
            .map(|(agent, version)| {
                let results = published.results.get(agent).unwrap_or(&empty);
                let disagreements = results.iter().filter_map(|(id, outcome)| {
                    let on_the_wire = wire.get(id)?;
                    (on_the_wire.status != outcome.status).then(|| Disagreement {
                        id: id.clone(),
                        title: self.about(scenario_of(id)).title,
                        agent: agent.clone(),
                        wire: on_the_wire.status.word(),
                        browser: outcome.status.word(),
                        findings: if outcome.findings.is_empty() {
                            on_the_wire.findings.clone()
                        } else {
                            outcome.findings.clone()
                        },
                        reason: outcome.reason.clone(),
                    })
                });
                InBrowser {
                    agent: agent.clone(),
                    version: version.clone(),
                    asked: results.len(),
                    disagreements: disagreements.collect(),
                }
            })
            .collect()
    }

    /// The digests of the cases: one, where all were asked the same.
    pub(super) fn suites(&self) -> Vec<&'run str> {
        let all: BTreeSet<&str> = self.published.iter().map(|it| it.suite.as_str()).collect();
        all.into_iter().collect()
    }

    /// The first and the last day.
    pub(super) fn days(&self) -> String {
        let days: BTreeSet<&str> = self.published.iter().map(|it| it.date.as_str()).collect();
        match (days.first(), days.last()) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            (Some(day), _) => (*day).to_owned(),
            _ => String::new(),
        }
    }
}

/// What was not asked, and why, most frequent first.
pub(super) fn not_asked(published: &Published) -> Vec<NotAsked> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in published.results.get(WIRE).into_iter().flatten() {
        if outcome.1.status == Status::Skip {
            let reason = outcome.1.reason.as_deref().unwrap_or_default();
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let reasons = reasons.into_iter().map(|(reason, number)| NotAsked {
        reason: reason.to_owned(),
        number,
    });
    let mut reasons: Vec<NotAsked> = reasons.collect();
    reasons.sort_by_key(|it| std::cmp::Reverse(it.number));
    reasons
}

/// The policies that became of something else than a run.
pub(super) fn unanswered<'run>(
    published: &'run Published,
    word: &'run str,
) -> impl Iterator<Item = &'run str> {
    let policies = published.policies.iter();
    policies
        .filter(move |(_, state)| state.word() == word && !matches!(state, PolicyState::Ran))
        .map(|(name, _)| name.as_str())
}

/// How often a status occurs on the wire.
pub(super) fn count(published: &Published, status: Status) -> usize {
    let counts = published.summary.get(WIRE);
    counts
        .and_then(|counts| counts.get(&status))
        .copied()
        .unwrap_or_default()
}

/// The id of the scenario that a permutation is of.
pub(super) fn scenario_of(id: &str) -> &str {
    id.split('[').next().unwrap_or(id)
}

/// Whether something is to be said of it.
pub(super) const fn is_wrong(status: Status) -> bool {
    !matches!(status, Status::Pass | Status::Flaky | Status::Skip)
}

fn level_word(scenario: &Scenario) -> &'static str {
    use crate::case::scenario::Level;
    match scenario.level {
        Level::Must => "must",
        Level::Should => "should",
        Level::May => "may",
    }
}

fn groups(published: &Published, wrong: &[(&String, &Outcome)]) -> Vec<Group> {
    let mut groups: Vec<(&Outcome, Group)> = Vec::new();
    for (id, outcome) in wrong {
        let same = groups.iter_mut().find(|(other, _)| {
            other.status == outcome.status
                && other.findings == outcome.findings
                && other.reason == outcome.reason
        });
        if let Some((_, group)) = same {
            group.ids.push((*id).clone());
            continue;
        }
        let exchange = outcome.exchange.as_ref();
        let group = Group {
            status: outcome.status.word(),
            ids: vec![(*id).clone()],
            reason: outcome.reason.clone(),
            findings: outcome.findings.clone(),
            exchange: exchange
                .and_then(|key| published.exchanges.get(key))
                .cloned()
                .unwrap_or_default(),
            command: reproduce(published, id),
        };
        groups.push((outcome, group));
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What somebody else types to see it.
fn reproduce(published: &Published, id: &str) -> String {
    let label = published.label();
    let id = shell_quote(id.as_bytes());
    format!(
        "scripts/install-servers {label}\ncargo run --release -- run {id} --target {label} --agent wire --trace"
    )
}

fn cell(topic: Topic, counts: &Counts) -> Cell {
    let count = |status| counts.get(&status).copied().unwrap_or_default();
    let passed = count(Status::Pass) + count(Status::Flaky);
    let mut marks = Vec::new();
    for (status, class, symbol) in MARKS {
        let number = count(status);
        if number > 0 {
            marks.push(Mark {
                class,
                text: format!("{symbol}{number}"),
            });
        }
    }
    let class = match marks.first() {
        Some(mark) => mark.class,
        None if passed > 0 => "pass",
        None => "none",
    };
    if marks.is_empty() {
        let symbol = if passed > 0 { "✓" } else { "–" };
        marks.push(Mark {
            class,
            text: symbol.to_owned(),
        });
    }
    Cell {
        topic,
        class,
        marks,
        words: words(counts),
    }
}

/// `3 FAIL, 51 PASS`, gravest first.
pub(super) fn words(counts: &Counts) -> String {
    let order = MARKS.map(|(status, ..)| status).into_iter();
    let order = order.chain([Status::Pass, Status::Flaky, Status::Skip]);
    let parts: Vec<String> = order
        .filter_map(|status| Some((counts.get(&status)?, status)))
        .map(|(number, status)| format!("{number} {status}"))
        .collect();
    if parts.is_empty() {
        "not asked".to_owned()
    } else {
        parts.join(", ")
    }
}

/// What is marked in a cell, gravest first.
pub(super) const MARKS: [(Status, &str, &str); 6] = [
    (Status::Fail, "fail", "✗"),
    (Status::Fixed, "fail", "fixed "),
    (Status::Infra, "infra", "?"),
    (Status::Warn, "warn", "!"),
    (Status::Known, "note", "known "),
    (Status::Note, "note", "·"),
];
