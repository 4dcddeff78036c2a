//! Known deviations: recorded differences between an agent and what a case expects, as data.
//!
//! ```yaml
//! - id: preflight/headers/authorization-not-covered-by-wildcard   # or a list
//!   agent: chromium
//!   versions: ">=100"            # optional
//!   concerns: verdict            # the default; or `exchange`
//!   reason: Chromium lets `*` cover Authorization
//!   link: https://github.com/whatwg/fetch/issues/1919
//!   review: 2027-05-22
//! ```
//!
//! A deviation that concerns the verdict is expected to fail: a permutation that passes all the same is
//! FIXED and fails the run. One that concerns the exchange only passes, and gives the agent a snapshot
//! of its own. A pattern that matches no permutation is refused here.

use std::path::Path;
use std::sync::Arc;

use super::draft::draft;
use super::error::{LoadError, Report};
use super::fault::Fault;
use super::files::KNOWN;
use super::glob::Glob;
use super::read::{Many, Placed, Read, Required, Setting};
use super::scalar::Word;
use super::scenario::{Location, Permutation};
use super::suite::Suite;
use super::version::VersionRange;
use super::words::AgentName;
use super::yaml::{self, Node, Value};

/// The known deviations that hold for a suite.
#[derive(Clone, Debug, Default)]
pub struct KnownDeviations(Vec<KnownDeviation>);

/// What of a permutation differs in an agent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Concern {
    /// The exchange alone: what was expected comes true.
    Exchange,
    /// What was expected does not come true.
    #[default]
    Verdict,
}

/// One recorded difference.
#[derive(Clone, Debug)]
pub struct KnownDeviation {
    /// The permutations concerned.
    pub ids: Vec<Glob>,
    /// What of them differs.
    pub concerns: Concern,
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

impl KnownDeviation {
    /// Whether a permutation is concerned.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        self.ids.iter().any(|glob| glob.matches(id))
    }
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

    /// The first deviation that is recorded for the verdict on a permutation in this version of an
    /// agent.
    #[must_use]
    pub fn find(&self, id: &str, agent: &str, version: &str) -> Option<&KnownDeviation> {
        self.0.iter().find(|known| {
            known.concerns == Concern::Verdict
                && known.agent == agent
                && known.matches(id)
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

    pub(crate) fn parse(path: &Path, content: Vec<u8>, suite: &Suite) -> Result<Self, LoadError> {
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
        let (ids, review) = (draft.id.0.0, draft.review.0);
        let Some(place) = ids.first().map(|id| id.place) else {
            continue;
        };
        for id in &ids {
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
            ids: ids.iter().map(|id| Glob::new(id.value.as_str())).collect(),
            concerns: draft
                .concerns
                .given()
                .map_or_else(Concern::default, |word| word.value),
            agent: draft.agent.0.value.0.to_owned(),
            versions,
            reason: draft.reason.0,
            link: draft.link.0,
            review: review.value,
            location: Location {
                file: Arc::clone(file),
                line: place.line,
                column: place.column,
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
        /// The permutations concerned, as a pattern over ids, or several.
        id: Required<Many<Placed<String>>>,
        /// The agent that deviates.
        agent: Required<Word<AgentName>>,
        /// The versions of it that do, as comparisons such as `>=100, <170`.
        versions: Setting<Placed<String>>,
        /// What of them differs: `verdict` (the default), or the `exchange` alone.
        concerns: Setting<Word<Concern>>,
        /// What it does instead, and why.
        reason: Required<String>,
        /// The bug, or the discussion of the standard.
        link: Required<String>,
        /// The day on which somebody should look again, as `YYYY-MM-DD`.
        review: Required<Placed<String>>,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SUITE: &str = "{ title: T, about: user-agent, scenarios: [{ id: one, title: One, \
         covers: [cc-acao-star], expect: { outcome: allow } }] }";

    fn known(entry: &str) -> Result<KnownDeviations, LoadError> {
        let suite = Suite::from_files([("area/topic.yaml", SUITE)]).unwrap();
        let entry = format!("- {{ reason: Why, link: \"https://bugs.example/1\", {entry} }}");
        KnownDeviations::parse(Path::new("known.yaml"), entry.into_bytes(), &suite)
    }

    #[rstest]
    #[case("versions: \">=2\"", "2.1", true)]
    #[case("versions: \">=2\"", "1.9", false)]
    #[case("concerns: verdict", "1", true)]
    #[case("concerns: exchange", "1", false)]
    fn an_entry_holds_for_its_versions_and_its_concern(
        #[case] entry: &str,
        #[case] version: &str,
        #[case] found: bool,
    ) {
        let entry = format!("id: area, agent: chromium, review: 2030-01-01, {entry}");
        let known = known(&entry).unwrap();
        assert_eq!(
            known.find("area/topic/one", "chromium", version).is_some(),
            found
        );
        assert!(known.find("area/topic/one", "wire", version).is_none());
    }

    #[rstest]
    #[case(
        "id: area/other, agent: chromium, review: 2030-01-01",
        "matches no permutation"
    )]
    #[case(
        "id: [area, gone], agent: chromium, review: 2030-01-01",
        "`gone` matches no"
    )]
    #[case("id: area, agent: chromium, review: tomorrow", "is no date")]
    #[case("id: area, agent: chromium, review: 2030-13-01", "is no date")]
    #[case("id: area, agent: chromum, review: 2030-01-01", "chromum")]
    #[case(
        "id: area, agent: chromium, review: 2030-01-01, versions: new",
        "no range of versions"
    )]
    #[case("id: area, agent: chromium", "`review` is missing")]
    fn a_record_that_is_wrong_is_refused(#[case] entry: &str, #[case] message: &str) {
        let error = known(entry).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
