//! The command line as clap reads it. Help texts are the comments of the types.

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use corspec::run::ExitCode;

use crate::command::{
    audit, check, completions, doctor, explain, lint, list, man, matrix, merge, run, schema,
    servers,
};
use crate::global::Global;

/// A conformance suite for CORS and cross-origin communication.
///
/// Scenarios in YAML are run by a raw HTTP client ("wire") and by every browser found, against a
/// scripted server; a model of the Fetch Standard says what a conforming browser must do. Without a
/// command, everything is run.
#[derive(Debug, Parser)]
#[command(
    name = "corspec",
    bin_name = "corspec",
    version,
    styles = STYLES,
    max_term_width = 100,
    after_help = "Try `corspec`, `corspec list`, `corspec help run`.",
    after_long_help = LONG_HELP,
    args_conflicts_with_subcommands = false,
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Box<run::Arguments>),
    Check(check::Arguments),
    Audit(audit::Arguments),
    Merge(merge::Arguments),
    List(list::Arguments),
    Explain(explain::Arguments),
    Lint(lint::Arguments),
    Servers(servers::Arguments),
    Matrix(matrix::Arguments),
    Schema(schema::Arguments),
    Doctor(doctor::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

impl Command {
    /// Whether a configuration could change what it does.
    pub(crate) const fn is_configurable(&self) -> bool {
        !matches!(self, Self::Completions(_) | Self::Man(_) | Self::Schema(_))
    }
}

/// A command line that was understood.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) global: Global,
    pub(crate) command: Command,
}

/// A command line that ends at once: help, the version, or an error.
#[derive(Debug)]
pub(crate) struct Answer(clap::Error);

/// Reads the command line; no command means `run`.
///
/// # Errors
///
/// What to say instead of doing something.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Parsed, Answer> {
    let arguments: Vec<OsString> = arguments.collect();
    let parsed = Arguments::try_parse_from(&arguments).map_err(Answer::of)?;
    // A variable that is empty would otherwise put the reference server under test, which passes.
    if arguments.last().is_some_and(|last| last == "--") {
        let message = "a command is expected after `--`: the program that is put under test";
        return Err(Answer(
            Arguments::command().error(ErrorKind::TooFewValues, message),
        ));
    }
    if let Some(command) = parsed.command {
        return Ok(Parsed {
            global: parsed.global,
            command,
        });
    }
    // Once more with the word that was left out, so that variables of the environment count.
    let with_run = arguments.into_iter().chain(["run".into()]);
    let parsed = Arguments::try_parse_from(with_run).map_err(Answer::of)?;
    match parsed.command {
        Some(command) => Ok(Parsed {
            global: parsed.global,
            command,
        }),
        None => Err(Answer(
            Arguments::command().error(ErrorKind::MissingSubcommand, "no command was given"),
        )),
    }
}

impl Answer {
    /// Without the advice to put a misspelt option behind `--`: that would start it as a program.
    fn of(mut error: clap::Error) -> Self {
        if error.kind() == ErrorKind::UnknownArgument {
            error.remove(ContextKind::Suggested);
        }
        Self(error)
    }

    /// Says it: help and the version on stdout, errors on stderr.
    pub(crate) fn tell(&self) -> ExitCode {
        // A reader that is gone needs no help.
        let _ = self.0.print();
        if self.0.use_stderr() {
            ExitCode::Usage
        } else {
            ExitCode::Conformant
        }
    }
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const LONG_HELP: &str = "\
Examples:
  corspec                          run everything, on the wire and in every browser found
  corspec run preflight            run what lies under preflight/
  corspec run --agent wire         run without a browser, in a few seconds
  corspec explain ID               tell a case in prose, with its exchange
  corspec check URL --origin O     what a browser makes of one request to your server, and why
  corspec audit URL --origin O     look for holes in the policy of a server
  corspec doctor                   find out what is missing, and how to mend it

Exit codes:
    0  conformant: everything expected came true, apart from known deviations
    1  not conformant: a `must` was violated, or a known deviation is mended and still on record
    2  usage: the command line, the configuration or a path is wrong
    3  case files are invalid
    4  nothing is selected
    5  inconclusive: the harness could not decide, or the run ended early
   70  a bug in corspec
  130  interrupted by the user; the reports hold what was done

Every option of `corspec run` can also be set by a variable, such as CORSPEC_AGENT for --agent
(CORSPEC_POLICY_NAME for --policy), and all but --update in the file corspec.yaml, such as
`agent: wire`. A flag is stronger than a variable, a variable is stronger than the file.";
