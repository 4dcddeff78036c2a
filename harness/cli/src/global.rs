//! Options of every command.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// When to use colour; `auto` means on a terminal, unless NO_COLOR is set.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        env = "CORSPEC_COLOR",
        hide_env = true
    )]
    pub(crate) color: Option<Color>,

    /// Configuration file [default: corspec.yaml in the working folder, if there is one].
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "CORSPEC_CONFIG",
        hide_env = true
    )]
    pub(crate) config: Option<PathBuf>,

    /// Say only what failed.
    #[arg(
        short,
        long,
        global = true,
        env = "CORSPEC_QUIET",
        hide_env = true,
        conflicts_with = "verbose",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub(crate) quiet: bool,

    /// Say more: every result as it comes, every failure in full.
    #[arg(
        short,
        long,
        global = true,
        env = "CORSPEC_VERBOSE",
        hide_env = true,
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub(crate) verbose: bool,
}

impl Global {
    /// Whether stderr has colour when only the command line is known, for errors on the way.
    pub(crate) fn is_stderr_colored(&self) -> bool {
        is_colored(self.color, std::io::stderr().is_terminal())
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also in a file or a pipe.
    Always,
    /// Not at all.
    Never,
}

/// `NO_COLOR` and a dumb terminal decide only where nothing was asked for.
///
/// <https://no-color.org/>
pub(crate) fn is_colored(color: Option<Color>, is_terminal: bool) -> bool {
    match color {
        Some(Color::Always) => true,
        Some(Color::Never) => false,
        Some(Color::Auto) | None => {
            is_terminal
                && !is_set("NO_COLOR")
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Whether there is such a variable, with a value.
pub(crate) fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
