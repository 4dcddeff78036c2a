//! The exchanges of a server under test, held against those that are kept of it.
//!
//! Expectations decide whether a server conforms; what is kept shows that it changed, conforming or not.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::outcome::WIRE;
use super::result::{CaseResult, RunResult};
use crate::case::Suite;
use crate::case::scenario::Level;
use crate::tape::{kept_name, read_kept, snapshot, strays, write_kept};
use crate::verdict::{Finding, Judgement, Status};

/// A folder of kept exchanges: `<id>.snap`, shared by all agents, and `<id>@<agent>.snap` where an
/// agent has one of its own.
#[derive(Clone, Debug)]
pub struct Snapshots {
    folder: PathBuf,
    /// Whether what is new or different is kept from now on.
    update: bool,
}

/// What could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .path.display())]
pub struct SnapshotError {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl Snapshots {
    /// The exchanges in a folder, which need not be there yet; `update` keeps what is new or different.
    #[must_use]
    pub const fn new(folder: PathBuf, update: bool) -> Self {
        Self { folder, update }
    }

    /// Holds every exchange of a run against the one that is kept: a difference is a failure. Returns
    /// how many were kept anew.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn hold(&self, run: &mut RunResult) -> Result<usize, SnapshotError> {
        let mut written = 0;
        // The wire first, whose exchange is the one that all share.
        let (first, others): (Vec<_>, Vec<_>) =
            run.results.iter_mut().partition(|it| it.agent == WIRE);
        for result in first.into_iter().chain(others) {
            // What did not run to its end has no exchange to speak of.
            if result.judgement.is_some() {
                written += usize::from(self.hold_one(result)?);
            }
        }
        Ok(written)
    }

    /// Files in the folder that belong to no permutation of a suite, each with what is wrong.
    #[must_use]
    pub fn strays(&self, suite: &Suite) -> Vec<String> {
        let names = suite.permutations.iter().map(|it| kept_name(&it.id));
        strays(&self.folder, &names.collect::<BTreeSet<_>>())
    }

    fn hold_one(&self, result: &mut CaseResult) -> Result<bool, SnapshotError> {
        let exchange = snapshot(&result.transcript);
        let exchange = exchange.trim_end();
        let name = kept_name(&result.permutation.id);
        let shared = self.folder.join(format!("{name}.snap"));
        let own = self.folder.join(format!("{name}@{}.snap", result.agent));
        let shared_text = read(&shared)?;
        let own_text = read(&own)?;
        if own_text.as_deref().or(shared_text.as_deref()) == Some(exchange) {
            return Ok(false);
        }
        let title = &result.permutation.scenario.title;
        if self.update {
            let is_shared = result.agent == WIRE || shared_text.is_none();
            if own_text.is_some() && (is_shared || shared_text.as_deref() == Some(exchange)) {
                std::fs::remove_file(&own).map_err(|it| failed(&own, it))?;
            }
            if is_shared {
                write_kept(&shared, title, exchange).map_err(|it| failed(&shared, it))?;
            } else if shared_text.as_deref() != Some(exchange) {
                write_kept(&own, title, exchange).map_err(|it| failed(&own, it))?;
            }
            return Ok(true);
        }
        let (path, kept) = match (own_text, shared_text) {
            (Some(kept), _) => (own, Some(kept)),
            (None, kept) => (shared, kept),
        };
        differ(result, &path, kept.as_deref(), exchange);
        Ok(false)
    }
}

/// Makes a difference a failure that every report shows.
fn differ(result: &mut CaseResult, path: &Path, kept: Option<&str>, exchange: &str) {
    let (expected, actual) = match kept {
        Some(_) => ("the exchange that is kept", "another one"),
        None => ("an exchange that is kept", "none yet, which --update mends"),
    };
    let finding = Finding {
        level: Level::Must,
        step: 0,
        subject: "snapshot".to_owned(),
        expected: format!("{expected} in {}", path.display()),
        actual: actual.to_owned(),
        location: result.permutation.scenario.location.clone(),
    };
    let judgement = result.judgement.get_or_insert_with(Judgement::default);
    judgement.findings.push(finding);
    result.status = Status::Fail;
    if let Some(kept) = kept {
        result.message = Some(difference(kept, exchange));
    }
}

/// The lines that are no more (`-`) and those that are new (`+`), with some around them.
fn difference(kept: &str, exchange: &str) -> String {
    // A last line without an end would be pointed out, which is no difference here.
    let (kept, exchange) = (format!("{kept}\n"), format!("{exchange}\n"));
    let diff = TextDiff::from_lines(&kept, &exchange);
    let diff = diff.unified_diff().context_radius(CONTEXT).to_string();
    diff.trim_end().to_owned()
}

fn read(path: &Path) -> Result<Option<String>, SnapshotError> {
    read_kept(path).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> SnapshotError {
    let path = path.to_owned();
    SnapshotError { path, source }
}

/// Lines around a difference.
const CONTEXT: usize = 2;

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::outcome::undecided;
    use super::super::result::Selected;
    use super::*;
    use crate::tape::{Exchange, Message, Protocol};

    const SUITE: &str = "{ title: T, about: server, scenarios: [{ id: one, title: One, \
         covers: [cc-acao-star], policy: public, request: { resource: resource }, \
         expect: { outcome: allow } }] }";

    /// A run in which each of these agents was answered with this status.
    fn run(answers: &[(&str, u16)]) -> (Suite, RunResult) {
        let suite = Suite::from_files([("area/topic.yaml", SUITE)]).unwrap();
        let results = answers.iter().map(|(agent, status)| CaseResult {
            judgement: Some(Judgement::default()),
            transcript: vec![Exchange {
                step: 0,
                to: "api".parse().unwrap(),
                protocol: Protocol::Http1,
                method: "GET".to_owned(),
                target: "/scenario/resource".to_owned(),
                request: Message::default(),
                response: Some((*status, Message::default())),
                aborted: false,
                conversation: None,
            }],
            ..undecided(&suite.permutations[0], agent, Status::Pass, None)
        });
        let run = RunResult {
            unanswered: std::collections::BTreeMap::new(),
            suite_digest: suite.digest.clone(),
            suite_size: 1,
            selected: Selected::of(&suite.permutations),
            shard: None,
            agents: Vec::new(),
            target: "one".to_owned(),
            seed: None,
            started: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            results: results.collect(),
            interrupted: false,
        };
        (suite, run)
    }

    /// What becomes of each, and how many were kept anew.
    fn held(folder: &Path, update: bool, answers: &[(&str, u16)]) -> (Vec<Status>, usize) {
        let (suite, mut run) = run(answers);
        let snapshots = Snapshots::new(folder.to_owned(), update);
        let written = snapshots.hold(&mut run).unwrap();
        assert_eq!(snapshots.strays(&suite), Vec::<String>::new());
        let statuses = run.results.iter().map(|result| result.status);
        (statuses.collect(), written)
    }

    #[test]
    fn all_agents_share_an_exchange_unless_one_has_its_own() {
        use Status::{Fail, Pass};

        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let same = [("chromium", 200), ("wire", 200)];
        let other = [("chromium", 201), ("wire", 200)];
        assert_eq!(held(folder, false, &same), (vec![Fail, Fail], 0));
        assert_eq!(held(folder, true, &same), (vec![Pass, Pass], 1));
        assert_eq!(held(folder, false, &same), (vec![Pass, Pass], 0));
        assert_eq!(held(folder, false, &other), (vec![Fail, Pass], 0));
        assert_eq!(held(folder, true, &other), (vec![Pass, Pass], 1));
        assert_eq!(held(folder, false, &other), (vec![Pass, Pass], 0));
        assert_eq!(held(folder, false, &same), (vec![Fail, Pass], 0));
        assert_eq!(held(folder, true, &same), (vec![Pass, Pass], 1));
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    }

    #[test]
    fn a_difference_is_told_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        held(folder.path(), true, &[("wire", 200)]);
        let (_, mut run) = run(&[("wire", 500)]);
        let snapshots = Snapshots::new(folder.path().to_owned(), false);
        snapshots.hold(&mut run).unwrap();
        let message = run.results[0].message.as_deref().unwrap();
        assert!(message.contains("\n-< 200 OK\n+< 500 "), "{message}");
        let findings = &run.results[0].judgement.as_ref().unwrap().findings;
        assert_eq!(findings[0].subject, "snapshot");
    }
}
