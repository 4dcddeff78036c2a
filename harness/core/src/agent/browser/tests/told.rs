//! What script is told and what is sent, in lines that tests compare.

use super::stage::{RESOURCE, Stage, permutation};
use crate::agent::{End, Observation};
use crate::case::scenario::{
    Answer, ExpectedEvent, ExpectedFact, Located, Location, Mechanism, Page, Permutation,
    RequestPlan, Script,
};
use crate::server::Session;
use crate::tape::Exchange;

pub(crate) const ANYONE: (&str, &str) = ("Access-Control-Allow-Origin", "*");

/// A request by this mechanism.
pub(crate) fn via(via: Mechanism) -> RequestPlan {
    RequestPlan {
        via,
        ..RequestPlan::get(RESOURCE)
    }
}

/// An answer with this body.
pub(crate) fn body(body: &[u8], headers: &[(&str, &str)]) -> Answer {
    Answer {
        body: body.to_vec(),
        ..super::stage::answer(200, headers)
    }
}

/// A script that answers everything so.
pub(crate) fn always(response: Answer) -> Script {
    super::stage::allows(response)
}

/// A permutation, the facts that it asks for, and what must come of it: end, events, facts and what
/// was sent, divided by bars.
pub(crate) struct Scene {
    permutation: Permutation,
    expected: &'static str,
}

/// A scene of one step.
pub(crate) fn scene(
    request: RequestPlan,
    response: Answer,
    facts: &[&str],
    expected: &'static str,
) -> Scene {
    scripted(request, always(response), facts, expected)
}

/// The same with a whole script.
pub(crate) fn scripted(
    request: RequestPlan,
    server: Script,
    facts: &[&str],
    expected: &'static str,
) -> Scene {
    let mut permutation = permutation(request, server);
    let facts = facts.iter().map(|&name| ExpectedFact {
        name: name.to_owned(),
        value: located(String::new()),
    });
    permutation.steps[0].expect.script = facts.collect();
    Scene {
        permutation,
        expected,
    }
}

impl Scene {
    /// The same, with an expectation that has events of these names.
    pub(crate) fn listening(mut self, names: &[&str]) -> Self {
        let events = names.iter().map(|&name| ExpectedEvent {
            name: name.to_owned(),
            detail: None,
        });
        self.permutation.steps[0].expect.events = Some(located(events.collect()));
        self
    }
}

/// Runs all scenes at the same time in one page, and compares.
pub(crate) async fn assert_told(stage: &mut Stage, page: &Page, scenes: Vec<Scene>) {
    let permutations: Vec<Permutation> = scenes
        .iter()
        .map(|scene| scene.permutation.clone())
        .collect();
    let sessions: Vec<Session> = permutations
        .iter()
        .map(|permutation| stage.reference.open(permutation))
        .collect();
    let observed = stage.run_in(page, &permutations, &sessions).await;
    let told: Vec<String> = observed
        .iter()
        .zip(&sessions)
        .map(|(steps, session)| line(&steps[0], &session.transcript()))
        .collect();
    let expected: Vec<&str> = scenes.iter().map(|scene| scene.expected).collect();
    assert_eq!(told, expected, "{observed:#?}");
}

fn line(observation: &Observation, transcript: &[Exchange]) -> String {
    let end = match &observation.end {
        End::Blocked(signal) => format!("blocked {}", signal.error),
        End::Silent => "silent".to_owned(),
        End::TimedOut => "timed out".to_owned(),
        End::Visible(response) => response.kind.to_string(),
    };
    let events = observation.events.iter().flatten();
    let events = events
        .filter(|event| event.name != "progress")
        .map(|event| match &event.detail[..] {
            [] => event.name.clone(),
            detail => format!("{}={}", event.name, escaped(detail)),
        });
    let facts = observation.facts.iter();
    let facts = facts.map(|(name, value)| format!("{name}={value}"));
    let sent = transcript.iter().map(sent);
    let parts: [Vec<String>; 3] = [events.collect(), facts.collect(), sent.collect()];
    let parts = parts.map(|part| part.join(" "));
    format!("{end} | {}", parts.join(" | "))
}

fn escaped(detail: &[u8]) -> String {
    let escaped = detail.escape_ascii().to_string();
    escaped.replace("\\\"", "\"").replace("\\'", "'")
}

fn sent(exchange: &Exchange) -> String {
    let gone = if exchange.aborted { "!" } else { "" };
    let target = exchange.target.trim_start_matches("/scenario/");
    format!("{}:{target}{gone}", exchange.method)
}

fn located<T>(value: T) -> Located<T> {
    let location = Location {
        file: std::sync::Arc::new("test.yaml".into()),
        line: 1,
        column: 1,
    };
    Located { value, location }
}
