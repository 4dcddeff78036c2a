//! The judgement on one permutation in one agent.

use corspec_fetch::Reason;
use serde::Serialize;

use super::status::Status;
use crate::agent::{End, Observation};
use crate::case::scenario::{Delivery, Level, Location, Permutation};
use crate::server::UpstreamFault;

/// What the judges found of one permutation in one agent.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// What happened in each step.
    pub steps: Vec<StepJudgement>,
    /// The expectations that did not come true, in the order they are written.
    pub findings: Vec<Finding>,
    /// Who is wrong, if anybody is.
    pub culprit: Option<Culprit>,
}

impl Judgement {
    /// The status that the gravest finding gives.
    #[must_use]
    pub fn status(&self) -> Status {
        let gravest = self.findings.iter().map(|finding| finding.level).min();
        gravest.map_or(Status::Pass, Status::of_violation)
    }

    /// Adds what kept a server under test from answering as HTTP demands. It comes first: the rest
    /// follows from it.
    pub(crate) fn note_no_answer(&mut self, permutation: &Permutation, faults: &[UpstreamFault]) {
        let Some(fault) = faults.first() else {
            return;
        };
        let level = if permutation.is_wire_only() {
            Level::Should
        } else {
            Level::Must
        };
        let finding = Finding {
            level,
            step: 0,
            subject: "answer".to_owned(),
            expected: "a whole HTTP response".to_owned(),
            actual: fault.to_string(),
            location: permutation.scenario.location.clone(),
        };
        self.findings.insert(0, finding);
        self.culprit = Some(Culprit::Server);
    }
}

/// What happened in one step, according to the agent and to the model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StepJudgement {
    /// What the agent did.
    pub observed: Verdict,
    /// How far the exchange got.
    pub delivery: Delivery,
    /// What the model says a conforming browser must do with the very same answers. `None` where
    /// the agent sent something else than the model would, so that the answers do not tell.
    pub predicted: Option<Verdict>,
    /// Where what was sent parts from what the model would send.
    pub divergence: Option<String>,
}

/// Allowed or blocked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// Whether script got the answer.
    pub allowed: bool,
    /// The step of the standard that decided; `None` where it is allowed, or unknown.
    pub because: Option<Reason>,
    /// The header or method concerned, where there is one.
    pub detail: Option<String>,
}

impl Verdict {
    /// What an observation amounts to.
    pub(crate) fn of(observation: &Observation) -> Self {
        match &observation.end {
            End::Blocked(signal) => Self {
                allowed: false,
                because: signal.because,
                detail: signal.detail.clone(),
            },
            End::Silent | End::TimedOut => Self {
                allowed: false,
                because: None,
                detail: None,
            },
            End::Visible(_) => Self {
                allowed: true,
                because: None,
                detail: None,
            },
        }
    }
}

/// An expectation that did not come true.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// How binding the expectation is.
    pub level: Level,
    /// The step, from 0.
    pub step: usize,
    /// What was judged: `outcome`, `sent`, `response header x-probe` ….
    pub subject: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub actual: String,
    /// Where the expectation is written.
    pub location: Location,
}

/// Who is likely to be wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Culprit {
    /// The browser does not do what the standard says.
    Browser,
    /// The case expects what neither the standard nor the browser does.
    Case,
    /// The model misreads the standard.
    Model,
    /// The server's answers do not follow its policy.
    Server,
}
