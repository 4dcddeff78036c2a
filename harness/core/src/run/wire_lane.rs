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
    let (queue, wire) = (Arc::new(Queue::new(work)), Arc::new(wire));
    let mut workers = JoinSet::new();
    for _ in 0..jobs.max(1) {
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
        let played = Played {
            attempts,
            fault: (attempts > 1).then(|| DEADLINE.to_owned()),
            ..play(lane, wire, permutation).await
        };
        let timed_out = |observation: &Observation| matches!(observation.end, End::TimedOut);
        if !played.observations.iter().any(timed_out) {
            return decided(permutation, info, &lane.known, played);
        }
    }
    let message = format!("{DEADLINE}, twice");
    CaseResult {
        attempts: 2,
        ..undecided(permutation, &info.name, Status::Infra, Some(message))
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
