//! Values of options, as they are written on the command line and in the configuration.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;
use corspec::case::scenario::Level;

/// How binding an expectation is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LevelName {
    /// A violation is a failure.
    Must,
    /// A violation is a warning.
    Should,
    /// A violation is a note.
    May,
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Must => Self::Must,
            LevelName::Should => Self::Should,
            LevelName::May => Self::May,
        }
    }
}

/// The order in which permutations are started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shuffle {
    /// Some order, told afterwards.
    Random,
    /// The order of this seed.
    Seed(u64),
}

impl Shuffle {
    /// Its seed.
    pub(crate) fn seed(self) -> u64 {
        match self {
            // The hasher of the standard library is the only source of randomness that it has. A short
            // number is easier to type again.
            Self::Random => RandomState::new().build_hasher().finish() % 1_000_000,
            Self::Seed(seed) => seed,
        }
    }
}

impl FromStr for Shuffle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "random" {
            return Ok(Self::Random);
        }
        text.parse()
            .map(Self::Seed)
            .map_err(|_| "a seed is a whole number, or `random`".to_owned())
    }
}

/// A report that is asked for: `json=PATH`, `junit=PATH`, `markdown=PATH`; `-` is stdout.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ReportRequest {
    pub(crate) kind: ReportKind,
    pub(crate) destination: Destination,
}

/// A format of report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ReportKind {
    Json,
    Junit,
    Markdown,
}

/// Where a report goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    File(PathBuf),
    Stdout,
}

impl FromStr for ReportRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, path) = text
            .split_once('=')
            .ok_or_else(|| "write KIND=PATH, such as `json=report.json`".to_owned())?;
        let kind = match kind {
            "json" => ReportKind::Json,
            "junit" => ReportKind::Junit,
            "markdown" => ReportKind::Markdown,
            _ => {
                return Err(format!(
                    "unknown kind `{kind}`, expected `json`, `junit` or `markdown`"
                ));
            }
        };
        let destination = match path {
            "" => return Err("the path is missing, `-` is stdout".to_owned()),
            "-" => Destination::Stdout,
            path => Destination::File(path.into()),
        };
        Ok(Self { kind, destination })
    }
}

/// Whether a target is named by a file that describes it.
pub(crate) fn is_target_file(text: &str) -> bool {
    let is_path = text.contains('/') || Path::new(text).extension().is_some_and(|it| it == "yaml");
    is_path && !text.contains("://")
}

/// A number of at least one.
///
/// # Errors
///
/// What the text is instead.
pub(crate) fn positive(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "expected a whole number from 1".to_owned())
}
