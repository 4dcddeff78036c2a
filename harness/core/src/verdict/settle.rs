//! Which of several reasons an engine means.

use corspec_fetch::Reason;

use super::expectation::is_preflight;
use super::prediction::predict;
use crate::agent::{End, Observation};
use crate::case::scenario::Permutation;
use crate::tape::Exchange;

/// Decides for one reason where the words of an engine fit several.
///
/// An engine that says "not allowed by Access-Control-Allow-Origin" tells neither whether the header
/// was missing nor whether it means the preflight. The reason that the model gives for the very same
/// answers is taken if it is among those; the engine is never said to have meant another.
#[must_use]
pub fn settle(
    permutation: &Permutation,
    transcript: &[Exchange],
    mut observations: Vec<Observation>,
) -> Vec<Observation> {
    let is_open = |observation: &Observation| matches!(&observation.end, End::Blocked(signal) if !signal.alternatives.is_empty());
    if !observations.iter().any(is_open) {
        return observations;
    }
    let predictions = predict(permutation, transcript);
    let steps = observations.iter_mut().zip(predictions).enumerate();
    for (index, (observation, prediction)) in steps {
        let End::Blocked(signal) = &mut observation.end else {
            continue;
        };
        let predicted = prediction.verdict.and_then(|verdict| verdict.because);
        let ended_in_preflight = transcript
            .iter()
            .rfind(|exchange| exchange.step == index)
            .is_some_and(is_preflight);
        let fits = |reason: &Reason| match predicted {
            Some(predicted) => *reason == predicted,
            None => (reason.on_preflight() == *reason) == ended_in_preflight,
        };
        let alternatives = std::mem::take(&mut signal.alternatives);
        let because = signal.because.into_iter().chain(alternatives).find(fits);
        signal.because = because.or(signal.because);
    }
    observations
}
