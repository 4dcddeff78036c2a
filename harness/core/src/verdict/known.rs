//! Known deviations: recorded differences, as data.
//!
//! ```yaml
//! - id: preflight/headers/authorization-not-covered-by-wildcard
//!   agent: chromium
//!   versions: ">=100"            # optional
//!   reason: Chromium lets `*` cover Authorization
//!   link: https://github.com/whatwg/fetch/issues/1919
//!   review: 2027-05-22
//! ```
//!
//! One that passes is FIXED and fails the run; one that matches no permutation is an error.

use std::path::Path;

use crate::case::Glob;

/// The known deviations of a suite.
#[derive(Clone, Debug, Default)]
pub struct KnownDeviations(Vec<KnownDeviation>);

/// One recorded difference between an agent and what a case expects.
#[derive(Clone, Debug)]
pub struct KnownDeviation {
    /// The permutations concerned.
    pub id: Glob,
    /// The agent that deviates.
    pub agent: String,
    /// The versions of it that do; `None` for all.
    pub versions: Option<VersionRange>,
    /// What it does instead, and why.
    pub reason: String,
    /// The bug, or the discussion of the standard.
    pub link: String,
    /// The day on which somebody should look again, as `YYYY-MM-DD`.
    pub review: String,
}
