//! Who answers during a run: the reference server, and the target under each policy that is needed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::case::scenario::{Permutation, Policy};
use crate::server::{Backend, NoAnswer, Ports, Ready, Session, Target};
use crate::server::{Reference, Started};
use crate::verdict::Status;

/// How many programs are being started at a time; they compete for the processor.
const STARTING: usize = 4;

/// The reference server, and the target in front of which it stands.
#[derive(Debug)]
pub(super) struct Grounds {
    pub(super) reference: Reference,
    target: Target,
    /// What became of each policy.
    prepared: HashMap<String, Result<Backend, NoAnswer>>,
    /// The programs that were started; they end with this.
    started: Vec<Started>,
}

impl Grounds {
    /// Prepares the target for the policies of these permutations, several at a time.
    pub(super) async fn prepare(
        reference: Reference,
        target: &Target,
        selected: &[Arc<Permutation>],
    ) -> Self {
        let mut policies: Vec<Arc<Policy>> = Vec::new();
        for policy in selected.iter().filter_map(|it| it.policy.as_ref()) {
            if !policies.iter().any(|known| known.name == policy.name) {
                policies.push(Arc::clone(policy));
            }
        }
        let ports = *reference.ports();
        let mut grounds = Self {
            reference,
            target: target.clone(),
            prepared: HashMap::new(),
            started: Vec::new(),
        };
        for (name, ready) in prepare_all(target, policies, ports).await {
            let backend = ready.map(|ready| {
                grounds.started.extend(ready.started);
                ready.backend
            });
            grounds.prepared.insert(name, backend);
        }
        grounds
    }

    /// Opens a session in which whoever has to answers.
    pub(super) fn open(&self, permutation: &Permutation) -> Session {
        let backend = permutation
            .policy
            .as_ref()
            .and_then(|policy| self.prepared.get(&policy.name)?.as_ref().ok());
        match backend {
            Some(backend) => self.reference.open_at(permutation, backend.clone()),
            None => self.reference.open(permutation),
        }
    }

    /// Why the target is not asked what a permutation asks, if it is not.
    pub(super) fn reason_not_to_ask(&self, permutation: &Permutation) -> Option<(Status, String)> {
        let policy = permutation.policy.as_ref()?;
        let name = &self.target.name;
        let surface = permutation
            .steps
            .iter()
            .filter_map(|step| step.request.surface);
        if let Some(missing) = surface.clone().find(|it| !self.target.surface.contains(it)) {
            return Some((Status::Skip, format!("{name} offers no `{missing}`")));
        }
        match self.prepared.get(&policy.name)? {
            Ok(_) => None,
            Err(no_answer @ NoAnswer::Start { .. }) => Some((
                Status::Infra,
                format!("{name}, policy {}: {no_answer}", policy.name),
            )),
            Err(no_answer) => Some((
                Status::Skip,
                format!("{name}, policy {}: {no_answer}", policy.name),
            )),
        }
    }

    /// The policies under which the target is not asked anything, and why.
    pub(super) fn unanswered(&self) -> BTreeMap<String, NoAnswer> {
        let prepared = self.prepared.iter();
        prepared
            .filter_map(|(name, backend)| Some((name.clone(), backend.as_ref().err()?.clone())))
            .collect()
    }

    /// Ends what was started, and waits until it is gone.
    pub(super) async fn stop(self) {
        let mut stopping = JoinSet::new();
        for started in self.started {
            stopping.spawn(started.stop());
        }
        while stopping.join_next().await.is_some() {}
        drop(self.reference);
    }
}

async fn prepare_all(
    target: &Target,
    policies: Vec<Arc<Policy>>,
    ports: Ports,
) -> Vec<(String, Result<Ready, NoAnswer>)> {
    let permits = Arc::new(Semaphore::new(STARTING));
    let mut preparing = JoinSet::new();
    for policy in policies {
        let (target, permits) = (target.clone(), Arc::clone(&permits));
        preparing.spawn(async move {
            // It is never closed; without a permit, starting is only less orderly.
            let _permit = permits.acquire().await.ok();
            (policy.name.clone(), target.prepare(&policy, ports).await)
        });
    }
    let mut prepared = Vec::new();
    while let Some(done) = preparing.join_next().await {
        match done {
            Ok(done) => prepared.push(done),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    prepared
}
