//! Policies: what a server under test is configured for, as data.
//!
//! ```yaml
//! # cases/policies/allowlist.yaml
//! title: Two origins may call this
//! origins: [https://app.example, $app]
//! methods: [GET, HEAD, POST]
//! request_headers: [content-type]
//! max_age: 600
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{Schema, json_schema};
use serde::Serialize;

use super::draft::draft;
use super::error::{LoadError, Report};
use super::fault::{Fault, Problem};
use super::files::{self, EMBEDDED};
use super::read::{Many, Read, Required, Setting};
use super::scalar::{FromText, Templated, Word};
use super::template::{Known, Scope};
use super::token::{is_kebab, is_token};
use super::yaml;

/// What a server is configured for: an abstract CORS policy.
///
/// Origins are canonical; [`crate::server::Ports`] gives them the ports of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Policy {
    /// The name that scenarios use: that of its file.
    pub name: String,
    /// What it allows, as one sentence.
    #[serde(skip)]
    pub title: String,
    /// Whether no careful person would ask for it, so that refusing to start with it is a good answer.
    #[serde(skip)]
    pub dangerous: bool,
    /// Whether every origin is allowed.
    pub any_origin: bool,
    /// The origins that are allowed, exactly.
    pub origins: Vec<String>,
    /// Origins with `*` for one or more labels: every sub-domain is allowed, the domain is not.
    pub origin_patterns: Vec<String>,
    /// Whether the origin `null` is allowed.
    pub null_origin: bool,
    /// The methods that are allowed.
    pub methods: Vec<String>,
    /// The request headers that are allowed, in lower case.
    pub request_headers: Vec<String>,
    /// The response headers that script may read, in lower case.
    pub exposed_headers: Vec<String>,
    /// Whether credentials are allowed.
    pub credentials: bool,
    /// How long a preflight may be remembered, in seconds; -1 for not at all, however that is said.
    pub max_age: i64,
    /// Whether pages of public networks may call a server of a private one.
    ///
    /// <https://wicg.github.io/private-network-access/#headers>
    pub private_network: bool,
}

impl Policy {
    /// Whether a serialised origin is allowed.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.any_origin
            || self.origins.iter().any(|allowed| allowed == origin)
            || (self.null_origin && origin == "null")
            || self
                .origin_patterns
                .iter()
                .any(|pattern| is_subdomain(pattern, origin))
    }
}

/// Whether an origin is one of a pattern such as `https://*.app.example`.
fn is_subdomain(pattern: &str, origin: &str) -> bool {
    let Some((scheme, domain)) = pattern.split_once('*') else {
        return false;
    };
    origin
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_suffix(domain))
        .is_some_and(|labels| {
            let is_label = |label: &str| {
                !label.is_empty()
                    && label.bytes().all(|byte| {
                        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
                    })
            };
            labels.split('.').all(is_label)
        })
}

/// The policies of a suite, by name.
#[derive(Clone, Debug, Default)]
pub struct Policies(BTreeMap<String, Arc<Policy>>);

impl Policies {
    /// The policy of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Policy>> {
        self.0.get(name)
    }

    /// Those that are compiled in.
    ///
    /// # Errors
    ///
    /// When one is wrong, with every fault of every file.
    pub fn embedded() -> Result<Self, LoadError> {
        let mut report = Report::default();
        let policies = Self::read(&[], &mut report);
        report.finish(policies)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Policy>> {
        self.0.values()
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// The policies among these files; those that are compiled in, if there are none.
    pub(super) fn read(files: &[(PathBuf, Vec<u8>)], report: &mut Report) -> Self {
        let given = files.iter().filter(|(path, _)| files::is_policy(path));
        let mut policies = Self::default();
        for (path, content) in given {
            policies.add(path, content.clone(), report);
        }
        if policies.0.is_empty() {
            let embedded = EMBEDDED
                .iter()
                .filter(|(path, _)| files::is_policy(Path::new(path)));
            for (path, text) in embedded {
                policies.add(Path::new(path), text.as_bytes().to_vec(), report);
            }
        }
        policies
    }

    fn add(&mut self, path: &Path, content: Vec<u8>, report: &mut Report) {
        let file = Arc::new(path.to_path_buf());
        let Some(source) = report.text(&file, content) else {
            return;
        };
        let mut faults = Vec::new();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let draft = match yaml::parse(&source) {
            Ok(node) => PolicyDraft::read(&node, &mut faults),
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        match name.filter(|name| is_kebab(name)) {
            Some(name) => {
                if let Some(draft) = draft {
                    let policy = draft.resolve(name, &mut faults);
                    self.0.insert(name.to_owned(), Arc::new(policy));
                }
            }
            None => faults.push(
                Fault::new(
                    super::fault::Place { line: 1, column: 1 },
                    "a policy is named `policies/<name>.yaml`",
                )
                .hint("lower-case words and numbers joined by `-`"),
            ),
        }
        report.add(&file, faults);
    }
}

draft! {
    /// What a server under test is configured for.
    struct PolicyDraft {
        /// What it allows, as one sentence.
        title: Required<String>,
        /// Whether no careful person would ask for it; refusing to start with it is then a good answer.
        dangerous: Setting<Word<bool>>,
        /// Whether every origin is allowed.
        any_origin: Setting<Word<bool>>,
        /// The origins that are allowed, exactly; `$app` is an origin's name.
        origins: Setting<Many<Templated<SerializedOrigin>>>,
        /// Origins with `*` for one or more labels: `https://*.app.example`.
        origin_patterns: Setting<Many<Templated<OriginPattern>>>,
        /// Whether the origin `null` is allowed.
        null_origin: Setting<Word<bool>>,
        /// The methods that are allowed.
        methods: Required<Many<Word<Token>>>,
        /// The request headers that are allowed.
        request_headers: Setting<Many<Word<Token>>>,
        /// The response headers that script may read.
        exposed_headers: Setting<Many<Word<Token>>>,
        /// Whether credentials are allowed.
        credentials: Setting<Word<bool>>,
        /// How long a preflight may be remembered, in seconds; -1 for not at all.
        max_age: Required<Word<Seconds>>,
        /// Whether pages of public networks may call a server of a private one.
        private_network: Setting<Word<bool>>,
    }
}

impl PolicyDraft {
    fn resolve(&self, name: &str, faults: &mut Vec<Fault>) -> Policy {
        let scope = Scope {
            permutation: name,
            axes: &[],
            known: Known::default(),
        };
        let is_set = |word: &Setting<Word<bool>>| word.given().is_some_and(|word| word.value);
        let tokens = |many: Option<&Many<Word<Token>>>| -> Vec<String> {
            let tokens = many.map(|many| many.0.as_slice()).unwrap_or_default();
            tokens.iter().map(|token| token.value.0.clone()).collect()
        };
        let lower = |many: &Setting<Many<Word<Token>>>| -> Vec<String> {
            let tokens = tokens(many.given()).into_iter();
            tokens.map(|token| token.to_ascii_lowercase()).collect()
        };
        Policy {
            name: name.to_owned(),
            title: self.title.0.clone(),
            dangerous: is_set(&self.dangerous),
            any_origin: is_set(&self.any_origin),
            origins: resolved(&self.origins, &scope, faults, |it| it.0),
            origin_patterns: resolved(&self.origin_patterns, &scope, faults, |it| it.0),
            null_origin: is_set(&self.null_origin),
            methods: tokens(Some(&self.methods.0)),
            request_headers: lower(&self.request_headers),
            exposed_headers: lower(&self.exposed_headers),
            credentials: is_set(&self.credentials),
            max_age: self.max_age.0.value.0,
            private_network: is_set(&self.private_network),
        }
    }
}

fn resolved<T: FromText>(
    setting: &Setting<Many<Templated<T>>>,
    scope: &Scope<'_>,
    faults: &mut Vec<Fault>,
    text: impl Fn(T) -> String,
) -> Vec<String> {
    let values = setting.given().map(|many| many.0.as_slice());
    let mut texts = Vec::new();
    for value in values.unwrap_or_default() {
        match value.resolve(scope) {
            Ok(value) => texts.push(text(value)),
            Err(fault) => faults.push(fault),
        }
    }
    texts
}

/// An origin as it stands in an `Origin` header.
///
/// <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SerializedOrigin(pub(super) String);

impl FromText for SerializedOrigin {
    fn from_text(text: &str) -> Result<Self, Problem> {
        let serialized = url::Url::parse(text).map(|url| url.origin().ascii_serialization());
        match serialized {
            Ok(serialized) if serialized == text => Ok(Self(serialized)),
            Ok(serialized) if serialized != "null" => Err(Problem::new(format!(
                "`{}` is no serialised origin",
                super::fault::shorten(text)
            ))
            .hint(format!("write `{serialized}`"))),
            _ => Err(Problem::new(format!(
                "`{}` is no serialised origin",
                super::fault::shorten(text)
            ))
            .hint("an origin is written `https://app.example` or `http://app.example:8080`")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^https?://[^/]+$|\\$" })
    }
}

/// An origin with `*` in front of a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct OriginPattern(String);

impl FromText for OriginPattern {
    fn from_text(text: &str) -> Result<Self, Problem> {
        let sample = text.replacen("://*.", "://a.", 1);
        if sample != text && SerializedOrigin::from_text(&sample).is_ok() {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::new(format!(
            "`{}` is no pattern of origins",
            super::fault::shorten(text)
        ))
        .hint("a pattern is written `https://*.app.example`"))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^https?://\\*\\.[^/]+$|\\$" })
    }
}

/// A method or the name of a header.
#[derive(Clone, Debug)]
pub(super) struct Token(String);

impl FromText for Token {
    fn from_text(text: &str) -> Result<Self, Problem> {
        if is_token(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::new(format!(
                "`{}` is neither a method nor the name of a header",
                super::fault::shorten(text)
            ))
            .hint("letters, digits and !#$%&'*+-.^_`|~"))
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// A number of seconds, or -1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds(i64);

impl FromText for Seconds {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text.parse() {
            Ok(seconds @ -1..) => Ok(Self(seconds)),
            _ => Err(Problem::new(format!(
                "`{}` is no number of seconds",
                super::fault::shorten(text)
            ))
            .hint("a whole number, or -1 for what is not to be remembered")),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": -1 })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(text: &str) -> Result<Arc<Policy>, String> {
        let mut report = Report::default();
        let files = [(PathBuf::from("policies/one.yaml"), text.as_bytes().to_vec())];
        let policies = Policies::read(&files, &mut report);
        match report.finish(policies) {
            Ok(policies) => Ok(Arc::clone(policies.find("one").unwrap())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_policy_is_read_with_its_origins_canonical() {
        let policy = read(
            "{ title: T, origins: [https://app.example, $app], origin_patterns: \
             \"https://*.b.example\", methods: [GET], request_headers: X-Probe, max_age: -1 }",
        )
        .unwrap();
        assert_eq!(
            policy.origins,
            ["https://app.example", "http://app.localhost:18080"]
        );
        assert_eq!(policy.request_headers, ["x-probe"]);
        assert_eq!(policy.max_age, -1);
        assert!(!policy.credentials);
    }

    #[rstest]
    #[case("origins: [https://app.example/]", "is no serialised origin")]
    #[case("origins: [app.example]", "is no serialised origin")]
    #[case("origin_patterns: [https://app.example]", "is no pattern of origins")]
    #[case("request_headers: [\"a b\"]", "neither a method nor")]
    #[case("credential: true", "unknown key")]
    fn what_makes_no_sense_is_refused(#[case] entry: &str, #[case] message: &str) {
        let error = read(&format!(
            "{{ title: T, methods: [GET], max_age: 0, {entry} }}"
        ))
        .unwrap_err();
        assert!(error.contains(message), "{error}");
    }

    #[rstest]
    #[case("https://a.app.example", true)]
    #[case("https://b.a.app.example", true)]
    #[case("https://app.example", false)]
    #[case("https://.app.example", false)]
    #[case("https://evilapp.example", false)]
    #[case("http://a.app.example", false)]
    #[case("https://a.app.example:8443", false)]
    #[case("https://evil.example/.app.example", false)]
    #[case("https://evil.example:80.app.example", false)]
    fn a_pattern_is_every_subdomain_and_nothing_else(#[case] origin: &str, #[case] allowed: bool) {
        let policy = Policy {
            origin_patterns: vec!["https://*.app.example".to_owned()],
            ..Policy::default()
        };
        assert_eq!(policy.allows(origin), allowed);
    }
}
