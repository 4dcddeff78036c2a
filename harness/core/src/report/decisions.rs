//! What the standard decides, step by step, given what was said.

use std::time::Duration;

use corspec_fetch::{Decision, Fetch, HeaderList, HttpResponse, Step, UserAgent};

use crate::agent::call::request_of;
use crate::case::scenario::Permutation;
use crate::tape::Exchange;

/// The decisions of the model for each step of a permutation, in order, given the answers on the tape.
/// A step whose call cannot even be made has none.
///
/// This tells what an agent did that follows the model, as the wire does; it judges nothing. Cookies
/// that were set before are left out, since no decision told here depends on them.
#[must_use]
pub fn decisions(permutation: &Permutation, transcript: &[Exchange]) -> Vec<Vec<Decision>> {
    let mut agent = UserAgent::default();
    let mut now = Duration::ZERO;
    let steps = permutation.steps.iter().enumerate();
    steps
        .map(|(index, step)| {
            now += step.wait;
            let Ok(request) = request_of(&permutation.page, &step.request, str::to_owned) else {
                return Vec::new();
            };
            let mut exchanges = transcript.iter().filter(|exchange| exchange.step == index);
            let (mut fetch, mut next) = Fetch::start(request, &mut agent, now);
            while let Step::Send(_) = next {
                next = match exchanges.next().and_then(answer) {
                    Some(answer) => fetch.receive(answer, &mut agent, now),
                    None => fetch.fail(&mut agent),
                };
            }
            fetch.decisions().to_vec()
        })
        .collect()
}

fn answer(exchange: &Exchange) -> Option<HttpResponse> {
    // What is not HTTP has no status.
    let (status, message) = exchange
        .response
        .as_ref()
        .filter(|(status, _)| *status > 0)?;
    let headers: HeaderList = message.headers.iter().cloned().collect();
    let announced = headers.get("content-length");
    let announced = announced.and_then(|length| String::from_utf8(length).ok()?.parse().ok());
    Some(HttpResponse {
        status: *status,
        reason_phrase: message.reason_phrase.clone(),
        is_cut: exchange.method != "HEAD"
            && announced.is_some_and(|announced: usize| announced > message.body.len()),
        headers,
        body: message.body.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_step_that_blocks_is_the_last_decision() {
        let fixture = fixture::every_status();
        let results = &fixture.report().result.results;
        let result = results
            .iter()
            .find(|result| result.permutation.id == "preflight/methods/not-listed[via=fetch]")
            .unwrap();
        let decisions = decisions(&result.permutation, &result.transcript);
        assert_eq!(decisions.len(), 1);
        let last = decisions[0].last().unwrap();
        assert!(
            last.section.starts_with("https://fetch.spec.whatwg.org/#"),
            "{last:?}"
        );
        assert!(last.what.contains("PUT"), "{last:?}");
    }

    #[test]
    fn an_exchange_that_was_never_answered_ends_in_a_network_error() {
        let fixture = fixture::every_status();
        let results = &fixture.report().result.results;
        let result = results
            .iter()
            .find(|result| result.permutation.steps.len() > 1 && result.agent == "chromium")
            .unwrap();
        assert_eq!(decisions(&result.permutation, &[]).len(), 2);
    }
}
