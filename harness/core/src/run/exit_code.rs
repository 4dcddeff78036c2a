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
    /// The command line, the configuration or a path is wrong and nothing was run, or a report of the
    /// run could not be written.
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
            Self::Usage => "cannot do what was asked",
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use rstest::rstest;

    use super::*;
    use crate::case::Suite;
    use crate::run::{CaseResult, Selected};

    const SUITE: &str = "
title: Title
about: user-agent
scenarios:
  - { id: one, title: One, covers: [cc-acao-star], expect: { outcome: allow } }
";

    fn result_of(statuses: &[(Status, usize)], interrupted: bool) -> RunResult {
        let suite = Suite::from_files([("area/topic.yaml", SUITE)]).unwrap();
        let case = |status| CaseResult {
            permutation: Arc::clone(&suite.permutations[0]),
            agent: "wire".to_owned(),
            status,
            message: None,
            judgement: None,
            observations: Vec::new(),
            transcript: Vec::new(),
            duration: Duration::ZERO,
            attempts: 1,
        };
        let statuses = statuses
            .iter()
            .flat_map(|(status, count)| vec![*status; *count]);
        RunResult {
            suite_digest: suite.digest.clone(),
            suite_size: 1,
            selected: Selected::of(&suite.permutations),
            shard: None,
            agents: Vec::new(),
            target: "embedded".to_owned(),
            unanswered: std::collections::BTreeMap::new(),
            seed: None,
            started: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            results: statuses.map(case).collect(),
            interrupted,
        }
    }

    #[rstest]
    #[case::all_green(&[(Status::Pass, 3)], ExitCode::Conformant)]
    #[case::lesser_violations(
        &[(Status::Warn, 1), (Status::Note, 1), (Status::Known, 1), (Status::Flaky, 1)],
        ExitCode::Conformant
    )]
    #[case::one_failure(&[(Status::Pass, 99), (Status::Fail, 1)], ExitCode::NonConformant)]
    #[case::a_stale_record(&[(Status::Pass, 99), (Status::Fixed, 1)], ExitCode::NonConformant)]
    #[case::a_failure_beside_faults(
        &[(Status::Fail, 1), (Status::Infra, 99)],
        ExitCode::NonConformant
    )]
    #[case::faults_as_many_as_may_be(&[(Status::Pass, 99), (Status::Infra, 1)], ExitCode::Conformant)]
    #[case::a_fault_too_many(&[(Status::Pass, 98), (Status::Infra, 1)], ExitCode::Inconclusive)]
    #[case::nothing_but_skips(&[(Status::Skip, 3)], ExitCode::Inconclusive)]
    #[case::nothing_at_all(&[], ExitCode::Inconclusive)]
    fn a_run_has_an_exit_code(#[case] statuses: &[(Status, usize)], #[case] code: ExitCode) {
        assert_eq!(ExitCode::of(&result_of(statuses, false)), code);
    }

    #[test]
    fn a_run_that_ended_early_is_green_in_no_case() {
        let early = |status| ExitCode::of(&result_of(&[(status, 3)], true));
        assert_eq!(early(Status::Pass), ExitCode::Inconclusive);
        assert_eq!(early(Status::Fail), ExitCode::NonConformant);
    }

    #[test]
    fn the_numbers_are_those_that_are_documented() {
        let numbers = ExitCode::ALL.map(ExitCode::number);
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 70, 130]);
    }
}
