//! Who asks: the wire client and the browsers.

pub mod browser;
mod observation;

pub use observation::{BlockSignal, Observation};
