//! Defaults, steps and what `null` takes away.

use corspec::case::scenario::{Level, Mechanism};

use super::{document, lines, permutations, step};

#[test]
fn a_request_is_laid_over_its_defaults_key_by_key() {
    let step = step(
        "request: { to: other, method: PUT, query: \"?a\", headers: { X-One: \"1\", x-two: \"2\" } }",
        "request: { query: \"?b\", headers: { x-one: [a, b], x-three: \"3\" } }",
    );
    assert_eq!(
        step.request.url,
        "http://other.localhost:18080/scenario/resource?b"
    );
    assert_eq!(step.request.method, "PUT");
    let headers = lines(&step.request.headers);
    assert_eq!(headers, ["x-one: a", "x-one: b", "x-two: 2", "x-three: 3"]);
}

#[test]
fn null_removes_what_a_default_has_set() {
    let step = step(
        "request: { to: other, method: PUT, query: \"?a\", headers: { x-one: \"1\", x-two: \"2\" }, body: x }\nserver: { response: { status: 404, body: no, headers: { Vary: a } } }",
        "request: { to: null, method: null, query: null, headers: { X-ONE: null }, body: null }\nserver: { response: { status: null, body: null, headers: null } }",
    );
    assert_eq!(
        step.request.url,
        "http://api.localhost:18080/scenario/resource"
    );
    assert_eq!(step.request.method, "GET");
    assert_eq!(step.request.body, None);
    assert_eq!(lines(&step.request.headers), ["x-two: 2"]);
    assert_eq!(step.server.response.status, 200);
    assert_eq!(step.server.response.body, b"");
    assert_eq!(step.server.response.headers, []);
}

#[test]
fn answers_are_merged_and_lists_replaced() {
    let step = step(
        "server:\n  preflight: { status: 200, headers: { A: \"1\" } }\n  response: { headers: { Vary: [a, b], B: \"2\" }, header_lines: [\"C: 3\"] }\n  redirects: [{ to: other }, { to: evil }]",
        "server:\n  response: { headers: { vary: c }, header_lines: [\"D: 4\", \"E: 5\"] }\n  redirects: [{ to: api-tls, status: 307 }]",
    );
    assert_eq!(step.server.preflight.status, 200);
    assert_eq!(lines(&step.server.preflight.headers), ["A: 1"]);
    assert_eq!(
        lines(&step.server.response.headers),
        ["vary: c", "B: 2", "D: 4", "E: 5"]
    );
    assert_eq!(step.server.hops.len(), 1);
    assert_eq!(step.server.hops[0].response.status, 307);
}

#[test]
fn a_scenario_takes_page_cookies_level_and_tags_from_the_defaults() {
    let defaults = "page: evil\nlevel: should\ntags: [slow]\ncovers: req-blocked\ncookies: { api: a=1, other: [b=2, c=3] }";
    let permutation = permutations(document(
        defaults,
        "cookies: { api: [d=4], evil: e=5 }\nexpect: { outcome: allow }",
    ))
    .remove(0);
    assert_eq!(permutation.page.serialize(), "http://evil.localhost:18080");
    assert_eq!(permutation.scenario.level, Level::Should);
    assert_eq!(permutation.scenario.tags, ["slow"]);
    // Its own list replaces that of the defaults.
    assert_eq!(permutation.scenario.covers, ["req-allowed"]);
    let cookies: Vec<_> = permutation
        .cookies
        .iter()
        .map(|cookie| format!("{} {}", cookie.origin, cookie.set_cookie))
        .collect();
    assert_eq!(cookies, ["api d=4", "other b=2", "other c=3", "evil e=5"]);
}

#[test]
fn what_is_not_said_is_what_the_format_says() {
    let permutation = permutations(document("", "expect: { outcome: allow }")).remove(0);
    assert_eq!(permutation.page.serialize(), "http://app.localhost:18080");
    assert_eq!(permutation.scenario.level, Level::Must);
    assert_eq!(permutation.scenario.only, None);
    let step = &permutation.steps[0];
    assert_eq!(step.wait.as_millis(), 0);
    assert_eq!(step.request.via, Mechanism::Fetch);
    assert_eq!(step.request.method, "GET");
    assert_eq!(step.request.mode.word(), "cors");
    assert_eq!(step.request.credentials.word(), "same-origin");
    assert_eq!(step.request.redirect.word(), "follow");
    assert_eq!(step.request.cache.word(), "default");
    assert_eq!(step.request.referrer_policy.word(), "");
    assert_eq!(step.server.preflight.status, 204);
    assert_eq!(step.server.preflight.body, b"");
    assert_eq!(step.server.response.status, 200);
    assert_eq!(step.server.response.body, b"ok");
    assert!(step.server.hops.is_empty());
}

#[test]
fn a_step_is_laid_over_the_scenario_and_that_over_the_defaults() {
    let permutation = permutations(document(
        "request: { to: other, method: PUT, headers: { x-default: \"1\" } }",
        "request: { headers: { x-scenario: \"2\" } }\nserver: { response: { status: 201 } }\nsteps:\n  - expect: { outcome: allow }\n  - { wait: 1200ms, request: { to: api, headers: { x-step: $url } }, server: { response: { status: 202 } }, expect: { outcome: allow } }",
    ))
    .remove(0);
    let [first, second] = permutation.steps.as_slice() else {
        panic!("two steps")
    };
    assert_eq!(
        lines(&first.request.headers),
        ["x-default: 1", "x-scenario: 2"]
    );
    assert_eq!(first.server.response.status, 201);
    assert_eq!(
        first.request.url,
        "http://other.localhost:18080/scenario/resource"
    );
    assert_eq!(second.wait.as_millis(), 1200);
    assert_eq!(second.server.response.status, 202);
    assert_eq!(second.request.method, "PUT");
    assert_eq!(
        lines(&second.request.headers),
        [
            "x-default: 1",
            "x-scenario: 2",
            "x-step: http://api.localhost:18080/scenario/resource",
        ]
    );
}
