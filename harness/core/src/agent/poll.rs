//! The protocol of long polling: each answer says what is new, and where the next poll begins.

use corspec_fetch::{Reason, Request, VisibleResponse};
use serde::Deserialize;
use serde_json::Value;

use crate::case::scenario::Step;

/// How often a poll that failed is made again before the page gives up.
const MOST_RETRIES: usize = 3;

/// A page that polls.
pub(crate) struct Poller {
    first: Request,
    cursor: Value,
    missing: usize,
    failures: usize,
    polls: usize,
}

/// What came of a poll.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Polled {
    /// Nothing is new.
    Empty,
    /// These messages are.
    Messages(Vec<String>),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    next: Value,
    messages: Vec<Value>,
}

impl Poller {
    pub(crate) fn new(first: Request, step: &Step) -> Self {
        Self {
            first,
            cursor: Value::Null,
            missing: step.request.messages.unwrap_or(1),
            failures: 0,
            polls: 0,
        }
    }

    /// The next poll.
    pub(crate) fn next_request(&mut self) -> Request {
        self.polls += 1;
        let mut request = self.first.clone();
        if !self.cursor.is_null() {
            let cursor = text(&self.cursor);
            request.url.query_pairs_mut().append_pair("after", &cursor);
        }
        request
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`Reason::StatusNotOk`] and [`Reason::ContentInvalid`].
    pub(crate) fn read(&mut self, response: &VisibleResponse) -> Result<Polled, Reason> {
        let polled = match response.status {
            204 => Polled::Empty,
            200 => {
                let answer: Answer =
                    serde_json::from_slice(&response.body).map_err(|_| Reason::ContentInvalid)?;
                self.missing = self.missing.saturating_sub(answer.messages.len());
                self.cursor = answer.next;
                Polled::Messages(answer.messages.iter().map(text).collect())
            }
            _ => return Err(Reason::StatusNotOk),
        };
        self.failures = 0;
        Ok(polled)
    }

    /// Whether the page has what it waits for.
    pub(crate) const fn is_satisfied(&self) -> bool {
        self.missing == 0
    }

    /// Notes that a poll failed; says whether another one is made.
    pub(crate) const fn tries_again(&mut self) -> bool {
        self.failures += 1;
        self.failures <= MOST_RETRIES
    }

    /// How many there were.
    pub(crate) const fn polls(&self) -> usize {
        self.polls
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
