//! `corspec matrix`: what all servers do, published.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use corspec::case::{KnownDeviations, Suite};
use corspec::matrix::{self, Entry, Event, Published};
use corspec::report::write_file;
use corspec::run::{AgentName, ExitCode, Selection};
use corspec::server::Servers;
use corspec::verdict::Status;

use crate::cases::{self, refused};
use crate::context::Context;
use crate::execution;
use crate::failure::Failure;
use crate::output;
use crate::progress::MatrixProgress;
use crate::targets::servers;
use crate::values::positive;

/// Run all installed servers in all versions, and publish what they do.
///
/// Writes reports/servers/NAME@VERSION.json for each, then the table README.md and the pages beside them.
/// `scripts/install-servers --all` installs the servers; what is not installed keeps the file it has, and
/// is named.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec matrix                            run everything that is installed, write everything
  corspec matrix express nginx@1.22.1       these anew; tables and pages of all
  corspec matrix --browser chromium         some servers in a browser as well
  corspec matrix --check                    run, and name what differs from what is published
  corspec matrix --render                   only tables and pages, from what is published

Exit codes: 0 done, and with --check nothing differs; 1 something differs; 2 usage; 5 a server is not
installed or could not be decided on.")]
pub(crate) struct Arguments {
    /// Servers that `corspec servers` lists, in all their versions or in one [default: all].
    #[arg(value_name = "NAME[@VERSION]", help_heading = "Arguments")]
    names: Vec<String>,

    /// Compare with what is published instead of writing it.
    #[arg(long, conflicts_with = "render")]
    check: bool,

    /// Run nothing; write the table and the pages from what is published.
    #[arg(long, conflicts_with_all = ["names", "browser", "jobs"])]
    render: bool,

    /// Browsers that ask as well, where that is representative, or the servers named by --in-browser.
    #[arg(long, value_name = "BROWSER", value_delimiter = ',')]
    browser: Vec<String>,

    /// The servers that browsers ask.
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        requires = "browser",
        default_values = REPRESENTATIVE
    )]
    in_browser: Vec<String>,

    /// How many servers are run at a time.
    #[arg(short, long, value_name = "N", value_parser = positive, default_value = AT_A_TIME)]
    jobs: NonZeroUsize,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let suite = Arc::new(cases::load(None, context)?);
    let servers = servers()?;
    let folder = servers.reports();
    if arguments.render {
        let published = read_all(&folder)?;
        if published.is_empty() {
            return Err(
                Failure::usage(format!("nothing is published in {}", folder.display()))
                    .hint("`corspec matrix` runs what is installed, and publishes it"),
            );
        }
        render(&published, &suite, &folder)?;
        return Ok(ExitCode::Conformant);
    }
    let plan = Plan::of(arguments, &servers, &suite, context)?;
    let was = read_all(&folder)?;
    let known = Arc::new(cases::known(&suite, None, None, context)?);
    let fresh = run(arguments, &plan, &suite, &known, context)?;
    let Some(fresh) = fresh else {
        return Ok(ExitCode::Interrupted);
    };
    let done = if arguments.check {
        check(&was, &fresh, &plan, &suite, &folder)?
    } else {
        publish(was, &fresh, &plan, &suite, &folder)?;
        ExitCode::Conformant
    };
    let undecided = tell_undecided(&fresh);
    tell_missing(&plan);
    if done == ExitCode::Conformant && (undecided || !plan.missing.is_empty()) {
        return Ok(ExitCode::Inconclusive);
    }
    Ok(done)
}

/// What is run, and what should be but is not installed.
struct Plan {
    entries: Vec<Entry>,
    missing: Vec<String>,
    /// Every version of every adapter, where all are meant.
    all: Option<BTreeSet<String>>,
}

impl Plan {
    fn of(
        arguments: &Arguments,
        servers: &Servers,
        suite: &Suite,
        context: &Context,
    ) -> Result<Self, Failure> {
        let browsers = arguments.browsers()?;
        let mut plan = Self {
            entries: Vec::new(),
            missing: Vec::new(),
            all: arguments.names.is_empty().then(BTreeSet::new),
        };
        let mut unknown: Vec<&String> = arguments.names.iter().collect();
        for name in servers.names() {
            let file = servers
                .read(&name, &suite.policies)
                .map_err(|error| refused(&error, context))?;
            for version in &file.versions {
                let label = format!("{name}@{version}");
                unknown.retain(|it| **it != name && **it != label);
                let is_wanted = |it: &String| *it == name || *it == label;
                match &mut plan.all {
                    Some(all) => {
                        all.insert(label.clone());
                    }
                    None if !arguments.names.iter().any(is_wanted) => continue,
                    None => {}
                }
                if !servers.is_installed(&name, version) {
                    plan.missing.push(label);
                    continue;
                }
                let mut agents = vec![AgentName::Wire];
                // One version tells enough.
                let is_first = file.versions.first() == Some(version);
                if is_first && arguments.in_browser.contains(&name) {
                    agents.extend(&browsers);
                }
                plan.entries.push(Entry {
                    prefix: servers.prefix(&name, version),
                    file: file.clone(),
                    version: version.clone(),
                    agents,
                });
            }
        }
        if let Some(name) = unknown.first() {
            return Err(Failure::usage(format!("unknown server `{name}`"))
                .hint("`corspec servers` lists names and versions"));
        }
        let is_named = plan.all.is_none();
        if plan.entries.is_empty() || (is_named && !plan.missing.is_empty()) {
            let missing = plan.missing.join(", ");
            return Err(
                Failure::usage(format!("not installed: {missing}")).hint(if is_named {
                    format!("scripts/install-servers {}", plan.missing.join(" "))
                } else {
                    "scripts/install-servers --all".to_owned()
                }),
            );
        }
        // Where a browser takes part a run is longest; it begins first, so that it is not waited for at
        // the end.
        plan.entries.sort_by_key(|entry| entry.agents.len() == 1);
        Ok(plan)
    }
}

impl Arguments {
    fn browsers(&self) -> Result<Vec<AgentName>, Failure> {
        let browsers = self.browser.iter().map(|name| match name.parse() {
            Ok(AgentName::Wire) => Err(Failure::usage("the wire is no browser")
                .hint("it always takes part; --browser chromium adds one")),
            Ok(agent) => Ok(agent),
            Err(error) => Err(Failure::usage(error)),
        });
        browsers.collect()
    }
}

/// Runs everything planned; nothing where the user ended it.
fn run(
    arguments: &Arguments,
    plan: &Plan,
    suite: &Arc<Suite>,
    known: &Arc<KnownDeviations>,
    context: &Context,
) -> Result<Option<Vec<Published>>, Failure> {
    let selection = Selection {
        policies_only: true,
        ..Selection::default()
    };
    let selected = cases::select(suite, &selection)?;
    let agents: usize = plan.entries.iter().map(|it| it.agents.len()).sum();
    let mut progress = MatrixProgress::new(context, plan.entries.len(), agents * selected.len());
    let mut fresh = Vec::new();
    let mut failed = Vec::new();
    let mut observe = |event| match event {
        Event::Starting(label) => progress.starting(&label),
        Event::CaseFinished => progress.case_finished(),
        Event::Finished(label, result) => match *result {
            Ok(published) => {
                progress.finished(&label, &summary(&published));
                fresh.push(published);
            }
            Err(error) => {
                progress.finished(&label, &error.to_string());
                failed.push((label, error));
            }
        },
    };
    let all = matrix::run_all(
        Arc::clone(suite),
        Arc::clone(known),
        selected,
        plan.entries.clone(),
        arguments.jobs.get(),
        &mut observe,
    );
    let ended = execution::until_interrupted(all)?;
    progress.end();
    if ended.is_none() {
        output::talk("interrupted: nothing is written");
        return Ok(None);
    }
    if let Some((label, error)) = failed.first() {
        return Err(Failure::new(
            ExitCode::Inconclusive,
            format!("{label} could not be run: {error}"),
        ));
    }
    fresh.sort_by_key(Published::label);
    Ok(Some(fresh))
}

/// `830 PASS, 22 WARN`.
fn summary(published: &Published) -> String {
    let mut text = String::new();
    for (agent, counts) in &published.summary {
        let counts: Vec<String> = counts
            .iter()
            .map(|(status, number)| format!("{number} {status}"))
            .collect();
        let separator = if text.is_empty() { "" } else { "; " };
        let name = if published.summary.len() > 1 {
            format!("{agent} ")
        } else {
            String::new()
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{name}{}", counts.join(", "));
    }
    text
}

fn publish(
    was: Vec<Published>,
    fresh: &[Published],
    plan: &Plan,
    suite: &Suite,
    folder: &Path,
) -> Result<(), Failure> {
    let mut all = was;
    for published in fresh {
        let path = folder.join(format!("{}.json", published.label()));
        write_file(&path, |to| matrix::write(published, to))
            .map_err(|error| Failure::usage(&error).hint(error.hint()))?;
        all.retain(|it| it.label() != published.label());
        all.push(published.clone());
    }
    if let Some(known) = &plan.all {
        let gone: Vec<String> = all.iter().map(Published::label).collect();
        for label in gone.iter().filter(|label| !known.contains(*label)) {
            output::talk(format_args!(
                "{label}: no adapter has this version now, removed"
            ));
            remove(&folder.join(format!("{label}.json")))?;
            all.retain(|it| it.label() != *label);
        }
    }
    render(&all, suite, folder)
}

/// Names what differs.
fn check(
    was: &[Published],
    fresh: &[Published],
    plan: &Plan,
    suite: &Suite,
    folder: &Path,
) -> Result<ExitCode, Failure> {
    let mut text = String::new();
    let mut number = 0;
    for is in fresh {
        match was.iter().find(|it| it.label() == is.label()) {
            Some(was) => {
                for difference in matrix::differences(was, is) {
                    number += 1;
                    text.push_str(&format!("{difference}\n"));
                }
            }
            None => {
                number += 1;
                text.push_str(&format!("{}  is not published\n", is.label()));
            }
        }
    }
    if let Some(known) = &plan.all {
        for it in was.iter().filter(|it| !known.contains(&it.label())) {
            number += 1;
            text.push_str(&format!(
                "{}  is published, but no adapter has this version\n",
                it.label()
            ));
        }
    }
    for (path, content) in rendered(was, suite, folder)? {
        if std::fs::read_to_string(&path).ok().as_deref() != Some(content.as_str()) {
            number += 1;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            text.push_str(&format!("{name}  is not what the results give\n"));
        }
    }
    output::data(|to| to.write_all(text.as_bytes()))?;
    if number > 0 {
        output::talk(format_args!(
            "{number} {} from what is published; `corspec matrix` publishes anew, `corspec matrix --render` \
             the pages alone",
            if number == 1 {
                "cell differs"
            } else {
                "cells differ"
            }
        ));
        return Ok(ExitCode::NonConformant);
    }
    output::talk(format_args!("{} servers do what is published", fresh.len()));
    Ok(ExitCode::Conformant)
}

/// Whether something could not be decided.
fn tell_undecided(fresh: &[Published]) -> bool {
    let mut any = false;
    for published in fresh {
        for (agent, results) in &published.results {
            let undecided = results.iter().filter(|(_, it)| it.status == Status::Infra);
            for (id, outcome) in undecided {
                any = true;
                let reason = outcome.reason.as_deref().unwrap_or_default();
                let label = published.label();
                output::talk(format_args!("undecided: {label}  {agent}  {id}: {reason}"));
            }
        }
    }
    any
}

fn tell_missing(plan: &Plan) {
    if !plan.missing.is_empty() {
        output::talk(format_args!(
            "not installed: {}\n\nhint: scripts/install-servers --all",
            plan.missing.join(", ")
        ));
    }
}

/// Everything that is published.
fn read_all(folder: &Path) -> Result<Vec<Published>, Failure> {
    let mut all = Vec::new();
    for path in files(folder, "json") {
        let wrong = |error: String| {
            Failure::usage(format!("{}: {error}", path.display()))
                .hint("it is written by `corspec matrix` alone; remove it, and run that")
        };
        let bytes = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
        all.push(matrix::read(&bytes).map_err(|error| wrong(error.to_string()))?);
    }
    Ok(all)
}

fn render(published: &[Published], suite: &Suite, folder: &Path) -> Result<(), Failure> {
    let rendered = rendered(published, suite, folder)?;
    for path in files(folder, "html") {
        if !rendered.iter().any(|(known, _)| *known == path) {
            remove(&path)?;
        }
    }
    for (path, content) in rendered {
        write_file(&path, |to| to.write_all(content.as_bytes()))
            .map_err(|error| Failure::usage(&error).hint(error.hint()))?;
    }
    Ok(())
}

/// The table and the pages, in the order of titles.
fn rendered(
    published: &[Published],
    suite: &Suite,
    folder: &Path,
) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut published = published.to_vec();
    published.sort_by_cached_key(|it| (it.title.to_lowercase(), it.label()));
    let pages =
        matrix::pages(&published, suite).map_err(|error| Failure::new(ExitCode::Bug, error))?;
    let table = matrix::markdown(&published, suite);
    let mut files = vec![(folder.join("README.md"), table)];
    files.extend(
        pages
            .into_iter()
            .map(|it| (folder.join(it.name), it.content)),
    );
    Ok(files)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .collect();
    paths.sort();
    paths
}

fn remove(path: &Path) -> Result<(), Failure> {
    std::fs::remove_file(path)
        .map_err(|error| Failure::usage(format!("cannot remove `{}`: {error}", path.display())))
}

/// A server of each kind: middleware, frameworks, a web server.
const REPRESENTATIVE: [&str; 6] = [
    "express",
    "fastapi",
    "nginx",
    "rs-cors",
    "spring-boot",
    "tower-http",
];

/// Servers at a time; each is started for four policies at a time.
const AT_A_TIME: &str = "2";
