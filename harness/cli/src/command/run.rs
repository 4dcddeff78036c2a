//! `corspec run`: runs permutations, says what came of them, keeps it in files.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use corspec::case::Suite;
use corspec::report::Report;
use corspec::report::terminal::{self, Detail, Page};
use corspec::run::{Agents, ExitCode, Keep, Options, RunResult, Selection, Shard, Snapshots};
use corspec::server::Target;

use crate::cases;
use crate::configuration::Configuration;
use crate::context::Context;
use crate::execution;
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::remote::RemoteArguments;
use crate::reports::Reports;
use crate::selection::{SelectionArguments, is_everything, stronger};
use crate::targets::TargetArguments;
use crate::values::{ReportRequest, Shuffle, positive};

/// Run the suite, or a part of it [this is what `corspec` alone does].
///
/// The page of results goes to stdout, progress and hints to stderr. A run of the whole suite is kept
/// as report.json and junit.xml under target/corspec if there is a folder `target`, else under
/// corspec-report; a part of the suite is kept only where --report says.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec run                                    everything, on the wire and in every browser found
  corspec run preflight 'redirect/*/cross-*'     a part of it
  corspec run --agent wire,chromium --skip slow
  corspec run 'preflight/cache/method-hit[via=xhr]' --trace
  corspec run --report junit=junit.xml --report json=- | jq .summary
  corspec run --shuffle --fail-fast
  corspec run --target express                             a server that `corspec servers` lists
  corspec run --agent wire -- ./my-server --quiet          one of your own, started for each policy
  corspec run --target express --snapshots express/        fails when its answers change; --update keeps them
  corspec run --shard 1/4 --report json=part-1.json        then `corspec merge part-*.json`
  corspec run --webdriver chromium=http://localhost:4444   in the sessions of a Selenium Grid

Exit codes: 0 conformant, 1 not, 2 usage, 3 case files invalid, 4 nothing selected, 5 inconclusive,
70 bug in corspec, 130 interrupted.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,

    #[command(flatten)]
    target: TargetArguments,

    /// Agents: `wire`, browsers by name, or `all` for the wire and every browser found [default: all].
    #[arg(
        long,
        value_name = "AGENT",
        env = "CORSPEC_AGENT",
        hide_env = true,
        value_delimiter = ','
    )]
    agent: Vec<String>,

    /// Folder of case files to use instead of the built-in suite.
    #[arg(long, value_name = "DIR", env = "CORSPEC_CASES", hide_env = true)]
    cases: Option<PathBuf>,

    /// File of known deviations [default: known.yaml of the suite].
    #[arg(long, value_name = "FILE", env = "CORSPEC_KNOWN", hide_env = true)]
    known: Option<PathBuf>,

    /// Folder of the target's own exchanges, as snapshots of insta: a difference is a failure.
    ///
    /// Whether the server conforms or not, what changed in its answers shows: after an upgrade, say.
    #[arg(
        long,
        value_name = "DIR",
        env = "CORSPEC_SNAPSHOTS",
        hide_env = true,
        help_heading = "Server under test"
    )]
    snapshots: Option<PathBuf>,

    /// Keep exchanges that are new or different from now on, and call nothing of it a failure.
    #[arg(
        long,
        env = "CORSPEC_UPDATE",
        hide_env = true,
        value_parser = clap::builder::BoolishValueParser::new(),
        help_heading = "Server under test"
    )]
    update: bool,

    /// Write a report: `json=PATH`, `junit=PATH` or `markdown=PATH`, `-` for stdout; may be repeated.
    ///
    /// Where a report goes to stdout, the page goes to stderr.
    #[arg(
        long,
        value_name = "KIND=PATH",
        env = "CORSPEC_REPORT",
        hide_env = true,
        value_delimiter = ',',
        help_heading = "Output"
    )]
    report: Vec<ReportRequest>,

    /// Write no report, not even of the whole suite.
    #[arg(
        long,
        env = "CORSPEC_NO_REPORT",
        hide_env = true,
        conflicts_with = "report",
        value_parser = clap::builder::BoolishValueParser::new(),
        help_heading = "Output"
    )]
    no_report: bool,

    /// Show every exchange with every header line.
    #[arg(
        long,
        env = "CORSPEC_TRACE",
        hide_env = true,
        value_parser = clap::builder::BoolishValueParser::new(),
        help_heading = "Output"
    )]
    trace: bool,

    /// How many permutations run at a time on the wire.
    #[arg(
        short,
        long,
        value_name = "N",
        env = "CORSPEC_JOBS",
        hide_env = true,
        value_parser = positive,
        help_heading = "Execution"
    )]
    jobs: Option<NonZeroUsize>,

    /// Run one of several parts, such as `2/4`, the second of four.
    ///
    /// Parts are of one size, each permutation is in one of them, and which one depends on nothing but
    /// what is selected. `corspec merge` makes one result of the reports of all.
    #[arg(
        long,
        value_name = "PART/PARTS",
        env = "CORSPEC_SHARD",
        hide_env = true,
        help_heading = "Execution"
    )]
    shard: Option<Shard>,

    #[command(flatten)]
    remote: RemoteArguments,

    /// How many sessions each browser is given at most [default: as many as keep its processors
    /// busy].
    ///
    /// Several endpoints of a browser share them, and each is given at least one.
    #[arg(
        long,
        value_name = "N",
        env = "CORSPEC_SESSIONS",
        hide_env = true,
        value_parser = positive,
        help_heading = "Execution"
    )]
    sessions: Option<NonZeroUsize>,

    /// Start in random order; a seed gives the same order again.
    #[arg(
        long,
        value_name = "SEED",
        env = "CORSPEC_SHUFFLE",
        hide_env = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "random",
        help_heading = "Execution"
    )]
    shuffle: Option<Shuffle>,

    /// End the run at the first failure.
    #[arg(
        long,
        env = "CORSPEC_FAIL_FAST",
        hide_env = true,
        conflicts_with = "max_fail",
        value_parser = clap::builder::BoolishValueParser::new(),
        help_heading = "Execution"
    )]
    fail_fast: bool,

    /// End the run at this many failures.
    #[arg(
        long,
        value_name = "N",
        env = "CORSPEC_MAX_FAIL",
        hide_env = true,
        value_parser = positive,
        help_heading = "Execution"
    )]
    max_fail: Option<NonZeroUsize>,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let configuration = &context.configuration;
    let suite = cases::load(arguments.cases.as_deref(), context)?;
    let known = cases::known(
        &suite,
        arguments.known.as_deref(),
        arguments.cases.as_deref(),
        context,
    )?;
    let target = arguments.target.resolve(&suite, context)?;
    let known = known.and(cases::known_of(&target, &suite, context)?);
    let snapshots = arguments.snapshots(&target, configuration)?;
    let selection = Selection {
        // Everything else has a script of its own, and tells nothing of a server.
        policies_only: !target.is_reference(),
        policy: arguments.target.policy(configuration).map(str::to_owned),
        ..arguments.selection.resolve(configuration)
    };
    let selected = cases::select(&suite, &selection)?;
    let shard = arguments.shard.or(configuration.shard);
    cases::require_parts(&selected, shard)?;
    let is_everything = is_everything(&selection) && shard.is_none() && target.is_reference();
    let reports = arguments.reports(is_everything, context);
    reports.check()?;
    let options = Options {
        target,
        ..arguments.options(&reports, shard, configuration)?
    };

    let mut progress = Progress::new(context);
    let execution = execution::run(&suite, selected, &known, &options, &mut |event| {
        progress.on(event);
    });
    progress.end();
    let mut execution = execution?;
    if let Some(snapshots) = &snapshots {
        hold(snapshots, &mut execution.result, &suite)?;
    }

    let report = Report {
        result: &execution.result,
        suite: &suite,
    };
    // The files first: whoever reads the page may look into them at once.
    let written = reports
        .write(&report, execution.exit_code())
        .map_err(|failure| failure.of_run(execution.exit_code()));
    let exit = written
        .as_ref()
        .err()
        .map_or_else(|| execution.exit_code(), Failure::exit_code);
    let files = match &written {
        Ok(()) => reports.files(),
        Err(_) => Vec::new(),
    };
    let page = Page {
        paint: context.stdout,
        detail: context.detail,
        trace: arguments.is_traced(configuration),
        reports: &files,
        rerun: &arguments.rerun(),
        exit,
    };
    output::page(&report, page, reports.take_stdout(), context)?;
    written?;
    if context.detail != Detail::Brief {
        hint_at_browsers(&options, &execution.result);
    }
    Ok(exit)
}

impl Arguments {
    fn options(
        &self,
        reports: &Reports,
        shard: Option<Shard>,
        configuration: &Configuration,
    ) -> Result<Options, Failure> {
        let usual = Options::default();
        let agents = execution::agents(stronger(&self.agent, &configuration.agent))?;
        let remote = self.remote.resolve(&agents, configuration)?;
        let fail_fast = self.fail_fast || (configuration.fail_fast && self.max_fail.is_none());
        let max_failures = if fail_fast {
            Some(1)
        } else {
            self.max_fail
                .or(configuration.max_fail)
                .map(NonZeroUsize::get)
        };
        Ok(Options {
            agents,
            remote,
            target: usual.target,
            shard,
            jobs: self
                .jobs
                .or(configuration.jobs)
                .map_or(usual.jobs, NonZeroUsize::get),
            sessions: self
                .sessions
                .or(configuration.sessions)
                .map(NonZeroUsize::get),
            shuffle: self.shuffle.or(configuration.shuffle).map(Shuffle::seed),
            max_failures,
            keep: if reports.want_everything()
                || self.is_traced(configuration)
                || self.snapshots.is_some()
                || configuration.snapshots.is_some()
            {
                Keep::All
            } else {
                Keep::Remarkable
            },
        })
    }

    /// The exchanges that those of the target are held against.
    fn snapshots(
        &self,
        target: &Target,
        configuration: &Configuration,
    ) -> Result<Option<Snapshots>, Failure> {
        match self.snapshots.as_ref().or(configuration.snapshots.as_ref()) {
            None if self.update => Err(Failure::usage(
                "--update is about snapshots, and there are none",
            )
            .hint("say with --snapshots DIR where they are")),
            Some(_) if target.is_reference() => Err(Failure::usage(
                "--snapshots keeps the exchanges of a target, and there is none",
            )
            .hint("--target NAME, or `-- COMMAND`; those of the suite are kept beside the cases")),
            Some(folder) => Ok(Some(Snapshots::new(folder.clone(), self.update))),
            None => Ok(None),
        }
    }

    fn is_traced(&self, configuration: &Configuration) -> bool {
        self.trace || configuration.trace
    }

    fn reports(&self, everything: bool, context: &Context) -> Reports {
        let configuration = &context.configuration;
        let requested = stronger(&self.report, &configuration.report);
        if self.no_report || (self.report.is_empty() && configuration.no_report) {
            Reports::none()
        } else if requested.is_empty() && everything {
            Reports::usual(&context.folder)
        } else {
            Reports::of(requested)
        }
    }

    /// What another `corspec run ID` needs for the same cases.
    fn rerun(&self) -> String {
        let option = |name: &str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| {
                format!(
                    "{name} {}",
                    terminal::shell_quote(path.to_string_lossy().as_bytes())
                )
            })
        };
        let options = [
            option("--cases", &self.cases),
            option("--known", &self.known),
            option("--snapshots", &self.snapshots),
        ];
        let options = options.into_iter().flatten().chain(self.target.rerun());
        let options = options.chain(self.target.rerun_command());
        options.collect::<Vec<_>>().join(" ")
    }
}

/// Holds the exchanges of a run against those that are kept; a difference is a failure like any other.
fn hold(snapshots: &Snapshots, result: &mut RunResult, suite: &Suite) -> Result<(), Failure> {
    let written = snapshots
        .hold(result)
        .map_err(|error| Failure::usage(error).hint("--snapshots names a folder of its own"))?;
    match written {
        0 => {}
        1 => output::talk("1 exchange is kept anew"),
        written => output::talk(format_args!("{written} exchanges are kept anew")),
    }
    for stray in snapshots.strays(suite) {
        output::talk(format_args!("warning: {stray}"));
    }
    Ok(())
}

/// Says how to get a browser where none took part though all were welcome.
fn hint_at_browsers(options: &Options, result: &RunResult) {
    let only_wire = result.agents.iter().all(|agent| agent.name == "wire");
    if matches!(options.agents, Agents::All) && only_wire {
        output::talk(
            "\nhint: no browser was found, so only the wire was asked; get one with \
             `scripts/install-browsers chromium`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_number_or_random() {
        assert_eq!("42".parse(), Ok(Shuffle::Seed(42)));
        assert_eq!("random".parse(), Ok(Shuffle::Random));
        assert!("-1".parse::<Shuffle>().is_err());
        assert_eq!(Shuffle::Seed(7).seed(), 7);
    }
}
