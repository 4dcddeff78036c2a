//! The wire agent against the reference server, over real sockets.

mod elements;
mod exchanges;
mod failures;
mod navigations;
mod pages;
mod sockets;
mod streams;
mod transport;
mod visits;

use corspec_fetch::HeaderList;

use crate::agent::wire::{Deadlines, Wire};
use crate::agent::{End, Observation, ScriptEvent};
use crate::case::Suite;
use crate::case::scenario::{Answer, Permutation, Script};
use crate::server::{NamedOrigin, Reference};
use crate::tape::{Exchange, Transcript, snapshot};
use crate::verdict::judge;

pub(super) use crate::server::tests::support::{answer, permutation, request};

/// What one run of a permutation came to.
struct Played {
    observations: Vec<Observation>,
    transcript: Transcript,
}

impl Played {
    /// The code of the reason for which the last step was blocked, or `allow`.
    fn outcome(&self) -> String {
        match &self.observations.last().unwrap().end {
            End::Visible(_) => "allow".to_owned(),
            End::Silent => "silent".to_owned(),
            End::TimedOut => "timed out".to_owned(),
            End::Blocked(signal) => signal
                .because
                .map_or_else(|| "refused".to_owned(), |it| it.code().to_owned()),
        }
    }

    /// Method and URL of everything sent.
    fn sent(&self) -> Vec<String> {
        let line = |exchange: &Exchange| {
            format!(
                "{} {}{}",
                exchange.method,
                exchange.to.serialize(),
                exchange.target
            )
        };
        self.transcript.iter().map(line).collect()
    }

    /// What script is told in the last step: names, and behind a colon what they carry.
    fn events(&self) -> Vec<String> {
        let events = self.observations.last().unwrap().events.iter().flatten();
        let show = |event: &ScriptEvent| match event.detail.as_slice() {
            [] => event.name.clone(),
            detail => format!("{}: {}", event.name, String::from_utf8_lossy(detail)),
        };
        events.map(show).collect()
    }

    /// What script finds out in the last step.
    fn fact(&self, name: &str) -> Option<&str> {
        let facts = &self.observations.last().unwrap().facts;
        facts.get(name).map(String::as_str)
    }

    /// The request headers of this name, of everything sent; `-` where there is none.
    fn headers(&self, name: &str) -> Vec<String> {
        let value = |exchange: &Exchange| {
            let headers: HeaderList = exchange.request.headers.iter().cloned().collect();
            let value = headers.get(name);
            value.map_or_else(|| "-".to_owned(), |it| String::from_utf8(it).unwrap())
        };
        self.transcript.iter().map(value).collect()
    }

    fn snapshot(&self) -> String {
        snapshot(&self.transcript)
    }
}

/// The permutation of a scenario of one step, in YAML: the values of `request` and `server`.
fn scenario(request: &str, server: &str) -> Permutation {
    let suite = format!(
        "{{ title: T, about: user-agent, scenarios: [{{ id: one, title: One, covers: [cc-acao-star], \
         request: {request}, server: {server}, expect: {{ outcome: allow }} }}] }}"
    );
    let suite = Suite::from_files([("area/topic.yaml", suite.as_str())]).unwrap();
    suite.permutations[0].as_ref().clone()
}

/// Plays a scenario, and sees to it that the model says the same of the tape as it did on the way.
async fn play_scenario(request: &str, server: &str) -> Played {
    let permutation = scenario(request, server);
    let played = play(&permutation).await;
    let judgement = judge(&permutation, &played.transcript, &played.observations, true);
    for step in judgement.steps {
        assert_eq!(step.divergence, None, "{:?}", played.sent());
        let is_silent = permutation.steps[0].request.via.is_silent();
        if let Some(predicted) = step.predicted.filter(|_| !is_silent) {
            assert_eq!(predicted, step.observed);
        }
    }
    played
}

async fn play(permutation: &Permutation) -> Played {
    let reference = Reference::start().await.unwrap();
    let wire = Wire::for_reference(&reference, Deadlines::default()).unwrap();
    play_with(&wire, &reference, permutation).await
}

async fn play_with(wire: &Wire, reference: &Reference, permutation: &Permutation) -> Played {
    let session = reference.open(permutation);
    let observations = wire.run(permutation, &session).await;
    assert_eq!(observations.len(), permutation.steps.len());
    assert_eq!(reference.strays(), []);
    Played {
        observations,
        transcript: session.transcript(),
    }
}

/// A `fetch()` of the resource at `to` from a page of `app`, answered like this.
fn fetching(to: &str, response: Answer) -> Permutation {
    let mut permutation = permutation(vec![Script {
        response,
        ..Script::default()
    }]);
    permutation.steps[0].request = request("GET", &resource(to));
    permutation
}

fn resource(to: &str) -> String {
    let origin: NamedOrigin = to.parse().unwrap();
    format!("{}/scenario/resource", origin.serialize())
}
