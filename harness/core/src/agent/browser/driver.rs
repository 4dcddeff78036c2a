//! The WebDriver server of a browser on this machine.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::engine::{DriverCommand, Engine, Installation};
use super::error::{BrowserError, LastWords};
use super::supervisor::Supervised;

/// How often a driver is started that is told its port.
const ATTEMPTS: u32 = 3;
/// Between two looks whether it listens.
const PAUSE: Duration = Duration::from_millis(5);
/// Lines kept for error messages.
const KEPT_LINES: usize = 20;
/// Characters kept of each; Chromium logs whole stacks in one.
const KEPT_CHARACTERS: usize = 300;

/// A running driver. Dropping it ends the browsers that it started, too.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Supervised,
    installation: Installation,
    port: u16,
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
            let has_port = command.port.is_some();
            match Self::run(engine, installation.clone(), command).await {
                // Somebody may have taken the port since it was found free.
                Err(BrowserError::DriverEnded { .. }) if has_port && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                started => return started,
            }
        }
    }

    async fn run(
        engine: Engine,
        installation: Installation,
        command: DriverCommand,
    ) -> Result<Self, BrowserError> {
        let (process, stdout, stderr) = Supervised::start(&command.program, &command.arguments)
            .map_err(|source| cannot_start(&installation, source))?;
        let output = Output::default();
        let (sender, mut ports) = mpsc::channel(1);
        output.keep(stdout, move |line| {
            if let Some(port) = engine.port_in(line) {
                let _ = sender.try_send(port);
            }
        });
        output.keep(stderr, |_| ());

        let driver = installation.driver.clone();
        let after = engine.deadlines().driver;
        let listening = async {
            match command.port {
                Some(port) => accepts(port).await,
                None => match ports.recv().await {
                    Some(port) => port,
                    // No more output: then it ends, too.
                    None => pending().await,
                },
            }
        };
        let port = tokio::select! {
            port = timeout(after, listening) => port,
            status = process.ended() => {
                return Err(BrowserError::DriverEnded { driver, status, output: output.last_words() });
            }
        };
        match port {
            Ok(port) => Ok(Self {
                process,
                installation,
                port,
                output,
            }),
            Err(_) => Err(BrowserError::DriverSilent {
                driver,
                after,
                output: output.last_words(),
            }),
        }
    }

    /// The URL that WebDriver commands go to.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
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
        self.output.last_words()
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

/// Waits until something listens on a port, and returns it.
async fn accepts(port: u16) -> u16 {
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .is_err()
    {
        sleep(PAUSE).await;
    }
    port
}

/// The end of what a process wrote. Reading goes on as long as there is something to read: a driver
/// whose pipe is full stands still.
#[derive(Clone, Debug, Default)]
struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    fn keep(
        &self,
        stream: impl AsyncRead + Send + Unpin + 'static,
        mut look: impl FnMut(&str) + Send + 'static,
    ) {
        let output = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line);
                look(&line);
                output.push(line.trim_end().chars().take(KEPT_CHARACTERS).collect());
            }
        });
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn last_words(&self) -> LastWords {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        LastWords(lines.iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_end_of_the_output_is_kept() {
        let output = Output::default();
        let text: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let (sender, mut seen) = mpsc::unbounded_channel();
        output.keep(io::Cursor::new(text), move |line| {
            let _ = sender.send(line.to_owned());
        });
        let mut count = 0;
        while seen.recv().await.is_some() {
            count += 1;
        }
        assert_eq!(count, 100);
        let LastWords(lines) = output.last_words();
        assert_eq!(lines.len(), KEPT_LINES);
        assert_eq!(lines[KEPT_LINES - 1], "line 99");
    }
}
