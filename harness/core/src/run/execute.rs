//! Runs permutations in agents, all lanes beside each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use super::agents::{AgentName, Agents};
use super::browser_lane::Sessions;
use super::error::RunError;
use super::grounds::Grounds;
use super::lane::{Lane, Report};
use super::options::{Keep, Options};
use super::outcome::undecided;
use super::result::{AgentInfo, CaseResult, Event, RunResult, Selected};
use super::{browser_lane, remote, wire_lane};
use crate::agent::browser::{Endpoint, PAGES, Search, Settings};
use crate::agent::wire::{Deadlines, Wire};
use crate::case::scenario::Permutation;
use crate::case::{KnownDeviations, Suite};
use crate::server::Reference;
use crate::verdict::Status;

/// Runs the permutations selected against the reference server, and judges them.
///
/// Dropping the future ends the run: every agent is owned by it.
///
/// # Errors
///
/// When the run cannot begin: the server does not start, an agent asked for by name is missing, or a
/// remote end is of no use.
pub async fn run(
    suite: &Suite,
    selected: Vec<Arc<Permutation>>,
    known: &KnownDeviations,
    options: &Options,
    observer: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<RunResult, RunError> {
    let (started, begin) = (SystemTime::now(), Instant::now());
    let agents = options.resolve_agents();
    require_installed(options, &agents)?;
    let everything = Selected::of(&selected);
    let selected = match options.shard {
        Some(shard) => shard.select(selected),
        None => selected,
    };
    observer(Event::Planned {
        total: selected.len() * agents.len(),
    });

    let reference = Reference::start_with(PAGES).await?;
    if !options.target.is_embedded() {
        observer(Event::TargetStarting(&options.target.name));
    }
    let grounds = Arc::new(Grounds::prepare(reference, &options.target, &selected).await);
    let unanswered = grounds.unanswered();
    let reference = &grounds.reference;
    for end in &options.remote {
        observer(Event::AgentStarting(end.engine.name()));
    }
    let mut remote = remote::begin(&options.remote, &settings(reference)).await?;
    let (reports, mut inbox) = unbounded_channel();
    let lane = Lane {
        grounds: Arc::clone(&grounds),
        known: Arc::new(known.clone()),
        reports,
        stop: Arc::new(AtomicBool::new(false)),
    };
    let stop = Arc::clone(&lane.stop);
    let is_browser = |agent: &&AgentName| matches!(agent, AgentName::Browser(_));
    let browsers = agents.iter().filter(is_browser).count();
    let mut lanes = JoinSet::new();
    for (number, agent) in agents.iter().enumerate() {
        let first = number * selected.len();
        let work = work(&selected, first, options.shuffle);
        match agent {
            AgentName::Wire => {
                let wire = Wire::for_reference(reference, Deadlines::default())?;
                lanes.spawn(wire_lane::run(lane.clone(), wire, work, options.jobs));
            }
            AgentName::Browser(engine) => {
                let begun = remote.remove(engine).unwrap_or_default();
                let mut endpoints: Vec<_> = begun.iter().map(|it| it.settings.clone()).collect();
                if endpoints.is_empty() {
                    endpoints.push(settings(reference));
                }
                let sessions = Sessions {
                    engine: *engine,
                    begun,
                    endpoints,
                    number: options.sessions_of(*engine, browsers),
                };
                lanes.spawn(browser_lane::run(lane.clone(), sessions, work));
            }
        }
    }
    drop(lane);

    let mut infos = Vec::new();
    let mut results: Vec<Option<CaseResult>> = Vec::new();
    results.resize_with(selected.len() * agents.len(), || None);
    let mut failures = 0;
    while let Some(report) = inbox.recv().await {
        match report {
            Report::Starting(agent) => observer(Event::AgentStarting(agent)),
            Report::Ready(info) => {
                observer(Event::AgentReady(&info));
                infos.push(info);
            }
            Report::Finished(index, mut result) => {
                failures += usize::from(result.status.fails_run());
                if options.max_failures.is_some_and(|most| failures >= most) {
                    stop.store(true, Ordering::Relaxed);
                }
                observer(Event::Finished(&result));
                forget(&mut result, options.keep);
                results[index] = Some(*result);
            }
        }
    }
    while let Some(ended) = lanes.join_next().await {
        if let Err(error) = ended
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    // Lanes are over, so that nobody else has it.
    if let Some(grounds) = Arc::into_inner(grounds) {
        grounds.stop().await;
    }

    let interrupted = results.iter().any(Option::is_none);
    let results = results.into_iter().enumerate().map(|(index, result)| {
        result.unwrap_or_else(|| {
            let (agent, permutation) = (
                agents[index / selected.len()],
                &selected[index % selected.len()],
            );
            let message =
                Some("not run: the run was ended after its last allowed failure".to_owned());
            undecided(permutation, agent.name(), Status::Skip, message)
        })
    });
    Ok(RunResult {
        suite_digest: suite.digest.clone(),
        suite_size: suite.permutations.len(),
        selected: everything,
        shard: options.shard,
        results: results.collect(),
        agents: in_order(&agents, infos),
        target: options.target.label(),
        unanswered,
        seed: options.shuffle,
        started,
        duration: begin.elapsed(),
        interrupted,
    })
}

/// An agent that was asked for by name has to be there before anything else is done.
fn require_installed(options: &Options, agents: &[AgentName]) -> Result<(), RunError> {
    if options.agents == Agents::All {
        return Ok(());
    }
    let search = Search::from_environment();
    for agent in agents {
        if let AgentName::Browser(engine) = agent
            && !options.remote.iter().any(|end| end.engine == *engine)
        {
            engine.require(&search).map_err(|source| RunError::Agent {
                agent: engine.name(),
                source,
            })?;
        }
    }
    Ok(())
}

/// The permutations with the numbers of their results, in the order in which they begin.
fn work(
    selected: &[Arc<Permutation>],
    first: usize,
    shuffle: Option<u64>,
) -> Vec<(usize, Arc<Permutation>)> {
    let mut work: Vec<_> = selected
        .iter()
        .enumerate()
        .map(|(index, permutation)| (first + index, Arc::clone(permutation)))
        .collect();
    if let Some(seed) = shuffle {
        fastrand::Rng::with_seed(seed).shuffle(&mut work);
    }
    work
}

fn settings(reference: &Reference) -> Settings {
    Settings {
        endpoint: Endpoint::Local(Search::from_environment()),
        trusted_keys: vec![reference.certificates().public_key_digest().to_owned()],
        ..Settings::new(*reference.ports())
    }
}

fn forget(result: &mut CaseResult, keep: Keep) {
    if keep == Keep::Remarkable && matches!(result.status, Status::Pass | Status::Skip) {
        result.transcript = Vec::new();
        result.observations = Vec::new();
    }
}

fn in_order(agents: &[AgentName], mut infos: Vec<AgentInfo>) -> Vec<AgentInfo> {
    infos.sort_by_key(|info| agents.iter().position(|agent| agent.name() == info.name));
    infos
}
