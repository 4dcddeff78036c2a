//! The commands, one file each: its arguments, and what it does with them.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod matrix;
pub(crate) mod merge;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod servers;

use clap::CommandFactory;
use corspec::run::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::context::Context;
use crate::failure::Failure;

/// Does what the command line asks.
///
/// # Errors
///
/// Why it cannot be done.
pub(crate) fn execute(command: Command, context: &Context) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(arguments) => run::execute(&arguments, context),
        Command::Audit(arguments) => audit::execute(&arguments, context),
        Command::Check(arguments) => check::execute(&arguments, context),
        Command::Merge(arguments) => merge::execute(&arguments, context),
        Command::List(arguments) => list::execute(&arguments, context),
        Command::Explain(arguments) => explain::execute(&arguments, context),
        Command::Lint(arguments) => lint::execute(&arguments, context),
        Command::Servers(arguments) => servers::execute(&arguments, context),
        Command::Matrix(arguments) => matrix::execute(&arguments, context),
        Command::Schema(arguments) => schema::execute(&arguments),
        Command::Doctor(arguments) => doctor::execute(&arguments, context),
        Command::Completions(arguments) => completions::execute(&arguments, Arguments::command()),
        Command::Man(arguments) => man::execute(&arguments, Arguments::command()),
    }
}
