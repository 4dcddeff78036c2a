//! Browsers reached at WebDriver servers that run already.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use tokio::task::JoinSet;

use super::error::RunError;
use crate::agent::browser::{
    BadWebDriverUrl, Browser, BrowserError, Endpoint, Engine, Settings, UnknownEngine, WebDriverUrl,
};
use crate::case::scenario::Page;
use crate::server::NamedOrigin;

/// Where sessions of an engine come from, instead of this machine's own: `chromium=http://localhost:4444`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RemoteEnd {
    /// The engine.
    pub engine: Engine,
    /// The WebDriver server.
    pub url: WebDriverUrl,
}

impl fmt::Display for RemoteEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.engine, self.url)
    }
}

impl FromStr for RemoteEnd {
    type Err = BadRemoteEnd;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (engine, url) = text.split_once('=').ok_or(BadRemoteEnd::NoEngine)?;
        Ok(Self {
            engine: engine.parse()?,
            url: url.parse()?,
        })
    }
}

/// A text that names no remote end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadRemoteEnd {
    /// The engine is unknown.
    #[error(transparent)]
    Engine(#[from] UnknownEngine),
    /// There is no engine.
    #[error("write BROWSER=URL, such as `chromium=http://localhost:4444`")]
    NoEngine,
    /// The URL is of no use.
    #[error(transparent)]
    Url(#[from] BadWebDriverUrl),
}

/// A session that stands, and how to have more of its kind.
pub(super) struct Begun {
    pub(super) browser: Browser,
    pub(super) settings: Settings,
}

/// Starts a session at every remote end and lets it load a page, so that an endpoint that is of no use
/// is told before anything is run.
///
/// # Errors
///
/// The first end that is of no use. No session is left then.
pub(super) async fn begin(
    ends: &[RemoteEnd],
    settings: &Settings,
) -> Result<BTreeMap<Engine, Vec<Begun>>, RunError> {
    let mut starting = JoinSet::new();
    for (number, end) in ends.iter().enumerate() {
        // Twice the same would be no other endpoint.
        if ends[..number].contains(end) {
            continue;
        }
        let settings = Settings {
            endpoint: Endpoint::Remote(end.url.clone()),
            ..settings.clone()
        };
        let end = end.clone();
        starting.spawn(async move {
            let browser = begin_one(&end, &settings).await;
            (
                number,
                end,
                browser.map(|browser| Begun { browser, settings }),
            )
        });
    }
    let mut ended = starting.join_all().await;
    ended.sort_by_key(|(number, ..)| *number);
    let mut begun: BTreeMap<Engine, Vec<Begun>> = BTreeMap::new();
    let mut fault = None;
    for (_, end, result) in ended {
        match result {
            Ok(one) => begun.entry(end.engine).or_default().push(one),
            Err(source) => {
                fault = fault.or(Some(RunError::Remote {
                    end: Box::new(end),
                    source: Box::new(source),
                }));
            }
        }
    }
    let fault = fault.or_else(|| begun.values().find_map(|begun| other_version(begun, ends)));
    match fault {
        None => Ok(begun),
        Some(fault) => {
            for one in begun.into_values().flatten() {
                one.browser.close().await;
            }
            Err(fault)
        }
    }
}

async fn begin_one(end: &RemoteEnd, settings: &Settings) -> Result<Browser, BrowserError> {
    end.url.check().await?;
    let mut browser = Browser::start(end.engine, settings.clone()).await?;
    let page = Page::window(NamedOrigin::app());
    match browser.load(&page).await {
        Ok(()) => Ok(browser),
        Err(error) => {
            browser.close().await;
            Err(error)
        }
    }
}

/// One engine of several versions could not be told apart in any report.
fn other_version(begun: &[Begun], ends: &[RemoteEnd]) -> Option<RunError> {
    let first = begun.first()?.browser.info();
    let other = begun
        .iter()
        .map(|begun| begun.browser.info())
        .find(|info| info.version != first.version)?;
    let engine = ends
        .iter()
        .map(|end| end.engine)
        .find(|engine| engine.name() == first.name)?;
    Some(RunError::Versions {
        agent: engine.name(),
        versions: [first.version.clone(), other.version.clone()],
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn an_end_is_written_as_it_is_read() {
        let end: RemoteEnd = "chromium=http://localhost:4444/".parse().unwrap();
        assert_eq!(end.engine, Engine::Chromium);
        assert_eq!(end.to_string(), "chromium=http://localhost:4444");
    }

    #[rstest]
    #[case(
        "http://localhost:4444",
        "write BROWSER=URL, such as `chromium=http://localhost:4444`"
    )]
    #[case("chromium=", "no URL: relative URL without a base")]
    #[case(
        "chromium=https://grid.example",
        "the scheme is `https`, and only `http` is spoken; reach others through a tunnel"
    )]
    fn another_text_is_refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<RemoteEnd>().unwrap_err().to_string(), message);
    }

    #[test]
    fn an_unknown_engine_is_answered_with_the_known_ones() {
        let error = "opera=http://localhost:4444"
            .parse::<RemoteEnd>()
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("unknown browser `opera`; known: "),
            "{error}"
        );
    }
}
