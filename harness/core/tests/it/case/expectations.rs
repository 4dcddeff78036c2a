//! What must come of a step, and where it is written.

use corspec::case::scenario::{Delivery, ExpectedOutcome, HeaderMatcher, Level, StatusMatcher};
use corspec::case::snippet;
use corspec_fetch::{Reason, ResponseType};
use rstest::rstest;

use super::{document, load, permutations};

#[rstest]
#[case::absent("absent", HeaderMatcher::Absent)]
#[case::present("present", HeaderMatcher::Present)]
#[case::value("some value", HeaderMatcher::Equals(b"some value".to_vec()))]
#[case::number("1.0", HeaderMatcher::Equals(b"1.0".to_vec()))]
#[case::empty("\"\"", HeaderMatcher::Equals(Vec::new()))]
#[case::bytes("\"\\xE9\"", HeaderMatcher::Equals(vec![0xe9]))]
#[case::variable("$page", HeaderMatcher::Equals(b"http://app.localhost:18080".to_vec()))]
#[case::equals("{ equals: absent }", HeaderMatcher::Equals(b"absent".to_vec()))]
#[case::exactly("{ exactly: a }", HeaderMatcher::Exactly(b"a".to_vec()))]
#[case::one_of("{ one_of: [a, b] }", HeaderMatcher::OneOf(vec![b"a".to_vec(), b"b".to_vec()]))]
#[case::covers("{ covers: [Origin] }", HeaderMatcher::Covers(vec!["Origin".into()]))]
#[case::covers_one("{ covers: Origin }", HeaderMatcher::Covers(vec!["Origin".into()]))]
#[case::lines("{ lines: 2 }", HeaderMatcher::Lines(2))]
#[case::same("{ same_as_request: Origin }", HeaderMatcher::SameAsRequest("Origin".into()))]
#[case::is("{ is: absent }", HeaderMatcher::Absent)]
fn every_condition_on_a_header_can_be_said(#[case] matcher: &str, #[case] expected: HeaderMatcher) {
    let body =
        format!("expect: {{ outcome: allow, response: {{ headers: {{ X-One: {matcher} }} }} }}");
    let permutation = permutations(document("", &body)).remove(0);
    let header = &permutation.steps[0].expect.response.headers[0];
    assert_eq!(header.name, "X-One");
    assert_eq!(header.matcher, expected);
    assert_eq!(header.level, None);
}

#[test]
fn a_condition_can_bind_less_than_its_scenario() {
    let body =
        "expect: { outcome: allow, response: { headers: { a: { equals: b, level: should } } } }";
    let permutation = permutations(document("", body)).remove(0);
    let header = &permutation.steps[0].expect.response.headers[0];
    assert_eq!(header.level, Some(Level::Should));
}

#[rstest]
#[case::allow("allow", ExpectedOutcome::Allow)]
#[case::block("{ block: header-not-allowed }", ExpectedOutcome::Block(vec![Reason::HeaderNotAllowed]))]
#[case::any("{ block: [header-not-allowed, network-error] }", ExpectedOutcome::Block(vec![Reason::HeaderNotAllowed, Reason::NetworkError]))]
#[case::short("header-not-allowed", ExpectedOutcome::Block(vec![Reason::HeaderNotAllowed]))]
fn outcomes_are_words_or_reasons(#[case] outcome: &str, #[case] expected: ExpectedOutcome) {
    let permutation =
        permutations(document("", &format!("expect: {{ outcome: {outcome} }}"))).remove(0);
    assert_eq!(
        permutation.steps[0].expect.outcome.as_ref().unwrap().value,
        expected
    );
}

#[test]
fn everything_that_can_be_expected_is_taken_over() {
    let body = "\
expect:
  outcome: allow
  delivery: visible
  sent:
    - OPTIONS
    - method: PUT
      to: api
      headers: { Origin: $page }
      body: { bytes: \"\\xFF\" }
      answer: { status: [200, 204], headers: { Vary: { covers: Origin } } }
    - { method: GET, answer: { status: 304 }, body: \"\" }
  response: { status: 0, status_text: \"\", type: opaque, url: \"\", redirected: false, headers: {}, body: ok }
";
    let permutation = permutations(document("", body)).remove(0);
    let expect = &permutation.steps[0].expect;
    assert_eq!(expect.delivery.as_ref().unwrap().value, Delivery::Visible);
    let sent = &expect.sent.as_ref().unwrap().value;
    let methods: Vec<_> = sent
        .iter()
        .map(|exchange| exchange.method.value.as_str())
        .collect();
    assert_eq!(methods, ["OPTIONS", "PUT", "GET"]);
    assert_eq!(sent[1].to.as_ref().unwrap().value.name(), "api");
    assert_eq!(sent[1].body.as_ref().unwrap().value, [0xff]);
    let exactly = |statuses: &[u16]| -> Vec<StatusMatcher> {
        let statuses = statuses.iter().copied();
        statuses.map(StatusMatcher::Exactly).collect()
    };
    assert_eq!(
        sent[1].answer.status.as_ref().unwrap().value,
        exactly(&[200, 204])
    );
    assert_eq!(sent[1].answer.headers[0].name, "Vary");
    assert_eq!(
        sent[2].answer.status.as_ref().unwrap().value,
        exactly(&[304])
    );
    assert_eq!(sent[2].body.as_ref().unwrap().value, b"");
    let response = &expect.response;
    assert_eq!(response.status.as_ref().unwrap().value, 0);
    assert_eq!(response.status_text.as_ref().unwrap().value, "");
    assert_eq!(response.kind.as_ref().unwrap().value, ResponseType::Opaque);
    assert_eq!(response.url.as_ref().unwrap().value, "");
    assert!(!response.redirected.as_ref().unwrap().value);
    assert_eq!(response.body.as_ref().unwrap().value, b"ok");
}

#[test]
fn nothing_sent_is_an_expectation_too() {
    let permutation = permutations(document(
        "",
        "expect: { outcome: { block: bad-port }, sent: [] }",
    ))
    .remove(0);
    assert!(
        permutation.steps[0]
            .expect
            .sent
            .as_ref()
            .unwrap()
            .value
            .is_empty()
    );
}

#[test]
fn an_expectation_knows_where_it_is_written() {
    let source = document(
        "",
        "expect:\n  outcome: allow\n  response:\n    headers:\n      vary: { covers: Origin }",
    );
    let suite = load(source).unwrap();
    let step = &suite.permutations[0].steps[0];
    let header = &step.expect.response.headers[0].location;
    let source = suite.source(&header.file).unwrap();
    insta::assert_snapshot!(snippet(source, header, "the list lacks `Origin`"), @r"
      --> area/topic.yaml:11:17
       |
    11 |           vary: { covers: Origin }
       |                 ^ the list lacks `Origin`
    ");
    let outcome = &step.expect.outcome.as_ref().unwrap().location;
    insta::assert_snapshot!(outcome, @"area/topic.yaml:8:16");
    insta::assert_snapshot!(suite.permutations[0].scenario.location, @"area/topic.yaml:4:5");
}
