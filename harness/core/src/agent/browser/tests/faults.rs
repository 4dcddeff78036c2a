//! Faults of the browser, and that they cost no more than they must.

use std::time::{Duration, Instant};

use rstest::rstest;

use super::stage::{APP, Stage, answer, get, job, page, permutation, responds, script, settings};
use crate::agent::End;
use crate::agent::browser::{Browser, BrowserError, Engine, JobResult, PAGES, Progress, Settings};
use crate::case::scenario::{Answer, RequestPlan};
use crate::process::left::{assert_nothing_is_left_of, processes_marked_by};
use crate::server::Pages;

/// Requests whose URL says so hang the page.
fn pages_that_freeze() -> Pages {
    let trap = "const plain = fetch;
        fetch = (url, ...rest) => { while (url.endsWith('freeze')); return plain(url, ...rest); };";
    Pages {
        script: Box::leak(format!("{}\n{trap}", PAGES.script).into_boxed_str()),
        ..PAGES
    }
}

#[rstest]
#[tokio::test]
async fn a_page_that_hangs_costs_its_batch_and_no_more(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let quick = |settings| Settings {
        batch_budget: Duration::from_secs(1),
        ..settings
    };
    let Some(mut stage) = Stage::with(engine, pages_that_freeze(), quick).await else {
        return;
    };
    let folder = stage.browser.folder().unwrap().to_owned();
    let harmless = permutation(get(), responds(&[("Access-Control-Allow-Origin", "*")]));
    let url = format!("{APP}/scenario/freeze");
    let freezing = permutation(RequestPlan { url, ..get() }, responds(&[]));

    let sessions = [
        stage.reference.open(&harmless),
        stage.reference.open(&freezing),
    ];
    let jobs = vec![job(&harmless, &sessions[0]), job(&freezing, &sessions[1])];
    let start = Instant::now();
    let results = stage.browser.run_batch(&page("app"), jobs).await;
    assert!(start.elapsed() < Duration::from_secs(30));
    for result in results {
        let error = result.outcome.unwrap_err();
        assert!(
            matches!(
                *error,
                BrowserError::Deadline { .. } | BrowserError::WebDriver { .. }
            ),
            "{error}"
        );
    }
    assert_nothing_is_left_of(&folder).await;

    let observed = stage.observe(&harmless).await;
    assert!(matches!(observed.end, End::Visible(_)), "{observed:?}");
    stage.clear().await;
}

#[rstest]
#[tokio::test]
async fn what_is_not_finished_in_time_has_no_result_but_the_rest_has(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let quick = |settings| Settings {
        batch_budget: Duration::from_millis(1500),
        ..settings
    };
    let Some(mut stage) = Stage::with(engine, PAGES, quick).await else {
        return;
    };
    let good = permutation(get(), responds(&[("Access-Control-Allow-Origin", "*")]));
    // The delay is not announced to the page, which therefore does not wait for it.
    let announced = permutation(get(), responds(&[]));
    let delay = Duration::from_secs(60);
    let slow = Answer {
        delay,
        ..answer(200, &[])
    };
    let delayed = permutation(get(), script(answer(204, &[]), slow));

    let sessions = [stage.reference.open(&good), stage.reference.open(&delayed)];
    let jobs = vec![job(&good, &sessions[0]), job(&announced, &sessions[1])];
    let results = stage.browser.run_batch(&page("app"), jobs).await;
    assert!(results[0].outcome.is_ok());
    let error = results[1].outcome.as_ref().unwrap_err();
    assert!(matches!(**error, BrowserError::Page(_)), "{error}");
    stage.clear().await;
}

/// The page tells of two batches together, and of the second one nothing that can be.
fn pages_that_lie() -> Pages {
    let lie = "const honest = corspec.next;
        corspec.next = async () => {
          const ended = [];
          while (ended.length < 2) {
            ended.push(...JSON.parse(await honest('{\"wantsMore\":false}')));
          }
          ended.sort(([one], [other]) => one - other);
          ended[1][1] = [];
          return JSON.stringify(ended);
        };";
    Pages {
        script: Box::leak(format!("{}\n{lie}", PAGES.script).into_boxed_str()),
        ..PAGES
    }
}

#[rstest]
#[tokio::test]
async fn what_ended_before_a_fault_has_its_results(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::with(engine, pages_that_lie(), |settings| settings).await else {
        return;
    };
    let good = permutation(get(), responds(&[("Access-Control-Allow-Origin", "*")]));
    let sessions = [stage.reference.open(&good), stage.reference.open(&good)];
    let mut begun = Vec::new();
    for session in &sessions {
        let jobs = vec![job(&good, session)];
        begun.push(stage.browser.begin(&page("app"), jobs).await);
    }

    let results = ended(stage.browser.next(false).await, begun[0]);
    assert!(results[0].outcome.is_ok(), "{results:?}");
    let results = ended(stage.browser.next(false).await, begun[1]);
    let error = results[0].outcome.as_ref().unwrap_err();
    assert!(matches!(**error, BrowserError::Page(_)), "{error}");
    assert!(!stage.browser.has_session());
    stage.clear().await;
}

/// The results of the only batch that has ended, which has to be this one.
fn ended(progress: Progress, number: usize) -> Vec<JobResult> {
    let Progress::Ended(mut batches) = progress else {
        panic!("no batch has ended");
    };
    assert_eq!(batches.len(), 1);
    let (actual, results) = batches.remove(0);
    assert_eq!(actual, number);
    results
}

#[rstest]
#[tokio::test]
async fn a_driver_killed_in_the_middle_is_noticed_at_once_and_replaced(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let folder = stage.browser.folder().unwrap().to_owned();
    let slow = Answer {
        delay: Duration::from_secs(8),
        ..answer(200, &[])
    };
    let waiting = permutation(get(), script(answer(204, &[]), slow));
    let session = stage.reference.open(&waiting);
    let jobs = vec![job(&waiting, &session)];

    // The driver is the oldest process of its session.
    let driver = processes_marked_by(&folder)[0];
    let start = Instant::now();
    let killing = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut kill = tokio::process::Command::new("kill");
        kill.args(["-s", "KILL", &driver.to_string()])
            .status()
            .await
            .unwrap();
    };
    let running = page("app");
    let (results, ()) = tokio::join!(stage.browser.run_batch(&running, jobs), killing);
    assert!(
        start.elapsed() < Duration::from_secs(6),
        "{:?}",
        start.elapsed()
    );
    let error = results[0].outcome.as_ref().unwrap_err();
    assert!(
        matches!(**error, BrowserError::DriverEnded { .. }),
        "{error}"
    );
    assert_nothing_is_left_of(&folder).await;

    let good = permutation(get(), responds(&[("Access-Control-Allow-Origin", "*")]));
    let observed = stage.observe(&good).await;
    assert!(matches!(observed.end, End::Visible(_)), "{observed:?}");
    stage.clear().await;
}

#[rstest]
#[tokio::test]
async fn two_browsers_do_not_disturb_each_other(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    let Some(mut stage) = Stage::set(engine).await else {
        return;
    };
    let other = Browser::start(engine, settings(&stage.reference))
        .await
        .unwrap();
    assert_ne!(stage.browser.folder(), other.folder());
    other.close().await;
    assert!(stage.browser.is_healthy().await);
    stage.clear().await;
}
