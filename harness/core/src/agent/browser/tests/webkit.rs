//! What is WebKit's own: its display, its launcher and the words of its console.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use corspec_fetch::{Credentials, Mode, Reason, RedirectMode};
use tempfile::TempDir;

use super::stage::{
    PERMISSIVE, RESOURCE, Stage, allows, answer, get, page, permutation, preflighted, responds,
    script, settings, xhr,
};
use crate::agent::browser::{Browser, BrowserError, Endpoint, Engine, PAGES, Search, Settings};
use crate::agent::{BlockSignal, End};
use crate::case::scenario::{ConnectionPlan, RequestPlan, Script};
use crate::process::left::{assert_nothing_is_left_of, processes_marked_by};
use crate::server::{Ports, Reference};

const ANYONE: [(&str, &str); 1] = [("Access-Control-Allow-Origin", "*")];

#[tokio::test]
async fn nothing_is_left_of_a_display_that_is_killed() {
    let Some(stage) = stage().await else {
        return;
    };
    let folder = stage.browser.folder().unwrap().to_owned();
    // Display, driver, and the processes that make a browser.
    let processes = processes_marked_by(&folder);
    assert!(processes.len() >= 4, "{processes:?}");
    let is_display = |process: &u32| {
        fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "Xvfb")
    };
    let display = processes.into_iter().find(is_display).unwrap();
    drop(stage);
    assert_nothing_is_left_of(&folder).await;
    assert_eq!(lock_of(display), None);
}

#[tokio::test]
async fn a_browser_that_does_not_run_is_noticed_at_once() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let error = start_with(&folder, "MINIBROWSER", "echo no library >&2; exit 7").await;
    assert!(start.elapsed() < Duration::from_secs(10), "{error}");
    assert!(error.to_string().contains("no library"), "{error}");
}

#[tokio::test]
async fn a_driver_that_ends_is_started_anew_and_then_reported() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let script = format!(
        "echo x >>'{}'; echo port taken >&2; exit 7",
        count.display()
    );
    let error = start_with(&folder, "WEBKITWEBDRIVER", &script).await;
    assert!(matches!(error, BrowserError::DriverEnded { .. }), "{error}");
    assert!(error.to_string().contains("port taken"), "{error}");
    assert_eq!(fs::read_to_string(count).unwrap().lines().count(), 3);
}

/// A browser of one's own is started as it is, without the launcher, and so tells nothing.
#[tokio::test]
async fn without_the_launcher_requests_are_blocked_without_reasons() {
    let Some(installation) = installation() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("MiniBrowser");
    std::os::unix::fs::symlink(installation.0, &program).unwrap();
    let mut variables = BTreeMap::new();
    variables.insert("MINIBROWSER".to_owned(), program);
    variables.insert("WEBKITWEBDRIVER".to_owned(), installation.1);
    let search = Search::new(variables, vec![PathBuf::from("/usr/bin")]);
    let reference = Reference::start_with(PAGES).await.unwrap();
    let settings = Settings {
        endpoint: Endpoint::Local(search),
        ..settings(&reference)
    };
    let browser = Browser::start(Engine::Webkit, settings).await.unwrap();
    let mut stage = Stage { reference, browser };
    let signal = blocked(&mut stage, get(), responds(&[])).await;
    assert_eq!(signal.because, None);
    assert_eq!(signal.message, "Load failed");
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_is_among_those_that_its_words_fit() {
    let Some(mut stage) = stage().await else {
        return;
    };
    let put = || preflighted("PUT");
    let [origin, methods, headers] = PERMISSIVE;
    let preflight =
        |status, headers: &[(&str, &str)]| script(answer(status, headers), answer(200, &ANYONE));
    let with_credentials = || RequestPlan {
        credentials: Credentials::Include,
        ..get()
    };
    let other = ("Access-Control-Allow-Origin", "null");
    let mode = |mode| RequestPlan { mode, ..get() };
    let cases = [
        (Reason::AllowOriginMissing, get(), responds(&[])),
        (Reason::AllowOriginMissing, xhr(get()), responds(&[])),
        (Reason::AllowOriginMismatch, get(), responds(&[other])),
        (
            Reason::AllowOriginWildcardWithCredentials,
            with_credentials(),
            responds(&ANYONE),
        ),
        (
            Reason::PreflightAllowOriginMissing,
            put(),
            preflight(204, &[methods, headers]),
        ),
        (
            Reason::PreflightStatusNotOk,
            put(),
            preflight(404, &PERMISSIVE),
        ),
        (
            Reason::MethodNotAllowed,
            put(),
            preflight(204, &[origin, headers]),
        ),
        (
            Reason::HeaderNotAllowed,
            put(),
            preflight(204, &[origin, methods]),
        ),
        (Reason::AllowOriginMissing, put(), allows(answer(200, &[]))),
        (
            Reason::SameOriginMode,
            mode(Mode::SameOrigin),
            responds(&[]),
        ),
        (
            Reason::RedirectModeNoCors,
            RequestPlan {
                redirect: RedirectMode::Manual,
                ..mode(Mode::NoCors)
            },
            responds(&[]),
        ),
        (
            Reason::CrossOriginResourcePolicy,
            mode(Mode::NoCors),
            responds(&[("Cross-Origin-Resource-Policy", "same-origin")]),
        ),
        (
            Reason::BadPort,
            RequestPlan {
                url: "http://api.localhost:9/".to_owned(),
                ..get()
            },
            responds(&[]),
        ),
        (
            Reason::UrlUserinfo,
            RequestPlan {
                url: RESOURCE.replace("http://", "http://user@"),
                ..get()
            },
            responds(&[]),
        ),
    ];
    // All at once, so that a cause could be taken for another's.
    let permutations: Vec<_> = cases
        .iter()
        .map(|(_, request, server)| permutation(request.clone(), server.clone()))
        .collect();
    let observed = stage.run(&page("app"), &permutations).await;
    for ((reason, request, _), observed) in cases.iter().zip(observed) {
        let End::Blocked(signal) = &observed[0].end else {
            panic!("{reason}: {observed:?} of {request:?}")
        };
        let fits = signal.because == Some(*reason) || signal.alternatives.contains(reason);
        assert!(fits, "{reason}: {signal:?} of {request:?}");
    }
    stage.clear().await;
}

#[tokio::test]
async fn the_name_of_what_is_not_allowed_is_told() {
    let Some(mut stage) = stage().await else {
        return;
    };
    let server = script(answer(204, &ANYONE), answer(200, &ANYONE));
    let signal = blocked(&mut stage, preflighted("GET"), server).await;
    assert_eq!(signal.because, Some(Reason::HeaderNotAllowed));
    assert_eq!(signal.detail.as_deref(), Some("x-probe"));
    stage.clear().await;
}

/// What a connection that is refused says is nothing; the block is one all the same.
#[tokio::test]
async fn a_refused_connection_has_no_reason() {
    let Some(mut stage) = stage().await else {
        return;
    };
    let mut server = responds(&ANYONE);
    server.response.connection = ConnectionPlan::Refuse;
    let signal = blocked(&mut stage, get(), server).await;
    assert!(
        matches!(signal.because, None | Some(Reason::NetworkError)),
        "{signal:?}"
    );
    stage.clear().await;
}

async fn stage() -> Option<Stage> {
    if !is_installed() {
        return None;
    }
    let reference = Reference::start_with(PAGES).await.unwrap();
    let browser = Browser::start(Engine::Webkit, settings(&reference))
        .await
        .unwrap();
    Some(Stage { reference, browser })
}

async fn blocked(stage: &mut Stage, request: RequestPlan, server: Script) -> BlockSignal {
    let observed = stage.observe(&permutation(request, server)).await;
    match observed.end {
        End::Blocked(signal) => signal,
        end => panic!("{end:?}"),
    }
}

fn is_installed() -> bool {
    installation().is_some()
}

/// Browser and driver; if there are none, this test is skipped, but never in continuous integration.
#[expect(
    clippy::print_stderr,
    reason = "a skipped test must not look like one that passed"
)]
fn installation() -> Option<(PathBuf, PathBuf)> {
    match Engine::Webkit.locate(&Search::from_environment()) {
        Ok(installation) => Some((installation.browser, installation.driver)),
        Err(missing) => {
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            eprintln!("skipped: {missing}");
            None
        }
    }
}

/// Starts a session where one program is a script that does this.
async fn start_with(folder: &TempDir, variable: &str, script: &str) -> BrowserError {
    let program = folder.path().join("program");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let (browser, driver) = installation().unwrap();
    let mut variables = BTreeMap::from([
        ("MINIBROWSER".to_owned(), browser),
        ("WEBKITWEBDRIVER".to_owned(), driver),
    ]);
    variables.insert(variable.to_owned(), program);
    let search = Search::new(variables, vec![PathBuf::from("/usr/bin")]);
    let settings = Settings {
        endpoint: Endpoint::Local(search),
        ..Settings::new(Ports::new([20_001, 20_002, 20_003, 20_004, 20_005]))
    };
    Browser::start(Engine::Webkit, settings).await.unwrap_err()
}

/// The lock of the display whose process has this number.
fn lock_of(process: u32) -> Option<PathBuf> {
    let files = fs::read_dir("/tmp").unwrap().flatten();
    let is_lock = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(".X") && name.ends_with("-lock")
    };
    files
        .map(|file| file.path())
        .filter(|path| is_lock(path))
        .find(|path| fs::read_to_string(path).is_ok_and(|text| text.trim() == process.to_string()))
}
