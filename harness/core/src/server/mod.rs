//! Who answers: the origins scenarios speak of, and the reference server behind them.

mod origins;

pub use origins::{Listener, NamedOrigin, UnknownOrigin};
