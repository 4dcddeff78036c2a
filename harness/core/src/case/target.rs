//! Targets: what is put under test, as data.
//!
//! ```yaml
//! # harness/servers/express/server.yaml, or a file of your own
//! name: express
//! versions: [2.8.6]
//! start: [node, server.mjs]
//! surface: [protected, events]
//! inexpressible: { private-network: cors has no setting for it. }
//! ```
//!
//! One that runs already has a `url`, and the `policy` that it is configured for:
//!
//! ```yaml
//! name: staging
//! url: https://staging.example
//! policy: allowlist
//! paths: { resource: /v1/things }
//! headers: { Authorization: "Bearer …" }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{Schema, json_schema};
use serde::Serialize;

use super::draft::draft;
use super::error::{LoadError, Report};
use super::fault::{Fault, Place, Problem, shorten};
use super::policy::Policies;
use super::read::{Many, Placed, Read, Required, Setting};
use super::scalar::{FromText, Word};
use super::scenario::Surface;
use super::table::Table;
use super::yaml;

/// What is known of a server under test.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TargetFile {
    /// Its name, which is also that of its folder.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// The programming language.
    pub language: Option<String>,
    /// What kind of software it is: `framework`, `proxy` ….
    pub kind: Option<String>,
    /// The package whose CORS implementation is tested.
    pub package: Option<String>,
    /// Where its source is.
    pub source: Option<String>,
    /// Where it is installed from: `npm`, `cargo` ….
    pub ecosystem: Option<String>,
    /// The versions there are, the usual one first.
    pub versions: Vec<String>,
    /// The program and its arguments; templates.
    pub start: Vec<String>,
    /// Files beside this one that are rendered before the start.
    pub templates: Vec<String>,
    /// The paths that are offered, those that every target has among them.
    pub surface: BTreeSet<Surface>,
    /// The paths that are not at their usual place.
    pub paths: BTreeMap<Surface, String>,
    /// The policies that it has no setting for, and why.
    pub inexpressible: BTreeMap<String, String>,
    /// What a reader should know.
    pub notes: Option<String>,
    /// Where it is, if it runs already.
    pub url: Option<String>,
    /// The policy that it is configured for, if it runs already.
    pub policy: Option<String>,
    /// Headers that every request gets; never shown.
    #[serde(skip)]
    pub headers: Vec<(String, String)>,
    /// The known deviations of this target, relative to the folder.
    pub known: Option<String>,
    /// The folder of the file.
    #[serde(skip)]
    pub folder: PathBuf,
}

impl TargetFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is malformed, with every fault of it.
    pub fn read(path: &Path, policies: &Policies) -> Result<Self, LoadError> {
        let content = match std::fs::read(path) {
            Ok(content) => content,
            Err(error) => {
                let mut report = Report::default();
                report.refuse_access(path, &error);
                return report.finish(Self::default());
            }
        };
        Self::parse(path, content, policies)
    }

    pub(crate) fn parse(
        path: &Path,
        content: Vec<u8>,
        policies: &Policies,
    ) -> Result<Self, LoadError> {
        let mut report = Report::default();
        let file = Arc::new(path.to_path_buf());
        let Some(source) = report.text(&file, content) else {
            return report.finish(Self::default());
        };
        let mut faults = Vec::new();
        let mut target = Self::default();
        match yaml::parse(&source) {
            Ok(node) => {
                if let Some(draft) = TargetDraft::read(&node, &mut faults) {
                    target = draft.resolve(policies, &mut faults);
                }
            }
            Err(fault) => faults.push(fault),
        }
        target.folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        report.add(&file, faults);
        report.finish(target)
    }
}

draft! {
    /// A server under test.
    struct TargetDraft {
        /// Its name; lower-case words joined by `-`.
        name: Required<Placed<String>>,
        /// What it is, for people; the name by default.
        title: Setting<String>,
        /// The programming language.
        language: Setting<String>,
        /// What kind of software it is.
        kind: Setting<Word<Kind>>,
        /// The package whose CORS implementation is tested.
        package: Setting<String>,
        /// Where its source is.
        source: Setting<String>,
        /// Where it is installed from.
        ecosystem: Setting<Word<Ecosystem>>,
        /// The versions there are, the usual one first.
        versions: Setting<Many<String>>,
        /// The program and its arguments. `{{ port }}`, `{{ prefix }}`, `{{ work }}`, `{{ folder }}` and
        /// `{{ policy.name }}` are replaced.
        start: Setting<Placed<Many<String>>>,
        /// Files beside this one, ending in `.jinja`, that are rendered into `{{ work }}` before the start.
        templates: Setting<Many<String>>,
        /// What is offered beyond `resource`, `missing` and `failing`.
        surface: Setting<Many<Word<Surface>>>,
        /// Paths that are not at their usual place: `resource: /v1/things`.
        paths: Setting<Table<Setting<Placed<String>>>>,
        /// By policy, why it has no setting for it.
        inexpressible: Setting<Table<Setting<Placed<String>>>>,
        /// What a reader should know.
        notes: Setting<String>,
        /// Where it is, if it runs already: `https://api.example`.
        url: Setting<Placed<String>>,
        /// The policy that it is configured for, if it runs already.
        policy: Setting<Placed<String>>,
        /// Headers that every request gets; never shown in reports.
        headers: Setting<Table<Setting<Placed<String>>>>,
        /// The known deviations of this target: a file beside this one.
        known: Setting<String>,
    }
}

impl TargetDraft {
    fn resolve(&self, policies: &Policies, faults: &mut Vec<Fault>) -> TargetFile {
        let name = &self.name.0;
        if !super::token::is_kebab(&name.value) {
            let message = format!("`{}` cannot be a name", shorten(&name.value));
            faults.push(
                Fault::new(name.place, message).hint("lower-case words and numbers joined by `-`"),
            );
        }
        self.check_start(faults);
        let texts = |many: &Setting<Many<String>>| {
            many.given().map(|many| many.0.clone()).unwrap_or_default()
        };
        let required = Surface::ALL.into_iter().filter(|it| it.is_required());
        let offered = self.surface.given().map(|many| many.0.as_slice());
        let offered = offered.unwrap_or_default().iter().map(|word| word.value);
        let mut paths = BTreeMap::new();
        for (place, key, path) in entries(&self.paths) {
            match Surface::from_text(&key) {
                Ok(surface) if path.value.starts_with('/') => {
                    paths.insert(surface, path.value.clone());
                }
                Ok(_) => faults.push(Fault::new(path.place, "a path begins with `/`")),
                Err(problem) => faults.push(problem.at(place)),
            }
        }
        let mut inexpressible = BTreeMap::new();
        for (place, key, reason) in entries(&self.inexpressible) {
            check_policy(&key, place, policies, faults);
            inexpressible.insert(key, reason.value.clone());
        }
        if let Some(policy) = self.policy.given() {
            check_policy(&policy.value, policy.place, policies, faults);
        }
        TargetFile {
            name: name.value.clone(),
            title: self.title.given().unwrap_or(&name.value).clone(),
            language: self.language.given().cloned(),
            kind: self.kind.given().map(|word| word.value.0.to_owned()),
            package: self.package.given().cloned(),
            source: self.source.given().cloned(),
            ecosystem: self.ecosystem.given().map(|word| word.value.0.to_owned()),
            versions: texts(&self.versions),
            start: self
                .start
                .given()
                .map(|it| it.value.0.clone())
                .unwrap_or_default(),
            templates: texts(&self.templates),
            surface: required
                .chain(offered)
                .chain(paths.keys().copied())
                .collect(),
            paths,
            inexpressible,
            notes: self.notes.given().cloned(),
            url: self.url.given().map(|url| url.value.clone()),
            policy: self.policy.given().map(|policy| policy.value.clone()),
            headers: entries(&self.headers)
                .into_iter()
                .map(|(_, name, value)| (name, value.value.clone()))
                .collect(),
            known: self.known.given().cloned(),
            folder: PathBuf::new(),
        }
    }

    fn check_start(&self, faults: &mut Vec<Fault>) {
        let place = self.name.0.place;
        match (self.start.given(), self.url.given()) {
            (Some(start), Some(_)) => faults.push(
                Fault::new(start.place, "what runs already is not started")
                    .hint("keep `start` or `url`"),
            ),
            (None, None) => faults.push(
                Fault::new(place, "it is not said how this server is reached")
                    .hint("`start: [program, argument]`, or `url` and `policy` of one that runs"),
            ),
            (Some(start), None) if start.value.0.is_empty() => {
                faults.push(Fault::new(start.place, "there is no program"));
            }
            (None, Some(url)) => {
                let parsed = url::Url::parse(&url.value);
                let is_http = parsed.is_ok_and(|it| matches!(it.scheme(), "http" | "https"));
                if !is_http {
                    let message = format!("`{}` is no URL of http or https", shorten(&url.value));
                    faults.push(Fault::new(url.place, message));
                }
                if self.policy.given().is_none() {
                    faults.push(
                        Fault::new(
                            url.place,
                            "it is not said what this server is configured for",
                        )
                        .hint("`policy: allowlist`, or another file of `policies/`"),
                    );
                }
            }
            (Some(_), None) => {}
        }
    }
}

fn check_policy(name: &str, place: Place, policies: &Policies, faults: &mut Vec<Fault>) {
    if policies.find(name).is_none() {
        faults.push(Problem::unknown("policy", name, &policies.names()).at(place));
    }
}

fn entries(
    table: &Setting<Table<Setting<Placed<String>>>>,
) -> Vec<(Place, String, &Placed<String>)> {
    let entries = table.given().map(|table| table.0.as_slice());
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(|(key, value)| {
            let value = value.given()?;
            Some((key.text.place, key.text.value.clone(), value))
        })
        .collect()
}

/// Declares a list of words.
macro_rules! list {
    ($name:ident, $what:literal, $about:literal, [$($word:literal),*]) => {
        #[doc = $about]
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $name(&'static str);

        impl FromText for $name {
            fn from_text(text: &str) -> Result<Self, Problem> {
                match text {
                    $($word => Ok(Self($word)),)*
                    _ => Err(Problem::unknown($what, text, &[$($word),*])),
                }
            }

            fn schema() -> Schema {
                json_schema!({ "enum": [$($word),*] })
            }
        }
    };
}

list!(
    Kind,
    "kind of software",
    "A kind of software.",
    [
        "application",
        "control",
        "framework",
        "middleware",
        "proxy",
        "web-server"
    ]
);
list!(
    Ecosystem,
    "ecosystem",
    "Where packages come from.",
    ["apt", "cargo", "go", "maven", "npm", "pypi"]
);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parse(text: &str) -> Result<TargetFile, String> {
        let policies = Policies::embedded().unwrap();
        let path = Path::new("servers/one/server.yaml");
        TargetFile::parse(path, text.as_bytes().to_vec(), &policies)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_started_offers_what_every_target_has() {
        let target = parse("{ name: one, start: node, surface: [events] }").unwrap();
        assert_eq!(target.start, ["node"]);
        assert_eq!(target.title, "one");
        assert_eq!(target.folder, Path::new("servers/one"));
        let offered = [
            Surface::Events,
            Surface::Failing,
            Surface::Missing,
            Surface::Resource,
        ];
        assert_eq!(target.surface, offered.into());
    }

    #[test]
    fn what_runs_already_has_a_policy() {
        let target = parse(
            "{ name: one, url: \"https://api.example\", policy: allowlist, \
             paths: { resource: /v1, socket: /ws }, headers: { Authorization: key } }",
        )
        .unwrap();
        assert!(target.surface.contains(&Surface::Socket));
        assert_eq!(
            target.headers,
            [("Authorization".to_owned(), "key".to_owned())]
        );
        assert!(!serde_json::to_string(&target).unwrap().contains("key\""));
    }

    #[rstest]
    #[case("{ name: one }", "it is not said how this server is reached")]
    #[case("{ name: One, start: a }", "`One` cannot be a name")]
    #[case(
        "{ name: one, start: a, url: \"http://b\", policy: public }",
        "is not started"
    )]
    #[case("{ name: one, url: \"http://b\" }", "configured for")]
    #[case(
        "{ name: one, url: \"ftp://b\", policy: public }",
        "is no URL of http or https"
    )]
    #[case("{ name: one, start: a, surface: [evnts] }", "evnts")]
    #[case(
        "{ name: one, start: a, paths: { resource: v1 } }",
        "a path begins with `/`"
    )]
    #[case(
        "{ name: one, start: a, inexpressible: { alowlist: Why. } }",
        "alowlist"
    )]
    #[case("{ name: one, start: a, ecosystem: pip }", "pip")]
    fn what_makes_no_sense_is_refused(#[case] text: &str, #[case] message: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}
