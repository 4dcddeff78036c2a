//! `corspec lint`: what is wrong with case files.

use std::path::PathBuf;

use clap::Args;
use corspec::run::ExitCode;

use crate::cases;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;

/// Check case files without running them.
///
/// Prints every problem with its place and how to mend it. Without files the whole suite is checked,
/// and its known deviations with it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec lint                                the built-in suite
  corspec lint --cases my-cases               a folder of cases
  corspec lint my-cases/preflight/*.yaml      single files")]
pub(crate) struct Arguments {
    /// The case files.
    #[arg(value_name = "FILE", conflicts_with = "cases")]
    files: Vec<PathBuf>,

    /// Folder of case files to check instead of the built-in suite.
    #[arg(long, value_name = "DIR", env = "CORSPEC_CASES", hide_env = true)]
    cases: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let suite = if arguments.files.is_empty() {
        let suite = cases::load(arguments.cases.as_deref(), context)?;
        cases::known(&suite, None, arguments.cases.as_deref(), context)?;
        suite
    } else {
        cases::load_files(&arguments.files, context)?
    };
    let (scenarios, permutations) = (suite.scenario_count(), suite.permutations.len());
    output::data(|to| writeln!(to, "ok: {scenarios} scenarios, {permutations} permutations"))?;
    Ok(ExitCode::Conformant)
}
