//! Drivers, browsers and corspec itself, killed in the middle of a run.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use corspec::agent::browser::{Engine, Search};

use crate::support::Project;

/// In all engines together.
const ROUNDS: usize = 30;
/// How long a session may take to begin, on a machine that does other things as well.
const START: Duration = Duration::from_secs(30);
/// How long a run may take in which one process was killed.
const END: Duration = Duration::from_secs(90);
/// How long what was killed may take to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// Forty answers, each late enough for the run to be under way when the kill comes.
const CASES: &str = "\
title: Slow
about: user-agent
scenarios:
  - id: late
    title: A late answer is an answer
    covers: [cc-acao-star]
    axes:
      tens: [0, 1, 2, 3]
      ones: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    request: { query: \"?$tens$ones\" }
    server: { response: { delay: 150ms, headers: { Access-Control-Allow-Origin: \"*\" } } }
    expect: { outcome: allow }
";

#[derive(Clone, Copy, Debug)]
enum Victim {
    Browser,
    Corspec,
    Driver,
}

#[test]
fn a_kill_at_any_moment_leaves_no_process_no_profile_and_no_run_that_hangs() {
    let search = Search::from_environment();
    let engines = Engine::ALL.into_iter();
    let engines: Vec<Engine> = engines.filter(|it| it.is_installed(&search)).collect();
    if engines.is_empty() {
        let required = std::env::var_os("CORSPEC_REQUIRE_BROWSERS").is_some();
        assert!(!required, "no browser is installed");
        return;
    }
    let seed = fastrand::u64(..);
    let rounds = ROUNDS / engines.len();
    thread::scope(|scope| {
        for (number, &engine) in engines.iter().enumerate() {
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed.wrapping_add(number as u64));
                for round in 0..rounds {
                    let victims = [Victim::Browser, Victim::Corspec, Victim::Driver];
                    let victim = victims[round % victims.len()];
                    let delay = Duration::from_millis(random.u64(0..1200));
                    let what = format!("{victim:?} of {engine}, {delay:?} in (seed {seed})");
                    play(engine, victim, delay, &mut random, &what);
                }
            });
        }
    });
}

fn play(engine: Engine, victim: Victim, delay: Duration, random: &mut fastrand::Rng, what: &str) {
    let project = Project::new().file("cases/slow/late.yaml", CASES);
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let mut corspec = project
        .command(&["run", "--cases", "cases", "--agent", engine.name()])
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("corspec starts");

    let begin = Instant::now();
    while marked(temporary.path()).is_empty() {
        assert!(begin.elapsed() < START, "no session has begun: {what}");
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(delay);
    match victim {
        Victim::Corspec => {
            corspec.kill().expect("corspec is killed");
            corspec.wait().expect("corspec ends");
        }
        Victim::Browser | Victim::Driver => {
            let processes = marked(temporary.path());
            let is_driver = |process: &&Process| {
                let parent = process.parent;
                processes.iter().all(|other| other.id != parent)
            };
            let (drivers, browsers): (Vec<_>, Vec<_>) = processes.iter().partition(is_driver);
            let victims = match victim {
                Victim::Driver => drivers,
                _ => browsers,
            };
            if let Some(process) = random.choice(victims) {
                kill(process.id);
            }
            let status = wait(&mut corspec, what);
            // Conformant, or inconclusive: what happened to a browser is never a finding.
            assert!(matches!(status.code(), Some(0 | 5)), "{status}: {what}");
        }
    }

    let begin = Instant::now();
    loop {
        let processes = marked(temporary.path());
        let folders = fs::read_dir(temporary.path()).map_or(0, Iterator::count);
        if processes.is_empty() && folders == 0 {
            return;
        }
        assert!(
            begin.elapsed() < PATIENCE,
            "left: {processes:?} and {folders} folders after {what}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

fn wait(corspec: &mut Child, what: &str) -> ExitStatus {
    let begin = Instant::now();
    loop {
        if let Some(status) = corspec.try_wait().expect("corspec can be waited for") {
            return status;
        }
        if begin.elapsed() >= END {
            let _ = corspec.kill();
            panic!("the run hangs: {what}");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn kill(process: u32) {
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args(["-s", "KILL", &process.to_string()])
        .stderr(Stdio::null())
        .status();
}

#[derive(Debug)]
struct Process {
    id: u32,
    parent: u32,
}

/// The processes of sessions below this folder, by the mark in their environment; never by name.
fn marked(folder: &Path) -> Vec<Process> {
    let mark = format!("CORSPEC_SESSION={}/", folder.display()).into_bytes();
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes
        .filter_map(|id: u32| {
            // A process that ends while it is looked at is not there.
            let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
            let mut variables = environment.split(|byte| *byte == 0);
            variables.find(|variable| variable.starts_with(&mark))?;
            let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // The name, in parentheses, may hold anything; the state and the parent follow it.
            let (_, rest) = status.rsplit_once(')')?;
            let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
            Some(Process { id, parent })
        })
        .collect()
}
