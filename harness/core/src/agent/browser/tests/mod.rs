//! Real browsers against the reference server.
//!
//! Where no browser is installed these tests say so and pass, but not where `CI` is set.

mod batches;
mod calls;
mod comet;
mod contexts;
mod elements;
mod faults;
mod navigations;
mod observations;
mod owners;
mod reasons;
mod scripts;
mod sessions;
mod sockets;
pub(crate) mod stage;
pub(crate) mod told;
mod webkit;
mod workers;
