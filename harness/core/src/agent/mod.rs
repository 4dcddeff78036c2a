//! Who asks: the wire client and the browsers.

mod observation;
pub mod wire;

pub use observation::{BlockSignal, Observation};
