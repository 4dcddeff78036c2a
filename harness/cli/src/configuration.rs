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

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;
use corspec::case::{LoadError, Options};
use corspec::report::count;
use corspec::run::{RemoteEnd, Shard};

use crate::failure::Failure;
use crate::global::Color;
use crate::values::{Destination, LevelName, ReportRequest, Shuffle, is_target_file, positive};

/// What the file says; everything may be absent.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    pub(crate) agent: Vec<String>,
    pub(crate) cases: Option<PathBuf>,
    pub(crate) color: Option<Color>,
    pub(crate) fail_fast: bool,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) known: Option<PathBuf>,
    pub(crate) level: Vec<LevelName>,
    pub(crate) max_fail: Option<NonZeroUsize>,
    pub(crate) no_report: bool,
    pub(crate) policy: Option<String>,
    pub(crate) quiet: bool,
    pub(crate) report: Vec<ReportRequest>,
    pub(crate) sessions: Option<NonZeroUsize>,
    pub(crate) shard: Option<Shard>,
    pub(crate) shuffle: Option<Shuffle>,
    pub(crate) skip: Vec<String>,
    pub(crate) snapshots: Option<PathBuf>,
    pub(crate) tag: Vec<String>,
    pub(crate) target: Option<String>,
    pub(crate) trace: bool,
    pub(crate) verbose: bool,
    pub(crate) webdriver: Vec<RemoteEnd>,
}

impl Configuration {
    /// Reads the file named, or `corspec.yaml` in the working folder if there is one.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is no configuration.
    pub(crate) fn read(named: Option<&Path>, is_colored: bool) -> Result<Self, Failure> {
        let path = named.unwrap_or_else(|| Path::new(USUAL_PLACE));
        let content = match std::fs::read(path) {
            Ok(content) => content,
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
        let read = Self::parse(path, content).map_err(|error| {
            let problems = count(error.diagnostics.len(), "problem");
            Failure::usage(format!("{problems} in {}", path.display()))
                .details(format!("{}\n\n", error.render(is_colored)))
                .hint("its keys are the long options of `corspec run`, such as `agent: [wire]`")
        })?;
        Ok(read.relative_to(path.parent().unwrap_or_else(|| Path::new(""))))
    }

    fn parse(path: &Path, content: Vec<u8>) -> Result<Self, LoadError> {
        Options::read(path, content, |options| Self {
            agent: options.values("agent", parsed),
            cases: options.value("cases", parsed),
            color: options.value("color", word),
            fail_fast: options.value("fail-fast", flag).unwrap_or_default(),
            jobs: options.value("jobs", positive),
            known: options.value("known", parsed),
            level: options.values("level", word),
            max_fail: options.value("max-fail", positive),
            no_report: options.value("no-report", flag).unwrap_or_default(),
            policy: options.value("policy", parsed),
            quiet: options.value("quiet", flag).unwrap_or_default(),
            report: options.values("report", parsed),
            sessions: options.value("sessions", positive),
            shard: options.value("shard", parsed),
            shuffle: options.value("shuffle", parsed),
            skip: options.values("skip", parsed),
            snapshots: options.value("snapshots", parsed),
            tag: options.values("tag", parsed),
            target: options.value("target", parsed),
            trace: options.value("trace", flag).unwrap_or_default(),
            verbose: options.value("verbose", flag).unwrap_or_default(),
            webdriver: options.values("webdriver", parsed),
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

/// A value that is read by the same parser as on the command line.
fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// One of the words that the command line has for it.
fn word<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let values = T::value_variants().iter();
        let values = values.filter_map(ValueEnum::to_possible_value);
        let words: Vec<String> = values.map(|it| format!("`{}`", it.get_name())).collect();
        format!("one of {}", words.join(", "))
    })
}

/// As variables of the environment are read.
fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" => Ok(false),
        _ => Err("either `true` or `false`".to_owned()),
    }
}

/// Where the file is looked for.
const USUAL_PLACE: &str = "corspec.yaml";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Configuration {
        Configuration::parse(Path::new("corspec.yaml"), text.into()).unwrap()
    }

    #[test]
    fn an_empty_file_says_nothing() {
        for text in ["", "\n", "# nothing yet\n"] {
            assert!(parse(text).agent.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let text = "{ cases: my-cases, report: [json=out/a.json, junit=-], known: /known.yaml }";
        let configuration = parse(text).relative_to(Path::new("etc"));
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
        let configuration = parse(text);
        assert_eq!(configuration.agent, ["wire"]);
        assert_eq!(configuration.level, [LevelName::Must]);
        assert_eq!(configuration.report.len(), 1);
    }

    #[test]
    fn a_target_is_relative_to_the_file_where_it_is_one() {
        let target = |text: &str| {
            let configuration = parse(&format!("target: {text}"));
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
        let configuration = parse(text);
        assert_eq!(configuration.shuffle, Some(Shuffle::Seed(42)));
        assert_eq!(configuration.shard, Shard::new(1, 2));
        assert_eq!(configuration.webdriver.len(), 1);
        assert_eq!(configuration.max_fail, NonZeroUsize::new(3));
        assert!(configuration.trace && configuration.quiet && !configuration.verbose);
    }
}
