//! Runs, from the outside: the runtime they live on, Ctrl-C, and errors as failures.

mod interrupt;
mod record;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corspec::case::scenario::Permutation;
use corspec::case::{KnownDeviations, Suite};
use corspec::run::{AgentName, Agents, Event, ExitCode, Options, RemoteEnd, RunError, RunResult};
use tokio::runtime::{Builder, Handle, Runtime};

use self::record::Record;
use crate::failure::Failure;

/// A run that is over.
pub(crate) struct Execution {
    pub(crate) result: RunResult,
    /// Whether the user ended it.
    is_interrupted: bool,
}

impl Execution {
    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.is_interrupted {
            ExitCode::Interrupted
        } else {
            ExitCode::of(&self.result)
        }
    }
}

/// Runs permutations until they are done or the user has had enough; what was done until then is kept.
///
/// # Errors
///
/// The run cannot begin.
pub(crate) fn run(
    suite: &Suite,
    selected: Vec<Arc<Permutation>>,
    known: &KnownDeviations,
    options: &Options,
    observe: &mut (dyn FnMut(&Event<'_>) + Send),
) -> Result<Execution, Failure> {
    let mut record = Record::begin(options.keep);
    let wanted = selected.clone();
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut observer = |event: Event<'_>| {
            observe(&event);
            record.keep(&event);
        };
        // To drop the run is to end it: agents are owned by it, and end with it.
        tokio::select! {
            result = corspec::run::run(suite, selected, known, options, &mut observer) => Some(result),
            () = interrupt::requested() => None,
        }
    });
    if ended.is_none() && !options.remote.is_empty() {
        runtime.block_on(farewell());
    }
    // Whatever still holds on after an interruption must not keep the user waiting.
    runtime.shutdown_timeout(GRACE);
    match ended {
        Some(result) => Ok(Execution {
            result: result.map_err(|it| failed(&it))?,
            is_interrupted: false,
        }),
        None => Ok(Execution {
            result: record.into_result(suite, &wanted, options),
            is_interrupted: true,
        }),
    }
}

/// Runs permutations on the wire, saying nothing.
///
/// # Errors
///
/// The run cannot begin.
pub(crate) fn on_the_wire(
    suite: &Suite,
    permutations: Vec<Arc<Permutation>>,
) -> Result<RunResult, Failure> {
    let options = Options {
        agents: Agents::Named(vec![AgentName::Wire]),
        ..Options::default()
    };
    quietly(suite, permutations, &options)?.map_err(|error| failed(&error))
}

/// Runs a suite in one agent, in the sessions of a remote end if one is given; inside is what is wrong
/// with the agent.
///
/// # Errors
///
/// There is no runtime.
pub(crate) fn with_agent(
    agent: AgentName,
    remote: Option<&RemoteEnd>,
    suite: &Suite,
) -> Result<Result<RunResult, RunError>, Failure> {
    let options = Options {
        agents: Agents::Named(vec![agent]),
        remote: remote.cloned().into_iter().collect(),
        sessions: Some(1),
        ..Options::default()
    };
    quietly(suite, suite.permutations.clone(), &options)
}

/// The agents that the user names.
///
/// # Errors
///
/// A name that no agent has.
pub(crate) fn agents(names: &[String]) -> Result<Agents, Failure> {
    if names.is_empty() || names.iter().any(|name| name == "all") {
        return Ok(Agents::All);
    }
    let named: Result<Vec<AgentName>, _> = names.iter().map(|name| name.parse()).collect();
    named
        .map(Agents::Named)
        .map_err(|error| Failure::usage(error).hint("`all` is the wire and every browser found"))
}

/// Waits for something on a runtime of its own.
///
/// # Errors
///
/// There is no runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    Ok(runtime()?.block_on(future))
}

/// Waits for something until the user has had enough; nothing then. What is dropped ends everything that
/// it started.
///
/// # Errors
///
/// There is no runtime.
pub(crate) fn until_interrupted<T>(future: impl Future<Output = T>) -> Result<Option<T>, Failure> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        tokio::select! {
            result = future => Some(result),
            () = interrupt::requested() => None,
        }
    });
    runtime.shutdown_timeout(GRACE);
    Ok(ended)
}

fn quietly(
    suite: &Suite,
    permutations: Vec<Arc<Permutation>>,
    options: &Options,
) -> Result<Result<RunResult, RunError>, Failure> {
    let known = KnownDeviations::default();
    block_on(corspec::run::run(
        suite,
        permutations,
        &known,
        options,
        &mut |_| {},
    ))
}

fn failed(error: &RunError) -> Failure {
    Failure::new(ExitCode::Inconclusive, error).hint(error.hint())
}

/// Sessions at remote ends are being ended in tasks of their own, which need a moment: a session that is
/// only forgotten keeps its slot for minutes.
async fn farewell() {
    let begin = Instant::now();
    // One waits for the next signal, and never ends.
    while Handle::current().metrics().num_alive_tasks() > 1 && begin.elapsed() < FAREWELL {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(
                ExitCode::Inconclusive,
                format!("cannot start threads: {error}"),
            )
            .hint("look at the limits of this shell: `ulimit -a`")
        })
}

/// How long sessions at remote ends have to end. One that is still being asked for ends once it has begun.
const FAREWELL: Duration = Duration::from_secs(15);

/// How long agents have to go once the user has had enough.
const GRACE: Duration = Duration::from_secs(5);
