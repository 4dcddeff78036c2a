//! Firefox, through geckodriver.

mod blocks;
mod chrome;
mod reason;

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fantoccini::wd::Capabilities;
use serde_json::{Map, Value, json};

use super::engine::{Deadlines, Installation};
use super::locate::{MissingProgram, Search};

pub(crate) use blocks::explain;
pub(crate) use chrome::{forget_cookies, prepare};

/// Far beyond what is ever measured (0.02 s, 3 s, 0.1 s, 0.7 s), so that a busy machine is no fault.
pub(crate) const DEADLINES: Deadlines = Deadlines {
    driver: Duration::from_secs(10),
    session: Duration::from_secs(60),
    page: Duration::from_secs(10),
    command: Duration::from_secs(10),
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

/// Older drivers refuse every request when they have chosen the port themselves, for they compare it
/// with the zero they were told.
pub(crate) fn driver_arguments() -> Vec<OsString> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_or(0, |address| address.port());
    let mut arguments: Vec<OsString> = vec!["--port".into(), port.to_string().into()];
    // Two drivers would share the default one, and the second would fail.
    arguments.extend(["--websocket-port".into(), "0".into()]);
    arguments
}

/// What the driver and its browsers find in their environment. Older drivers do not know the option
/// `--allow-system-access`, which says the same as the variable.
pub(crate) fn driver_environment(folder: &Path) -> Vec<(&'static str, OsString)> {
    vec![
        // Its own code is the only place where it says why it blocked a request.
        ("MOZ_REMOTE_ALLOW_SYSTEM_ACCESS", "1".into()),
        // It leaves folders in the user's, whatever its profile is.
        ("XDG_CACHE_HOME", folder.join("cache").into()),
    ]
}

/// The line ends in "Listening on 127.0.0.1:43581", and older ones precede it with a time.
pub(crate) fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("Listening on ")?;
    let (_, port) = rest.trim_end().rsplit_once(':')?;
    port.parse().ok()
}

/// Beyond 180 for all hosts of a site, the oldest are dropped until 150 are left.
pub(crate) const COOKIES_PER_SITE: usize = 150;

pub(crate) fn driver_version(capabilities: &Capabilities) -> Option<String> {
    let version = capabilities.get("moz:geckodriverVersion")?.as_str()?;
    Some(version.to_owned())
}

pub(crate) fn capabilities(installation: Option<&Installation>) -> Capabilities {
    let preferences: Map<String, Value> = preferences()
        .into_iter()
        .map(|(name, value, _)| (name.to_owned(), value))
        .collect();
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
    const BACKGROUND: &str = "only one of many windows is in front";
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
        ("dom.min_background_timeout_value", json!(4), BACKGROUND),
        (
            "dom.timeout.enable_budget_timer_throttling",
            json!(false),
            BACKGROUND,
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

    #[test]
    fn the_port_is_at_the_end_of_the_line() {
        assert_eq!(
            port_in("1795355421101\tgeckodriver\tINFO\tListening on 127.0.0.1:46541"),
            Some(46541)
        );
        assert_eq!(
            port_in("\x1b[32mINFO\x1b[0m geckodriver: Listening on 127.0.0.1:46541\n"),
            Some(46541)
        );
        assert_eq!(port_in("Listening on 127.0.0.1:ninety"), None);
        assert_eq!(
            port_in("WebDriver BiDi listening on ws://127.0.0.1:80"),
            None
        );
    }

    #[test]
    fn a_remote_end_chooses_its_own_binary() {
        let installation = Installation {
            browser: "/here/firefox".into(),
            driver: "d".into(),
        };
        let local = capabilities(Some(&installation));
        assert_eq!(local["moz:firefoxOptions"]["binary"], "/here/firefox");
        let remote = capabilities(None);
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
