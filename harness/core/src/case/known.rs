//! Known deviations: recorded differences between an agent and what a case expects, as data.
//!
//! ```yaml
//! - id: preflight/headers/authorization-not-covered-by-wildcard
//!   agent: chromium
//!   versions: ">=100"            # optional
//!   reason: Chromium lets `*` cover Authorization
//!   link: https://github.com/whatwg/fetch/issues/1919
//!   review: 2027-05-22
//! ```
//!
//! One that passes is FIXED and fails the run; one that matches no permutation is refused here.

use std::path::Path;
use std::sync::Arc;

use super::draft::draft;
use super::error::{LoadError, Report};
use super::fault::Fault;
use super::files::KNOWN;
use super::glob::Glob;
use super::read::{Placed, Read, Required, Setting};
use super::scenario::{Location, Permutation};
use super::suite::Suite;
use super::version::VersionRange;
use super::yaml::{self, Node, Value};

/// The known deviations that hold for a suite.
#[derive(Clone, Debug, Default)]
pub struct KnownDeviations(Vec<KnownDeviation>);

/// One recorded difference.
#[derive(Clone, Debug)]
pub struct KnownDeviation {
    /// The permutations concerned.
    pub id: Glob,
    /// The agent that deviates.
    pub agent: String,
    /// The versions of it that do; `None` for all.
    pub versions: Option<VersionRange>,
    /// What it does instead, and why.
    pub reason: String,
    /// The bug, or the discussion of the standard.
    pub link: String,
    /// The day on which somebody should look again, as `YYYY-MM-DD`.
    pub review: String,
    /// Where it is recorded.
    pub location: Location,
}

impl KnownDeviations {
    /// The deviations recorded for the suite that is compiled in.
    ///
    /// # Errors
    ///
    /// When the record is malformed, or has an entry that matches no permutation.
    pub fn embedded(suite: &Suite) -> Result<Self, LoadError> {
        let source = super::embedded_file(KNOWN).unwrap_or_default();
        Self::parse(Path::new(KNOWN), source.as_bytes().to_vec(), suite)
    }

    /// The deviations recorded in a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is malformed, or has an entry that matches no permutation.
    pub fn from_file(path: &Path, suite: &Suite) -> Result<Self, LoadError> {
        match std::fs::read(path) {
            Ok(content) => Self::parse(path, content, suite),
            Err(error) => {
                let mut report = Report::default();
                report.refuse_access(path, &error);
                report.finish(Self::default())
            }
        }
    }

    /// The first deviation that is recorded for a permutation in this version of an agent.
    #[must_use]
    pub fn find(&self, id: &str, agent: &str, version: &str) -> Option<&KnownDeviation> {
        self.0.iter().find(|known| {
            known.agent == agent
                && known.id.matches(id)
                && known
                    .versions
                    .as_ref()
                    .is_none_or(|versions| versions.contains(version))
        })
    }

    /// All of them, in the order recorded.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &KnownDeviation> {
        self.0.iter()
    }

    fn parse(path: &Path, content: Vec<u8>, suite: &Suite) -> Result<Self, LoadError> {
        let mut report = Report::default();
        let file = Arc::new(path.to_path_buf());
        let Some(source) = report.text(&file, content) else {
            return report.finish(Self::default());
        };
        let mut faults = Vec::new();
        let known = match yaml::parse(&source) {
            Ok(Node {
                value: Value::Null, ..
            }) => Vec::new(),
            Ok(node) => read(&node, &file, &suite.permutations, &mut faults),
            Err(fault) => {
                faults.push(fault);
                Vec::new()
            }
        };
        report.add(&file, faults);
        report.finish(Self(known))
    }
}

fn read(
    node: &Node,
    file: &Arc<std::path::PathBuf>,
    permutations: &[Arc<Permutation>],
    faults: &mut Vec<Fault>,
) -> Vec<KnownDeviation> {
    let drafts = Vec::<KnownDraft>::read(node, faults).unwrap_or_default();
    let mut known = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let (id, review) = (draft.id.0, draft.review.0);
        let glob = Glob::new(id.value.as_str());
        if !permutations
            .iter()
            .any(|permutation| glob.matches(&permutation.id))
        {
            let message = format!("`{}` matches no permutation", id.value);
            faults.push(
                Fault::new(id.place, message)
                    .hint("mend the id, or remove the entry if the case is gone"),
            );
        }
        if !is_date(&review.value) {
            let message = format!("`{}` is no date", review.value);
            faults.push(Fault::new(review.place, message).hint("write it as `2027-05-22`"));
        }
        let versions = draft.versions.given().and_then(|versions| {
            let parsed = versions.value.parse::<VersionRange>();
            parsed
                .map_err(|error| faults.push(Fault::new(versions.place, error.to_string())))
                .ok()
        });
        known.push(KnownDeviation {
            id: glob,
            agent: draft.agent.0,
            versions,
            reason: draft.reason.0,
            link: draft.link.0,
            review: review.value,
            location: Location {
                file: Arc::clone(file),
                line: id.place.line,
                column: id.place.column,
            },
        });
    }
    known
}

fn is_date(text: &str) -> bool {
    let numbers: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    matches!(numbers[..], [Some(2000..=9999), Some(1..=12), Some(1..=31)]) && text.len() == 10
}

draft! {
    /// A recorded difference between an agent and what a case expects.
    struct KnownDraft {
        /// The permutations concerned, as a pattern over ids.
        id: Required<Placed<String>>,
        /// The agent that deviates.
        agent: Required<String>,
        /// The versions of it that do, as comparisons such as `>=100, <170`.
        versions: Setting<Placed<String>>,
        /// What it does instead, and why.
        reason: Required<String>,
        /// The bug, or the discussion of the standard.
        link: Required<String>,
        /// The day on which somebody should look again, as `YYYY-MM-DD`.
        review: Required<Placed<String>>,
    }
}
