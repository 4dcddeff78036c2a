//! A run in which every status occurs, for the tests of every reporter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use corspec_fetch::{HeaderList, Reason, ResponseType, VisibleResponse};

use super::Report;
use crate::agent::{BlockSignal, End};
use crate::case::Suite;
use crate::case::scenario::{Delivery, Level, Location, Permutation, Scenario};
use crate::run::{AgentInfo, CaseResult, RunResult, Selected};
use crate::tape::{Exchange, Message, Protocol};
use crate::verdict::{Culprit, Finding, Judgement, Status, StepJudgement, Verdict};

/// A run and its suite.
pub(super) struct Fixture {
    suite: Suite,
    pub(super) result: RunResult,
}

impl Fixture {
    pub(super) fn report(&self) -> Report<'_> {
        Report {
            result: &self.result,
            suite: &self.suite,
        }
    }
}

/// Two agents, in which every status occurs at least once.
pub(super) fn every_status() -> Fixture {
    let suite = suite();
    let mut results = Vec::new();
    for (agent, id, status) in STATUSES {
        results.push(result(&suite, agent, id, *status));
    }
    fixture(suite, results)
}

/// Two agents that find nothing wrong.
pub(super) fn all_green() -> Fixture {
    let suite = suite();
    let results = STATUSES
        .iter()
        .map(|(agent, id, _)| result(&suite, agent, id, Status::Pass));
    let results = results.collect();
    fixture(suite, results)
}

/// One agent in which the same scenario fails as often as this.
pub(super) fn many_failures(number: usize) -> Fixture {
    let suite = suite();
    let failed = result(
        &suite,
        "chromium",
        "preflight/methods/not-listed[via=fetch]",
        Status::Fail,
    );
    let results = (0..number)
        .map(|index| {
            let mut permutation = Permutation::clone(&failed.permutation);
            // Of a scenario each, since permutations that fail alike are shown together.
            let mut scenario = Scenario::clone(&permutation.scenario);
            scenario.id = format!("{}-{index}", scenario.id);
            permutation.id = scenario.id.clone();
            permutation.scenario = Arc::new(scenario);
            CaseResult {
                permutation: Arc::new(permutation),
                ..failed.clone()
            }
        })
        .collect();
    fixture(suite, results)
}

fn suite() -> Suite {
    let files = [
        ("preflight/methods.yaml", include_str!("fixture.yaml")),
        ("requirements.yaml", REQUIREMENTS),
    ];
    Suite::from_files(files).unwrap_or_else(|error| panic!("{}", error.render(false)))
}

fn fixture(suite: Suite, results: Vec<CaseResult>) -> Fixture {
    let agent = |name: &str, version: &str| AgentInfo {
        name: name.to_owned(),
        version: version.to_owned(),
    };
    let result = RunResult {
        suite_digest: "0123456789abcdef".to_owned(),
        suite_size: suite.permutations.len(),
        selected: Selected::of(&suite.permutations),
        shard: None,
        agents: vec![agent("wire", "0.1.0"), agent("chromium", "141.0.7390.54")],
        target: "reference".to_owned(),
        unanswered: BTreeMap::new(),
        seed: Some(42),
        started: UNIX_EPOCH + Duration::from_millis(1_795_344_363_250),
        duration: Duration::from_millis(3_140),
        results,
        interrupted: false,
    };
    Fixture { suite, result }
}

fn result(suite: &Suite, agent: &str, id: &str, status: Status) -> CaseResult {
    let permutation = suite.permutations.iter().find(|it| it.id == id);
    let permutation: Arc<Permutation> = Arc::clone(permutation.expect(id));
    let ran = !matches!(status, Status::Skip | Status::Infra);
    let blocked = id.contains("not-listed") || id.contains("lower-case");
    let judgement = ran.then(|| judgement(&permutation, status, blocked));
    let observed_block = judgement
        .as_ref()
        .is_some_and(|it| !it.steps[0].observed.allowed);
    let observation = if observed_block {
        End::Blocked(BlockSignal {
            error: "TypeError".to_owned(),
            message: "Failed to fetch\u{1b}[31m".to_owned(),
            ..BlockSignal::default()
        })
        .into()
    } else {
        End::Visible(VisibleResponse {
            kind: ResponseType::Cors,
            status: 200,
            status_text: "OK".to_owned(),
            url: None,
            redirected: false,
            headers: HeaderList::default(),
            body: b"ok".to_vec(),
        })
        .into()
    };
    let steps = permutation.steps.len();
    CaseResult {
        agent: agent.to_owned(),
        status,
        message: message(status).map(str::to_owned),
        judgement,
        observations: if ran {
            vec![observation; steps]
        } else {
            Vec::new()
        },
        transcript: if ran {
            transcript(steps, observed_block)
        } else {
            Vec::new()
        },
        duration: Duration::from_micros(if ran { 1_234 } else { 0 }),
        attempts: match status {
            Status::Flaky | Status::Infra => 2,
            Status::Skip => 0,
            _ => 1,
        },
        permutation,
    }
}

fn judgement(permutation: &Permutation, status: Status, blocked: bool) -> Judgement {
    let block = Verdict {
        allowed: false,
        because: Some(Reason::MethodNotAllowed),
        detail: Some("PUT".to_owned()),
    };
    let allow = Verdict {
        allowed: true,
        because: None,
        detail: None,
    };
    let right = if blocked {
        block.clone()
    } else {
        allow.clone()
    };
    let wrong = if blocked { allow } else { block };
    let deviates = matches!(status, Status::Fail | Status::Known);
    let observed = if deviates { wrong } else { right.clone() };
    let delivery = if observed.allowed {
        Delivery::Visible
    } else {
        Delivery::NotSent
    };
    let step = StepJudgement {
        observed,
        delivery,
        predicted: Some(right),
        divergence: None,
    };
    let mut steps = vec![step; permutation.steps.len()];
    let last = steps.len() - 1;
    if last > 0 {
        steps[last].predicted = None;
        steps[last].divergence = Some("the model would send OPTIONS first".to_owned());
    }
    let outcome = permutation.steps[last]
        .expect
        .outcome
        .as_ref()
        .map(|it| it.location.clone());
    let sent = permutation.steps[last]
        .expect
        .sent
        .as_ref()
        .map(|it| it.location.clone());
    let location = |location: &Option<Location>| {
        location
            .clone()
            .unwrap_or_else(|| permutation.scenario.location.clone())
    };
    let finding = |level, subject: &str, expected: &str, actual: &str, location| Finding {
        level,
        step: last,
        subject: subject.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        location,
    };
    let findings = match status {
        Status::Fail | Status::Known => {
            let mut findings = vec![finding(
                Level::Must,
                "outcome",
                if blocked {
                    "block: method-not-allowed"
                } else {
                    "allow"
                },
                if blocked {
                    "allow"
                } else {
                    "block: method-not-allowed (PUT)"
                },
                location(&outcome),
            )];
            if sent.is_some() {
                findings.push(finding(
                    Level::Must,
                    "sent",
                    "OPTIONS",
                    "OPTIONS, PUT",
                    location(&sent),
                ));
            }
            findings
        }
        Status::Warn => vec![finding(
            Level::Should,
            "request header origin",
            "one line",
            "2 lines",
            location(&outcome),
        )],
        Status::Note => vec![finding(
            Level::May,
            "response header vary",
            "present",
            "absent",
            location(&outcome),
        )],
        _ => Vec::new(),
    };
    let culprit = (status == Status::Fail).then_some(Culprit::Browser);
    Judgement {
        steps,
        findings,
        culprit,
    }
}

const fn message(status: Status) -> Option<&'static str> {
    match status {
        Status::Fixed => Some("`put` is taken for PUT, https://bugs.example/1"),
        Status::Flaky => Some("the session ended; a second one was begun"),
        Status::Infra => Some("the page did not answer within 5 s, twice"),
        Status::Known => Some("a star does not cover PUT, https://bugs.example/2"),
        Status::Skip => Some("no browser lets anybody choose the case"),
        _ => None,
    }
}

/// A preflight, and the request unless it is stopped; in each step.
fn transcript(steps: usize, stopped: bool) -> Vec<Exchange> {
    let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    let exchange = |step: usize, method: &str, status: u16, reason: &str, body: &[u8]| Exchange {
        step,
        to: "api".parse().unwrap(),
        protocol: if step == 0 {
            Protocol::Http1
        } else {
            Protocol::Http2
        },
        method: method.to_owned(),
        target: "/scenario/resource".to_owned(),
        request: Message {
            headers: vec![
                header("Host", b"api.localhost:18080"),
                header("Origin", b"http://app.localhost:18080"),
            ],
            ..Message::default()
        },
        response: Some((
            status,
            Message {
                reason_phrase: reason.as_bytes().to_vec(),
                headers: vec![
                    header("Access-Control-Allow-Origin", b"http://app.localhost:18080"),
                    header("X-Bytes", b"caf\xe9\x01"),
                ],
                body: body.to_vec(),
                ..Message::default()
            },
        )),
        aborted: false,
        conversation: None,
    };
    let mut exchanges = Vec::new();
    for step in 0..steps {
        exchanges.push(exchange(step, "OPTIONS", 204, "No Content", b""));
        if !stopped {
            exchanges.push(exchange(step, "PUT", 200, "OK", b"ok"));
        }
    }
    if let Some(last) = exchanges.last_mut().filter(|_| steps > 1) {
        last.response = None;
    }
    exchanges
}

const STATUSES: &[(&str, &str, Status)] = &[
    (
        "wire",
        "preflight/methods/listed[method=PATCH]",
        Status::Pass,
    ),
    ("wire", "preflight/methods/listed[method=PUT]", Status::Pass),
    (
        "wire",
        "preflight/methods/not-listed[via=fetch]",
        Status::Pass,
    ),
    (
        "wire",
        "preflight/methods/not-listed[via=xhr]",
        Status::Fail,
    ),
    ("wire", "preflight/methods/lower-case", Status::Pass),
    ("wire", "preflight/methods/wildcard", Status::Pass),
    ("wire", "preflight/methods/repeated", Status::Warn),
    ("wire", "preflight/methods/header-case", Status::Note),
    ("wire", "preflight/methods/twice", Status::Fail),
    (
        "chromium",
        "preflight/methods/listed[method=PATCH]",
        Status::Pass,
    ),
    (
        "chromium",
        "preflight/methods/listed[method=PUT]",
        Status::Flaky,
    ),
    (
        "chromium",
        "preflight/methods/not-listed[via=fetch]",
        Status::Fail,
    ),
    (
        "chromium",
        "preflight/methods/not-listed[via=xhr]",
        Status::Fail,
    ),
    ("chromium", "preflight/methods/lower-case", Status::Fixed),
    ("chromium", "preflight/methods/wildcard", Status::Known),
    ("chromium", "preflight/methods/repeated", Status::Infra),
    ("chromium", "preflight/methods/header-case", Status::Skip),
    ("chromium", "preflight/methods/twice", Status::Pass),
];

const REQUIREMENTS: &str = r#"
- id: methods-listed
  spec: fetch
  section: CORS-preflight fetch
  citation: https://fetch.spec.whatwg.org/#cors-preflight-fetch
  level: algorithm-step
  party: user-agent
  statement: A method must be listed.
- id: methods-case
  spec: fetch
  section: Methods
  citation: https://fetch.spec.whatwg.org/#concept-method
  level: algorithm-step
  party: user-agent
  statement: Methods are compared byte for byte.
"#;
