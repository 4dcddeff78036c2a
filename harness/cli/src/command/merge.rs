//! `corspec merge`: makes one result of the reports of several runs.

use std::path::PathBuf;

use clap::Args;
use corspec::case::Suite;
use corspec::report::terminal::{self, Page};
use corspec::report::{MergeError, Part, Report, merge};
use corspec::run::{ExitCode, RunResult};

use crate::cases;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::reports::Reports;
use crate::values::ReportRequest;

/// Make one result of the JSON reports of several runs.
///
/// The runs are the parts of one that was shared by `--shard`, runs in different agents, or both: what
/// a single run of all of it would have left. Parts of different suites, targets, selections or
/// versions are refused, and so are parts that overlap or are missing. The page of results goes to
/// stdout; the exit code is that of the run as a whole.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec merge part-1.json part-2.json
  corspec merge parts/*.json --report json=report.json --report junit=junit.xml
  corspec merge parts/*.json --report markdown=\"$GITHUB_STEP_SUMMARY\"")]
pub(crate) struct Arguments {
    /// JSON reports of `corspec run`.
    #[arg(value_name = "FILE", required = true, help_heading = "Arguments")]
    files: Vec<PathBuf>,

    /// Folder of case files that were run, if it was not the built-in suite.
    #[arg(long, value_name = "DIR", env = "CORSPEC_CASES", hide_env = true)]
    cases: Option<PathBuf>,

    /// Write a report: `json=PATH`, `junit=PATH` or `markdown=PATH`, `-` for stdout; may be repeated.
    ///
    /// Where a report goes to stdout, the page goes to stderr.
    #[arg(
        long,
        value_name = "KIND=PATH",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    report: Vec<ReportRequest>,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let reports = Reports::of(&arguments.report);
    reports.check()?;
    reports.spare(&arguments.files)?;
    let suite = cases::load(arguments.cases.as_deref(), context)?;
    let result = arguments.merge(&suite)?;
    let report = Report {
        result: &result,
        suite: &suite,
    };
    let exit = ExitCode::of(&result);
    let written = reports
        .write(&report, exit)
        .map_err(|failure| failure.of_run(exit));
    let exit = written.as_ref().err().map_or(exit, Failure::exit_code);
    let rerun = match &arguments.cases {
        Some(cases) => {
            let folder = terminal::shell_quote(cases.to_string_lossy().as_bytes());
            format!("--cases {folder}")
        }
        None => String::new(),
    };
    let files = match &written {
        Ok(()) => reports.files(),
        Err(_) => Vec::new(),
    };
    let page = Page {
        paint: context.stdout,
        detail: context.detail,
        trace: false,
        reports: &files,
        rerun: &rerun,
        exit,
    };
    output::page(&report, page, reports.take_stdout(), context)?;
    written?;
    Ok(exit)
}

impl Arguments {
    fn merge(&self, suite: &Suite) -> Result<RunResult, Failure> {
        let mut parts = Vec::new();
        for path in &self.files {
            let bytes = std::fs::read(path).map_err(|error| {
                Failure::usage(format!("cannot read `{}`: {error}", path.display()))
                    .hint("name what `corspec run --report json=FILE` wrote")
            })?;
            let name = path.display().to_string();
            parts.push(Part::read(name, &bytes).map_err(|it| refused(&it))?);
        }
        merge(&parts, suite).map_err(|it| refused(&it))
    }
}

fn refused(error: &MergeError) -> Failure {
    Failure::usage(error).hint(error.hint())
}
