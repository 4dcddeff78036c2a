//! Who is told: one file per format, all of one shape.
//!
//! A reporter is a pure function from a [`Report`] to bytes: `write(&report, …, &mut to)`. It starts no
//! process, reads no clock and no environment, and gives the same bytes for the same report.
//!
//! | module       | for whom | what |
//! |--------------|----------|------|
//! | [`terminal`] | people   | the final page: failures with their place, cause and remedy, then a table |
//! | [`json`]     | programs | everything that is known, by the schema in `reports/schema.json` |
//! | [`junit`]    | CI       | a test suite per agent and case file |
//! | [`markdown`] | the page of a CI job | a table, and what failed |
//!
//! [`merge`] makes one run of the JSON reports of several.
//!
//! [`write_file`] puts any of them into a file, whole or not at all.

mod describe;
mod file;
pub mod json;
pub mod junit;
pub mod markdown;
mod mechanisms;
mod merge;
pub mod terminal;
pub(crate) mod timestamp;

#[cfg(test)]
mod fixture;

pub use describe::count;
pub use file::{WriteError, check_writable, write_file};
pub use mechanisms::mechanisms;
pub use merge::{MergeError, Part, merge};

use crate::case::Suite;
use crate::run::RunResult;

/// What every reporter is given.
#[derive(Clone, Copy, Debug)]
pub struct Report<'run> {
    /// What the run left behind.
    pub result: &'run RunResult,
    /// The suite it ran: the sources that findings point into, and the requirements covered.
    pub suite: &'run Suite,
}
