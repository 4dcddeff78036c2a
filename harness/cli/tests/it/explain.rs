use crate::assert_shown;
use crate::support::Project;

#[test]
fn a_case_is_told_in_prose_with_its_exchange() {
    let arguments = [
        "explain",
        "--cases",
        "cases",
        "preflight/methods/not-listed",
    ];
    assert_shown!(Project::good().shown(&arguments));
}

#[test]
fn a_scenario_is_told_by_its_first_permutation() {
    let project = Project::good();
    assert_shown!(project.shown(&[
        "explain",
        "--cases",
        "cases",
        "simple/get/allowed",
        "--no-run"
    ]));
}

#[test]
fn a_case_that_fails_is_told_with_the_exit_code_of_its_run() {
    let text =
        Project::failing().shown(&["explain", "--cases", "cases", "simple/get/allowed[via=xhr]"]);
    assert!(text.starts_with("exit: 1\n"), "{text}");
    assert!(text.contains("new XMLHttpRequest()"), "{text}");
}

#[test]
fn everything_that_a_case_can_say_is_told() {
    let rich = r#"title: Rich
about: user-agent
defaults:
  covers: [method-safelisted-set]
scenarios:
  - id: steps
    title: Two steps with cookies and a redirect
    page: sandboxed
    cookies: { api: "a=1; SameSite=None; Secure" }
    steps:
      - request: { to: api, method: POST, body: "a body", credentials: include, cache: no-store, redirect: manual }
        server:
          redirects: [{ to: other }]
          response: { status: 201, reason: Made, headers: { X-Many: [a, b] }, delay: 5ms }
        expect:
          outcome: [ ]
      - wait: 1ms
        request: { to: api, via: xhr, method: PUT, headers: { x-probe: "1" }, body: { blob: { type: text/html, content: x } }, upload_listener: true }
        server:
          preflight: { connection: refuse }
          response: { raw: "nonsense\r\n" }
        expect:
          outcome: { block: network-error }
          delivery: not-sent
          sent:
            - { method: OPTIONS, to: api, headers: { origin: "null", x-probe: absent } }
      - request: { to: api, via: websocket, send: [one, { bytes: "\xFE" }], close: { code: 3000, reason: done } }
        expect:
          outcome: allow
          sent: [{ method: GET, query: "", received: [one, { bytes: "\xFE" }], closed: { code: 3000, reason: done } }]
          events: [open, { message: one }]
          script: { wasClean: "true" }
      - request: { to: api, via: long-poll, query: "?a=1", abort: 1s }
        expect:
          outcome: { block: aborted }
          sent: [{ method: GET, query: "?a=1", aborted: true }]
          events: []
"#;
    let rich = rich.replace(
        "outcome: [ ]",
        "outcome: allow\n          response: { status: 0, type: opaqueredirect, headers: { x-many: absent } }",
    );
    let project = Project::new().file("cases/rich/steps.yaml", &rich);
    assert_shown!(project.shown(&[
        "explain",
        "--cases",
        "cases",
        "rich/steps/steps",
        "--no-run"
    ]));
}

#[test]
fn a_name_that_means_several_scenarios_is_not_guessed_at() {
    assert_shown!(Project::good().shown(&["explain", "--cases", "cases", "preflight"]));
}

#[test]
fn a_name_that_means_nothing_is_refused() {
    assert_shown!(Project::good().shown(&["explain", "--cases", "cases", "no/such/case"]));
}

#[test]
fn a_reason_is_told_with_what_mends_it() {
    assert_shown!(Project::new().shown(&["explain", "allow-origin-missing"]));
}
