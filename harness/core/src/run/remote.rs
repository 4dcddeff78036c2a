//! Browsers reached at WebDriver servers that run already.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::error::RunError;
use super::remote_end::RemoteEnd;
use crate::agent::browser::{Browser, BrowserError, Endpoint, Engine, Settings};
use crate::case::scenario::Page;
use crate::server::NamedOrigin;

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
