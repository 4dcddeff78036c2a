//! The browser, played once.

use corspec_fetch::{Block, Outcome, Reason, UserAgent};

use super::advice::{Remedy, remedies};
use super::call::Call;
use super::notes::{hidden, notes};
use crate::agent::wire::{TransportError, Visit, Wire};

/// What a browser would make of a call.
#[derive(Debug)]
pub struct Checked {
    /// The call.
    pub call: Call,
    /// What was said and decided.
    pub visit: Visit,
    /// What came of it.
    pub verdict: Verdict,
    /// What the server has to send instead, where the CORS protocol blocked.
    pub remedies: Vec<Remedy>,
    /// What else is worth knowing, a sentence each.
    pub notes: Vec<String>,
    /// The names of headers that were sent and that script does not see.
    pub hidden: Vec<String>,
}

/// What came of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Script gets a response.
    Allow,
    /// The standard blocks it.
    Block(Block),
    /// There is no answer to judge, for this reason.
    Undecided(String),
}

impl Verdict {
    /// In the words of the case format: `allow`, or `block: header-not-allowed (x-probe)`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Allow => "allow".to_owned(),
            Self::Block(block) => format!("block: {block}"),
            Self::Undecided(_) => "undecided".to_owned(),
        }
    }
}

/// Plays the browser.
pub async fn run(wire: &Wire, call: Call) -> Checked {
    let request = call.request();
    let visit = wire.fetch(request.clone(), &mut UserAgent::default()).await;
    let verdict = verdict(&visit);
    let remedies = match &verdict {
        Verdict::Block(block) => remedies(&request, block, &visit.legs),
        Verdict::Allow | Verdict::Undecided(_) => Vec::new(),
    };
    Checked {
        notes: notes(&request, &visit),
        hidden: hidden(&visit),
        call,
        visit,
        verdict,
        remedies,
    }
}

/// A connection that fails is nobody's policy: only an answer is judged, and one that broke off in its
/// body is an answer.
fn verdict(visit: &Visit) -> Verdict {
    let block = match &visit.outcome {
        Outcome::Allow(_) => return Verdict::Allow,
        Outcome::Block(block) => block,
    };
    match visit.failure() {
        Some(failure)
            if block.reason == Reason::NetworkError && !matches!(failure, TransportError::Cut) =>
        {
            Verdict::Undecided(failure.to_string())
        }
        _ => Verdict::Block(block.clone()),
    }
}
