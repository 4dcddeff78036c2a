//! What was said: every byte in both directions, as ordered exchanges.

mod exchange;

pub use exchange::{Exchange, Message, Protocol, Transcript};
