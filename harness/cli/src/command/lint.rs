//! `corspec lint`: what is wrong with case files.

use std::path::PathBuf;

use clap::Args;
use corspec::report::count;
use corspec::report::terminal::Detail;
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
  corspec lint my-cases                       a folder of cases
  corspec lint my-cases/preflight/*.yaml      single files")]
pub(crate) struct Arguments {
    /// The case files, or one folder of them.
    #[arg(value_name = "FILE|DIR", conflicts_with = "cases")]
    files: Vec<PathBuf>,

    /// Folder of case files to check instead of the built-in suite.
    #[arg(long, value_name = "DIR", env = "CORSPEC_CASES", hide_env = true)]
    cases: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    let folder = match arguments.files.as_slice() {
        [folder] if folder.is_dir() => Some(folder),
        _ => arguments.cases.as_ref(),
    };
    let suite = if arguments.files.is_empty() || folder.is_some() {
        let suite = cases::load(folder.map(PathBuf::as_path), context)?;
        cases::known(&suite, None, folder.map(PathBuf::as_path), context)?;
        suite
    } else {
        cases::load_files(&arguments.files, context)?
    };
    if context.detail != Detail::Brief {
        let scenarios = count(suite.scenario_count(), "scenario");
        let permutations = count(suite.permutations.len(), "permutation");
        output::data(|to| writeln!(to, "ok: {scenarios}, {permutations}"))?;
    }
    Ok(ExitCode::Conformant)
}
