//! Axes, labels and variables.

use super::{document, lines, load, permutations};

const ALLOW: &str = "expect: { outcome: allow }";

#[test]
fn axes_are_multiplied_in_the_order_declared() {
    let permutations = permutations(document(
        "",
        &format!(
            "axes:\n  method: [GET, PUT]\n  to: [api, api-tls]\nrequest: {{ method: $method, to: $to }}\n{ALLOW}"
        ),
    ));
    let ids: Vec<_> = permutations
        .iter()
        .map(|permutation| permutation.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "area/topic/one[method=GET,to=api]",
            "area/topic/one[method=GET,to=api-tls]",
            "area/topic/one[method=PUT,to=api]",
            "area/topic/one[method=PUT,to=api-tls]",
        ]
    );
    let last = &permutations[3];
    assert_eq!(
        last.axes,
        [
            ("method".into(), "PUT".into()),
            ("to".into(), "api-tls".into())
        ]
    );
    assert_eq!(last.steps[0].request.method, "PUT");
    assert_eq!(
        last.steps[0].request.url,
        "https://api.localhost:18443/scenario/resource"
    );
}

#[test]
fn permutations_share_their_scenario() {
    let permutations = permutations(document(
        "",
        &format!("axes: {{ n: [1, 2] }}\nrequest: {{ query: \"?$n\" }}\n{ALLOW}"),
    ));
    assert!(std::sync::Arc::ptr_eq(
        &permutations[0].scenario,
        &permutations[1].scenario
    ));
    assert_eq!(permutations[0].scenario.id, "area/topic/one");
}

#[test]
fn a_scenario_without_axes_has_no_brackets_in_its_id() {
    assert_eq!(permutations(document("", ALLOW))[0].id, "area/topic/one");
}

#[test]
fn a_label_stands_in_the_id_and_its_value_in_the_text() {
    let permutations = permutations(document(
        "",
        &format!(
            "axes:\n  value:\n    trailing-slash: \"$page/\"\n    two: \"$page, $page\"\nserver:\n  response: {{ headers: {{ Access-Control-Allow-Origin: $value }} }}\n{ALLOW}"
        ),
    ));
    assert_eq!(permutations[0].id, "area/topic/one[value=trailing-slash]");
    let headers: Vec<_> = permutations
        .iter()
        .flat_map(|permutation| lines(&permutation.steps[0].server.response.headers))
        .collect();
    assert_eq!(
        headers,
        [
            "Access-Control-Allow-Origin: http://app.localhost:18080/",
            "Access-Control-Allow-Origin: http://app.localhost:18080, http://app.localhost:18080",
        ]
    );
}

#[test]
fn the_columns_of_a_row_belong_together() {
    let permutations = permutations(document(
        "",
        "axes:\n  row:\n    plain: { type: text/plain, outcome: allow }\n    json: { type: application/json, outcome: header-not-allowed }\nrequest: { headers: { Content-Type: $row.type } }\nexpect: { outcome: $row.outcome }",
    ));
    let found: Vec<_> = permutations
        .iter()
        .map(|permutation| {
            let outcome = permutation.steps[0].expect.outcome.as_ref().unwrap();
            format!(
                "{} {:?}",
                lines(&permutation.steps[0].request.headers)[0],
                outcome.value
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "Content-Type: text/plain Allow",
            "Content-Type: application/json Block([HeaderNotAllowed])"
        ]
    );
}

#[test]
fn scalars_of_an_axis_are_the_text_that_is_written() {
    let permutations = permutations(document(
        "",
        &format!(
            "axes:\n  value: [1.0, 0x1F, no, \"*\", 007, 1e3, +5, 1_000, true]\nrequest: {{ headers: {{ x-value: $value }} }}\n{ALLOW}"
        ),
    ));
    let values: Vec<_> = permutations
        .iter()
        .map(|permutation| permutation.axes[0].1.as_str())
        .collect();
    assert_eq!(
        values,
        [
            "1.0", "0x1F", "no", "*", "007", "1e3", "+5", "1_000", "true"
        ]
    );
    assert_eq!(
        lines(&permutations[0].steps[0].request.headers),
        ["x-value: 1.0"]
    );
    assert_eq!(
        lines(&permutations[1].steps[0].request.headers),
        ["x-value: 0x1F"]
    );
}

#[test]
fn an_axis_can_choose_the_page_the_origins_and_the_names_of_headers() {
    let permutations = permutations(document(
        "",
        "axes:\n  from: [app, sandboxed]\n  name: [x-one]\n  jar: [api-sub]\npage: $from\ncookies: { $jar: a=1 }\nrequest: { headers: { $name: $page } }\nexpect: { outcome: allow, sent: [{ method: GET, headers: { $name: present } }] }",
    ));
    let headers: Vec<_> = permutations
        .iter()
        .flat_map(|permutation| lines(&permutation.steps[0].request.headers))
        .collect();
    assert_eq!(
        headers,
        ["x-one: http://app.localhost:18080", "x-one: null"]
    );
    assert_eq!(permutations[1].page.serialize(), "null");
    assert_eq!(permutations[1].cookies[0].origin.name(), "api-sub");
    let sent = permutations[0].steps[0].expect.sent.as_ref().unwrap();
    assert_eq!(sent.value[0].headers[0].name, "x-one");
}

#[test]
fn fixed_variables_name_the_urls_and_origins_of_the_step() {
    let permutations = permutations(document(
        "",
        "request: { to: other, query: \"?q=1\", fragment: \"#f\", body: \"$page $target $url $final $evil-tls ${ipv6}x $$\", method: POST }\nserver: { redirects: [{ to: api }] }\nexpect: { outcome: allow, response: { url: $final } }",
    ));
    let step = &permutations[0].steps[0];
    assert_eq!(
        String::from_utf8_lossy(&step.request.body.as_ref().unwrap().content),
        "http://app.localhost:18080 http://other.localhost:18080 \
         http://other.localhost:18080/scenario/hop1?q=1#f \
         http://api.localhost:18080/scenario/resource https://evil.localhost:18443 \
         http://[::1]:18080x $"
    );
    let url = step.expect.response.url.as_ref().unwrap();
    assert_eq!(url.value, "http://api.localhost:18080/scenario/resource");
}

#[test]
fn without_redirects_the_final_url_is_the_first_without_its_fragment() {
    let permutations = permutations(document(
        "",
        "request: { query: \"?q=1\", fragment: \"#f\" }\nexpect: { outcome: allow, response: { url: $final } }",
    ));
    let url = permutations[0].steps[0]
        .expect
        .response
        .url
        .as_ref()
        .unwrap();
    assert_eq!(
        url.value,
        "http://api.localhost:18080/scenario/resource?q=1"
    );
}

#[test]
fn every_scalar_may_be_a_template() {
    let permutations = permutations(document(
        "",
        "axes:\n  row:\n    x: { status: 207, bool: \"true\", delay: 5ms, mode: no-cors, count: 2, level: may }\nrequest: { mode: $row.mode, keepalive: $row.bool }\nserver: { response: { status: $row.status, delay: $row.delay } }\nexpect: { outcome: allow, response: { status: $row.status, redirected: $row.bool, headers: { x: { lines: $row.count, level: $row.level } } } }",
    ));
    let step = &permutations[0].steps[0];
    assert_eq!(step.server.response.status, 207);
    assert_eq!(step.server.response.delay.as_millis(), 5);
    assert!(step.request.keepalive);
    assert_eq!(step.expect.response.status.as_ref().unwrap().value, 207);
}

#[test]
fn ten_thousand_permutations_load_quickly_enough_for_a_test() {
    let axis = |name: &str| {
        let values: Vec<_> = (0..100).map(|number| format!("v{number}")).collect();
        format!("  {name}: [{}]\n", values.join(", "))
    };
    let body = format!(
        "axes:\n{}{}request: {{ query: \"?$one&$two\", headers: {{ x-one: $one }} }}\nserver:\n  preflight: {{ headers: {{ Access-Control-Allow-Origin: $page, Access-Control-Allow-Headers: x-one }} }}\n  response: {{ headers: {{ Access-Control-Allow-Origin: $page, Vary: [a, b] }} }}\nexpect: {{ outcome: allow, sent: [OPTIONS, {{ method: GET, headers: {{ x-one: $one, Origin: $page }} }}] }}",
        axis("one"),
        axis("two")
    );
    let begin = std::time::Instant::now();
    let suite = load(document("", &body)).unwrap();
    assert_eq!(suite.permutations.len(), 10_000);
    assert_eq!(suite.scenario_count(), 1);
    // An order of magnitude above what an unoptimised build needs: only another complexity fails.
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
