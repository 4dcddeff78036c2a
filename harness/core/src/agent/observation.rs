//! What the script of a page saw (or would have seen) of one step.

use corspec_fetch::{Reason, VisibleResponse};

/// What script saw of one step.
#[derive(Clone, Debug)]
pub enum Observation {
    /// The call was refused, or failed.
    Blocked(BlockSignal),
    /// The call did not end within its deadline.
    TimedOut,
    /// The call succeeded with a response, which may be opaque.
    Visible(VisibleResponse),
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
