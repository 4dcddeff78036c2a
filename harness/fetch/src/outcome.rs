//! How a fetch ends, and the way there.

use std::fmt;

use serde::Serialize;

use crate::reason::Reason;
use crate::response::VisibleResponse;

/// How a fetch ends for the page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Script gets a response, which may be opaque.
    Allow(VisibleResponse),
    /// Script gets a network error or an exception.
    Block(Block),
}

/// Why a fetch is blocked.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Block {
    /// The step that decided.
    pub reason: Reason,
    /// The header, method, status or URL concerned, where the step has one.
    pub detail: Option<String>,
}

impl Block {
    /// A block that concerns something.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: Some(detail.into()),
        }
    }
}

impl From<Reason> for Block {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            detail: None,
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            None => write!(formatter, "{}", self.reason),
            Some(detail) => write!(formatter, "{} ({detail})", self.reason),
        }
    }
}

/// One decision on the way to the outcome.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Decision {
    /// The section of the standard, as a URL.
    pub section: &'static str,
    /// What was decided: a sentence without its full stop.
    pub what: String,
}
