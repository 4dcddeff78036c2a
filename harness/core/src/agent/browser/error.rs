//! What can go wrong with a browser. None of it is a result: it says that nothing could be decided.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use fantoccini::error::{CmdError, NewSessionError};

use super::{MissingProgram, RemoteError};

/// A fault of the browser, of its driver, or of the way there.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// A call did not return in time; the session is given up.
    #[error("{engine} did not {what} within {} s{output}", .after.as_secs_f32())]
    Deadline {
        /// The engine.
        engine: &'static str,
        /// What it was asked to do.
        what: &'static str,
        /// How long that was waited for.
        after: Duration,
        /// The last words of the driver.
        output: LastWords,
    },
    /// The driver ended by itself.
    #[error("`{driver}` ended ({status}){output}")]
    DriverEnded {
        /// The driver.
        driver: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// Its last words.
        output: LastWords,
    },
    /// The driver does not say where it listens.
    #[error("`{driver}` was not ready within {} s: start it by hand to see why{output}", .after.as_secs_f32())]
    DriverSilent {
        /// The driver.
        driver: PathBuf,
        /// How long it was waited for.
        after: Duration,
        /// Its last words.
        output: LastWords,
    },
    /// The page that is opened as a file could not be written.
    #[error("cannot write the page that is opened as a file: {0}")]
    File(#[source] io::Error),
    /// A program is not installed.
    #[error(transparent)]
    Missing(#[from] MissingProgram),
    /// The page says that a scenario could not be run to its end.
    #[error("the page could not run the scenario: {0}")]
    Page(String),
    /// The page returned what its script never returns.
    #[error("the page answered with what is no result: {0}")]
    Reply(#[from] serde_json::Error),
    /// A WebDriver server that is to be there already is of no use.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The driver refused to start the browser.
    #[error("the browser does not start: {source}{output}")]
    SessionRefused {
        /// What the driver said.
        source: NewSessionError,
        /// The last words of the driver.
        output: LastWords,
    },
    /// A process could not be started.
    #[error("cannot start `{program}`")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A page is not what it should be, as when nothing listens at its origin.
    #[error("`{url}` did not load: the browser is at origin `{origin}`; is the server running?")]
    WrongOrigin {
        /// The page.
        url: String,
        /// The origin that the browser reports instead.
        origin: String,
    },
    /// A WebDriver command failed.
    #[error("{engine} failed to {what}: {source}")]
    WebDriver {
        /// The engine.
        engine: &'static str,
        /// What it was asked to do.
        what: &'static str,
        /// The driver's answer.
        source: CmdError,
    },
}

impl BrowserError {
    /// Whether the session was lost by what no scenario can be blamed for: what it had under way can be
    /// tried again as it was. Where it hung or answered nonsense, one of them may be the cause.
    pub(crate) fn lost_session(&self) -> bool {
        match self {
            Self::Deadline { .. } | Self::Page(_) | Self::Reply(_) => false,
            Self::WebDriver { source, .. } => !source.is_script_timeout(),
            Self::DriverEnded { .. }
            | Self::DriverSilent { .. }
            | Self::File(_)
            | Self::Missing(_)
            | Self::Remote(_)
            | Self::SessionRefused { .. }
            | Self::Start { .. }
            | Self::WrongOrigin { .. } => true,
        }
    }
}

/// The last lines that a driver wrote; nothing when it wrote none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LastWords(pub(crate) Vec<String>);

impl std::fmt::Display for LastWords {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        formatter.write_str("\nits driver wrote:")?;
        for line in &self.0 {
            write!(formatter, "\n  {line}")?;
        }
        Ok(())
    }
}
