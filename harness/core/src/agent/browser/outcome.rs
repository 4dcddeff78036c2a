//! What a page says of the steps of a job.

use std::collections::BTreeMap;
use std::time::Duration;

use corspec_fetch::{HeaderList, Reason, ResponseType, VisibleResponse};
use serde::{Deserialize, Deserializer, de};

use super::isomorphic;
use crate::agent::{BlockSignal, End, Observation, ScriptEvent};
use crate::case::scenario::Mechanism;

/// What the page's script returns for a job.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobReply {
    /// It could not be run to its end.
    Failed(String),
    /// One outcome per step.
    Steps(Vec<StepOutcome>),
}

/// What the page's script returns for a step.
#[derive(Debug, Deserialize)]
pub(crate) struct StepOutcome {
    end: StepEnd,
    /// Names, and details as isomorphic strings.
    events: Vec<(String, String)>,
    facts: BTreeMap<String, String>,
}

/// How a step ended.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StepEnd {
    /// An exception or an error event.
    Blocked(Blocked),
    /// Script is told nothing.
    Silent {},
    /// Nothing happened.
    TimedOut {},
    /// A response, which may be opaque.
    Visible(Visible),
}

impl StepOutcome {
    /// The same as an observation of the scenario.
    pub(crate) fn into_observation(self) -> Observation {
        let end = match self.end {
            StepEnd::Blocked(blocked) => End::Blocked(blocked.into_signal()),
            StepEnd::Silent {} => End::Silent,
            StepEnd::TimedOut {} => End::TimedOut,
            StepEnd::Visible(visible) => End::Visible(visible.into_response()),
        };
        let event = |(name, detail): (String, String)| ScriptEvent {
            name,
            detail: isomorphic::encode(&detail),
        };
        Observation {
            end,
            events: Some(self.events.into_iter().map(event).collect()),
            facts: self.facts,
        }
    }

    /// Notes the cause of a block that its name settles, whatever the engine says elsewhere.
    pub(crate) fn explain_itself(&mut self, via: Mechanism) {
        if let StepEnd::Blocked(blocked) = &mut self.end {
            blocked.because = match (via, blocked.error.as_str()) {
                (_, "AbortError" | "abort") => Some(Reason::Aborted),
                (_, "timeout") => Some(Reason::Timeout),
                (Mechanism::Xhr, "InvalidAccessError") => Some(Reason::NotSupported),
                (Mechanism::SharedWorker | Mechanism::Worker, "SecurityError") => {
                    Some(Reason::SameOriginMode)
                }
                (Mechanism::ServiceWorker, "SecurityError") if blocked.refused => {
                    Some(Reason::WorkerOrigin)
                }
                _ => None,
            };
        }
    }

    /// The block, if it is one that nobody has explained yet.
    pub(crate) fn unexplained(&mut self) -> Option<&mut Blocked> {
        match &mut self.end {
            StepEnd::Blocked(blocked) if blocked.because.is_none() => Some(blocked),
            _ => None,
        }
    }
}

/// The blocks of a batch that nobody has explained yet, with the numbers of job and step.
pub(crate) fn unexplained(
    outcomes: &mut [Option<Vec<StepOutcome>>],
) -> impl Iterator<Item = (usize, usize, &mut Blocked)> {
    outcomes.iter_mut().enumerate().flat_map(|(job, steps)| {
        let steps = steps.iter_mut().flatten().enumerate();
        steps.filter_map(move |(step, outcome)| Some((job, step, outcome.unexplained()?)))
    })
}

/// How often an engine is listened to while a block is unexplained.
pub(crate) const ATTEMPTS: u32 = 4;
/// What passes in between. What is told of a page may come from another process than its answer, and nothing
/// tells that it has come.
pub(crate) const PAUSE: Duration = Duration::from_millis(30);

/// Whether an engine can tell no more. Nothing ever is of arguments that were refused.
pub(crate) fn is_explained(outcomes: &mut [Option<Vec<StepOutcome>>]) -> bool {
    unexplained(outcomes).all(|(_, _, blocked)| blocked.refused)
}

/// A call that failed.
#[derive(Debug, Deserialize)]
pub(crate) struct Blocked {
    /// The name of the exception, or `error` for the event.
    pub(crate) error: String,
    /// The engine's text.
    pub(crate) message: String,
    /// Whether status and headers had been visible: the body failed.
    pub(crate) partial: bool,
    /// Whether the arguments were refused, so that nothing can have been sent.
    pub(crate) refused: bool,
    /// What the engine says elsewhere about the cause.
    #[serde(skip)]
    pub(crate) because: Option<Reason>,
    /// Other reasons that it may mean as well.
    #[serde(skip)]
    alternatives: Vec<Reason>,
    /// The name concerned.
    #[serde(skip)]
    pub(crate) detail: Option<String>,
    /// The engine's text from there.
    #[serde(skip)]
    quoted: String,
}

impl Blocked {
    /// Notes a cause; an empty detail is none.
    pub(crate) fn explain(&mut self, reason: Reason, detail: &str) {
        self.because = Some(reason);
        self.detail = (!detail.is_empty()).then(|| detail.to_owned());
    }

    /// Notes causes that the engine does not tell apart, the likeliest first.
    pub(crate) fn explain_among(&mut self, reasons: &[Reason], detail: &str) {
        if let [first, others @ ..] = reasons {
            self.explain(*first, detail);
            self.alternatives = others.to_vec();
        }
    }

    /// Notes what the engine writes elsewhere: pages are told little.
    pub(crate) fn quote(&mut self, text: &str) {
        text.clone_into(&mut self.quoted);
    }

    fn into_signal(self) -> BlockSignal {
        let Self {
            error,
            message,
            partial,
            because,
            alternatives,
            detail,
            quoted,
            ..
        } = self;
        let prefix = if partial {
            "the body failed after status and headers were visible"
        } else {
            ""
        };
        let parts = [prefix, &message, &quoted]
            .into_iter()
            .filter(|part| !part.is_empty());
        let message = parts.collect::<Vec<_>>().join(": ");
        BlockSignal {
            error,
            message,
            because,
            alternatives,
            detail,
        }
    }
}

/// A response that script sees.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Visible {
    #[serde(rename = "type", deserialize_with = "response_type")]
    kind: ResponseType,
    status: u16,
    /// Isomorphic, as are header values and body.
    status_text: String,
    url: String,
    redirected: bool,
    headers: Vec<(String, String)>,
    body: String,
}

impl Visible {
    fn into_response(self) -> VisibleResponse {
        let mut headers = HeaderList::new();
        for (name, value) in self.headers {
            headers.append(&name, isomorphic::encode(&value));
        }
        VisibleResponse {
            kind: self.kind,
            status: self.status,
            status_text: self.status_text,
            url: self.url.parse().ok(),
            redirected: self.redirected,
            headers,
            body: isomorphic::encode(&self.body),
        }
    }
}

fn response_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ResponseType, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(reply: &str) -> Vec<Observation> {
        let replies: Vec<JobReply> = serde_json::from_str(reply).unwrap();
        let mut observations = Vec::new();
        for reply in replies {
            let JobReply::Steps(steps) = reply else {
                panic!("{reply:?}")
            };
            observations.extend(steps.into_iter().map(StepOutcome::into_observation));
        }
        observations
    }

    #[test]
    fn a_response_keeps_its_bytes() {
        let observed = steps(
            r#"[{"steps":[{"end":{"visible":{"type":"cors","status":207,"statusText":"\u00e9","url":"http://a.localhost/",
                "redirected":true,"headers":[["x-one","\u00ff, b"]],"body":"\u0000\u00fe"}},"events":[],"facts":{}}]}]"#,
        );
        let [
            Observation {
                end: End::Visible(response),
                ..
            },
        ] = &observed[..]
        else {
            panic!("{observed:?}")
        };
        assert_eq!(response.kind, ResponseType::Cors);
        assert_eq!(response.status, 207);
        assert!(response.redirected);
        assert_eq!(
            response.headers.lines(),
            [("x-one".to_owned(), b"\xff, b".to_vec())]
        );
        assert_eq!(response.body, b"\x00\xfe");
    }

    #[test]
    fn a_block_and_a_timeout_are_told_apart() {
        let observed = steps(
            r#"[{"steps":[{"end":{"timedOut":{}},"events":[],"facts":{}},
                {"end":{"blocked":{"error":"TypeError","message":"no","partial":true,"refused":false}},
                "events":[],"facts":{}}]}]"#,
        );
        let [
            Observation {
                end: End::TimedOut, ..
            },
            Observation {
                end: End::Blocked(signal),
                ..
            },
        ] = &observed[..]
        else {
            panic!("{observed:?}")
        };
        assert_eq!(signal.error, "TypeError");
        assert_eq!(
            signal.message,
            "the body failed after status and headers were visible: no"
        );
        assert_eq!(signal.because, None);
    }

    #[test]
    fn events_keep_their_bytes_and_facts_their_text() {
        let observed = steps(
            r#"[{"steps":[{"end":{"silent":{}},"events":[["open",""],["chunk","a\u00ff"]],
                "facts":{"reason":"\u20ac"}}]}]"#,
        );
        let [observation] = &observed[..] else {
            panic!("{observed:?}")
        };
        assert!(matches!(observation.end, End::Silent));
        let events = observation.events.as_ref().unwrap().iter();
        let events: Vec<_> = events
            .map(|event| (event.name.as_str(), &event.detail[..]))
            .collect();
        assert_eq!(events, [("open", &b""[..]), ("chunk", b"a\xff")]);
        assert_eq!(observation.facts["reason"], "\u{20ac}");
    }

    #[test]
    fn some_names_settle_the_cause() {
        let because = |via, error: &str| {
            let reply = format!(
                r#"{{"end":{{"blocked":{{"error":"{error}","message":"","partial":false,"refused":false}}}},
                    "events":[],"facts":{{}}}}"#
            );
            let mut outcome: StepOutcome = serde_json::from_str(&reply).unwrap();
            outcome.explain_itself(via);
            match outcome.into_observation().end {
                End::Blocked(signal) => signal.because,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(
            because(Mechanism::Fetch, "AbortError"),
            Some(Reason::Aborted)
        );
        assert_eq!(because(Mechanism::Xhr, "timeout"), Some(Reason::Timeout));
        let refused = because(Mechanism::Worker, "SecurityError");
        assert_eq!(refused, Some(Reason::SameOriginMode));
        assert_eq!(because(Mechanism::WebSocket, "SecurityError"), None);
        assert_eq!(because(Mechanism::Fetch, "TypeError"), None);
    }

    #[test]
    fn a_job_that_could_not_be_run_is_no_observation() {
        let replies: Vec<JobReply> = serde_json::from_str(r#"[{"failed":"gone"}]"#).unwrap();
        assert!(matches!(&replies[..], [JobReply::Failed(text)] if text == "gone"));
    }
}
