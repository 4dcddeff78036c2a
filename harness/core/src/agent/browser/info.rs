//! Which browser runs, and which ones could.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::Client;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use super::engine::Engine;
use super::locate::{MissingProgram, Search};

/// How long a program may take to tell its version.
const VERSION_DEADLINE: Duration = Duration::from_secs(10);

/// A browser that runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrowserInfo {
    /// The engine's name.
    pub name: String,
    /// The browser's version.
    pub version: String,
    /// The driver's version; empty where it does not tell.
    pub driver_version: String,
}

impl BrowserInfo {
    pub(crate) fn of_session(engine: Engine, client: &Client) -> Self {
        let capabilities = client.capabilities();
        let version = capabilities
            .and_then(|capabilities| capabilities.get("browserVersion"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        let driver_version =
            capabilities.and_then(|capabilities| engine.driver_version(capabilities));
        Self {
            name: engine.name().to_owned(),
            version: version.to_owned(),
            driver_version: driver_version.unwrap_or_default(),
        }
    }
}

/// What is installed of an engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Probe {
    /// The engine.
    pub engine: Engine,
    /// The browser, or what to do to get it.
    pub browser: Result<FoundProgram, MissingProgram>,
    /// Its driver, or what to do to get it.
    pub driver: Result<FoundProgram, MissingProgram>,
    /// What will be missing in results although a session can be tried, and how to get it.
    pub remark: Option<&'static str>,
}

impl Probe {
    /// Whether a session can be tried.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.browser.is_ok() && self.driver.is_ok()
    }
}

/// A program that is installed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundProgram {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself; `None` if it does not run.
    pub version: Option<String>,
}

/// Finds out what is installed of an engine. Starts no session.
pub async fn probe(engine: Engine, search: &Search) -> Probe {
    let browser = match engine.locate_browser(search) {
        Ok(path) => Ok(FoundProgram {
            version: engine.browser_version(&path).await,
            path,
        }),
        Err(missing) => Err(missing),
    };
    let driver = match engine.locate_driver(search) {
        Ok(path) => Ok(FoundProgram {
            version: version_of(&path).await,
            path,
        }),
        Err(missing) => Err(missing),
    };
    let remark = engine.remark(&browser);
    Probe {
        engine,
        browser,
        driver,
        remark,
    }
}

/// What a program says of itself.
pub(crate) async fn version_of(program: &Path) -> Option<String> {
    first_line(Command::new(program).arg("--version")).await
}

/// The first line that a command writes, if it succeeds.
pub(crate) async fn first_line(command: &mut Command) -> Option<String> {
    let running = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(VERSION_DEADLINE, running).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}
