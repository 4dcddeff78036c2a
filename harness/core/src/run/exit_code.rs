//! What the process that ran the suite tells its caller.

use std::fmt;

use super::RunResult;
use crate::verdict::Status;

/// The exit code of a run: a documented public type, so that scripts can rely on the numbers.
///
/// Where several apply, the one that says least about the subject wins: a bug in corspec before an
/// interruption, an interruption before a failure, a failure before an inconclusive run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything that was expected came true, apart from known deviations.
    Conformant = 0,
    /// A `must` was violated, or a known deviation has been mended and its record is out of date.
    NonConformant = 1,
    /// The command line, the configuration or the environment is wrong; nothing was run.
    Usage = 2,
    /// Case files are invalid; nothing was run.
    InvalidCases = 3,
    /// No permutation matches the selection; nothing was run.
    NothingSelected = 4,
    /// The harness could not decide: nothing was judged, too much ended in `INFRA`, or the run ended
    /// before everything selected had run.
    Inconclusive = 5,
    /// A bug in corspec.
    Bug = 70,
    /// The user ended the run (128 + `SIGINT`, as shells have it); the reports hold what was done.
    Interrupted = 130,
}

impl ExitCode {
    /// Every code, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::Conformant,
        Self::NonConformant,
        Self::Usage,
        Self::InvalidCases,
        Self::NothingSelected,
        Self::Inconclusive,
        Self::Bug,
        Self::Interrupted,
    ];

    /// The exit code of a run that came to its end or was ended by one of its own limits.
    #[must_use]
    pub fn of(result: &RunResult) -> Self {
        let summary = result.summary();
        let infra = summary.count(Status::Infra);
        let judged = summary.total() - summary.count(Status::Skip) - infra;
        if Status::ALL
            .iter()
            .any(|status| status.fails_run() && summary.count(*status) > 0)
        {
            Self::NonConformant
        } else if result.interrupted || judged == 0 || infra * INFRA_SHARE > judged + infra {
            Self::Inconclusive
        } else {
            Self::Conformant
        }
    }

    /// The number the process ends with.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// What it means, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NonConformant => "not conformant",
            Self::Usage => "wrong usage",
            Self::InvalidCases => "case files invalid",
            Self::NothingSelected => "nothing selected",
            Self::Inconclusive => "inconclusive",
            Self::Bug => "bug in corspec",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.number(), self.meaning())
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// A run is inconclusive when more than one in this many of the permutations that were run could not
/// be decided: few enough that a hiccup of one browser session does not spoil a long run, many enough
/// that a broken environment is never taken for conformance.
const INFRA_SHARE: usize = 100;
