//! Who asks: the wire client and the browsers.

pub mod browser;
pub(crate) mod call;
mod observation;

pub use observation::{BlockSignal, Observation};
