//! Who answers during a run: the reference server, and the target under each policy that is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, Semaphore};
use tokio::task::JoinSet;

use crate::case::scenario::{Permutation, Policy};
use crate::server::{Backend, NoAnswer, Ready, Session, Target, UpstreamFault};
use crate::server::{Reference, Started};
use crate::verdict::Status;

/// How many programs are being started at a time; they compete for the processor.
const STARTING: usize = 4;

/// How often a program is started again under a policy. The first end may be anybody's doing; each
/// that follows is that of the one request under way.
const RESTARTS: u32 = 3;

/// The reference server, and the target in front of which it stands.
#[derive(Debug)]
pub(super) struct Grounds {
    pub(super) reference: Reference,
    target: Target,
    /// The target under each policy, by name.
    stages: BTreeMap<String, Stage>,
}

/// The target under one policy.
#[derive(Debug)]
struct Stage {
    policy: Arc<Policy>,
    state: Mutex<State>,
    /// Shared by everybody who asks; held by one alone once the program has ended, so that it is known
    /// what it ends of.
    turn: Arc<RwLock<()>>,
    /// Held by whoever starts it again.
    starting: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    backend: Result<Backend, NoAnswer>,
    /// The program; it ends with this.
    started: Option<Arc<Started>>,
    /// How often it ended by itself.
    ends: u32,
}

/// The right to ask the target something, until it is dropped.
pub(super) struct Turn {
    /// How often the program had ended when the turn came, by policy.
    ends: BTreeMap<String, u32>,
    is_alone: bool,
    _guards: Vec<Guard>,
}

enum Guard {
    Shared(#[expect(dead_code, reason = "held, not looked at")] OwnedRwLockReadGuard<()>),
    Alone(#[expect(dead_code, reason = "held, not looked at")] OwnedRwLockWriteGuard<()>),
}

impl Turn {
    fn add(&mut self, stage: &Stage, guard: Guard) {
        self._guards.push(guard);
        self.ends
            .insert(stage.policy.name.clone(), stage.state().ends);
    }

    /// Whether nobody else asks at the same time.
    pub(super) const fn is_alone(&self) -> bool {
        self.is_alone
    }
}

impl Grounds {
    /// Prepares the target for the policies of these permutations, several at a time.
    pub(super) async fn prepare(
        reference: Reference,
        target: &Target,
        selected: &[Arc<Permutation>],
    ) -> Self {
        let mut policies: BTreeMap<&str, &Arc<Policy>> = BTreeMap::new();
        for policy in selected.iter().filter_map(|it| it.policy.as_ref()) {
            policies.entry(&policy.name).or_insert(policy);
        }
        let permits = Arc::new(Semaphore::new(STARTING));
        let mut preparing = JoinSet::new();
        for policy in policies.into_values() {
            let (target, policy, permits) =
                (target.clone(), Arc::clone(policy), Arc::clone(&permits));
            let ports = *reference.ports();
            preparing.spawn(async move {
                // It is never closed; without a permit, starting is only less orderly.
                let _permit = permits.acquire().await.ok();
                let state = State::of(target.prepare(&policy, ports).await, 0);
                (policy, state)
            });
        }
        let mut stages = BTreeMap::new();
        while let Some(done) = preparing.join_next().await {
            match done {
                Ok((policy, state)) => {
                    let stage = Stage {
                        policy: Arc::clone(&policy),
                        state: Mutex::new(state),
                        turn: Arc::default(),
                        starting: tokio::sync::Mutex::default(),
                    };
                    stages.insert(policy.name.clone(), stage);
                }
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
        Self {
            reference,
            target: target.clone(),
            stages,
        }
    }

    /// The server under test.
    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// Waits until all of these permutations may be asked.
    pub(super) async fn turn(&self, permutations: &[&Arc<Permutation>]) -> Turn {
        let mut turn = Turn {
            ends: BTreeMap::new(),
            is_alone: permutations.len() == 1,
            _guards: Vec::new(),
        };
        for stage in self.stages_of(permutations) {
            let shared = Arc::clone(&stage.turn).read_owned().await;
            let ends = stage.state().ends;
            let guard = if ends == 0 {
                turn.is_alone = false;
                Guard::Shared(shared)
            } else {
                drop(shared);
                Guard::Alone(Arc::clone(&stage.turn).write_owned().await)
            };
            turn.add(stage, guard);
        }
        turn
    }

    /// The same for somebody who has a turn already, and for whom others may wait: `None` where they would
    /// have to wait as well.
    pub(super) fn turn_at_once(&self, permutations: &[&Arc<Permutation>]) -> Option<Turn> {
        let mut turn = Turn {
            ends: BTreeMap::new(),
            is_alone: false,
            _guards: Vec::new(),
        };
        for stage in self.stages_of(permutations) {
            let shared = Arc::clone(&stage.turn).try_read_owned().ok()?;
            if stage.state().ends > 0 {
                return None;
            }
            turn.add(stage, Guard::Shared(shared));
        }
        Some(turn)
    }

    /// The stages that permutations are played on, in an order that is everybody's, so that nobody waits for
    /// one who waits for them.
    fn stages_of(&self, permutations: &[&Arc<Permutation>]) -> impl Iterator<Item = &Stage> {
        let policies = permutations.iter().filter_map(|it| it.policy.as_ref());
        let names: BTreeSet<String> = policies.map(|policy| policy.name.clone()).collect();
        names
            .into_iter()
            .filter_map(|name| self.stages.get(name.as_str()))
    }

    /// Opens a session in which whoever has to answers.
    pub(super) fn open(&self, permutation: &Permutation) -> Session {
        let backend = self
            .stage(permutation)
            .and_then(|stage| stage.state().backend.clone().ok());
        match backend {
            Some(backend) => self.reference.open_at(permutation, backend),
            None => self.reference.open(permutation),
        }
    }

    /// Whether the program ended while a permutation was asked, going by what kept it from answering.
    /// It is then started again, at most [`RESTARTS`] times.
    pub(super) async fn has_ended(
        &self,
        permutation: &Permutation,
        turn: &Turn,
        faults: &[UpstreamFault],
    ) -> bool {
        let is_of_an_end = |fault: &UpstreamFault| {
            matches!(
                fault,
                UpstreamFault::Closed | UpstreamFault::Cut | UpstreamFault::Unreachable { .. }
            )
        };
        if !faults.iter().any(is_of_an_end) {
            return false;
        }
        let Some(stage) = self.stage(permutation) else {
            return false;
        };
        let before = turn.ends.get(&stage.policy.name).copied();
        let _starting = stage.starting.lock().await;
        let (started, ends) = {
            let state = stage.state();
            (state.started.clone(), state.ends)
        };
        if Some(ends) != before {
            return true; // somebody else has noticed
        }
        let Some(started) = started else {
            return false;
        };
        let Some((status, output)) = started.end().await else {
            return false;
        };
        drop(started);
        let ends = ends + 1;
        // The one before is gone, and its port with it.
        let ready = if ends <= RESTARTS {
            let ports = *self.reference.ports();
            self.target.prepare(&stage.policy, ports).await
        } else {
            Err(NoAnswer::Ended {
                restarts: RESTARTS,
                status,
                output,
            })
        };
        *stage.state() = State::of(ready, ends);
        true
    }

    /// Why the target is not asked what a permutation asks, if it is not.
    pub(super) fn reason_not_to_ask(&self, permutation: &Permutation) -> Option<(Status, String)> {
        let policy = permutation.policy.as_ref()?;
        let name = &self.target.name;
        let mut surface = permutation
            .steps
            .iter()
            .filter_map(|step| step.request.surface);
        if let Some(missing) = surface.find(|it| !self.target.surface.contains(it)) {
            return Some((Status::Skip, format!("{name} offers no `{missing}`")));
        }
        let state = self.stage(permutation)?.state();
        let no_answer = state.backend.as_ref().err()?;
        let status = if no_answer.is_infrastructure() {
            Status::Infra
        } else {
            Status::Skip
        };
        let reason = format!("{name}, policy {}: {no_answer}", policy.name);
        Some((status, reason))
    }

    /// The policies under which the target is not asked anything, and why.
    pub(super) fn unanswered(&self) -> BTreeMap<String, NoAnswer> {
        let stages = self.stages.iter();
        stages
            .filter_map(|(name, stage)| {
                let state = stage.state();
                Some((name.clone(), state.backend.as_ref().err()?.clone()))
            })
            .collect()
    }

    /// Ends what was started, and waits until it is gone.
    pub(super) async fn stop(self) {
        let mut stopping = JoinSet::new();
        for stage in self.stages.into_values() {
            let state = stage
                .state
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner);
            // Lanes are over, so that nobody else has it.
            if let Some(started) = state.started.and_then(Arc::into_inner) {
                stopping.spawn(started.stop());
            }
        }
        while stopping.join_next().await.is_some() {}
        drop(self.reference);
    }

    fn stage(&self, permutation: &Permutation) -> Option<&Stage> {
        self.stages.get(&permutation.policy.as_ref()?.name)
    }
}

impl Stage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(ready: Result<Ready, NoAnswer>, ends: u32) -> Self {
        match ready {
            Ok(Ready { backend, started }) => Self {
                backend: Ok(backend),
                started: started.map(Arc::new),
                ends,
            },
            Err(no_answer) => Self {
                backend: Err(no_answer),
                started: None,
                ends,
            },
        }
    }
}
