//! What it means: expectations, the model, known deviations, blame.
//!
//! Pure: transcripts and observations in, judgements out.

mod blame;
mod caching;
mod expectation;
mod field;
mod judgement;
mod prediction;
mod settle;
mod status;

pub use judgement::{Culprit, Finding, Judgement, StepJudgement, Verdict};
pub use settle::settle;
pub use status::{Status, Summary};

use corspec_fetch::Decision;

use crate::agent::Observation;
use crate::case::scenario::Permutation;
use crate::tape::Exchange;

/// Judges one permutation that has run to its end.
///
/// `follows_model` says that the agent sends what the model tells it to, as the wire does.
#[must_use]
pub fn judge(
    permutation: &Permutation,
    transcript: &[Exchange],
    observations: &[Observation],
    follows_model: bool,
) -> Judgement {
    let findings = expectation::findings(permutation, transcript, observations, !follows_model);
    let predictions = prediction::predict(permutation, transcript);
    let steps: Vec<StepJudgement> = observations
        .iter()
        .zip(predictions)
        .enumerate()
        .map(|(index, (observation, prediction))| {
            let exchanges = transcript.iter().filter(|exchange| exchange.step == index);
            StepJudgement {
                observed: Verdict::of(observation),
                delivery: expectation::delivery(exchanges, observation),
                predicted: prediction.verdict,
                divergence: prediction.divergence,
            }
        })
        .collect();
    let subject = permutation.scenario.subject;
    let culprit = blame::culprit(
        subject,
        &permutation.steps,
        &steps,
        &findings,
        follows_model,
    );
    Judgement {
        steps,
        findings,
        culprit,
    }
}

/// What the model decides in each step of a permutation, in order, given the answers on the tape.
#[must_use]
pub fn decisions(permutation: &Permutation, transcript: &[Exchange]) -> Vec<Vec<Decision>> {
    let predictions = prediction::predict(permutation, transcript).into_iter();
    predictions.map(|prediction| prediction.decisions).collect()
}
