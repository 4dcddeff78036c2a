//! Firefox, through geckodriver.

mod blocks;
mod chrome;
mod reason;
mod told;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use fantoccini::wd::Capabilities;
use serde_json::{Map, Value, json};

use super::engine::{Deadlines, DriverCommand, Installation};
use super::locate::{MissingProgram, Search};
use super::settings::Settings;
use crate::process::Port;
use crate::server::Listener;

pub(crate) use blocks::{Heard, explain};
pub(crate) use chrome::{forget_cookies, permit, prepare};

/// Far beyond what an idle machine takes (0.02 s, 3 s, 0.1 s, 0.7 s): with ten processes for each core a
/// page has taken 13 s.
pub(crate) const DEADLINES: Deadlines = Deadlines {
    driver: Duration::from_secs(10),
    session: Duration::from_secs(60),
    page: Duration::from_secs(30),
    command: Duration::from_secs(20),
    close: Duration::from_secs(10),
};

const REMEDY: &str =
    "install it with scripts/install-browsers firefox, or set FIREFOX and GECKODRIVER";

pub(crate) fn locate_browser(search: &Search) -> Result<PathBuf, MissingProgram> {
    search.find(&["FIREFOX"], &["firefox", "firefox-esr"], REMEDY)
}

pub(crate) fn locate_driver(search: &Search) -> Result<PathBuf, MissingProgram> {
    search.find(&["GECKODRIVER"], &["geckodriver"], REMEDY)
}

/// Older drivers refuse every request when they chose the port themselves, so that one is chosen for
/// them.
pub(crate) fn driver_command(installation: &Installation) -> io::Result<DriverCommand> {
    let port = Port::reserve()?;
    let arguments: [OsString; 8] = [
        "-c".into(),
        include_str!("driver.sh").into(),
        "sh".into(),
        installation.driver.clone().into(),
        "--port".into(),
        port.number().to_string().into(),
        // Two drivers would share the default one, and the second would fail.
        "--websocket-port".into(),
        "0".into(),
    ];
    Ok(DriverCommand {
        program: "sh".into(),
        arguments: arguments.into(),
        port,
    })
}

/// Beyond 180 for all hosts of a site, the oldest are dropped until 150 are left.
pub(crate) const COOKIES_PER_SITE: usize = 150;

pub(crate) fn driver_version(capabilities: &Capabilities) -> Option<String> {
    let version = capabilities.get("moz:geckodriverVersion")?.as_str()?;
    Some(version.to_owned())
}

pub(crate) fn capabilities(
    installation: Option<&Installation>,
    settings: &Settings,
) -> Capabilities {
    let mut preferences: Map<String, Value> = preferences()
        .into_iter()
        .map(|(name, value, _)| (name.to_owned(), value))
        .collect();
    // Scenarios are about pages that are public and servers that are not, and all are on this machine.
    let public = settings.ports.real(Listener::HttpsPublic);
    preferences.insert(
        "network.lna.address_space.public.override".to_owned(),
        json!(format!("127.0.0.1:{public},[::1]:{public}")),
    );
    let mut options = json!({
        // No display is needed, and it is the same browser.
        "args": ["-headless"],
        "prefs": preferences,
    });
    if let Some(installation) = installation {
        options["binary"] = Value::String(installation.browser.to_string_lossy().into_owned());
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("browserName".to_owned(), json!("firefox"));
    capabilities.insert("acceptInsecureCerts".to_owned(), json!(true));
    capabilities.insert("moz:firefoxOptions".to_owned(), options);
    capabilities
}

/// Preferences, each with its reason. The driver and the browser add many of their own for a browser
/// that is driven, among them those that keep it from reporting and updating itself.
fn preferences() -> Vec<(&'static str, Value, &'static str)> {
    const OWN: &str = "requests of its own";
    const BACKGROUND: &str = "windows of other sessions may cover it";
    vec![
        (
            "network.cookie.cookieBehavior",
            json!(0),
            "scenarios are about third-party cookies that are sent",
        ),
        (
            "dom.security.https_first",
            json!(false),
            "pages are of the scheme that scenarios say",
        ),
        ("network.lna.enabled", json!(true), "scenarios are about it"),
        (
            "network.lna.blocking",
            json!(true),
            "scenarios are about it",
        ),
        ("dom.min_background_timeout_value", json!(4), BACKGROUND),
        (
            "dom.timeout.enable_budget_timer_throttling",
            json!(false),
            BACKGROUND,
        ),
        ("layout.frame_rate", json!(10), "nobody looks at it"),
        (
            "browser.cache.disk.enable",
            json!(false),
            "nothing is kept longer than the cache in memory does",
        ),
        ("app.update.enabled", json!(false), OWN),
        ("browser.newtabpage.enabled", json!(false), OWN),
        ("extensions.systemAddon.update.enabled", json!(false), OWN),
        ("network.captive-portal-service.enabled", json!(false), OWN),
        ("network.connectivity-service.enabled", json!(false), OWN),
        ("network.dns.disablePrefetch", json!(true), OWN),
        ("network.http.speculative-parallel-limit", json!(0), OWN),
        ("network.prefetch-next", json!(false), OWN),
        ("security.OCSP.enabled", json!(0), OWN),
        (
            "services.settings.server",
            json!("data:,#remote-settings-dummy/v1"),
            OWN,
        ),
        (
            "toolkit.telemetry.server",
            json!("data:,"),
            "reports of its own",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Ports;

    fn settings() -> Settings {
        Settings::new(Ports::new([20_001, 20_002, 20_003, 20_004, 20_005]))
    }

    #[test]
    fn a_remote_end_chooses_its_own_binary() {
        let installation = Installation {
            browser: "/here/firefox".into(),
            driver: "d".into(),
        };
        let local = capabilities(Some(&installation), &settings());
        assert_eq!(local["moz:firefoxOptions"]["binary"], "/here/firefox");
        let remote = capabilities(None, &settings());
        assert_eq!(remote["moz:firefoxOptions"].get("binary"), None);
    }

    #[test]
    fn every_preference_is_set_once_and_has_a_reason() {
        let preferences = preferences();
        let names: std::collections::BTreeSet<_> =
            preferences.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), preferences.len());
        assert!(preferences.iter().all(|(_, _, reason)| !reason.is_empty()));
    }

    #[test]
    fn the_driver_version_is_told_by_the_session() {
        let told = json!({ "moz:geckodriverVersion": "0.37.1" });
        let Value::Object(capabilities) = told else {
            unreachable!()
        };
        assert_eq!(driver_version(&capabilities).as_deref(), Some("0.37.1"));
    }
}
