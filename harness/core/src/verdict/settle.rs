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
        let mut reasons: Vec<Reason> = signal.because.into_iter().collect();
        reasons.append(&mut signal.alternatives);
        let find = |fits: &dyn Fn(Reason) -> bool| reasons.iter().copied().find(|&r| fits(r));
        signal.because = find(&|reason| Some(reason) == predicted)
            .or_else(|| find(&|reason| (reason.on_preflight() == reason) == ended_in_preflight))
            .or(signal.because);
    }
    observations
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::agent::BlockSignal;
    use crate::case::Suite;
    use crate::tape::{Message, Protocol};

    fn permutation(request: &str) -> Arc<Permutation> {
        let suite = format!(
            "{{ title: T, about: user-agent, scenarios: [{{ id: one, title: One, \
             covers: [cc-acao-star], request: {request}, expect: {{ outcome: allow }} }}] }}"
        );
        let suite = Suite::from_files([("area/topic.yaml", suite)]).unwrap();
        Arc::clone(&suite.permutations[0])
    }

    fn preflight() -> Exchange {
        let name = "Access-Control-Request-Method".to_owned();
        Exchange {
            step: 0,
            to: "api".parse().unwrap(),
            protocol: Protocol::Http1,
            method: "OPTIONS".to_owned(),
            target: "/scenario/resource".to_owned(),
            request: Message {
                headers: vec![(name, b"PUT".to_vec())],
                ..Message::default()
            },
            response: None,
            aborted: false,
            conversation: None,
        }
    }

    fn settled(request: &str, transcript: &[Exchange], reasons: &[Reason]) -> Option<Reason> {
        let signal = BlockSignal {
            because: reasons.first().copied(),
            alternatives: reasons.iter().skip(1).copied().collect(),
            ..BlockSignal::default()
        };
        let observations = vec![End::Blocked(signal).into()];
        let settled = settle(&permutation(request), transcript, observations);
        let End::Blocked(signal) = &settled[0].end else {
            panic!()
        };
        assert_eq!(signal.alternatives, []);
        signal.because
    }

    const PLAIN: &str = "{ to: api }";
    const BAD_PORT: &str = "{ url: \"http://api.localhost:9/\" }";
    const MISMATCH: [Reason; 2] = [
        Reason::AllowOriginMismatch,
        Reason::PreflightAllowOriginMismatch,
    ];

    #[rstest]
    #[case::model_decides(BAD_PORT, &[], &[Reason::NetworkError, Reason::BadPort], Some(Reason::BadPort))]
    #[case::model_names_another(BAD_PORT, &[], &MISMATCH, Some(Reason::AllowOriginMismatch))]
    #[case::no_preflight_was_sent(PLAIN, &[], &MISMATCH, Some(Reason::AllowOriginMismatch))]
    #[case::a_preflight_came_last(PLAIN, &[preflight()], &MISMATCH, Some(Reason::PreflightAllowOriginMismatch))]
    #[case::nothing_is_told(BAD_PORT, &[], &[], None)]
    #[case::one_is_told(BAD_PORT, &[], &[Reason::NetworkError], Some(Reason::NetworkError))]
    fn reasons_are_settled(
        #[case] request: &str,
        #[case] transcript: &[Exchange],
        #[case] reasons: &[Reason],
        #[case] expected: Option<Reason>,
    ) {
        assert_eq!(settled(request, transcript, reasons), expected);
    }
}
