//! The wire agent against the reference server, over real sockets.

mod exchanges;
mod failures;
mod pages;
mod transport;
mod visits;

use crate::agent::wire::{Deadlines, Wire};
use crate::agent::{End, Observation};
use crate::case::scenario::{Answer, Permutation, Script};
use crate::server::{NamedOrigin, Reference};
use crate::tape::{Transcript, snapshot};

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
        let line = |exchange: &crate::tape::Exchange| {
            format!(
                "{} {}{}",
                exchange.method,
                exchange.to.serialize(),
                exchange.target
            )
        };
        self.transcript.iter().map(line).collect()
    }

    fn snapshot(&self) -> String {
        snapshot(&self.transcript)
    }
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
