//! Two small servers and a suite, for the tests of this room.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use super::publish::publish;
use super::published::Published;
use crate::case::scenario::{Level, Permutation};
use crate::case::{Suite, TargetFile};
use crate::run::{AgentInfo, CaseResult, RunResult, Selected};
use crate::server::{NoAnswer, Output};
use crate::tape::{Exchange, Message, Protocol};
use crate::verdict::{Finding, Judgement, Status};

pub(super) fn suite() -> Suite {
    let files = [
        ("server/first.yaml", FIRST),
        ("server/second.yaml", SECOND),
        ("requirements.yaml", REQUIREMENTS),
        ("policies/allowlist.yaml", ALLOWLIST),
        ("policies/reckless.yaml", RECKLESS),
    ];
    Suite::from_files(files).unwrap_or_else(|error| panic!("{}", error.render(false)))
}

/// One that does something wrong, and one that does not.
pub(super) fn published() -> Vec<Published> {
    let suite = suite();
    let chromium = |id: &str| id == "server/first/shown[method=GET]";
    let mut results = Vec::new();
    for permutation in &suite.permutations {
        results.push(result(permutation, "wire", status(&permutation.id)));
    }
    for permutation in &suite.permutations {
        let status = match chromium(&permutation.id) {
            true => Status::Pass,
            false => Status::Skip,
        };
        results.push(result(permutation, "chromium", status));
    }
    let refused = NoAnswer::Refused {
        output: Output(vec!["not with me, says /opt/bad/1.0/main.js".to_owned()]),
    };
    let bad = run(&suite, results, [("reckless".to_owned(), refused)].into());
    let good = suite.permutations.iter();
    let good = good.map(|it| result(it, "wire", Status::Pass)).collect();
    let good = run(&suite, good, BTreeMap::new());
    let file = |name: &str, title: &str| TargetFile {
        name: name.to_owned(),
        title: title.to_owned(),
        language: Some("Shell".to_owned()),
        kind: Some("control".to_owned()),
        ..TargetFile::default()
    };
    let file_of_bad = TargetFile {
        package: Some("bad-cors".to_owned()),
        source: Some("https://bad.example".to_owned()),
        ecosystem: Some("npm".to_owned()),
        ..file("bad", "Bad <server>")
    };
    vec![
        publish(&suite, &bad, &file_of_bad, "1.0", Path::new("/opt/bad/1.0")),
        publish(
            &suite,
            &good,
            &file("good", "Good server"),
            "2.0",
            Path::new("/opt/good/2.0"),
        ),
    ]
}

fn status(id: &str) -> Status {
    match id {
        "server/first/shown[method=GET]" | "server/first/shown[method=PUT]" => Status::Fail,
        "server/first/shaped" => Status::Warn,
        "server/second/reckless" => Status::Skip,
        _ => Status::Pass,
    }
}

fn result(permutation: &Arc<Permutation>, agent: &str, status: Status) -> CaseResult {
    let level = match status {
        Status::Fail => Some(Level::Must),
        Status::Warn => Some(Level::Should),
        _ => None,
    };
    let findings = level.map(|level| Finding {
        level,
        step: 0,
        subject: "outcome".to_owned(),
        expected: "allow".to_owned(),
        actual: "block: allow-origin-missing".to_owned(),
        location: permutation.scenario.location.clone(),
    });
    let is_skipped = status == Status::Skip;
    CaseResult {
        permutation: Arc::clone(permutation),
        agent: agent.to_owned(),
        status,
        message: is_skipped.then(|| "bad, policy reckless: it refuses".to_owned()),
        judgement: (!is_skipped).then(|| Judgement {
            findings: findings.into_iter().collect(),
            ..Judgement::default()
        }),
        observations: Vec::new(),
        transcript: vec![exchange()],
        duration: Duration::from_millis(3),
        attempts: 1,
    }
}

fn exchange() -> Exchange {
    let message = |name: &str, value: &str, body: &str| Message {
        headers: vec![(name.to_owned(), value.into())],
        body: body.into(),
        ..Message::default()
    };
    Exchange {
        step: 0,
        to: "api".parse().unwrap(),
        protocol: Protocol::Http1,
        method: "GET".to_owned(),
        target: "/scenario/resource".to_owned(),
        request: message("Origin", "http://app.localhost:18080", ""),
        response: Some((
            200,
            message("X-Handler", "<resource>", "at /opt/bad/1.0/main.js"),
        )),
        aborted: false,
        conversation: None,
    }
}

fn run(
    suite: &Suite,
    results: Vec<CaseResult>,
    unanswered: BTreeMap<String, NoAnswer>,
) -> RunResult {
    let agents = ["wire", "chromium"].into_iter();
    let agents = agents.filter(|name| results.iter().any(|it| it.agent == *name));
    RunResult {
        suite_digest: "0123456789abcdef".to_owned(),
        suite_size: suite.permutations.len(),
        selected: Selected::of(&suite.permutations),
        shard: None,
        agents: agents
            .map(|name| AgentInfo {
                name: name.to_owned(),
                version: "1.2.3".to_owned(),
            })
            .collect(),
        target: "bad 1.0".to_owned(),
        unanswered,
        seed: None,
        started: UNIX_EPOCH + Duration::from_secs(1_795_344_363),
        duration: Duration::from_secs(3),
        results,
        interrupted: false,
    }
}

const FIRST: &str = "
title: First - what is shown
about: server
defaults: { policy: allowlist, page: app, covers: [shown], request: { resource: resource } }
scenarios:
  - id: shown
    title: An allowed page sees the answer
    why: It is what all this is for.
    axes: { method: [GET, PUT, DELETE] }
    request: { method: $method }
    expect: { outcome: allow }
  - id: shaped
    title: The answer has one line
    level: should
    expect: { outcome: allow }
";

const SECOND: &str = "
title: Second - what is dangerous
about: server
defaults: { page: evil, covers: [shown], request: { resource: resource } }
scenarios:
  - id: reckless
    title: Everybody is let in
    policy: reckless
    expect: { outcome: block }
  - id: careful
    title: Nobody else is let in
    policy: allowlist
    expect: { outcome: block }
";

const REQUIREMENTS: &str = "
- id: shown
  spec: fetch
  section: CORS check
  citation: https://fetch.spec.whatwg.org/#concept-cors-check
  level: must
  party: server
  statement: What is allowed is shown.
";

const ALLOWLIST: &str = "
title: Two origins are allowed
origins: [\"http://app.localhost:18080\"]
methods: [GET, PUT, DELETE]
max_age: 5
";

const RECKLESS: &str = "
title: Everybody is allowed, with credentials
dangerous: true
any_origin: true
methods: [GET]
max_age: 5
credentials: true
";
