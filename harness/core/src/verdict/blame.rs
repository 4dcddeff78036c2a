//! Who is likely to be wrong, when what was expected did not come true.

use super::expectation::is_among;
use super::judgement::{Culprit, Finding, StepJudgement, Verdict};
use crate::case::scenario::{ExpectedOutcome, Step, Subject};

/// The likely culprit, from the first step that went wrong.
///
/// Three voices speak about a step: what the case expects, what the model says of the very answers
/// that were given, and what the agent did. The one that stands alone is blamed. On the wire, agent
/// and model are one, so that a disagreement is between the case and them.
pub(crate) fn culprit(
    subject: Subject,
    steps: &[Step],
    judged: &[StepJudgement],
    findings: &[Finding],
) -> Option<Culprit> {
    let first = findings.first()?.step;
    if subject == Subject::Server {
        return Some(Culprit::Server);
    }
    let (expected, judged) = (&steps.get(first)?.expect, judged.get(first)?);
    let Some(predicted) = &judged.predicted else {
        // It sent something that the model would not have sent in its place.
        return Some(Culprit::Browser);
    };
    let expected = expected.outcome.as_ref().map(|outcome| &outcome.value)?;
    Some(
        match (
            agrees(expected, predicted),
            agrees(expected, &judged.observed),
        ) {
            (true, false) => Culprit::Browser,
            (false, true) => Culprit::Model,
            // All three agree on the outcome, and yet something else is not as expected, which the
            // case alone asks for unless the model can be asked too.
            (true, true) => Culprit::Browser,
            (false, false) => Culprit::Case,
        },
    )
}

fn agrees(expected: &ExpectedOutcome, verdict: &Verdict) -> bool {
    match expected {
        ExpectedOutcome::Allow => verdict.allowed,
        ExpectedOutcome::Block(reasons) => {
            !verdict.allowed
                && verdict
                    .because
                    .is_none_or(|because| is_among(because, reasons))
        }
    }
}
