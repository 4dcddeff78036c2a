//! The lane of a browser.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::lane::{Lane, Queue, Report, waits};
use super::outcome::{Played, decided, skipped, undecided};
use super::result::{AgentInfo, CaseResult};
use crate::agent::browser::{Browser, BrowserError, Engine, Job, JobResult, Settings};
use crate::case::scenario::{Page, Permutation};
use crate::server::Session;
use crate::verdict::Status;

/// How many permutations share one call of the driver: enough for its cost not to count, few enough
/// for a page that hangs not to take much with it, and for progress to be seen.
const BATCH: usize = 64;

/// A permutation, and the number of its result.
type Numbered = (usize, Arc<Permutation>);

/// Runs permutations in `sessions` sessions of a browser, many at a time in one page.
pub(super) async fn run(
    lane: Lane,
    engine: Engine,
    settings: Settings,
    work: Vec<Numbered>,
    sessions: usize,
) {
    lane.tell(Report::Starting(engine.name()));
    let (skips, work): (Vec<_>, Vec<_>) = work
        .into_iter()
        .partition(|(_, permutation)| skipped(permutation, engine.name()).is_some());
    for (index, permutation) in skips {
        if let Some(skip) = skipped(&permutation, engine.name()) {
            lane.finish(index, skip);
        }
    }
    let batches = batches(work);
    let sessions = sessions.clamp(1, batches.len().max(1));
    let queue = Arc::new(Queue::new(batches));
    let mut workers = JoinSet::new();
    for number in 0..sessions {
        let (lane, settings, queue) = (lane.clone(), settings.clone(), Arc::clone(&queue));
        workers.spawn(async move {
            let browser = Browser::start(engine, settings).await?;
            let mut worker = Worker::new(lane, browser);
            if number == 0 {
                worker.lane.tell(Report::Ready(worker.info.clone()));
            }
            while !worker.lane.is_stopped()
                && let Some(batch) = queue.take()
            {
                worker.run(batch).await;
            }
            worker.browser.close().await;
            Ok::<(), BrowserError>(())
        });
    }
    let mut fault = None;
    while let Some(ended) = workers.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => fault = Some(error.to_string()),
            // A panic of a worker is a bug of the harness, and must not look like a verdict.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    // The sessions that did start have done the share of those that did not; what nobody was there
    // for is undecided.
    if let Some(fault) = fault.filter(|_| !lane.is_stopped()) {
        while let Some(batch) = queue.take() {
            for (index, permutation) in batch {
                let message = Some(fault.clone());
                let result = undecided(permutation, engine.name(), Status::Infra, message);
                lane.finish(*index, result);
            }
        }
    }
}

/// Permutations in batches of one page each. Those that wait by nature share batches of their own, so
/// that they wait together and nobody waits for them.
fn batches(work: Vec<Numbered>) -> Vec<Vec<Numbered>> {
    let mut groups: Vec<((Page, bool), Vec<Numbered>)> = Vec::new();
    for numbered in work {
        let key = (numbered.1.page.clone(), waits(&numbered.1));
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.push(numbered),
            None => groups.push((key, vec![numbered])),
        }
    }
    // The longest to wait for begin first.
    groups.sort_by_key(|((_, waits), _)| !waits);
    let chunks = groups.into_iter().map(|(_, group)| group);
    chunks
        .flat_map(|group| group.chunks(BATCH).map(<[_]>::to_vec).collect::<Vec<_>>())
        .collect()
}

struct Worker {
    lane: Lane,
    browser: Browser,
    info: AgentInfo,
}

impl Worker {
    fn new(lane: Lane, browser: Browser) -> Self {
        let info = AgentInfo {
            name: browser.info().name.clone(),
            version: browser.info().version.clone(),
        };
        Self {
            lane,
            browser,
            info,
        }
    }

    /// Runs a batch. What has no result because of a fault of the browser is tried once more, each
    /// permutation alone, so that the one that causes the fault takes no other with it.
    async fn run(&mut self, batch: &[Numbered]) {
        let permutations: Vec<_> = batch.iter().map(|(_, permutation)| permutation).collect();
        let played = self.play(&permutations).await;
        for ((index, permutation), played) in batch.iter().zip(played) {
            let result = match self.decide(permutation, played, 1) {
                Ok(result) => result,
                Err(_) => self.retry(permutation).await,
            };
            self.lane.finish(*index, result);
        }
    }

    async fn retry(&mut self, permutation: &Arc<Permutation>) -> CaseResult {
        let played = self.play(&[permutation]).await.pop();
        let decided = match played {
            Some(played) => self.decide(permutation, played, 2),
            None => Err("the browser said nothing".to_owned()),
        };
        decided.unwrap_or_else(|message| CaseResult {
            attempts: 2,
            ..undecided(permutation, &self.info.name, Status::Infra, Some(message))
        })
    }

    /// The result, or what kept the browser from bringing one.
    fn decide(
        &self,
        permutation: &Arc<Permutation>,
        (session, result, duration): (Session, JobResult, Duration),
        attempts: u32,
    ) -> Result<CaseResult, String> {
        let observations = result
            .into_canonical(session.names())
            .map_err(|error| error.to_string())?;
        let transcript = session.transcript();
        let played = Played {
            observations,
            transcript,
            duration,
            attempts,
        };
        Ok(decided(permutation, &self.info, &self.lane.known, played))
    }

    /// Runs permutations of one page, each with a session of the server of its own.
    async fn play(
        &mut self,
        permutations: &[&Arc<Permutation>],
    ) -> Vec<(Session, JobResult, Duration)> {
        let Some(first) = permutations.first() else {
            return Vec::new();
        };
        let begin = Instant::now();
        let sessions: Vec<Session> = permutations
            .iter()
            .map(|permutation| self.lane.reference.open(permutation))
            .collect();
        let jobs = permutations
            .iter()
            .zip(&sessions)
            .map(|(permutation, session)| {
                let to_real = |text: &str| session.names().to_real_text(text);
                Job::from_permutation(permutation, &to_real, session.token())
            })
            .collect();
        let results = self.browser.run_batch(&first.page, jobs).await;
        // A batch runs at once, so that each permutation has an equal share of its time.
        let share = begin.elapsed() / u32::try_from(permutations.len()).unwrap_or(u32::MAX);
        sessions
            .into_iter()
            .zip(results)
            .map(|(s, result)| (s, result, share))
            .collect()
    }
}
