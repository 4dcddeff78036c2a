//! The WebDriver server of a browser on this machine.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::engine::{DriverCommand, Engine, Installation};
use super::error::{BrowserError, LastWords};
use crate::process::{Command, Output, Port, Supervised, Workspace, accepts};

/// How often a driver is started that ends at once.
const ATTEMPTS: u32 = 3;

/// A running driver. Dropping it ends the browsers that it started, too.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Supervised,
    installation: Installation,
    port: Port,
    output: Output,
}

impl Driver {
    /// Starts a driver on a free port and waits until it listens.
    ///
    /// # Errors
    ///
    /// [`BrowserError::Start`], [`BrowserError::DriverEnded`] or [`BrowserError::DriverSilent`].
    pub(crate) async fn start(
        engine: Engine,
        installation: Installation,
    ) -> Result<Self, BrowserError> {
        let mut attempt = 1;
        loop {
            let command = engine
                .driver_command(&installation)
                .map_err(|source| cannot_start(&installation, source))?;
            match Self::run(engine, installation.clone(), command).await {
                // Somebody may have taken the port since it was found free.
                Err(BrowserError::DriverEnded { .. }) if attempt < ATTEMPTS => attempt += 1,
                started => return started,
            }
        }
    }

    async fn run(
        engine: Engine,
        installation: Installation,
        command: DriverCommand,
    ) -> Result<Self, BrowserError> {
        let start = || {
            Supervised::start(
                Workspace::new()?,
                &Command::new(&command.program, &command.arguments),
            )
        };
        let (process, stdout, stderr) =
            start().map_err(|source| cannot_start(&installation, source))?;
        let output = Output::default();
        output.keep(stdout);
        output.keep(stderr);

        let driver = installation.driver.clone();
        let after = engine.deadlines().driver;
        let listening = accepts(command.port.number());
        let listens = tokio::select! {
            listens = timeout(after, listening) => listens,
            status = process.ended() => {
                return Err(BrowserError::DriverEnded { driver, status, output: LastWords(output.last_lines()) });
            }
        };
        match listens {
            Ok(()) => Ok(Self {
                process,
                installation,
                port: command.port,
                output,
            }),
            Err(_) => Err(BrowserError::DriverSilent {
                driver,
                after,
                output: LastWords(output.last_lines()),
            }),
        }
    }

    /// The URL that WebDriver commands go to.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port.number())
    }

    /// The programs in use.
    pub(crate) const fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Waits until the driver has ended by itself, and says so.
    pub(crate) async fn ended(&self) -> BrowserError {
        let status = self.process.ended().await;
        let driver = self.installation.driver.clone();
        BrowserError::DriverEnded {
            driver,
            status,
            output: self.last_words(),
        }
    }

    /// The end of what the driver wrote.
    pub(crate) fn last_words(&self) -> LastWords {
        LastWords(self.output.last_lines())
    }

    /// Kills the driver and its browsers and waits until they are gone, at most for `deadline`.
    pub(crate) async fn stop(self, deadline: Duration) {
        self.process.stop(deadline).await;
    }

    /// The temporary directory of the driver and its browsers.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.process.folder()
    }
}

fn cannot_start(installation: &Installation, source: io::Error) -> BrowserError {
    let program = installation.driver.clone();
    BrowserError::Start { program, source }
}
