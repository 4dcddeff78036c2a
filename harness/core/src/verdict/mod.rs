//! What it means: expectations, the model, known deviations, blame.
//!
//! Pure: transcripts and observations in, judgements out.

mod judgement;
mod status;

pub use judgement::{Culprit, Finding, Judgement, StepJudgement, Verdict};
pub use status::{Status, Summary};
