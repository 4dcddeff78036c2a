//! Sessions: started, refused, reached by URL, ended.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use rstest::rstest;

use super::stage::{Stage, get, is_installed, page, permutation, responds, settings};
use crate::agent::End;
use crate::agent::browser::driver::Driver;
use crate::agent::browser::{
    Browser, BrowserError, Endpoint, Engine, PAGES, Search, Settings, probe,
};
use crate::process::left::assert_nothing_is_left_of;
use crate::server::{Ports, Reference};

#[rstest]
#[tokio::test]
async fn a_session_tells_its_versions_and_leaves_nothing_behind(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(stage) = Stage::set(engine).await else {
        return;
    };
    let info = stage.browser.info().clone();
    assert_eq!(info.name, engine.name());
    assert!(
        info.version
            .starts_with(|first: char| first.is_ascii_digit()),
        "{info:?}"
    );
    assert!(
        info.driver_version
            .starts_with(|first: char| first.is_ascii_digit()),
        "{info:?}"
    );
    let folder = stage.browser.folder().unwrap().to_owned();
    assert!(folder.exists());
    stage.clear().await;
    assert_nothing_is_left_of(&folder).await;
}

#[rstest]
#[tokio::test]
async fn a_dropped_browser_leaves_nothing_behind(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(stage) = Stage::set(engine).await else {
        return;
    };
    let folder = stage.browser.folder().unwrap().to_owned();
    drop(stage);
    assert_nothing_is_left_of(&folder).await;
}

#[rstest]
#[tokio::test]
async fn a_session_answers_until_it_is_over(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    assert!(stage.browser.is_healthy().await);
    stage.browser.discard().await;
    assert!(!stage.browser.is_healthy().await);
    stage.clear().await;
}

#[rstest]
#[tokio::test]
async fn a_session_can_be_had_from_a_driver_that_runs_already(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    if !is_installed(engine) {
        return;
    }
    let installation = engine.locate(&Search::from_environment()).unwrap();
    let driver = Driver::start(engine, installation).await.unwrap();
    // Without the slash, as people write it.
    let url = driver.url().trim_end_matches('/').to_owned();
    let stage = Stage::with(engine, PAGES, |settings| Settings {
        endpoint: Endpoint::Remote(url.parse().unwrap()),
        ..settings
    });
    let mut stage = stage.await.unwrap();
    assert_eq!(stage.browser.folder(), None);
    let observed = stage.observe(&permutation(get(), responds(&[]))).await;
    assert!(matches!(observed.end, End::Blocked(_)), "{observed:?}");
    stage.clear().await;
    driver.stop(engine.deadlines().close).await;
}

#[rstest]
#[tokio::test]
async fn a_missing_browser_is_reported_with_the_remedy(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let search = Search::new(BTreeMap::new(), Vec::new());
    let settings = Settings {
        endpoint: Endpoint::Local(search.clone()),
        ..anywhere()
    };
    let error = Browser::start(engine, settings).await.unwrap_err();
    let names = Names::of(engine);
    assert_eq!(
        error.to_string(),
        format!(
            "`{engine}` is missing: install it with scripts/install-browsers {engine}, or set {} and {}",
            names.browser_variable, names.driver_variable
        )
    );
    let probe = probe(engine, &search).await;
    assert!(!probe.is_complete());
    assert!(
        probe
            .driver
            .unwrap_err()
            .to_string()
            .starts_with(&format!("`{}` is missing", names.driver))
    );
}

#[rstest]
#[tokio::test]
async fn a_probe_finds_what_is_installed(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    if !is_installed(engine) {
        return;
    }
    let probe = probe(engine, &Search::from_environment()).await;
    assert!(probe.is_complete());
    let driver = probe.driver.unwrap();
    let version = driver.version.unwrap().to_lowercase();
    assert!(version.starts_with(Names::of(engine).driver), "{version}");
    assert!(driver.path.is_absolute());
    assert!(probe.browser.unwrap().version.is_some());
}

#[rstest]
#[tokio::test]
async fn a_browser_that_does_not_run_is_reported_in_the_words_of_its_driver(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    if !is_installed(engine) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let error = start_with(
        engine,
        &folder,
        Names::of(engine).browser_variable,
        "exit 7",
    )
    .await;
    assert!(
        matches!(error, BrowserError::SessionRefused { .. }),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("the browser does not start: "),
        "{error}"
    );
}

#[rstest]
#[tokio::test]
async fn a_driver_that_ends_is_reported_with_its_last_words(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    if !is_installed(engine) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let error = start_with(
        engine,
        &folder,
        Names::of(engine).driver_variable,
        "echo no display >&2; exit 7",
    )
    .await;
    assert!(matches!(error, BrowserError::DriverEnded { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("exit status: 7"), "{message}");
    assert!(
        message.ends_with("its driver wrote:\n  no display"),
        "{message}"
    );
}

#[rstest]
#[tokio::test]
async fn a_page_that_nobody_serves_is_no_result(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    if !is_installed(engine) {
        return;
    }
    let reference = Reference::start_with(PAGES).await.unwrap();
    let mut browser = Browser::start(engine, settings(&reference)).await.unwrap();
    let session = reference.open(&permutation(get(), responds(&[])));
    let job = super::stage::job(&permutation(get(), responds(&[])), &session);
    reference.stop().await;
    let results = browser.run_batch(&page("app"), vec![job]).await;
    let error = results[0].outcome.as_ref().unwrap_err();
    assert!(error.to_string().contains("load"), "{error}");
    browser.close().await;
}

/// Starts a session where one program is a script that does this.
async fn start_with(
    engine: Engine,
    folder: &tempfile::TempDir,
    variable: &str,
    script: &str,
) -> BrowserError {
    let program = folder.path().join("program");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let installation = engine.locate(&Search::from_environment()).unwrap();
    let names = Names::of(engine);
    let mut variables = BTreeMap::from([
        (names.browser_variable.to_owned(), installation.browser),
        (names.driver_variable.to_owned(), installation.driver),
    ]);
    variables.insert(variable.to_owned(), PathBuf::from(&program));
    let search = Search::new(variables, Vec::new());
    let settings = Settings {
        endpoint: Endpoint::Local(search),
        ..anywhere()
    };
    Browser::start(engine, settings).await.unwrap_err()
}

/// What the programs of an engine are called.
struct Names {
    browser_variable: &'static str,
    driver: &'static str,
    driver_variable: &'static str,
}

impl Names {
    const fn of(engine: Engine) -> Self {
        match engine {
            Engine::Chromium => Self {
                browser_variable: "CHROMIUM",
                driver: "chromedriver",
                driver_variable: "CHROMEDRIVER",
            },
            Engine::Firefox => Self {
                browser_variable: "FIREFOX",
                driver: "geckodriver",
                driver_variable: "GECKODRIVER",
            },
            Engine::Webkit => Self {
                browser_variable: "MINIBROWSER",
                driver: "WebKitWebDriver",
                driver_variable: "WEBKITWEBDRIVER",
            },
        }
    }
}

/// Settings for sessions that never load a page.
fn anywhere() -> Settings {
    Settings::new(Ports::new([20_001, 20_002, 20_003, 20_004, 20_005]))
}
