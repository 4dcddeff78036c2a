//! What the lanes of a run share: one lane an agent, all beside each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::grounds::Grounds;
use super::outcome::{skipped, undecided};
use super::result::{AgentInfo, CaseResult};
use crate::agent::browser::STEP_DEADLINE;
use crate::case::KnownDeviations;
use crate::case::scenario::{Permutation, RequestPlan};

/// What every lane needs.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) grounds: Arc<Grounds>,
    pub(super) known: Arc<KnownDeviations>,
    pub(super) reports: UnboundedSender<Report>,
    pub(super) stop: Arc<AtomicBool>,
}

impl Lane {
    /// Whether no further permutation may begin.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The result of a permutation that is not run in an agent, if it is not.
    pub(super) fn not_run(
        &self,
        permutation: &Arc<Permutation>,
        agent: &str,
    ) -> Option<CaseResult> {
        if let Some(skip) = skipped(permutation, agent) {
            return Some(skip);
        }
        let (status, reason) = self.grounds.reason_not_to_ask(permutation)?;
        Some(undecided(permutation, agent, status, Some(reason)))
    }

    /// Tells the run. Nobody listens when the run is being dropped, and then nobody minds.
    pub(super) fn tell(&self, report: Report) {
        let _ = self.reports.send(report);
    }

    pub(super) fn finish(&self, index: usize, result: CaseResult) {
        self.tell(Report::Finished(index, Box::new(result)));
    }
}

/// What a lane tells the run.
pub(super) enum Report {
    Starting(&'static str),
    Ready(AgentInfo),
    /// The number of the result, and the result.
    Finished(usize, Box<CaseResult>),
}

/// Hands out work to several workers, each piece once.
pub(super) struct Queue<T> {
    pieces: Vec<T>,
    next: AtomicUsize,
}

impl<T> Queue<T> {
    pub(super) const fn new(pieces: Vec<T>) -> Self {
        Self {
            pieces,
            next: AtomicUsize::new(0),
        }
    }

    pub(super) fn take(&self) -> Option<&T> {
        self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Whether a permutation takes time by nature: it waits, is made to wait, or gives up, which some browsers
/// let the server know only seconds later. Those begin first, so that nobody waits for them.
pub(super) fn waits(permutation: &Permutation) -> bool {
    let gives_up = permutation.steps.iter().any(|step| {
        let RequestPlan { abort, timeout, .. } = step.request;
        abort.is_some() || timeout.is_some()
    });
    gives_up || longest_time(permutation) >= WORTH_KNOWING
}

/// How long a permutation may take however fast everybody is. The tag `slow` tells that a browser may be waited
/// for until the deadline.
pub(super) fn longest_time(permutation: &Permutation) -> Duration {
    let least = if has_tag(permutation, "slow") {
        STEP_DEADLINE
    } else {
        Duration::ZERO
    };
    permutation.own_time().max(least)
}

pub(super) fn has_tag(permutation: &Permutation, tag: &str) -> bool {
    permutation.scenario.tags.iter().any(|other| other == tag)
}

/// Less than this is no more than what goes on beside it.
const WORTH_KNOWING: Duration = Duration::from_millis(200);
