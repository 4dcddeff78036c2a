//! What is read of the surroundings, once: terminals, the working folder, the configuration.

use std::io::IsTerminal;
use std::path::PathBuf;

use corspec::report::terminal::{Detail, Paint};

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::global::{Global, is_colored, is_set};

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
            Configuration::read(global.config.as_deref(), global.is_stderr_colored())?
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
