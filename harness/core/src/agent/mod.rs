//! Who asks: the wire client and the browsers.

mod observation;

pub use observation::{BlockSignal, Observation};
