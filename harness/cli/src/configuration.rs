//! The configuration file, `corspec.yaml`: the options of `corspec run` by their long names.
//!
//! ```yaml
//! agent: [wire, chromium]
//! skip: [preflight-cache]
//! report: [json=target/corspec/report.json]
//! jobs: 8
//! ```
//!
//! A flag is stronger than a variable of the environment, a variable stronger than the file. Paths are
//! relative to the file's folder.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use corspec::run::{RemoteEnd, Shard};
use serde::{Deserialize, Deserializer};

use crate::arguments::Color;
use crate::command::run::Shuffle;
use crate::failure::Failure;
use crate::reports::{Destination, ReportRequest};
use crate::selection::LevelName;
use crate::targets::is_target_file;

/// What the file says; everything may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Configuration {
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) agent: Vec<String>,
    pub(crate) cases: Option<PathBuf>,
    pub(crate) color: Option<Color>,
    pub(crate) fail_fast: bool,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) known: Option<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) level: Vec<LevelName>,
    pub(crate) max_fail: Option<NonZeroUsize>,
    pub(crate) no_report: bool,
    pub(crate) policy: Option<String>,
    pub(crate) quiet: bool,
    #[serde(deserialize_with = "parsed_list")]
    pub(crate) report: Vec<ReportRequest>,
    pub(crate) sessions: Option<NonZeroUsize>,
    #[serde(deserialize_with = "parsed")]
    pub(crate) shard: Option<Shard>,
    #[serde(deserialize_with = "parsed")]
    pub(crate) shuffle: Option<Shuffle>,
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) skip: Vec<String>,
    pub(crate) snapshots: Option<PathBuf>,
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) tag: Vec<String>,
    pub(crate) target: Option<String>,
    pub(crate) trace: bool,
    pub(crate) verbose: bool,
    #[serde(deserialize_with = "parsed_list")]
    pub(crate) webdriver: Vec<RemoteEnd>,
}

impl Configuration {
    /// Reads the file named, or `corspec.yaml` in the working folder if there is one.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is no configuration.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.unwrap_or_else(|| Path::new(USUAL_PLACE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(Failure::usage(format!(
                    "cannot read the configuration `{}`: {error}",
                    path.display()
                ))
                .hint("name a file that exists with --config, or leave it out"));
            }
        };
        let read = Self::parse(&text).map_err(|message| {
            Failure::usage(format!("{}:{message}", path.display()))
                .hint("keys are the long options of `corspec run`, such as `agent: [wire]`")
        })?;
        Ok(read.relative_to(path.parent().unwrap_or_else(|| Path::new(""))))
    }

    /// What is wrong follows its line and column.
    fn parse(text: &str) -> Result<Self, String> {
        if text
            .lines()
            .all(|line| line.trim().is_empty() || line.trim().starts_with('#'))
        {
            return Ok(Self::default());
        }
        serde_yaml::from_str(text).map_err(|error: serde_yaml::Error| {
            let message = error.without_snippet().to_string();
            let Some(place) = error.location() else {
                return format!(" {message}");
            };
            let (line, column) = (place.line(), place.column());
            // The place goes in front, where editors look for it.
            let message = message.replace(&format!(" at line {line}, column {column}"), "");
            format!("{line}:{column}: {message}")
        })
    }

    fn relative_to(mut self, folder: &Path) -> Self {
        let paths = (self.cases.iter_mut())
            .chain(&mut self.known)
            .chain(&mut self.snapshots);
        let paths =
            paths.chain(self.report.iter_mut().filter_map(
                |report| match &mut report.destination {
                    Destination::File(path) => Some(path),
                    Destination::Stdout => None,
                },
            ));
        for path in paths {
            *path = folder.join(&*path);
        }
        if let Some(target) = &mut self.target
            && is_target_file(target)
        {
            *target = folder.join(&*target).to_string_lossy().into_owned();
        }
        self
    }
}

/// The text of a scalar, read by the same parser as on the command line.
fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn parsed_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    one_or_many::<D, String>(deserializer)?
        .iter()
        .map(|text| text.parse().map_err(serde::de::Error::custom))
        .collect()
}

/// A list, or one value that stands for a list of it.
fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        One(T),
        Many(Vec<T>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(value) => vec![value],
        OneOrMany::Many(values) => values,
    })
}

/// Where the file is looked for.
const USUAL_PLACE: &str = "corspec.yaml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_says_nothing() {
        for text in ["", "\n", "# nothing yet\n"] {
            assert!(
                Configuration::parse(text).unwrap().agent.is_empty(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let text = "{ cases: my-cases, report: [json=out/a.json, junit=-], known: /known.yaml }";
        let configuration = Configuration::parse(text)
            .unwrap()
            .relative_to(Path::new("etc"));
        assert_eq!(configuration.cases, Some("etc/my-cases".into()));
        assert_eq!(configuration.known, Some("/known.yaml".into()));
        assert_eq!(
            configuration.report[0].destination,
            Destination::File("etc/out/a.json".into())
        );
        assert_eq!(configuration.report[1].destination, Destination::Stdout);
    }

    #[test]
    fn one_value_stands_for_a_list_of_it() {
        let text = "{ agent: wire, level: must, skip: a, tag: t, report: json=r }";
        let configuration = Configuration::parse(text).unwrap();
        assert_eq!(configuration.agent, ["wire"]);
        assert_eq!(configuration.level, [LevelName::Must]);
        assert_eq!(configuration.report.len(), 1);
    }

    #[test]
    fn a_target_is_relative_to_the_file_where_it_is_one() {
        let target = |text: &str| {
            let configuration = Configuration::parse(&format!("target: {text}")).unwrap();
            configuration.relative_to(Path::new("etc")).target.unwrap()
        };
        assert_eq!(target("./my.yaml"), "etc/./my.yaml");
        assert_eq!(target("express@2.8.5"), "express@2.8.5");
        assert_eq!(target("https://a.example"), "https://a.example");
    }

    #[test]
    fn every_option_can_be_written() {
        let text = "agent: [wire]\ncases: c\ncolor: never\nfail-fast: true\njobs: 2\nknown: k\n\
                    level: [must]\nmax-fail: 3\nno-report: true\npolicy: p\nquiet: true\nreport: [json=r]\n\
                    sessions: 1\nshard: 1/2\nshuffle: 42\nskip: [a]\nsnapshots: s\ntag: [t]\ntarget: x\ntrace: true\nverbose: false\n\
                    webdriver: [\"chromium=http://localhost:4444\"]\n";
        let configuration = Configuration::parse(text).unwrap();
        assert_eq!(configuration.shuffle, Some(Shuffle::Seed(42)));
        assert_eq!(configuration.shard, Shard::new(1, 2));
        assert_eq!(configuration.webdriver.len(), 1);
        assert_eq!(configuration.max_fail, NonZeroUsize::new(3));
        assert!(configuration.trace && configuration.quiet && !configuration.verbose);
    }
}
