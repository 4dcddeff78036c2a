//! The suite itself: one test per permutation and agent, named `<agent> <id>`.
//!
//! ```sh
//! cargo test --test conformance                         # everything
//! cargo test --test conformance -- preflight/cache      # by part of a name
//! cargo test --test conformance -- 'wire redirect'      # in one agent
//! ```
//!
//! All permutations asked for are run together before the first test reports, many at a time and with
//! one session per browser; the tests then tell what came of them, and hold the exchange against its
//! snapshot. A browser that is not installed makes its tests ignored with a reason, and failed where
//! `CI` is set or `CORSPEC_REQUIRE_BROWSERS` is.
//!
//! ```sh
//! CORSPEC_TARGET=express cargo test --test conformance -- server   # a server under test
//! ```
//!
//! The scenarios about servers are then asked of that target: a name of `harness/servers`, a file, or
//! `embedded` with a mistake, such as `embedded:no-vary`. Its exchanges are its own, and are held against
//! no snapshot.

mod snapshots;
mod target;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use corspec::case::scenario::Permutation;
use corspec::case::{KnownDeviations, Suite};
use corspec::run::{AgentName, Agents, CaseResult, Options, run};
use corspec::server::Target;
use corspec::testing::{describe, is_wanted};
use corspec::verdict::Status;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let loaded = Suite::embedded().and_then(|suite| {
        let known = KnownDeviations::embedded(&suite)?;
        Ok((suite, known))
    });
    let loaded = loaded.map_err(|error| error.render(false));
    let loaded = loaded.and_then(|(suite, known)| {
        let (target, known_of_target) = target::of_environment(&suite)?;
        Ok((suite, known.and(known_of_target), target))
    });
    let (mut suite, known, target) = match loaded {
        Ok(loaded) => loaded,
        Err(message) => {
            #[expect(clippy::print_stderr, reason = "a panic would escape its lines")]
            {
                eprintln!("{message}");
            }
            return ExitCode::FAILURE;
        }
    };
    let is_reference = target.is_reference();
    if !is_reference {
        // Everything else has a script of its own, and tells nothing of a server.
        suite.permutations.retain(|it| it.policy.is_some());
    }
    let available = Agents::All.resolve();
    let wanted = |agent: AgentName, permutation: &Permutation| {
        is_wanted(&arguments, &format!("{agent} {}", permutation.id))
    };
    let results = if arguments.list {
        HashMap::new()
    } else {
        let mut results = HashMap::new();
        for &agent in &available {
            let selected = suite
                .permutations
                .iter()
                .filter(|p| wanted(agent, p))
                .cloned();
            results.extend(play(&suite, &known, &target, agent, selected.collect()));
        }
        results
    };
    let results = Arc::new(Mutex::new(results));
    let snapshots = is_reference.then(|| snapshots::Snapshots::new(known.clone()));
    let snapshots = Arc::new(snapshots);

    let mut trials = Vec::new();
    for agent in AgentName::all() {
        let is_available = available.contains(&agent);
        for permutation in &suite.permutations {
            let name = format!("{agent} {}", permutation.id);
            let (results, snapshots) = (Arc::clone(&results), Arc::clone(&snapshots));
            let permutation = Arc::clone(permutation);
            trials.push(Trial::ignorable_test(name.clone(), move || {
                if !is_available {
                    return missing(agent);
                }
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                let result = results.remove(&name);
                drop(results);
                report(&permutation, result, snapshots.as_ref().as_ref())
            }));
        }
    }
    if is_reference {
        trials.push(Trial::test(
            "snapshots belong to a permutation each",
            move || snapshots::orphans(&suite, &known),
        ));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn play(
    suite: &Suite,
    known: &KnownDeviations,
    target: &Target,
    agent: AgentName,
    selected: Vec<Arc<Permutation>>,
) -> Vec<(String, CaseResult)> {
    if selected.is_empty() {
        return Vec::new();
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = Options {
        agents: Agents::Named(vec![agent]),
        target: target.clone(),
        ..Options::default()
    };
    let play = |selected: Vec<Arc<Permutation>>| {
        let result = runtime.block_on(run(suite, selected, known, &options, &mut |_| {}));
        result
            .unwrap_or_else(|error| panic!("the suite cannot be run: {error}"))
            .results
    };
    let mut results = play(selected);
    again_by_themselves(agent, &mut results, play);
    let named = |result: CaseResult| (format!("{agent} {}", result.permutation.id), result);
    results.into_iter().map(named).collect()
}

/// Runs what failed in a browser once more, without the thousands beside it: on a busy machine a timer may
/// come too late. What passes then is named; what does not has failed.
fn again_by_themselves(
    agent: AgentName,
    results: &mut [CaseResult],
    play: impl Fn(Vec<Arc<Permutation>>) -> Vec<CaseResult>,
) {
    let failed: Vec<usize> = (0..results.len())
        .filter(|index| {
            results[*index].status.fails_run() || results[*index].status == Status::Infra
        })
        .collect();
    // Many have a cause that stays.
    if agent == AgentName::Wire || failed.is_empty() || failed.len() > MOST_AGAIN {
        return;
    }
    let selected = failed
        .iter()
        .map(|index| Arc::clone(&results[*index].permutation));
    for (index, again) in failed.iter().zip(play(selected.collect())) {
        if !again.status.fails_run() && again.status != Status::Infra {
            #[expect(clippy::print_stderr, reason = "a test that is flaky must not hide it")]
            {
                eprintln!(
                    "FLAKY {agent} {}: it passed when run again; before, it was\n{}",
                    again.permutation.id,
                    describe(&results[*index])
                );
            }
            results[*index] = again;
        }
    }
}

const MOST_AGAIN: usize = 20;

fn missing(agent: AgentName) -> Result<Completion, Failed> {
    let is_set =
        |name| std::env::var(name).is_ok_and(|value| !matches!(&*value, "" | "0" | "false"));
    let message = format!("{agent} is not installed: run `scripts/install-browsers {agent}`");
    if is_set("CI") || is_set("CORSPEC_REQUIRE_BROWSERS") {
        return Err(message.into());
    }
    Ok(Completion::ignored_with(message))
}

fn report(
    permutation: &Permutation,
    result: Option<CaseResult>,
    snapshots: Option<&snapshots::Snapshots>,
) -> Result<Completion, Failed> {
    let Some(result) = result else {
        return Err("it was not run".into());
    };
    match result.status {
        Status::Skip => return Ok(Completion::ignored_with(result.message.unwrap_or_default())),
        Status::Fail | Status::Fixed | Status::Infra => return Err(describe(&result).into()),
        Status::Pass | Status::Warn | Status::Note | Status::Known | Status::Flaky => {}
    }
    if let Some(snapshots) = snapshots {
        snapshots.hold(permutation, &result).map_err(Failed::from)?;
    }
    Ok(Completion::Completed)
}
