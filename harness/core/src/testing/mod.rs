//! The suite as tests of a crate of one's own: `cargo test` holds a server against it.
//!
//! ```ignore
//! // tests/cors.rs; in Cargo.toml: [[test]] name = "cors", harness = false
//! fn main() -> std::process::ExitCode {
//!     corspec::Suite::new("allowlist")
//!         .service(my_app()) // any service of tower: an axum Router
//!         .known("tests/cors-known.yaml")
//!         .run()
//! }
//! ```
//!
//! Every permutation that asks a server with this policy is a test, named by its id:
//! `cargo test --test cors -- preflight` runs those that have `preflight` in theirs.

mod policy;
mod service;
mod snapshots;
mod suite;
mod trials;

pub use policy::Configured;
pub use suite::Suite;
pub use trials::{describe, is_wanted};

pub use crate::case::scenario::{Policy, Surface};
