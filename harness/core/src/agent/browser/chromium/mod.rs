//! Chromium, through chromedriver.

mod console;
mod reason;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use fantoccini::wd::Capabilities;
use serde_json::{Value, json};

use super::engine::{Deadlines, DriverCommand, Installation};
use super::error::BrowserError;
use super::locate::{MissingProgram, Search};
use super::session::Session;
use super::settings::Settings;
use crate::process::Port;
use crate::server::Listener;

pub(crate) use console::{Heard, explain};

/// Far beyond what is ever measured (0.05 s, 0.5 s, 0.1 s), so that a busy machine is no fault.
pub(crate) const DEADLINES: Deadlines = Deadlines {
    driver: Duration::from_secs(10),
    session: Duration::from_secs(20),
    page: Duration::from_secs(10),
    command: Duration::from_secs(10),
    close: Duration::from_secs(5),
};

const REMEDY: &str =
    "install it with scripts/install-browsers chromium, or set CHROMIUM and CHROMEDRIVER";

pub(crate) fn locate_browser(search: &Search) -> Result<PathBuf, MissingProgram> {
    search.find(
        &["CHROMIUM", "CHROME"],
        &[
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ],
        REMEDY,
    )
}

pub(crate) fn locate_driver(search: &Search) -> Result<PathBuf, MissingProgram> {
    search.find(&["CHROMEDRIVER"], &["chromedriver"], REMEDY)
}

/// The driver ends when the port that it chose in IPv4 is taken in IPv6, so that one is chosen for it.
pub(crate) fn driver_command(installation: &Installation) -> io::Result<DriverCommand> {
    let port = Port::reserve()?;
    Ok(DriverCommand {
        program: installation.driver.clone(),
        arguments: vec![format!("--port={}", port.number()).into()],
        port,
    })
}

/// The limit is 180 for all hosts of a site, and secure cookies push out the others.
pub(crate) const COOKIES_PER_SITE: usize = 150;

/// WebDriver's own command sees the cookies of one path only.
pub(crate) async fn forget_cookies(session: &Session) -> Result<(), BrowserError> {
    let command = json!({ "cmd": "Network.clearBrowserCookies", "params": {} });
    session
        .post("forget its cookies", "goog/cdp/execute", command)
        .await?;
    Ok(())
}

pub(crate) fn driver_version(capabilities: &Capabilities) -> Option<String> {
    let version = capabilities
        .get("chrome")?
        .get("chromedriverVersion")?
        .as_str()?;
    // Followed by the commit.
    version.split(' ').next().map(str::to_owned)
}

pub(crate) fn capabilities(
    installation: Option<&Installation>,
    settings: &Settings,
) -> Capabilities {
    let mut arguments: Vec<String> = ARGUMENTS
        .iter()
        .map(|&(argument, _)| argument.to_owned())
        .collect();
    if !settings.trusted_keys.is_empty() {
        let keys = settings.trusted_keys.join(",");
        arguments.push(format!("--ignore-certificate-errors-spki-list={keys}"));
    }
    // Scenarios are about pages that are public and servers that are not, and all are on this machine.
    let public = settings.ports.real(Listener::HttpsPublic);
    arguments.push(format!(
        "--ip-address-space-overrides=127.0.0.1:{public}=public,[::1]:{public}=public"
    ));
    let mut options = json!({
        "args": arguments,
        // Some distributions block third-party cookies; scenarios are about those that are sent.
        "prefs": { "profile.cookie_controls_mode": 0 },
    });
    if let Some(installation) = installation {
        options["binary"] = Value::String(installation.browser.to_string_lossy().into_owned());
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("browserName".to_owned(), json!("chrome"));
    capabilities.insert("acceptInsecureCerts".to_owned(), json!(true));
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    // The console says why a request was blocked. The performance log does so in fewer words, but its events of
    // all other requests cost a fifth of the time of a run.
    capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    capabilities
}

/// Command-line arguments, each with its reason.
const ARGUMENTS: [(&str, &str); 19] = [
    (
        "--headless=new",
        "no display is needed, and it is the same browser",
    ),
    (
        "--no-sandbox",
        "root and most containers cannot have it; the only pages are ours",
    ),
    ("--disable-dev-shm-usage", "containers have little of it"),
    ("--disable-gpu", "nothing is drawn"),
    (
        "--disable-breakpad",
        "its process leaves the session's group",
    ),
    (
        "--disable-crash-reporter",
        "its process leaves the session's group",
    ),
    ("--disable-background-networking", "requests of its own"),
    ("--disable-component-update", "requests of its own"),
    ("--disable-sync", "requests of its own"),
    ("--disable-default-apps", "requests of its own"),
    ("--no-first-run", "windows of its own"),
    ("--no-default-browser-check", "windows of its own"),
    ("--metrics-recording-only", "reports of its own"),
    ("--mute-audio", "no device is needed"),
    ("--password-store=basic", "no key ring is asked for"),
    (
        "--disable-background-timer-throttling",
        "windows of other sessions may cover it",
    ),
    (
        "--disable-renderer-backgrounding",
        "windows of other sessions may cover it",
    ),
    (
        "--disable-backgrounding-occluded-windows",
        "windows of other sessions may cover it",
    ),
    (
        "--disable-features=IsolateSandboxedIframes,WebUIOmniboxAimPopup,WebUIOmniboxPopup",
        "nothing is told of frames in a process of their own, and their origin stays opaque; \
         the address bar loads pages of 400 modules",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Ports;

    fn settings(trusted_keys: &[&str]) -> Settings {
        let mut settings = Settings::new(Ports::new([20_001, 20_002, 20_003, 20_004, 20_005]));
        settings.trusted_keys = trusted_keys.iter().map(|&key| key.to_owned()).collect();
        settings
    }

    #[test]
    fn trusted_keys_become_one_argument() {
        let capabilities = capabilities(None, &settings(&["one=", "two="]));
        let arguments = &capabilities["goog:chromeOptions"]["args"];
        let argument = json!("--ignore-certificate-errors-spki-list=one=,two=");
        assert!(arguments.as_array().unwrap().contains(&argument));
    }

    #[test]
    fn a_remote_end_chooses_its_own_binary() {
        let installation = Installation {
            browser: "/here/chromium".into(),
            driver: "d".into(),
        };
        let local = capabilities(Some(&installation), &settings(&[]));
        assert_eq!(local["goog:chromeOptions"]["binary"], "/here/chromium");
        let remote = capabilities(None, &settings(&[]));
        assert_eq!(remote["goog:chromeOptions"].get("binary"), None);
    }

    #[test]
    fn the_driver_version_is_told_without_its_commit() {
        let told = json!({ "chrome": { "chromedriverVersion": "156.0.1 (a21ce95c24-refs)" } });
        let Value::Object(capabilities) = told else {
            unreachable!()
        };
        assert_eq!(driver_version(&capabilities).as_deref(), Some("156.0.1"));
    }
}
