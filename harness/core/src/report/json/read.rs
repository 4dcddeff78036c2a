//! The way back: from a report in a file to what every reporter is given.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::document::{CULPRITS, DELIVERIES, LEVELS};
use super::stored::{
    NoReport, Stored, StoredBody, StoredExchange, StoredFinding, StoredResult, StoredSpeaker,
    StoredStep,
};
use super::{SCHEMA_VERSION, describe};
use crate::agent::{BlockSignal, End, Observation};
use crate::case::scenario::{Location, Permutation, SocketClose, SocketMessage};
use crate::run::CaseResult;
use crate::tape::{Conversation, Exchange, Message, Protocol};
use crate::verdict::{Finding, Judgement, Status, StepJudgement, Verdict};

/// Reads a report, apart from what can be known only with its suite.
pub(super) fn read(bytes: &[u8]) -> Result<Stored, NoReport> {
    let stored: Stored = serde_json::from_slice(bytes)?;
    if stored.schema_version == SCHEMA_VERSION {
        Ok(stored)
    } else {
        Err(NoReport::Format {
            found: stored.schema_version,
        })
    }
}

impl StoredResult {
    /// The result of this permutation. Beside what no report tells nothing is lost.
    ///
    /// # Errors
    ///
    /// A word that no report of this format has.
    pub(in crate::report) fn restore(
        &self,
        permutation: &Arc<Permutation>,
    ) -> Result<CaseResult, UnknownWord> {
        // What did not run has no steps.
        let judgement = match self.steps.as_slice() {
            [] => None,
            steps => Some(Judgement {
                steps: steps
                    .iter()
                    .map(StoredStep::restore)
                    .collect::<Result<_, _>>()?,
                findings: self
                    .findings
                    .iter()
                    .map(StoredFinding::restore)
                    .collect::<Result<_, _>>()?,
                culprit: optional_word(&CULPRITS, self.culprit.as_deref())?,
            }),
        };
        Ok(CaseResult {
            permutation: Arc::clone(permutation),
            agent: self.agent.clone(),
            status: word(&Status::ALL, &self.status)?,
            message: self.message.clone(),
            judgement,
            observations: self.steps.iter().map(observation).collect(),
            transcript: self
                .exchanges
                .iter()
                .map(StoredExchange::restore)
                .collect::<Result<_, _>>()?,
            duration: milliseconds(self.duration_ms),
            attempts: self.attempts,
        })
    }
}

/// A word in a report that means nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` means nothing there")]
pub(in crate::report) struct UnknownWord(String);

impl StoredStep {
    fn restore(&self) -> Result<StepJudgement, UnknownWord> {
        let verdict = |outcome: &str, because: &Option<String>, detail: &Option<String>| {
            let because = match because {
                Some(code) => Some(code.parse().map_err(|_| UnknownWord(code.clone()))?),
                None => None,
            };
            Ok(Verdict {
                allowed: outcome == "allow",
                because,
                detail: detail.clone(),
            })
        };
        let predicted = match &self.predicted_outcome {
            Some(outcome) => Some(verdict(
                outcome,
                &self.predicted_because,
                &self.predicted_detail,
            )?),
            None => None,
        };
        Ok(StepJudgement {
            observed: verdict(&self.outcome, &self.because, &self.detail)?,
            delivery: word(&DELIVERIES, &self.delivery)?,
            predicted,
            divergence: self.divergence.clone(),
        })
    }
}

/// What reports tell of an observation: the exception or event, if there was one. Of a response they
/// tell nothing, so that a signal without words stands for it.
fn observation(step: &StoredStep) -> Observation {
    let end = match step.signal.as_deref() {
        Some(describe::SILENT) => End::Silent,
        Some(describe::TIMED_OUT) => End::TimedOut,
        Some(signal) => {
            let (error, message) = signal.split_once(": ").unwrap_or((signal, ""));
            End::Blocked(BlockSignal {
                error: error.to_owned(),
                message: message.to_owned(),
                ..BlockSignal::default()
            })
        }
        None => End::Blocked(BlockSignal::default()),
    };
    end.into()
}

impl StoredFinding {
    fn restore(&self) -> Result<Finding, UnknownWord> {
        Ok(Finding {
            level: word(&LEVELS, &self.level)?,
            step: self.step.saturating_sub(1),
            subject: self.subject.clone(),
            expected: self.expected.clone(),
            actual: self.actual.clone(),
            location: Location {
                file: Arc::new(PathBuf::from(&self.place.file)),
                line: self.place.line,
                column: self.place.column,
            },
        })
    }
}

impl StoredExchange {
    fn restore(&self) -> Result<Exchange, UnknownWord> {
        let response = match &self.response {
            Some(response) => Some((
                response.status,
                Message {
                    reason_phrase: bytes(&response.reason)?,
                    is_unfinished: response.unfinished,
                    ..message(&response.headers, response.body.as_ref())?
                },
            )),
            None => None,
        };
        Ok(Exchange {
            step: self.step.saturating_sub(1),
            to: self.to.parse().map_err(|_| UnknownWord(self.to.clone()))?,
            protocol: match self.protocol.as_str() {
                "HTTP/1.1" => Protocol::Http1,
                "HTTP/2" => Protocol::Http2,
                other => return Err(UnknownWord(other.to_owned())),
            },
            method: self.method.clone(),
            target: self.target.clone(),
            request: message(&self.request.headers, self.request.body.as_ref())?,
            response,
            aborted: self.aborted,
            conversation: match &self.conversation {
                Some(spoken) => Some(Conversation {
                    from_page: spoken.page.messages()?,
                    closed_by_page: spoken.page.close(),
                    from_server: spoken.server.messages()?,
                    closed_by_server: spoken.server.close(),
                }),
                None => None,
            },
        })
    }
}

impl StoredSpeaker {
    fn messages(&self) -> Result<Vec<SocketMessage>, UnknownWord> {
        let message = |message: &StoredBody| match message.encoding.as_str() {
            "utf-8" => Ok(SocketMessage::Text(message.text.clone())),
            _ => Ok(SocketMessage::Binary(bytes(&message.text)?)),
        };
        self.messages.iter().map(message).collect()
    }

    fn close(&self) -> Option<SocketClose> {
        self.close.as_ref().map(|close| SocketClose {
            code: close.code,
            reason: close.reason.clone(),
        })
    }
}

fn message(
    headers: &[(String, String)],
    body: Option<&StoredBody>,
) -> Result<Message, UnknownWord> {
    let headers = headers
        .iter()
        .map(|(name, value)| Ok((name.clone(), bytes(value)?)))
        .collect::<Result<_, _>>()?;
    let body = match body {
        Some(body) if body.encoding == "utf-8" => body.text.clone().into_bytes(),
        Some(body) => bytes(&body.text)?,
        None => Vec::new(),
    };
    Ok(Message {
        headers,
        body,
        ..Message::default()
    })
}

/// One byte for each character.
///
/// <https://infra.spec.whatwg.org/#isomorphic-encode>
fn bytes(text: &str) -> Result<Vec<u8>, UnknownWord> {
    text.chars()
        .map(u8::try_from)
        .collect::<Result<_, _>>()
        .map_err(|_| UnknownWord(text.to_owned()))
}

/// The value that is written like this.
fn word<T: Copy + Serialize>(values: &[T], text: &str) -> Result<T, UnknownWord> {
    let is_written = |value: &&T| serde_json::to_value(value).is_ok_and(|word| word == text);
    let value = values.iter().find(is_written);
    value.copied().ok_or_else(|| UnknownWord(text.to_owned()))
}

fn optional_word<T: Copy + Serialize>(
    values: &[T],
    text: Option<&str>,
) -> Result<Option<T>, UnknownWord> {
    text.map(|text| word(values, text)).transpose()
}

pub(in crate::report) fn milliseconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}
