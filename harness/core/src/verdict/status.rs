//! The words for what became of a permutation.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::scenario::Level;

/// What became of one permutation in one agent.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Everything expected came true.
    Pass,
    /// A `must` was violated.
    Fail,
    /// A `should` was violated.
    Warn,
    /// A `may` was violated.
    Note,
    /// It failed as a known deviation says it does.
    Known,
    /// A known deviation says that it fails, and it passed: the record is out of date.
    Fixed,
    /// It passed, but only after an infrastructure fault and a retry.
    Flaky,
    /// It was not run; the reason is told.
    Skip,
    /// The harness could not decide.
    Infra,
}

impl Status {
    /// Every status, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Pass,
        Self::Fail,
        Self::Warn,
        Self::Note,
        Self::Known,
        Self::Fixed,
        Self::Flaky,
        Self::Skip,
        Self::Infra,
    ];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Warn => "WARN",
            Self::Note => "NOTE",
            Self::Known => "KNOWN",
            Self::Fixed => "FIXED",
            Self::Flaky => "FLAKY",
            Self::Skip => "SKIP",
            Self::Infra => "INFRA",
        }
    }

    /// Whether this status makes a run non-conformant.
    #[must_use]
    pub const fn fails_run(self) -> bool {
        matches!(self, Self::Fail | Self::Fixed)
    }

    /// The status of a permutation that violated an expectation of this level.
    #[must_use]
    pub const fn of_violation(level: Level) -> Self {
        match level {
            Level::Must => Self::Fail,
            Level::Should => Self::Warn,
            Level::May => Self::Note,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// How many permutations have each status.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Summary(BTreeMap<Status, usize>);

impl Summary {
    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        *self.0.entry(status).or_default() += 1;
    }

    /// How many have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.0.get(&status).copied().unwrap_or_default()
    }

    /// How many there are, skipped ones included.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl FromIterator<Status> for Summary {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        let mut summary = Self::default();
        statuses.into_iter().for_each(|status| summary.add(status));
        summary
    }
}

impl Serialize for Summary {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            Status::ALL
                .iter()
                .map(|status| (status.word(), self.count(*status))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_every_status_also_those_that_did_not_occur() {
        let summary: Summary = [Status::Pass, Status::Fail, Status::Pass]
            .into_iter()
            .collect();
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            r#"{"PASS":2,"FAIL":1,"WARN":0,"NOTE":0,"KNOWN":0,"FIXED":0,"FLAKY":0,"SKIP":0,"INFRA":0}"#
        );
        assert_eq!(summary.total(), 3);
    }

    #[test]
    fn a_violation_weighs_as_much_as_its_level() {
        assert_eq!(Status::of_violation(Level::Must), Status::Fail);
        assert_eq!(Status::of_violation(Level::Should), Status::Warn);
        assert_eq!(Status::of_violation(Level::May), Status::Note);
    }
}
