//! Who asks: the wire client and the browsers.

pub mod browser;
pub(crate) mod call;
pub(crate) mod exact;
mod observation;
pub(crate) mod poll;
pub(crate) mod source;
pub mod wire;

pub use observation::{BlockSignal, End, Observation, ScriptEvent};
