//! The exchange of every permutation, kept beside the cases.
//!
//! `cases/<area>/snapshots/<topic>__<scenario>[<axes>].snap` is shared by all agents. Where a known
//! deviation makes an engine say something else, its own exchange stands beside it, with `@<agent>`
//! behind the name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use corspec::case::scenario::Permutation;
use corspec::case::{Concern, Deviant, KnownDeviations, Suite};
use corspec::run::CaseResult;
use corspec::tape::{kept_name, read_kept, snapshot, strays};
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
            .any(|known| known.is_of_agent(&result.agent) && known.matches(&permutation.id));
        let shared = folder.join(format!("{name}.snap"));
        let name = if may_differ
            && read_kept(&shared)
                .ok()
                .flatten()
                .is_some_and(|kept| kept != exchange.trim_end())
        {
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
    let mut expected: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for area in fs::read_dir(CASES)?.flatten() {
        expected.insert(area.path().join("snapshots"), BTreeSet::new());
    }
    for permutation in &suite.permutations {
        let (folder, name) = place(&permutation.id);
        expected.entry(folder).or_default().insert(name);
    }
    let mut problems: Vec<String> = expected
        .iter()
        .flat_map(|(folder, names)| strays(folder, names))
        .collect();
    for known in known
        .iter()
        .filter(|known| known.concerns == Concern::Exchange)
    {
        for permutation in suite.permutations.iter().filter(|p| known.matches(&p.id)) {
            let Deviant::Agent(agent) = &known.who else {
                continue;
            };
            let (folder, name) = place(&permutation.id);
            if !folder.join(format!("{name}@{agent}.snap")).exists() {
                problems.push(format!(
                    "{}: {agent} has no exchange of its own for {}, though it is recorded to differ",
                    known.location, permutation.id
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

/// The folder and name of a permutation's snapshot.
fn place(id: &str) -> (PathBuf, String) {
    let (area, rest) = id.split_once('/').unwrap_or(("", id));
    (
        Path::new(CASES).join(area).join("snapshots"),
        kept_name(rest),
    )
}
