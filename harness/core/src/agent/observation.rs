//! What the script of a page saw (or would have seen) of one step.

use std::collections::BTreeMap;

use corspec_fetch::{Reason, VisibleResponse};

/// What script saw of one step.
#[derive(Clone, Debug)]
pub struct Observation {
    /// How it ended.
    pub end: End,
    /// What script was told on the way, in order. `None` where the agent runs no script and the
    /// standard does not settle it.
    pub events: Option<Vec<ScriptEvent>>,
    /// What else script found out, by name. Names that an agent cannot look at are missing.
    pub facts: BTreeMap<String, String>,
}

/// How a step ended for script.
#[derive(Clone, Debug)]
pub enum End {
    /// The call was refused, or failed.
    Blocked(BlockSignal),
    /// Script is told nothing of what becomes of such a call.
    Silent,
    /// The call did not end within its deadline.
    TimedOut,
    /// The call succeeded with a response, which may be opaque.
    Visible(VisibleResponse),
}

/// Something that script was told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScriptEvent {
    /// Its name: `load`, `message`, `chunk` ….
    pub name: String,
    /// What it carries, as bytes; empty for nothing.
    pub detail: Vec<u8>,
}

/// How a block showed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BlockSignal {
    /// The name of the exception, or of the event: `TypeError`, `SecurityError`, `error`.
    pub error: String,
    /// The engine's own text; attached to reports, never judged.
    pub message: String,
    /// The step that decided, read from the engine's best channel (always known on the wire).
    pub because: Option<Reason>,
    /// Other reasons that the engine's words fit as well.
    pub alternatives: Vec<Reason>,
    /// The name concerned, where the step has one: a header, a method.
    pub detail: Option<String>,
}

impl From<End> for Observation {
    fn from(end: End) -> Self {
        Self {
            end,
            events: None,
            facts: BTreeMap::new(),
        }
    }
}
