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
    follows_model: bool,
) -> Option<Culprit> {
    let first = findings.first()?.step;
    if subject == Subject::Server {
        return Some(Culprit::Server);
    }
    let (expected, judged) = (&steps.get(first)?.expect, judged.get(first)?);
    let Some(predicted) = &judged.predicted else {
        // It sent something that the model would not have sent in its place; or the model has no word
        // in the matter, and two voices that disagree name nobody.
        return judged.divergence.as_ref().map(|_| Culprit::Browser);
    };
    let expected = expected.outcome.as_ref().map(|outcome| &outcome.value)?;
    Some(
        match (
            agrees(expected, predicted),
            agrees(expected, &judged.observed),
        ) {
            (true, false) => Culprit::Browser,
            (false, true) => Culprit::Model,
            // All agree on the outcome, and yet the exchange is not as expected. An agent that sends what
            // the model says cannot be the one that is wrong.
            (true, true) if follows_model => Culprit::Case,
            (true, true) => Culprit::Browser,
            (false, false) => Culprit::Case,
        },
    )
}

fn agrees(expected: &ExpectedOutcome, verdict: &Verdict) -> bool {
    match expected {
        ExpectedOutcome::Allow => verdict.allowed,
        // Whatever became of it: script is told nothing, and what was sent is judged elsewhere.
        ExpectedOutcome::Silent => true,
        ExpectedOutcome::Block(reasons) => {
            !verdict.allowed
                && verdict
                    .because
                    .is_none_or(|because| reasons.is_empty() || is_among(because, reasons))
        }
    }
}

#[cfg(test)]
mod tests {
    use corspec_fetch::Reason;
    use rstest::rstest;

    use super::*;
    use crate::case::Suite;
    use crate::case::scenario::{Delivery, Level};

    const ALLOW: Verdict = Verdict {
        allowed: true,
        because: None,
        detail: None,
    };
    const BLOCK: Verdict = Verdict {
        allowed: false,
        because: Some(Reason::AllowOriginMissing),
        detail: None,
    };

    /// Who is blamed when `allow` is expected and one thing was found amiss.
    fn blamed(
        subject: Subject,
        predicted: Option<Verdict>,
        observed: Verdict,
        follows_model: bool,
    ) -> Option<Culprit> {
        let suite = "{ title: T, about: user-agent, scenarios: [{ id: one, title: One, \
                     covers: [cc-acao-star], expect: { outcome: allow } }] }";
        let suite = Suite::from_files([("area/topic.yaml", suite)]).unwrap();
        let permutation = &suite.permutations[0];
        let judged = StepJudgement {
            observed,
            delivery: Delivery::Visible,
            divergence: predicted.is_none().then(|| "PUT was sent".to_owned()),
            predicted,
        };
        let finding = Finding {
            level: Level::Must,
            step: 0,
            subject: "outcome".to_owned(),
            expected: String::new(),
            actual: String::new(),
            location: permutation.scenario.location.clone(),
        };
        culprit(
            subject,
            &permutation.steps,
            &[judged],
            &[finding],
            follows_model,
        )
    }

    #[rstest]
    #[case::browser_alone(Some(ALLOW), BLOCK, false, Culprit::Browser)]
    #[case::model_alone(Some(BLOCK), ALLOW, false, Culprit::Model)]
    #[case::case_alone(Some(BLOCK), BLOCK, false, Culprit::Case)]
    #[case::case_alone_on_the_wire(Some(BLOCK), BLOCK, true, Culprit::Case)]
    #[case::other_exchange_of_a_browser(Some(ALLOW), ALLOW, false, Culprit::Browser)]
    #[case::other_exchange_on_the_wire(Some(ALLOW), ALLOW, true, Culprit::Case)]
    #[case::sent_what_the_model_would_not(None, ALLOW, false, Culprit::Browser)]
    fn the_voice_that_stands_alone_is_blamed(
        #[case] predicted: Option<Verdict>,
        #[case] observed: Verdict,
        #[case] follows_model: bool,
        #[case] culprit: Culprit,
    ) {
        let blamed = blamed(Subject::UserAgent, predicted, observed, follows_model);
        assert_eq!(blamed, Some(culprit));
    }

    #[test]
    fn a_server_scenario_blames_the_server() {
        let blamed = blamed(Subject::Server, Some(ALLOW), ALLOW, true);
        assert_eq!(blamed, Some(Culprit::Server));
    }
}
