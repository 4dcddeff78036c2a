//! Several servers at a time.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use super::publish::publish;
use super::published::Published;
use crate::agent::wire::public_tls;
use crate::case::scenario::Permutation;
use crate::case::{KnownDeviations, Suite, TargetFile};
use crate::run::{AgentName, Agents, Keep, Options, RunError, run};
use crate::server::{Target, TargetError};

/// A server in a version, and who asks it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its description.
    pub file: TargetFile,
    /// The version.
    pub version: String,
    /// Where that is installed.
    pub prefix: PathBuf,
    /// Who asks.
    pub agents: Vec<AgentName>,
}

impl Entry {
    /// Name and version.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}@{}", self.file.name, self.version)
    }
}

/// What happens meanwhile.
#[derive(Debug)]
pub enum Event {
    /// A server is being started.
    Starting(String),
    /// A permutation has ended.
    CaseFinished,
    /// A server has been asked everything.
    Finished(String, Box<Result<Published, ServerError>>),
}

/// Why a server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Its description is wrong.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The run cannot begin.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Asks all servers what is selected, some of them at a time. Dropping the future ends everything.
pub async fn run_all(
    suite: Arc<Suite>,
    known: Arc<KnownDeviations>,
    selected: Vec<Arc<Permutation>>,
    entries: Vec<Entry>,
    at_a_time: usize,
    observer: &mut (dyn FnMut(Event) + Send),
) {
    let permits = Arc::new(Semaphore::new(at_a_time));
    let (events, mut inbox) = unbounded_channel();
    let mut running = JoinSet::new();
    for entry in entries {
        let (suite, known) = (Arc::clone(&suite), Arc::clone(&known));
        let (selected, permits) = (selected.clone(), Arc::clone(&permits));
        let events = events.clone();
        running.spawn(async move {
            // It is never closed; without a permit, the order is only less orderly.
            let _permit = permits.acquire().await.ok();
            // Nobody hears it where the run is being dropped.
            let tell = |event| drop(events.send(event));
            tell(Event::Starting(entry.label()));
            let result = ask(&suite, &known, selected, &entry, &mut || {
                tell(Event::CaseFinished);
            })
            .await;
            tell(Event::Finished(entry.label(), Box::new(result)));
        });
    }
    drop(events);
    while let Some(event) = inbox.recv().await {
        observer(event);
    }
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

async fn ask(
    suite: &Suite,
    known: &KnownDeviations,
    selected: Vec<Arc<Permutation>>,
    entry: &Entry,
    finished: &mut (dyn FnMut() + Send),
) -> Result<Published, ServerError> {
    let (file, version) = (&entry.file, &entry.version);
    let target = Target::described(file, Some(version), entry.prefix.clone(), public_tls)?;
    let options = Options {
        agents: Agents::Named(entry.agents.clone()),
        target,
        keep: Keep::Remarkable,
        ..Options::default()
    };
    let result = run(suite, selected, known, &options, &mut |event| {
        if matches!(event, crate::run::Event::Finished(_)) {
            finished();
        }
    })
    .await?;
    Ok(publish(suite, &result, file, version, &entry.prefix))
}
