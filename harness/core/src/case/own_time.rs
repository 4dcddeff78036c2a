//! What a scenario takes by itself, however fast everybody is.

use std::iter;
use std::time::Duration;

use super::scenario::{Answer, ConnectionPlan, Permutation, RequestPlan, Script, Step};

impl Permutation {
    /// How long it waits and is made to wait, all steps together.
    #[must_use]
    pub fn own_time(&self) -> Duration {
        self.steps.iter().map(|step| step.wait + step.delay()).sum()
    }
}

impl Step {
    /// How long its answers are delayed, all together; or until the page gives up, for which an answer that
    /// is held without an end is reason enough.
    #[must_use]
    pub fn delay(&self) -> Duration {
        let RequestPlan { abort, timeout, .. } = self.request;
        let gives_up = abort.is_some() || timeout.is_some();
        let mut delay = Duration::ZERO;
        'answers: for answer in self.server.answers() {
            let chunks = answer.chunks.iter().map(|chunk| chunk.wait);
            let is_held = gives_up && answer.connection == ConnectionPlan::Hold;
            let end = is_held.then_some(Duration::MAX);
            for silence in iter::once(answer.delay).chain(chunks).chain(end) {
                // It begins to lose patience anew with all that it is told.
                if let Some(patience) = abort.filter(|patience| *patience <= silence) {
                    delay += patience;
                    break 'answers;
                }
                delay = delay.saturating_add(silence);
            }
        }
        delay.min(timeout.unwrap_or(Duration::MAX))
    }
}

impl Script {
    /// All answers that there are.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        let Self {
            hops,
            preflight,
            response,
            then,
            resources,
        } = self;
        let hops = hops.iter().flat_map(|hop| [&hop.preflight, &hop.response]);
        let resources = resources.iter().map(|(_, answer)| answer);
        hops.chain([preflight, response])
            .chain(then)
            .chain(resources)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::case::Suite;

    #[rstest]
    #[case::answers(
        "response: { delay: 1s, chunks: [a, { wait: 2s, text: b }] }",
        "",
        3_000
    )]
    #[case::held("response: { delay: 1s, connection: hold }", "", 1_000)]
    #[case::given_up_before("response: { delay: 1s }", "abort: 300ms", 300)]
    #[case::not_given_up("response: { delay: 1s }", "abort: 2s", 1_000)]
    #[case::held_and_given_up("response: { delay: 1s, connection: hold }", "abort: 2s", 3_000)]
    #[case::too_late(
        "response: { delay: 1s, connection: hold }",
        "via: xhr, timeout: 2s",
        2_000
    )]
    fn the_time_of_a_step_is_that_of_its_answers_until_the_page_gives_up(
        #[case] server: &str,
        #[case] request: &str,
        #[case] milliseconds: u64,
    ) {
        let scenario = format!(
            "{{ title: T, about: user-agent, scenarios: [{{ id: one, title: One, covers: [origin-file], \
             request: {{ {request} }}, server: {{ {server} }}, expect: {{ outcome: allow }} }}] }}"
        );
        let suite = Suite::from_files([("area/topic.yaml", scenario.as_str())]).unwrap();
        let own_time = suite.permutations[0].own_time();
        assert_eq!(own_time, Duration::from_millis(milliseconds));
    }
}
