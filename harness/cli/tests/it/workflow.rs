//! The commands of the workflow, run as they are written, with a small part of the suite.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::support::Project;

/// A workflow, as far as it is run here.
#[derive(Deserialize)]
struct Workflow {
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    strategy: Option<Strategy>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Strategy {
    matrix: Matrix,
}

#[derive(Deserialize)]
struct Matrix {
    agent: Vec<String>,
    shard: Vec<String>,
}

#[derive(Deserialize)]
struct Step {
    run: Option<String>,
    uses: Option<String>,
    #[serde(default)]
    with: BTreeMap<String, serde_json::Value>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn workflow() -> Workflow {
    let path = root().join(".github/workflows/conformance.yaml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Runs a command as a runner does; scripts are those of the repository, the program is the one under
/// test, and all areas but one are left out.
fn run(project: &Project, command: &str, environment: &BTreeMap<String, String>) -> Option<i32> {
    let mut shell = Command::new("bash");
    shell
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", command])
        .current_dir(project.path())
        .envs(environment)
        .env("CORSPEC", env!("CARGO_BIN_EXE_corspec"))
        .env("CORSPEC_SKIP", others_than("mode"))
        .env("GITHUB_STEP_SUMMARY", project.path().join("summary.md"));
    let output = shell.output().unwrap();
    assert!(
        output.status.success(),
        "{command}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.status.code()
}

/// Globs that leave out every area but this one.
fn others_than(area: &str) -> String {
    let areas = fs::read_dir(root().join("cases")).unwrap();
    let areas = areas.map(|entry| entry.unwrap());
    let areas =
        areas.filter(|entry| entry.path().is_dir() && entry.path().join("snapshots").is_dir());
    let names = areas.map(|entry| entry.file_name().into_string().unwrap());
    let others: Vec<String> = names.filter(|name| name != area).collect();
    assert!(!others.is_empty());
    others.join(" ")
}

/// Whether the commands have nothing to install, which no test should do.
fn is_everything_installed() -> bool {
    let check = root().join("scripts/install-browsers");
    let status = Command::new(check).arg("--check").output().unwrap().status;
    let is_required = std::env::var_os("CORSPEC_REQUIRE_BROWSERS").is_some();
    assert!(status.success() || !is_required, "a browser is missing");
    status.success()
}

fn path(step: &Step) -> &str {
    step.with["path"].as_str().unwrap()
}

fn is(step: &Step, action: &str) -> bool {
    let prefix = format!("actions/{action}@");
    step.uses
        .as_deref()
        .is_some_and(|uses| uses.starts_with(&prefix))
}

#[test]
fn the_commands_of_the_workflow_give_one_result_of_all_parts() {
    if !is_everything_installed() {
        return;
    }
    let project = Project::new();
    std::os::unix::fs::symlink(root().join("scripts"), project.path().join("scripts")).unwrap();
    let workflow = workflow();
    let (parts, all) = (&workflow.jobs["run"], &workflow.jobs["merge"]);
    let fetch = all.steps.iter().find(|step| is(step, "download-artifact"));
    let fetched = project.path().join(path(fetch.unwrap()));
    fs::create_dir_all(&fetched).unwrap();

    let matrix = &parts.strategy.as_ref().unwrap().matrix;
    let mut number = 0;
    for agent in &matrix.agent {
        // Other browsers are run by the jobs themselves.
        if agent != "wire" && agent != "chromium" {
            continue;
        }
        for shard in &matrix.shard {
            let given = |value: &String| {
                let value = value.replace("${{ matrix.agent }}", agent);
                value.replace("${{ matrix.shard }}", shard)
            };
            let environment = parts
                .env
                .iter()
                .map(|(name, value)| (name.clone(), given(value)));
            let environment: BTreeMap<_, _> = environment.collect();
            for command in parts.steps.iter().filter_map(|step| step.run.as_ref()) {
                run(&project, command, &environment);
            }
            let keep = parts.steps.iter().find(|step| is(step, "upload-artifact"));
            let kept = project.path().join(path(keep.unwrap()));
            for entry in fs::read_dir(&kept).unwrap() {
                let entry = entry.unwrap();
                let there = fetched.join(entry.file_name());
                assert!(!there.exists(), "two jobs write {}", there.display());
                fs::rename(entry.path(), there).unwrap();
                number += 1;
            }
        }
    }
    let agents = 2;
    assert_eq!(number, agents * matrix.shard.len());

    for command in all.steps.iter().filter_map(|step| step.run.as_ref()) {
        run(&project, command, &all.env);
    }
    let summary = project.read("summary.md");
    assert!(summary.starts_with("## corspec: conformant\n"), "{summary}");
    let keep = all
        .steps
        .iter()
        .find(|step| is(step, "upload-artifact"))
        .unwrap();
    let report = project.read(&format!("{}report.json", path(keep)));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let selected = report["run"]["selected"]["permutations"].as_u64().unwrap();
    let results = report["results"].as_array().unwrap().len() as u64;
    assert_eq!(results, selected * agents as u64);
    assert!(!project.read(&format!("{}junit.xml", path(keep))).is_empty());
}

#[test]
fn the_workflow_runs_every_agent_in_every_part() {
    let workflow = workflow();
    let matrix = &workflow.jobs["run"].strategy.as_ref().unwrap().matrix;
    let agents: Vec<String> = corspec::run::AgentName::all()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(matrix.agent, agents);
    let of = matrix.shard.len();
    let parts: Vec<String> = (1..=of).map(|number| format!("{number}/{of}")).collect();
    assert_eq!(matrix.shard, parts);
}

#[test]
fn every_action_is_pinned_to_a_commit() {
    for job in workflow().jobs.values() {
        for uses in job.steps.iter().filter_map(|step| step.uses.as_ref()) {
            let (_, commit) = uses.split_once('@').unwrap();
            let is_commit = commit.len() == 40 && commit.chars().all(|it| it.is_ascii_hexdigit());
            assert!(is_commit, "{uses}");
        }
    }
}

#[test]
fn the_file_for_gitlab_in_the_readme_has_the_same_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("# .gitlab-ci.yml\n").unwrap();
    let (file, _) = rest.split_once("```").unwrap();
    let file: serde_json::Value = serde_yaml::from_str(file).unwrap();
    let workflow = workflow();
    for job in ["run", "merge"] {
        let commands = workflow.jobs[job]
            .steps
            .iter()
            .filter_map(|step| step.run.as_deref());
        let commands: Vec<String> = commands
            // Only one of them has a page for each job.
            .map(|command| command.replace("$GITHUB_STEP_SUMMARY", "report/summary.md"))
            .collect();
        let script = file[job]["script"].as_array().unwrap().iter();
        let script: Vec<&str> = script.map(|line| line.as_str().unwrap()).collect();
        assert_eq!(script, commands, "{job}");
    }
}
