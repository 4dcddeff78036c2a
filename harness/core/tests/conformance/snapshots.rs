//! The exchange of every permutation, kept beside the cases.
//!
//! `cases/<area>/snapshots/<topic>__<scenario>[<axes>].snap` is shared by all agents. Where a known
//! deviation makes an engine say something else, its own exchange stands beside it, with `@<agent>`
//! behind the name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use corspec::case::scenario::Permutation;
use corspec::case::{Concern, KnownDeviations, Suite};
use corspec::run::CaseResult;
use corspec::tape::snapshot;
use libtest_mimic::Failed;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases");

pub(crate) struct Snapshots {
    known: KnownDeviations,
}

impl Snapshots {
    pub(crate) const fn new(known: KnownDeviations) -> Self {
        Self { known }
    }

    /// Holds the exchange of a result against the one that is kept.
    pub(crate) fn hold(
        &self,
        permutation: &Permutation,
        result: &CaseResult,
    ) -> Result<(), String> {
        let exchange = snapshot(&result.transcript);
        let (folder, name) = place(&permutation.id);
        let may_differ = self
            .known
            .iter()
            .any(|known| known.agent == result.agent && known.matches(&permutation.id));
        let shared = folder.join(format!("{name}.snap"));
        let name = if may_differ && kept(&shared).is_some_and(|kept| kept != exchange.trim_end()) {
            format!("{name}@{}", result.agent)
        } else {
            name
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(permutation.scenario.title.as_str());
        let assertion = || settings.bind(|| insta::assert_snapshot!(name.as_str(), exchange));
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(assertion)).map_err(|_| {
            format!(
                "the exchange is not the one kept as {}.snap; see what changed with `cargo insta review`\n{exchange}",
                folder.join(&name).display()
            )
        })
    }
}

/// Every snapshot belongs to a permutation; one that an agent has of its own differs from the shared.
pub(crate) fn orphans(suite: &Suite, known: &KnownDeviations) -> Result<(), Failed> {
    let expected: BTreeSet<PathBuf> = suite
        .permutations
        .iter()
        .map(|permutation| {
            let (folder, name) = place(&permutation.id);
            folder.join(name)
        })
        .collect();
    let mut problems = Vec::new();
    for area in fs::read_dir(CASES)?
        .flatten()
        .map(|area| area.path().join("snapshots"))
    {
        let Ok(files) = fs::read_dir(&area) else {
            continue;
        };
        for path in files.flatten().map(|file| file.path()) {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let Some(stem) = name.strip_suffix(".snap") else {
                problems.push(format!("{} is no accepted snapshot", path.display()));
                continue;
            };
            let (shared, agent) = stem
                .split_once('@')
                .map_or((stem, None), |(s, a)| (s, Some(a)));
            if !expected.contains(&area.join(shared)) {
                problems.push(format!("{} belongs to no permutation", path.display()));
            }
            let same = || kept(&area.join(format!("{shared}.snap"))) == kept(&path);
            if agent.is_some() && same() {
                problems.push(format!("{} is what all agents share", path.display()));
            }
        }
    }
    for known in known
        .iter()
        .filter(|known| known.concerns == Concern::Exchange)
    {
        for permutation in suite.permutations.iter().filter(|p| known.matches(&p.id)) {
            let (folder, name) = place(&permutation.id);
            if !folder.join(format!("{name}@{}.snap", known.agent)).exists() {
                problems.push(format!(
                    "{}: {} has no exchange of its own for {}, though it is recorded to differ",
                    known.location, known.agent, permutation.id
                ));
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

/// The text of a snapshot without its header.
fn kept(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let body = text.splitn(3, "---\n").nth(2)?;
    Some(body.trim_end().to_owned())
}

/// The folder and name of a permutation's snapshot.
fn place(id: &str) -> (PathBuf, String) {
    let (area, rest) = id.split_once('/').unwrap_or(("", id));
    (
        Path::new(CASES).join(area).join("snapshots"),
        rest.replace('/', "__").replace('*', "%2A"),
    )
}
