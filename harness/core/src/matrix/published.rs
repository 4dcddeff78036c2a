//! What is published of one server in one version.
//!
//! ```json
//! {
//!   "schema_version": 1,
//!   "name": "express",
//!   "version": "2.8.6",
//!   …
//!   "policies": { "allowlist": { "state": "ran" }, … },
//!   "summary": { "wire": { "PASS": 830, "WARN": 22, … } },
//!   "results": {
//!     "wire": {
//!       "server/actual/allowed[from=with-port,method=GET]": { "status": "PASS" },
//!       …
//!     }
//!   },
//!   "exchanges": { "5f0c…": ["> GET http://api.localhost:18080/scenario/resource", …] }
//! }
//! ```

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

use crate::case::scenario::Level;
use crate::verdict::Status;

/// How often each status occurs; those that do not are left out.
pub type Counts = BTreeMap<Status, usize>;

/// The results of one server in one version.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The version of this format.
    pub schema_version: u32,
    /// The name of the adapter: its folder in harness/servers.
    pub name: String,
    /// The version of the package.
    pub version: String,
    /// What it is, for people.
    pub title: String,
    /// The programming language.
    pub language: Option<String>,
    /// What kind of software it is.
    pub kind: Option<String>,
    /// The package whose CORS implementation was tested.
    pub package: Option<String>,
    /// Where its source is.
    pub source: Option<String>,
    /// Where it was installed from.
    pub ecosystem: Option<String>,
    /// What a reader should know of the adapter.
    pub notes: Option<String>,
    /// The version of corspec.
    pub corspec: String,
    /// The digest of the cases that judge servers, and of the policies.
    pub suite: String,
    /// The day of the run, in UTC.
    pub date: String,
    /// The agents that asked, with their versions.
    pub agents: BTreeMap<String, String>,
    /// What became of each policy.
    pub policies: BTreeMap<String, PolicyState>,
    /// By agent: how often each status occurs.
    pub summary: BTreeMap<String, Counts>,
    /// By agent and level of the scenario: how often each status occurs.
    pub levels: BTreeMap<String, BTreeMap<Level, Counts>>,
    /// By agent and topic: how often each status occurs.
    pub topics: BTreeMap<String, BTreeMap<String, Counts>>,
    /// By agent and id of the permutation: what came of it.
    pub results: BTreeMap<String, BTreeMap<String, Outcome>>,
    /// The exchanges of what did not simply pass, line by line: `>` was sent, `<` was answered. Header
    /// lines of answers are in the order in which they came, which some servers change at each start.
    pub exchanges: BTreeMap<String, Vec<String>>,
}

impl Published {
    /// Name and version, as targets are named.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// What became of a policy.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PolicyState {
    /// The server was asked.
    Ran,
    /// It has no setting for the policy.
    Inexpressible {
        /// Why.
        reason: String,
    },
    /// It does not start with a dangerous policy.
    Refused {
        /// What it said.
        words: Vec<String>,
    },
    /// It does not start, for whatever other reason.
    DoesNotStart {
        /// What became of it.
        reason: String,
        /// What it said.
        words: Vec<String>,
    },
}

impl PolicyState {
    /// The word of the format.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::Inexpressible { .. } => "inexpressible",
            Self::Refused { .. } => "refused",
            Self::DoesNotStart { .. } => "does not start",
        }
    }
}

/// What came of a permutation.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The status.
    pub status: Status,
    /// Why it was not run or could not be decided, or what is known of a deviation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was expected and did not come true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Found>,
    /// A key of `exchanges`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<String>,
}

/// An expectation that did not come true.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The step, from 1.
    pub step: usize,
    /// How binding the expectation is.
    pub level: Level,
    /// What was judged.
    pub subject: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub actual: String,
}

/// Writes what is published: a result on a line each, sorted, ending in a line feed.
///
/// # Errors
///
/// Those of the writer.
pub fn write(published: &Published, to: &mut dyn Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *to, ALineEach::default());
    published.serialize(&mut serializer)?;
    to.write_all(b"\n")
}

/// Reads what [`write()`] wrote.
///
/// # Errors
///
/// It is something else, or of another version of the format.
pub fn read(bytes: &[u8]) -> Result<Published, NotPublished> {
    let published: Published = serde_json::from_slice(bytes).map_err(NotPublished::Json)?;
    if published.schema_version != SCHEMA_VERSION {
        return Err(NotPublished::Version(published.schema_version));
    }
    Ok(published)
}

/// The JSON Schema (draft 7) of what is published.
#[must_use]
pub fn schema() -> Value {
    SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Published>()
        .to_value()
}

/// Why a file holds no results.
#[derive(Debug, thiserror::Error)]
pub enum NotPublished {
    /// It is no JSON of this form.
    #[error("{0}")]
    Json(serde_json::Error),
    /// It is of another version.
    #[error("its schema_version is {0}, and {SCHEMA_VERSION} is read here")]
    Version(u32),
}

/// Raised by one with every change that could break a reader.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Lines as deep as results, and what is deeper in one line, so that a difference shows in one line.
#[derive(Default)]
struct ALineEach {
    depth: usize,
    has_value: bool,
}

/// Objects and arrays within this many others are in one line.
const LINES: usize = 3;

impl ALineEach {
    fn begin<W: ?Sized + Write>(&mut self, bracket: &[u8], to: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        to.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, bracket: &[u8], to: &mut W) -> io::Result<()> {
        let has_lines = self.depth <= LINES && self.has_value;
        let is_spaced = self.has_value && bracket == b"}";
        self.depth -= 1;
        if has_lines {
            self.new_line(to)?;
        } else if is_spaced {
            to.write_all(b" ")?;
        }
        self.has_value = true;
        to.write_all(bracket)
    }

    fn before<W: ?Sized + Write>(&self, first: bool, spaced: bool, to: &mut W) -> io::Result<()> {
        if !first {
            to.write_all(b",")?;
        }
        if self.depth <= LINES {
            self.new_line(to)
        } else if !first || spaced {
            to.write_all(b" ")
        } else {
            Ok(())
        }
    }

    fn new_line<W: ?Sized + Write>(&self, to: &mut W) -> io::Result<()> {
        to.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| to.write_all(b" "))
    }
}

impl Formatter for ALineEach {
    fn begin_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.begin(b"[", to)
    }

    fn end_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.end(b"]", to)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.before(first, false, to)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.begin(b"{", to)
    }

    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.end(b"}", to)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.before(first, true, to)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::matrix::fixture;

    fn written(published: &Published) -> String {
        let mut bytes = Vec::new();
        write(published, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_is_published_is_as_recorded() {
        insta::assert_snapshot!("published", written(&fixture::published()[0]));
    }

    #[test]
    fn what_was_written_is_read_again() {
        for published in fixture::published() {
            assert_eq!(read(written(&published).as_bytes()).unwrap(), published);
        }
    }

    #[test]
    fn another_version_or_another_file_is_refused() {
        let text = written(&fixture::published()[0]);
        let other = text.replacen("\"schema_version\": 1", "\"schema_version\": 7", 1);
        let error = read(other.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "its schema_version is 7, and 1 is read here");
        assert!(read(b"{}").is_err());
    }

    /// The committed schema is what readers use. `CORSPEC_WRITE=1` writes it anew.
    #[test]
    fn the_committed_schema_is_the_generated_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/matrix.schema.json");
        let generated = format!("{:#}\n", schema());
        if std::env::var_os("CORSPEC_WRITE").is_some() {
            std::fs::write(&path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == generated,
            "reports/matrix.schema.json is out of date: run `CORSPEC_WRITE=1 cargo test -p corspec schema`"
        );
    }
}
