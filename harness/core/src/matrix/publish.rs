//! From a run to what is published of it.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::published::{Counts, Found, Outcome, PolicyState, Published, SCHEMA_VERSION};
use crate::case::scenario::Level;
use crate::case::{Suite, TargetFile};
use crate::report::timestamp::rfc3339;
use crate::run::{CaseResult, RunResult};
use crate::server::NoAnswer;
use crate::tape;
use crate::verdict::Status;

/// What is published of a run against a server in a version that is installed at `prefix`.
///
/// What an agent other than the wire cannot ask is left out, for it says nothing of the server.
#[must_use]
pub fn publish(
    suite: &Suite,
    run: &RunResult,
    file: &TargetFile,
    version: &str,
    prefix: &Path,
) -> Published {
    let hidden = Hidden::of(file, prefix);
    let mut published = Published {
        schema_version: SCHEMA_VERSION,
        name: file.name.clone(),
        version: version.to_owned(),
        title: file.title.clone(),
        language: file.language.clone(),
        kind: file.kind.clone(),
        package: file.package.clone(),
        source: file.source.clone(),
        ecosystem: file.ecosystem.clone(),
        notes: file.notes.clone(),
        corspec: env!("CARGO_PKG_VERSION").to_owned(),
        suite: suite.server_digest.clone(),
        date: rfc3339(run.started).chars().take(DAY).collect(),
        agents: BTreeMap::new(),
        policies: BTreeMap::new(),
        summary: BTreeMap::new(),
        levels: BTreeMap::new(),
        topics: BTreeMap::new(),
        results: BTreeMap::new(),
        exchanges: BTreeMap::new(),
    };
    for agent in &run.agents {
        let version = agent.version.clone();
        published.agents.insert(agent.name.clone(), version);
    }
    for result in &run.results {
        let permutation = &result.permutation;
        let Some(policy) = &permutation.policy else {
            continue;
        };
        let unanswered = run.unanswered.get(&policy.name);
        published
            .policies
            .entry(policy.name.clone())
            .or_insert_with(|| state(unanswered, &hidden));
        if result.agent != WIRE && result.status == Status::Skip {
            continue;
        }
        let exchange = exchange_of(result, &hidden);
        let outcome = Outcome {
            status: result.status,
            reason: match (unanswered, &result.message) {
                (Some(no_answer), Some(_)) => Some(reason(&policy.name, no_answer)),
                (_, message) => message.as_deref().map(|text| hidden.from(text)),
            },
            findings: findings(result, &hidden),
            exchange: exchange.as_ref().map(|(key, _)| key.clone()),
        };
        published.exchanges.extend(exchange);
        published.count(result, permutation.scenario.level);
        published
            .results
            .entry(result.agent.clone())
            .or_default()
            .insert(permutation.id.clone(), outcome);
    }
    published
}

impl Published {
    fn count(&mut self, result: &CaseResult, level: Level) {
        let agent = &result.agent;
        let topic = topic(&result.permutation.id).to_owned();
        let add = |counts: &mut Counts| *counts.entry(result.status).or_default() += 1;
        add(self.summary.entry(agent.clone()).or_default());
        let levels = self.levels.entry(agent.clone()).or_default();
        add(levels.entry(level).or_default());
        let topics = self.topics.entry(agent.clone()).or_default();
        add(topics.entry(topic).or_default());
    }
}

/// The topic that a permutation belongs to: the file, and of the few that are about servers in other
/// areas, the area.
pub(super) fn topic(id: &str) -> &str {
    let mut parts = id.split('/');
    match (parts.next(), parts.next()) {
        (Some("server"), Some(topic)) => topic,
        (area, _) => area.unwrap_or(id),
    }
}

fn state(no_answer: Option<&NoAnswer>, hidden: &Hidden) -> PolicyState {
    let words = |output: &crate::server::Output| -> Vec<String> {
        output.0.iter().map(|line| hidden.from(line)).collect()
    };
    match no_answer {
        None => PolicyState::Ran,
        Some(NoAnswer::Inexpressible(reason)) => PolicyState::Inexpressible {
            reason: reason.clone(),
        },
        Some(other @ NoAnswer::OtherPolicy { .. }) => PolicyState::Inexpressible {
            reason: other.to_string(),
        },
        Some(NoAnswer::Refused { output }) => PolicyState::Refused {
            words: words(output),
        },
        Some(NoAnswer::Ended {
            restarts, output, ..
        }) => PolicyState::DoesNotStart {
            reason: format!("it was started again {restarts} times, and ended each time"),
            words: words(output),
        },
        Some(NoAnswer::Start { reason, output }) => PolicyState::DoesNotStart {
            reason: hidden.from(reason),
            words: words(output),
        },
    }
}

/// Short, for `policies` has the words.
fn reason(policy: &str, no_answer: &NoAnswer) -> String {
    let what = match no_answer {
        NoAnswer::Inexpressible(_) | NoAnswer::OtherPolicy { .. } => "is inexpressible",
        NoAnswer::Refused { .. } => "is refused",
        NoAnswer::Ended { .. } => "makes it end",
        NoAnswer::Start { .. } => "keeps it from starting",
    };
    format!("the policy `{policy}` {what}")
}

fn findings(result: &CaseResult, hidden: &Hidden) -> Vec<Found> {
    let findings = result.judgement.iter().flat_map(|it| &it.findings);
    findings
        .map(|finding| Found {
            step: finding.step + 1,
            level: finding.level,
            subject: finding.subject.clone(),
            expected: finding.expected.clone(),
            actual: hidden.from(&finding.actual),
        })
        .collect()
}

/// The exchange of what did not simply pass, and the key that it is kept by.
fn exchange_of(result: &CaseResult, hidden: &Hidden) -> Option<(String, Vec<String>)> {
    if matches!(result.status, Status::Pass | Status::Skip) || result.transcript.is_empty() {
        return None;
    }
    let text = hidden.from(&tape::snapshot(&result.transcript));
    let mut key = format!("{:x}", Sha256::digest(text.as_bytes()));
    key.truncate(KEY);
    Some((key, text.lines().map(str::to_owned).collect()))
}

/// Folders of the machine, which a server that shows where it failed would tell to everybody.
struct Hidden(Vec<(String, &'static str)>);

impl Hidden {
    fn of(file: &TargetFile, prefix: &Path) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).ok();
        let real = |path: &Path| path.canonicalize().ok();
        let mut folders = Vec::new();
        for (path, stand_in) in [(prefix, "{prefix}"), (file.folder.as_path(), "{folder}")] {
            for path in [absolute(path), real(path)].into_iter().flatten() {
                folders.push((path.display().to_string(), stand_in));
            }
        }
        // Last, for the others may be in it. Where packages are kept, and what stack traces name.
        let home = std::env::home_dir().filter(|path| path.parent().is_some());
        folders.extend(home.map(|path| (path.display().to_string(), "~")));
        Self(folders)
    }

    fn from(&self, text: &str) -> String {
        let folders = self.0.iter();
        folders.fold(text.to_owned(), |text, (folder, stand_in)| {
            text.replace(folder, stand_in)
        })
    }
}

const WIRE: &str = "wire";
/// `2026-11-28`.
const DAY: usize = 10;
/// Enough for some thousands of exchanges.
const KEY: usize = 12;
