//! A report that was read again, by the keys that it has in the file.

use serde::Deserialize;

/// A report that was read from a file.
#[derive(Clone, Debug, Deserialize)]
pub struct Stored {
    pub(super) schema_version: u32,
    pub(in crate::report) corspec: String,
    pub(in crate::report) suite: StoredSuite,
    pub(in crate::report) run: StoredRun,
    pub(in crate::report) results: Vec<StoredResult>,
}

/// Why a file is no report that can be read.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// It is of another format.
    #[error(
        "it is a report of format {found}, and this corspec reads format {}",
        super::SCHEMA_VERSION
    )]
    Format {
        /// The format that it is of.
        found: u32,
    },
    /// It is no report.
    #[error("it is no JSON report of corspec: {0}")]
    Shape(#[from] serde_json::Error),
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::report) struct StoredSuite {
    pub(in crate::report) digest: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::report) struct StoredRun {
    pub(in crate::report) agents: Vec<StoredAgent>,
    pub(in crate::report) target: String,
    pub(in crate::report) selected: StoredSelected,
    pub(in crate::report) shard: Option<StoredShard>,
    pub(in crate::report) seed: Option<u64>,
    pub(in crate::report) started: String,
    pub(in crate::report) duration_ms: f64,
    pub(in crate::report) interrupted: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::report) struct StoredAgent {
    pub(in crate::report) name: String,
    pub(in crate::report) version: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::report) struct StoredSelected {
    pub(in crate::report) permutations: usize,
    pub(in crate::report) digest: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::report) struct StoredShard {
    pub(in crate::report) number: usize,
    pub(in crate::report) of: usize,
}

/// What is not in the suite of a result.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::report) struct StoredResult {
    pub(in crate::report) id: String,
    pub(in crate::report) agent: String,
    pub(super) status: String,
    pub(super) duration_ms: f64,
    pub(super) message: Option<String>,
    pub(super) findings: Vec<StoredFinding>,
    pub(super) culprit: Option<String>,
    pub(super) attempts: u32,
    pub(super) steps: Vec<StoredStep>,
    pub(super) exchanges: Vec<StoredExchange>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredFinding {
    pub(super) step: usize,
    pub(super) level: String,
    pub(super) subject: String,
    pub(super) expected: String,
    pub(super) actual: String,
    pub(super) place: StoredPlace,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredPlace {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredStep {
    pub(super) outcome: String,
    pub(super) delivery: String,
    pub(super) because: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) signal: Option<String>,
    pub(super) predicted_outcome: Option<String>,
    pub(super) predicted_because: Option<String>,
    pub(super) predicted_detail: Option<String>,
    pub(super) divergence: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredExchange {
    pub(super) step: usize,
    pub(super) to: String,
    pub(super) protocol: String,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) request: StoredRequest,
    pub(super) response: Option<StoredResponse>,
    pub(super) aborted: bool,
    pub(super) conversation: Option<StoredConversation>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredConversation {
    pub(super) page: StoredSpeaker,
    pub(super) server: StoredSpeaker,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredSpeaker {
    pub(super) messages: Vec<StoredBody>,
    pub(super) close: Option<StoredClose>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredClose {
    pub(super) code: Option<u16>,
    pub(super) reason: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredRequest {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<StoredBody>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredResponse {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<StoredBody>,
    pub(super) unfinished: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredBody {
    pub(super) encoding: String,
    pub(super) text: String,
}
