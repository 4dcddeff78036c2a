//! `corspec schema`: the JSON Schemas.

use clap::{Args, ValueEnum};
use corspec::case;
use corspec::matrix;
use corspec::report::json;
use corspec::run::ExitCode;

use crate::failure::Failure;
use crate::output;

/// Print a JSON Schema (draft 7).
///
/// Editors with a YAML language server complete and check case files by it, given the first line
/// `# yaml-language-server: $schema=PATH`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec schema > my-cases/schema.json
  corspec schema report > report.schema.json")]
pub(crate) struct Arguments {
    /// The format described.
    #[arg(
        value_name = "FORMAT",
        default_value = "cases",
        env = "CORSPEC_SCHEMA",
        hide_env = true
    )]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Case files.
    Cases,
    /// Published results of a server under test.
    Matrix,
    /// Policies of servers under test.
    Policy,
    /// The JSON report.
    Report,
    /// Descriptions of servers under test.
    Target,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let schema = match arguments.format {
        Format::Cases => case::schema(),
        Format::Matrix => matrix::schema(),
        Format::Policy => case::policy_schema(),
        Format::Report => json::schema(),
        Format::Target => case::target_schema(),
    };
    output::data(|to| writeln!(to, "{schema:#}"))?;
    Ok(ExitCode::Conformant)
}
