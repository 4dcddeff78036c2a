//! Real browsers against the reference server.
//!
//! Where no browser is installed these tests say so and pass, but not where `CI` is set.

mod batches;
mod faults;
mod observations;
mod owners;
pub(crate) mod processes;
mod reasons;
mod sessions;
pub(crate) mod stage;
