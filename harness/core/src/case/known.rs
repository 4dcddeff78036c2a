//! Known deviations: recorded differences between an agent, or a server under test, and what a case
//! expects, as data.
//!
//! ```yaml
//! - id: preflight/headers/authorization-not-covered-by-wildcard   # or a list
//!   agent: chromium
//!   versions: ">=100"            # optional
//!   concerns: verdict            # the default; or `exchange`
//!   occurs: always               # the default; or `sometimes`
//!   reason: Chromium lets `*` cover Authorization
//!   link: https://github.com/whatwg/fetch/issues/1919
//!   review: 2027-05-22
//!
//! - id: server/vary/**
//!   target: express              # instead of an agent; left out in a file about one target
//!   versions: "<2.9"
//!   reason: cors leaves Vary out of what it answers to a refused origin
//!   link: https://github.com/expressjs/cors/issues/1
//!   review: 2027-05-22
//! ```
//!
//! A deviation that concerns the verdict is expected to fail: a permutation that passes all the same is
//! FIXED and fails the run, unless the deviation occurs only sometimes. One that concerns the exchange only
//! passes, and gives the agent a snapshot of its own. A pattern that matches no permutation is refused
//! here.

use std::path::Path;
use std::sync::Arc;

use super::draft::draft;
use super::error::{LoadError, Report};
use super::fault::{Fault, Place};
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

/// How often what is recorded comes to pass.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Occurrence {
    /// Every time.
    #[default]
    Always,
    /// Now and then, as a race in a browser decides: to pass is nothing new.
    Sometimes,
}

/// Who does not do what a case expects.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Deviant {
    /// An agent: `wire`, `chromium` ….
    Agent(String),
    /// A server under test.
    Target(String),
}

/// Somebody who takes part in a run, and the version if it is known.
#[derive(Clone, Copy, Debug)]
pub struct Party<'run> {
    /// The name.
    pub name: &'run str,
    /// The version.
    pub version: Option<&'run str>,
}

/// One recorded difference.
#[derive(Clone, Debug)]
pub struct KnownDeviation {
    /// The permutations concerned.
    pub ids: Vec<Glob>,
    /// What of them differs.
    pub concerns: Concern,
    /// How often it does.
    pub occurs: Occurrence,
    /// Who deviates.
    pub who: Deviant,
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

    /// Whether it is about this agent.
    #[must_use]
    pub fn is_of_agent(&self, name: &str) -> bool {
        matches!(&self.who, Deviant::Agent(agent) if agent == name)
    }

    /// Whether one of these deviates, in a version that does. Of one whose version nobody knows, only
    /// what holds for every version is known.
    fn is_of(&self, agent: Party<'_>, target: Option<Party<'_>>) -> bool {
        let party = match &self.who {
            Deviant::Agent(name) => (agent.name == name).then_some(agent),
            Deviant::Target(name) => target.filter(|target| target.name == name),
        };
        party.is_some_and(|party| match (&self.versions, party.version) {
            (None, _) => true,
            (Some(versions), Some(version)) => versions.contains(version),
            (Some(_), None) => false,
        })
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

    /// The deviations of a server under test that are recorded in a file about it alone: its entries
    /// need not name it.
    ///
    /// # Errors
    ///
    /// As [`Self::from_file`], or when an entry is about another.
    pub fn of_target(path: &Path, target: &str, suite: &Suite) -> Result<Self, LoadError> {
        match std::fs::read(path) {
            Ok(content) => Self::parse_about(path, content, Some(target), suite),
            Err(error) => {
                let mut report = Report::default();
                report.refuse_access(path, &error);
                report.finish(Self::default())
            }
        }
    }

    /// With more of them.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The first deviation that is recorded for the verdict on a permutation: of this agent, or of the
    /// server under test where one is asked.
    #[must_use]
    pub fn find(
        &self,
        id: &str,
        agent: Party<'_>,
        target: Option<Party<'_>>,
    ) -> Option<&KnownDeviation> {
        self.0.iter().find(|known| {
            known.concerns == Concern::Verdict && known.matches(id) && known.is_of(agent, target)
        })
    }

    /// All of them, in the order recorded.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &KnownDeviation> {
        self.0.iter()
    }

    pub(crate) fn parse(path: &Path, content: Vec<u8>, suite: &Suite) -> Result<Self, LoadError> {
        Self::parse_about(path, content, None, suite)
    }

    fn parse_about(
        path: &Path,
        content: Vec<u8>,
        target: Option<&str>,
        suite: &Suite,
    ) -> Result<Self, LoadError> {
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
            Ok(node) => read(&node, &file, target, &suite.permutations, &mut faults),
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
    target: Option<&str>,
    permutations: &[Arc<Permutation>],
    faults: &mut Vec<Fault>,
) -> Vec<KnownDeviation> {
    let drafts = Vec::<KnownDraft>::read(node, faults).unwrap_or_default();
    // A word that is no agent is a fault already; that nobody is named would be another of the same.
    let is_sound = faults.is_empty();
    let mut known = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let (ids, review) = (draft.id.0.0.clone(), draft.review.0.clone());
        let Some(place) = ids.first().map(|id| id.place) else {
            continue;
        };
        let Some(who) = draft_who(&draft, place, target, is_sound, faults) else {
            continue;
        };
        let is_of_target = matches!(who, Deviant::Target(_));
        for id in &ids {
            let glob = Glob::new(id.value.as_str());
            let mut concerned = permutations
                .iter()
                .filter(|permutation| permutation.policy.is_some() || !is_of_target);
            if !concerned.any(|permutation| glob.matches(&permutation.id)) {
                let what = if is_of_target {
                    "permutation that asks a server under test"
                } else {
                    "permutation"
                };
                let message = format!("`{}` matches no {what}", id.value);
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
            occurs: draft
                .occurs
                .given()
                .map_or_else(Occurrence::default, |word| word.value),
            who,
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

/// Who an entry is about: exactly one of the two is named, or the file says it.
fn draft_who(
    draft: &KnownDraft,
    place: Place,
    target: Option<&str>,
    is_sound: bool,
    faults: &mut Vec<Fault>,
) -> Option<Deviant> {
    match (draft.agent.given(), draft.target.given(), target) {
        (Some(_), Some(named), _) => {
            let fault = Fault::new(
                named.place,
                "an entry is about an agent or a target, not both",
            );
            faults.push(fault.hint("keep the one that deviates"));
            None
        }
        (Some(agent), None, Some(target)) => {
            let message = format!("this file is about the target `{target}`");
            let fault = Fault::new(agent.place, message);
            faults.push(fault.hint("deviations of agents are recorded in the suite's known.yaml"));
            None
        }
        (Some(agent), None, None) => Some(Deviant::Agent(agent.value.value.0.to_owned())),
        (None, Some(named), Some(target)) if named.value != target => {
            let message = format!("this file is about `{target}`, not about `{}`", named.value);
            faults.push(Fault::new(named.place, message).hint("leave `target` out, or mend it"));
            None
        }
        (None, Some(named), _) => Some(Deviant::Target(named.value.clone())),
        (None, None, Some(target)) => Some(Deviant::Target(target.to_owned())),
        (None, None, None) => {
            let fault = Fault::new(place, "it is not said who deviates");
            let hint = "`agent: chromium`, or `target: express` of a server under test";
            faults.extend(is_sound.then(|| fault.hint(hint)));
            None
        }
    }
}

fn is_date(text: &str) -> bool {
    let numbers: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    matches!(numbers[..], [Some(2000..=9999), Some(1..=12), Some(1..=31)]) && text.len() == 10
}

draft! {
    /// A recorded difference between an agent, or a server under test, and what a case expects.
    struct KnownDraft {
        /// The permutations concerned, as a pattern over ids, or several.
        id: Required<Many<Placed<String>>>,
        /// The agent that deviates.
        agent: Setting<Placed<Word<AgentName>>>,
        /// The server under test that deviates, by name. A file about one target may leave it out.
        target: Setting<Placed<String>>,
        /// The versions of it that do, as comparisons such as `>=100, <170`.
        versions: Setting<Placed<String>>,
        /// What of them differs: `verdict` (the default), or the `exchange` alone.
        concerns: Setting<Word<Concern>>,
        /// How often it does: `always` (the default), or `sometimes`, where to pass is nothing new.
        occurs: Setting<Word<Occurrence>>,
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
        let find = |name| {
            let version = Some(version);
            known.find("area/topic/one", Party { name, version }, None)
        };
        assert_eq!(find("chromium").is_some(), found);
        assert!(find("wire").is_none());
    }

    const WIRE: Party<'static> = Party {
        name: "wire",
        version: Some("1"),
    };

    fn about_servers(entry: &str, target: Option<&str>) -> Result<KnownDeviations, LoadError> {
        let suite = SUITE.replace("user-agent", "server").replace(
            "expect",
            "policy: public, request: { resource: resource }, expect",
        );
        let suite = Suite::from_files([("area/topic.yaml", suite.as_str())]).unwrap();
        let entry = format!(
            "- {{ id: area, reason: Why, link: \"https://bugs.example/1\", review: 2030-01-01, {entry} }}"
        );
        KnownDeviations::parse_about(Path::new("known.yaml"), entry.into_bytes(), target, &suite)
    }

    #[rstest]
    #[case("target: one", "one", Some("1"), true)]
    #[case("target: one", "one", None, true)]
    #[case("target: one", "other", None, false)]
    #[case("target: one, versions: \"<2\"", "one", Some("1.9"), true)]
    #[case("target: one, versions: \"<2\"", "one", Some("2.0"), false)]
    #[case("target: one, versions: \"<2\"", "one", None, false)]
    fn an_entry_holds_for_its_target_in_every_agent(
        #[case] entry: &str,
        #[case] name: &str,
        #[case] version: Option<&str>,
        #[case] found: bool,
    ) {
        let known = about_servers(entry, None).unwrap();
        let target = Some(Party { name, version });
        assert_eq!(known.find("area/topic/one", WIRE, target).is_some(), found);
        assert!(known.find("area/topic/one", WIRE, None).is_none());
    }

    #[test]
    fn a_file_about_one_target_need_not_name_it() {
        let known = about_servers("concerns: verdict", Some("one")).unwrap();
        let target = Some(Party {
            name: "one",
            version: None,
        });
        assert!(known.find("area/topic/one", WIRE, target).is_some());
    }

    #[rstest]
    #[case("concerns: verdict", None, "it is not said who deviates")]
    #[case("agent: wire, target: one", None, "not both")]
    #[case("agent: wire", Some("one"), "this file is about the target `one`")]
    #[case(
        "target: two",
        Some("one"),
        "this file is about `one`, not about `two`"
    )]
    fn who_deviates_is_said_once(
        #[case] entry: &str,
        #[case] target: Option<&str>,
        #[case] message: &str,
    ) {
        let error = about_servers(entry, target).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn a_target_deviates_only_where_it_is_asked() {
        let error = known("id: area, target: one, review: 2030-01-01").unwrap_err();
        let message = "matches no permutation that asks a server under test";
        assert!(error.to_string().contains(message), "{error}");
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
