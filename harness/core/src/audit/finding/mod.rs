//! What is wrong, one family a file.

mod cache;
mod form;
mod network;
mod origin;
mod preflight;
mod socket;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::asked::{Answer, Asked};
use super::learn::Learned;
use super::probe::{Ask, Probe, Whose};
use super::requirement::citation;
use super::target::Target;

/// Something that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Its permanent name.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter: a sentence without its full stop.
    pub title: String,
    /// Who can do what with it, and when.
    pub exploit: String,
    /// What would have to change.
    pub remedy: String,
    /// Ids in `cases/requirements.yaml`.
    pub requirements: &'static [&'static str],
    /// The numbers of the exchanges that show it.
    pub evidence: Vec<usize>,
}

impl Finding {
    /// Where the requirements are explained, each place once.
    #[must_use]
    pub fn citations(&self) -> Vec<&'static str> {
        let mut citations: Vec<&str> = self.requirements.iter().map(|id| citation(id)).collect();
        citations.sort_unstable();
        citations.dedup();
        citations
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; perhaps it is meant so.
    Info,
    /// Wrong, and of little use to anybody.
    Low,
    /// Of use to somebody in a special place, or together with something else.
    Medium,
    /// Of use to whoever prepares it.
    High,
    /// Any page reads what is the user's.
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 5] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::Info,
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// A word that is no severity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no severity `{0}`; write critical, high, medium, low or info")]
pub struct UnknownSeverity(pub String);

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let severity = Self::ALL
            .into_iter()
            .find(|severity| severity.word() == word);
        severity.ok_or_else(|| UnknownSeverity(word.to_owned()))
    }
}

/// What is wrong, the worst first.
#[must_use]
pub fn findings(target: &Target, learned: &Learned, asked: &[Asked]) -> Vec<Finding> {
    let seen = Seen {
        target,
        learned,
        asked,
    };
    let mut findings = Vec::new();
    if target.is_socket {
        socket::find(&seen, &mut findings);
    } else {
        origin::find(&seen, &mut findings);
        cache::find(&seen, &mut findings);
        preflight::find(&seen, &mut findings);
        form::find(&seen, &mut findings);
        network::find(&seen, &mut findings);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Everything that is known.
struct Seen<'a> {
    target: &'a Target,
    learned: &'a Learned,
    asked: &'a [Asked],
}

impl<'a> Seen<'a> {
    /// The answers, with the numbers of their exchanges.
    fn answers(&self) -> impl Iterator<Item = (usize, &'a Probe, &'a Answer)> {
        let asked = self.asked.iter().enumerate();
        asked.filter_map(|(number, asked)| Some((number, &asked.probe, asked.answer()?)))
    }

    /// The first answer to such a request.
    fn first(&self, ask: Ask, whose: &Whose) -> Option<(usize, &'a Answer)> {
        let mut answers = self.answers();
        answers
            .find(|(_, probe, _)| probe.ask == ask && probe.whose == *whose)
            .map(|(number, _, answer)| (number, answer))
    }

    /// The answer to a request with this origin.
    fn actual(&self, origin: &str) -> Option<(usize, &'a Answer)> {
        let mut answers = self.answers();
        answers
            .find(|(_, probe, _)| probe.ask == Ask::Actual && probe.origins == [origin])
            .map(|(number, _, answer)| (number, answer))
    }

    /// The answer to a preflight for what is allowed.
    fn granted(&self, ask: Ask) -> Option<(usize, &'a Answer)> {
        let whose = if self.learned.allowed.is_empty() {
            Whose::Own
        } else {
            Whose::Told
        };
        self.first(ask, &whose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_and_lead_back_from_their_words() {
        for severity in Severity::ALL {
            assert_eq!(severity.word().parse(), Ok(severity));
        }
        assert!(Severity::ALL.is_sorted_by_key(|severity| std::cmp::Reverse(*severity)));
        assert!("severe".parse::<Severity>().is_err());
    }
}
