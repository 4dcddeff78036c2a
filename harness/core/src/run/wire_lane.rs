//! The lane of the wire agent.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::lane::{Lane, Queue, Report, waits};
use super::outcome::{Played, decided, undecided};
use super::result::{AgentInfo, CaseResult};
use crate::agent::wire::Wire;
use crate::agent::{End, Observation};
use crate::case::scenario::Permutation;
use crate::verdict::Status;

/// Runs permutations, each with the number of its result, `jobs` at a time.
pub(super) async fn run(
    lane: Lane,
    wire: Wire,
    mut work: Vec<(usize, Arc<Permutation>)>,
    jobs: usize,
) {
    work.sort_by_key(|(_, permutation)| !waits(permutation));
    let info = AgentInfo {
        name: "wire".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    lane.tell(Report::Starting("wire"));
    lane.tell(Report::Ready(info.clone()));
    let workers_of_use = jobs.clamp(1, work.len().max(1));
    let (queue, wire) = (Arc::new(Queue::new(work)), Arc::new(wire));
    let mut workers = JoinSet::new();
    for _ in 0..workers_of_use {
        let (lane, queue, wire, info) = (
            lane.clone(),
            Arc::clone(&queue),
            Arc::clone(&wire),
            info.clone(),
        );
        workers.spawn(async move {
            while let Some((index, permutation)) = queue.take() {
                if lane.is_stopped() {
                    break;
                }
                let result = match lane.not_run(permutation, &info.name) {
                    Some(not_run) => not_run,
                    None => run_one(&lane, &wire, &info, permutation).await,
                };
                lane.finish(*index, result);
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        // A panic of a worker is a bug of the harness, and must not look like a verdict.
        if let Err(error) = ended
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

/// What is told of a deadline.
const DEADLINE: &str = "the exchange did not end within its deadline";

/// Runs a permutation. The reference server answers at once, so that a deadline tells of the machine
/// and not of the standard: it is tried once more, and then said to be undecided.
async fn run_one(
    lane: &Lane,
    wire: &Wire,
    info: &AgentInfo,
    permutation: &Arc<Permutation>,
) -> CaseResult {
    for attempts in 1..=2 {
        let played = match play_to_the_end(lane, wire, permutation).await {
            Ok(played) => played,
            Err((status, reason)) => {
                return undecided(permutation, &info.name, status, Some(reason));
            }
        };
        let played = Played {
            attempts,
            fault: (attempts > 1).then(|| DEADLINE.to_owned()),
            ..played
        };
        let timed_out = |observation: &Observation| matches!(observation.end, End::TimedOut);
        // Where a server under test was late, it is known who was.
        if !played.faults.is_empty() || !played.observations.iter().any(timed_out) {
            let target = lane.grounds.target();
            return decided(permutation, info, &lane.known, target, played);
        }
    }
    let message = format!("{DEADLINE}, twice");
    CaseResult {
        attempts: 2,
        ..undecided(permutation, &info.name, Status::Infra, Some(message))
    }
}

/// Plays a permutation, and again where the server under test ended of what another one asked.
///
/// # Errors
///
/// The server does not come back.
async fn play_to_the_end(
    lane: &Lane,
    wire: &Wire,
    permutation: &Arc<Permutation>,
) -> Result<Played, (Status, String)> {
    loop {
        let turn = lane.grounds.turn(&[permutation]).await;
        if let Some(reason) = lane.grounds.reason_not_to_ask(permutation) {
            return Err(reason);
        }
        let played = play(lane, wire, permutation).await;
        let has_ended = lane
            .grounds
            .has_ended(permutation, &turn, &played.faults)
            .await;
        let was_asked = played
            .faults
            .first()
            .is_some_and(|it| !it.is_infrastructure());
        // Nobody else can have been the cause, or there is nobody left to ask.
        let is_final = || turn.is_alone() || lane.grounds.reason_not_to_ask(permutation).is_some();
        if !has_ended || (was_asked && is_final()) {
            return Ok(played);
        }
    }
}

async fn play(lane: &Lane, wire: &Wire, permutation: &Permutation) -> Played {
    let begin = Instant::now();
    let session = lane.grounds.open(permutation);
    let observations = wire.run(permutation, &session).await;
    Played {
        observations,
        transcript: session.transcript(),
        faults: session.faults(),
        duration: begin.elapsed(),
        attempts: 1,
        fault: None,
    }
}
