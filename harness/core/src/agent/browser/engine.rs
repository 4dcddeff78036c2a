//! The engines, and all that differs between them.
//!
//! Each has a folder with its capabilities, its quirks and the channel that says why a request was
//! blocked; the methods here only choose between the folders.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use fantoccini::wd::Capabilities;

use super::chromium;
use super::error::BrowserError;
use super::firefox;
use super::info::{FoundProgram, version_of};
use super::job::Job;
use super::locate::{MissingProgram, Search};
use super::outcome::StepOutcome;
use super::session::Session;
use super::settings::Settings;
use super::webkit;
use crate::case::scenario::Permission;
use crate::process::Port;

/// A browser engine.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Engine {
    /// Chromium and Chrome, through chromedriver.
    Chromium,
    /// Firefox, through geckodriver.
    Firefox,
    /// WebKit, as WebKitGTK through WebKitWebDriver.
    Webkit,
}

impl Engine {
    /// Every engine there is.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::Webkit];

    /// The name in command lines, reports and lists of known deviations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// Nothing, if browser and driver are found; neither is started.
    ///
    /// # Errors
    ///
    /// What is missing, and how to get it.
    pub fn require(self, search: &Search) -> Result<(), MissingProgram> {
        self.locate(search).map(drop)
    }

    /// Whether browser and driver are found; neither is started.
    #[must_use]
    pub fn is_installed(self, search: &Search) -> bool {
        self.locate(search).is_ok()
    }

    /// The browser's program.
    pub(crate) fn locate_browser(self, search: &Search) -> Result<PathBuf, MissingProgram> {
        match self {
            Self::Chromium => chromium::locate_browser(search),
            Self::Firefox => firefox::locate_browser(search),
            Self::Webkit => webkit::locate_browser(search),
        }
    }

    /// The driver's program.
    pub(crate) fn locate_driver(self, search: &Search) -> Result<PathBuf, MissingProgram> {
        match self {
            Self::Chromium => chromium::locate_driver(search),
            Self::Firefox => firefox::locate_driver(search),
            Self::Webkit => webkit::locate_driver(search),
        }
    }

    /// The programs needed for a session on this machine.
    pub(crate) fn locate(self, search: &Search) -> Result<Installation, MissingProgram> {
        Ok(Installation {
            browser: self.locate_browser(search)?,
            driver: self.locate_driver(search)?,
        })
    }

    /// What starts the driver on a free port.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub(crate) fn driver_command(self, installation: &Installation) -> io::Result<DriverCommand> {
        match self {
            Self::Chromium => chromium::driver_command(installation),
            Self::Firefox => firefox::driver_command(installation),
            Self::Webkit => webkit::driver_command(installation),
        }
    }

    /// What is asked of a new session; `installation` is absent at a remote end.
    pub(crate) fn capabilities(
        self,
        installation: Option<&Installation>,
        settings: &Settings,
    ) -> Capabilities {
        match self {
            Self::Chromium => chromium::capabilities(installation, settings),
            Self::Firefox => firefox::capabilities(installation, settings),
            Self::Webkit => webkit::capabilities(installation),
        }
    }

    /// The version of the driver, as the capabilities of a session tell it.
    pub(crate) fn driver_version(self, capabilities: &Capabilities) -> Option<String> {
        match self {
            Self::Chromium => chromium::driver_version(capabilities),
            Self::Firefox => firefox::driver_version(capabilities),
            Self::Webkit => None,
        }
    }

    /// The version of an installed browser, as far as it tells without being started.
    pub(crate) async fn browser_version(self, browser: &Path) -> Option<String> {
        match self {
            Self::Chromium | Self::Firefox => version_of(browser).await,
            Self::Webkit => webkit::version().await,
        }
    }

    /// What results will lack with an installed browser.
    pub(crate) fn remark(
        self,
        browser: &Result<FoundProgram, MissingProgram>,
    ) -> Option<&'static str> {
        match (self, browser) {
            (Self::Webkit, Ok(FoundProgram { version: None, .. })) => Some(webkit::REMARK),
            _ => None,
        }
    }

    /// How long each call may take.
    pub(crate) const fn deadlines(self) -> Deadlines {
        match self {
            Self::Chromium => chromium::DEADLINES,
            Self::Firefox => firefox::DEADLINES,
            Self::Webkit => webkit::DEADLINES,
        }
    }

    /// How many cookies of one site the browser keeps without dropping any.
    pub(crate) const fn cookies_per_site(self) -> usize {
        match self {
            Self::Chromium => chromium::COOKIES_PER_SITE,
            Self::Firefox => firefox::COOKIES_PER_SITE,
            Self::Webkit => webkit::COOKIES_PER_SITE,
        }
    }

    /// Grants a permission to an origin, whose document the session shows, or denies it.
    pub(crate) async fn permit(
        self,
        session: &Session,
        origin: &str,
        permission: Permission,
        is_granted: bool,
    ) -> Result<(), BrowserError> {
        match self {
            Self::Chromium => session.permit(permission, is_granted).await,
            Self::Firefox => firefox::permit(session, origin, permission, is_granted).await,
            // It has none of them, nor the command.
            Self::Webkit => Ok(()),
        }
    }

    /// What has to be done in a new session before anything else.
    pub(crate) async fn prepare(self, session: &Session) -> Result<(), BrowserError> {
        match self {
            Self::Chromium | Self::Webkit => Ok(()),
            Self::Firefox => firefox::prepare(session).await,
        }
    }

    /// Forgets the cookies of every origin and path.
    pub(crate) async fn forget_cookies(self, session: &Session) -> Result<(), BrowserError> {
        match self {
            Self::Chromium => chromium::forget_cookies(session).await,
            Self::Firefox => firefox::forget_cookies(session).await,
            // No number of them is too many, and each is confined to the path of its scenario.
            Self::Webkit => Ok(()),
        }
    }

    /// Whether a document that is written, and not loaded, requests with the Referer of its page.
    ///
    /// <https://html.spec.whatwg.org/#document-open-steps>
    pub(crate) const fn keeps_the_referrer_of_what_is_written(self) -> bool {
        match self {
            Self::Chromium | Self::Firefox => true,
            // It has the URL of the page and sends no Referer.
            Self::Webkit => false,
        }
    }

    /// How many sessions are best for so many processors, by the time that the whole suite takes: another one
    /// costs its start.
    pub(crate) const fn sessions_for(self, processors: usize) -> usize {
        match self {
            Self::Chromium => processors,
            // A start takes three seconds of processor time, far more than those of the others.
            Self::Firefox => processors.div_ceil(2) + 1,
            // One that is at what waits by nature does nothing beside it.
            Self::Webkit => processors + 1,
        }
    }

    /// How many batches may be under way in a page. What the engine says of their requests has to tell whose
    /// they are.
    pub(crate) const fn batches_at_a_time(self) -> usize {
        match self {
            Self::Chromium | Self::Firefox => 4,
            // Causes are told by neighbouring lines, without a URL.
            Self::Webkit => 1,
        }
    }

    /// Adds to every block of a batch why it happened, as far as the engine tells. `heard` is what it said
    /// and nobody asked for yet, as others are under way.
    pub(crate) async fn explain(
        self,
        session: &Session,
        heard: &mut Heard,
        jobs: &[Job],
        outcomes: &mut [Option<Vec<StepOutcome>>],
    ) -> Result<(), BrowserError> {
        match self {
            Self::Chromium => chromium::explain(session, &mut heard.chromium, jobs, outcomes).await,
            Self::Firefox => firefox::explain(session, &mut heard.firefox, jobs, outcomes).await,
            Self::Webkit => webkit::explain(session, jobs, outcomes),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|engine| engine.name() == name)
            .ok_or_else(|| UnknownEngine(name.to_owned()))
    }
}

/// A name that is no engine.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown browser `{0}`; known: {known}", known = Engine::ALL.map(Engine::name).join(", "))]
pub struct UnknownEngine(pub String);

/// What an engine said of the requests of batches that are under way.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    chromium: chromium::Heard,
    firefox: firefox::Heard,
}

/// The programs of a browser on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Installation {
    /// The browser.
    pub(crate) browser: PathBuf,
    /// Its driver.
    pub(crate) driver: PathBuf,
}

/// How a driver is started.
#[derive(Debug)]
pub(crate) struct DriverCommand {
    /// The driver, or what becomes it.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// The port it is told to listen on.
    pub(crate) port: Port,
}

/// How long each kind of call may take before the session is given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// Until the driver listens.
    pub(crate) driver: Duration,
    /// Until a session has begun.
    pub(crate) session: Duration,
    /// Until a page has loaded.
    pub(crate) page: Duration,
    /// Any other command.
    pub(crate) command: Duration,
    /// Until nothing is left of a session that is ended.
    pub(crate) close: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_engine() {
        for engine in Engine::ALL {
            assert_eq!(engine.name().parse(), Ok(engine));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "opera".parse::<Engine>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown browser `opera`; known: chromium, firefox, webkit"
        );
    }
}
