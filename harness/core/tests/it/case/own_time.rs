//! What scenarios take by themselves.

use std::time::Duration;

use rstest::rstest;

use super::{document, permutations};

#[rstest]
#[case::nothing("expect: { outcome: allow }", 0)]
#[case::delays_of_all_answers(
    "server: { response: { delay: 300ms }, then: [{ delay: 40ms }] }\nexpect: { outcome: allow }",
    340
)]
#[case::waits_between_parts(
    "server: { response: { chunks: [one, { wait: 200ms, text: two }, { wait: 100ms, text: three }] } }\nexpect: { outcome: allow }",
    300
)]
#[case::no_longer_than_until_the_page_gives_up(
    "request: { abort: 50ms }\nserver: { response: { delay: 5s } }\nexpect: { outcome: { block: aborted } }",
    50
)]
#[case::no_longer_than_the_timeout(
    "request: { via: xhr, timeout: 70ms }\nserver: { response: { delay: 5s } }\nexpect: { outcome: { block: timeout } }",
    70
)]
#[case::waits_before_steps(
    "steps: [{ expect: { outcome: allow } }, { wait: 250ms, server: { response: { delay: 10ms } }, expect: { outcome: allow } }]",
    260
)]
fn waits_and_delays_are_added(#[case] scenario: &str, #[case] milliseconds: u64) {
    let permutation = &permutations(document("", scenario))[0];
    assert_eq!(permutation.own_time(), Duration::from_millis(milliseconds));
}
