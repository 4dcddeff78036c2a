//! What happens to a browser when the process that started it is killed.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rstest::rstest;

use super::stage::{Stage, is_installed};
use crate::agent::browser::Engine;
use crate::process::left::{assert_nothing_is_left_of, processes_marked_by};

const ENGINE: &str = "CORSPEC_TEST_ENGINE";
const MARK: &str = "the session is in ";

#[rstest]
#[tokio::test]
async fn nothing_outlives_a_killed_owner(
    #[values(Engine::Chromium, Engine::Firefox)] engine: Engine,
) {
    if !is_installed(engine) {
        return;
    }
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("agent::browser::tests::owners::owner_of_a_session")
        .env(ENGINE, engine.name())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let folder = lines
        .map_while(Result::ok)
        .find_map(|line| Some(PathBuf::from(line.split_once(MARK)?.1)))
        .expect("the owner tells where its session is");
    // The driver and a browser of many processes.
    assert!(processes_marked_by(&folder).len() > 3);
    assert!(folder.exists());

    // On Unix this is SIGKILL: no handler and no destructor runs.
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_nothing_is_left_of(&folder).await;
}

/// The process that the test above kills.
#[tokio::test]
#[ignore = "waits to be killed; run by another test as a process of its own"]
#[expect(clippy::print_stdout, reason = "how the two processes talk")]
async fn owner_of_a_session() {
    let engine: Engine = std::env::var(ENGINE).unwrap().parse().unwrap();
    let stage = Stage::set(engine).await.unwrap();
    println!("{MARK}{}", stage.browser.folder().unwrap().display());
    tokio::time::sleep(Duration::from_secs(60)).await;
    panic!("not killed within a minute");
}
