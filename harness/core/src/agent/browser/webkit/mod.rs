//! WebKit, as WebKitGTK through WebKitWebDriver.

mod console;
mod reason;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use fantoccini::wd::Capabilities;
use serde_json::{Value, json};
use tokio::process::Command;

use super::engine::{Deadlines, DriverCommand, Installation};
use super::info::first_line;
use super::locate::{MissingProgram, Search};
use crate::process::Port;

pub(crate) use console::explain;

/// Far beyond what is ever measured (0.2 s, 0.5 s, 0.1 s), so that a busy machine is no fault.
pub(crate) const DEADLINES: Deadlines = Deadlines {
    driver: Duration::from_secs(10),
    session: Duration::from_secs(20),
    page: Duration::from_secs(10),
    command: Duration::from_secs(10),
    close: Duration::from_secs(5),
};

const REMEDY: &str =
    "install it with scripts/install-browsers webkit, or set MINIBROWSER and WEBKITWEBDRIVER";

const DISPLAY_REMEDY: &str =
    "install it with scripts/install-browsers webkit, or set DISPLAY to an X display";

/// What is amiss where launcher.py cannot run.
pub(crate) const REMARK: &str = "why WebKit blocks a request will be unknown: install python3-gi and gir1.2-webkit2-4.1 \
     with scripts/install-browsers webkit";

/// The version of the library as its bindings tell it; MiniBrowser tells none without a display.
pub(crate) async fn version() -> Option<String> {
    let mut python = Command::new("/usr/bin/python3");
    first_line(python.args(["-c", include_str!("version.py")])).await
}

/// MiniBrowser stands for the library that it belongs to.
pub(crate) fn locate_browser(search: &Search) -> Result<PathBuf, MissingProgram> {
    search.find(&["MINIBROWSER"], &["MiniBrowser"], REMEDY)
}

/// The driver, and a display to start it on.
pub(crate) fn locate_driver(search: &Search) -> Result<PathBuf, MissingProgram> {
    let driver = search.find(&["WEBKITWEBDRIVER"], &["WebKitWebDriver"], REMEDY)?;
    match search.find(&[], &["Xvfb"], DISPLAY_REMEDY) {
        Err(missing) if !search.is_set("DISPLAY") => Err(missing),
        _ => Ok(driver),
    }
}

/// The driver tells no port that it chose, so that one is chosen for it.
pub(crate) fn driver_command(installation: &Installation) -> io::Result<DriverCommand> {
    let port = Port::reserve()?;
    let arguments: [OsString; 7] = [
        "-c".into(),
        include_str!("driver.sh").into(),
        "sh".into(),
        installation.driver.clone().into(),
        port.number().to_string().into(),
        installation.browser.clone().into(),
        include_str!("launcher.py").into(),
    ];
    Ok(DriverCommand {
        program: "sh".into(),
        arguments: arguments.into(),
        port,
    })
}

/// No limit is known: `SoupCookieJar` keeps what it is given. A number all the same, so that a page never
/// stores more at once than it can in its time.
pub(crate) const COOKIES_PER_SITE: usize = 2_000;

pub(crate) fn capabilities(installation: Option<&Installation>) -> Capabilities {
    let mut capabilities = json!({ "acceptInsecureCerts": true });
    if installation.is_some() {
        // Found on the search path that driver.sh sets.
        capabilities["webkitgtk:browserOptions"] = json!({ "binary": "corspec-webkit" });
    }
    match capabilities {
        Value::Object(capabilities) => capabilities,
        _ => Capabilities::new(),
    }
}
