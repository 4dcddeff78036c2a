//! What is expected of runs in a Grid.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::servers::Grid;

/// A part of the suite that is long enough to be interrupted, and has nothing that waits by nature.
const PART: [&str; 2] = ["mode", "response"];

pub(crate) fn a_grid_gives_the_verdicts_of_local_sessions_and_may_lose_a_node() {
    let mut grid = Grid::start();
    let project = Project::new();
    let end = format!("chromium={}", grid.url());
    let remote = ["--webdriver", end.as_str(), "--sessions", "4"];

    let local = project.run(&[], |_| {});
    assert_eq!(local.code, Some(0), "{}", local.told);
    let whole = project.run(&remote, |_| {});
    assert_eq!(whole.code, Some(0), "{}", whole.told);
    assert_eq!(whole.verdicts, local.verdicts);
    grid.wait_until_idle();

    // All sessions have something under way when the first of half a dozen batches has ended.
    let survived = project.run(&remote, |number| {
        if number == 10 {
            grid.kill_a_node();
        }
    });
    assert_eq!(survived.code, Some(0), "{}", survived.told);
    assert!(
        survived.flaky > 0,
        "the node had nothing to lose\n{}",
        survived.told
    );
    assert_eq!(survived.verdicts, local.verdicts);
    grid.wait_until_idle();

    let remote = ["--webdriver", end.as_str()];
    let interrupted = project.run_to(&remote, |child, number| {
        if number == 10 {
            signal(child);
        }
    });
    assert_eq!(interrupted.code, Some(130), "{}", interrupted.told);
    grid.wait_until_idle();
}

/// What became of each permutation. To pass after a retry is to pass.
type Verdicts = BTreeMap<String, (String, Value)>;

/// A run that is over.
struct Run {
    code: Option<i32>,
    told: String,
    verdicts: Verdicts,
    flaky: usize,
}

/// A folder that corspec runs in.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Runs the part in Chromium; `on_result` is given the number of each result as it comes.
    fn run(&self, options: &[&str], mut on_result: impl FnMut(usize)) -> Run {
        self.run_to(options, |_, number| on_result(number))
    }

    /// The same, for who wants to do something to the process.
    fn run_to(&self, options: &[&str], mut on_result: impl FnMut(&Child, usize)) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corspec"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CORSPEC_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .arg("run")
            .args(PART)
            .args([
                "--agent",
                "chromium",
                "--verbose",
                "--report",
                "json=report.json",
            ])
            .args(options)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut told, mut results) = (String::new(), 0);
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains("] chromium ") {
                results += 1;
                on_result(&child, results);
            } else {
                told.push_str(&line);
                told.push('\n');
            }
        }
        let mut page = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut page)
            .unwrap();
        told.push_str(&page);
        let code = child.wait().unwrap().code();
        let report = std::fs::read(self.0.path().join("report.json")).unwrap_or_default();
        let report: Value = serde_json::from_slice(&report).unwrap_or_else(|_| panic!("{told}"));
        let results = report["results"].as_array().unwrap();
        let verdict = |result: &Value| {
            let status = match result["status"].as_str().unwrap() {
                "FLAKY" => "PASS",
                status => status,
            };
            let seen = [&result["outcome"], &result["delivery"], &result["because"]];
            let seen = seen.into_iter().cloned().collect();
            let id = result["id"].as_str().unwrap();
            (id.to_owned(), (status.to_owned(), Value::Array(seen)))
        };
        Run {
            code,
            told,
            verdicts: results.iter().map(verdict).collect(),
            flaky: results.iter().filter(|it| it["status"] == "FLAKY").count(),
        }
    }
}

/// What Ctrl-C does.
fn signal(child: &Child) {
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(status.unwrap().success());
}
