//! What YAML itself may look like.

use super::{document, lines, load, permutations, step};

#[test]
fn a_byte_order_mark_and_carriage_returns_do_not_matter() {
    let plain = document("", "request: { query: \"?a\" }\nexpect: { outcome: allow }");
    let marked = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    let one = permutations(plain).remove(0);
    let other = permutations(marked).remove(0);
    assert_eq!(one.id, other.id);
    assert_eq!(one.steps[0].request.url, other.steps[0].request.url);
    assert_eq!(one.scenario.location.line, other.scenario.location.line);
}

#[test]
fn scalars_are_the_text_that_is_written() {
    let step = step(
        "",
        "request:\n  headers:\n    a: no\n    b: 1.0\n    c: 0x1F\n    d: 2026-11-22\n    e: .nan\n    f: 99999999999999999999\n    g: 'null'\n    h: -0\n    i: TRUE\n    j: 1:30\n    k: !!str 007",
    );
    assert_eq!(
        lines(&step.request.headers),
        [
            "a: no",
            "b: 1.0",
            "c: 0x1F",
            "d: 2026-11-22",
            "e: .nan",
            "f: 99999999999999999999",
            "g: null",
            "h: -0",
            "i: TRUE",
            "j: 1:30",
            "k: 007",
        ]
    );
}

#[test]
fn anchors_and_merge_keys_save_writing() {
    let step = step(
        "request:\n  headers: &usual { x-one: 1.0, x-two: \"2\" }",
        "request: { headers: { <<: *usual, x-two: two } }",
    );
    let mut headers = lines(&step.request.headers);
    headers.sort();
    assert_eq!(headers, ["x-one: 1.0", "x-two: two"]);
}

#[test]
fn an_anchor_may_be_used_by_hundreds_of_scenarios() {
    let mut source = document(
        "request: &request { to: other }",
        "expect: &allow { outcome: allow }",
    );
    for number in 0..500 {
        source.push_str(&format!(
            "  - id: more-{number}\n    title: It is so\n    covers: [req-allowed]\n    request: *request\n    expect: *allow\n"
        ));
    }
    let permutations = permutations(source);
    assert_eq!(permutations.len(), 501);
    assert_eq!(
        permutations[500].steps[0].request.url,
        "http://other.localhost:18080/scenario/resource"
    );
}

#[test]
fn block_scalars_and_comments_are_welcome() {
    let suite = load(document(
        "",
        "why: |\n  First line.\n  Second line.\nrequest: # what the page does\n  headers:\n    x-folded: >-\n      one\n      two\nexpect: { outcome: allow }",
    ))
    .unwrap();
    let permutation = &suite.permutations[0];
    assert_eq!(
        permutation.scenario.why.as_deref(),
        Some("First line.\nSecond line.\n")
    );
    assert_eq!(
        lines(&permutation.steps[0].request.headers),
        ["x-folded: one two"]
    );
}

#[test]
fn a_file_above_the_limit_is_refused_before_it_is_read() {
    let source = format!(
        "{}# {}\n",
        document("", "expect: { outcome: allow }"),
        "x".repeat(1 << 20)
    );
    let error = load(source).unwrap_err();
    assert_eq!(
        error.to_string(),
        "area/topic.yaml:1:1: the file has more than 1048576 bytes"
    );
}
