//! What is read of the surroundings, once: terminals, the working folder, the configuration.

use std::io::IsTerminal;
use std::path::PathBuf;

use corspec::report::terminal::{Detail, Paint};

use crate::arguments::{Color, Global};
use crate::configuration::Configuration;
use crate::failure::Failure;

/// The surroundings of a command.
#[derive(Debug)]
pub(crate) struct Context {
    /// What the configuration file says.
    pub(crate) configuration: Configuration,
    /// Colour on stdout.
    pub(crate) stdout: Paint,
    /// Colour on stderr.
    pub(crate) stderr: Paint,
    /// Whether somebody watches stderr, who likes a bar that moves.
    pub(crate) is_watched: bool,
    /// How much is told.
    pub(crate) detail: Detail,
    /// The working folder.
    pub(crate) folder: PathBuf,
}

impl Context {
    /// Reads the surroundings, the configuration among them where the command has a use for it.
    ///
    /// # Errors
    ///
    /// Those of the configuration file.
    pub(crate) fn read(global: &Global, is_configurable: bool) -> Result<Self, Failure> {
        let folder = std::env::current_dir().map_err(|error| {
            Failure::usage(format!("cannot read the working folder: {error}"))
                .hint("change to a folder that exists")
        })?;
        let configuration = if is_configurable {
            Configuration::read(global.config.as_deref(), is_stderr_colored(global))?
        } else {
            Configuration::default()
        };
        let color = global.color.or(configuration.color);
        let detail = match (global.quiet, global.verbose) {
            (true, _) => Detail::Brief,
            (_, true) => Detail::Full,
            _ if configuration.quiet => Detail::Brief,
            _ if configuration.verbose => Detail::Full,
            _ => Detail::Normal,
        };
        Ok(Self {
            stdout: Paint::new(is_colored(color, std::io::stdout().is_terminal())),
            stderr: Paint::new(is_colored(color, std::io::stderr().is_terminal())),
            is_watched: std::io::stderr().is_terminal() && !is_set("CI"),
            configuration,
            detail,
            folder,
        })
    }
}

/// Whether stderr has colour when only the command line is known, for errors on the way.
pub(crate) fn is_stderr_colored(global: &Global) -> bool {
    is_colored(global.color, std::io::stderr().is_terminal())
}

/// `NO_COLOR` and a dumb terminal decide only where nothing was asked for.
///
/// <https://no-color.org/>
fn is_colored(color: Option<Color>, is_terminal: bool) -> bool {
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

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
