//! The words that all reports use for the same thing.

use std::collections::BTreeSet;

use super::Report;
use crate::agent::{End, Observation};
use crate::run::CaseResult;
use crate::tape::escape_sentence;
use crate::verdict::{Culprit, Finding, StepJudgement, Verdict};

/// A verdict in the words of the case format: `allow`, or `block: header-not-allowed (x-probe)`.
pub(super) fn verdict(verdict: &Verdict) -> String {
    if verdict.allowed {
        return "allow".to_owned();
    }
    let mut text = match &verdict.because {
        Some(reason) => format!("block: {}", reason.code()),
        None => "block (the browser does not say why)".to_owned(),
    };
    if let Some(detail) = &verdict.detail {
        text.push_str(&format!(" ({detail})"));
    }
    text
}

/// A finding on one line: `outcome: expected block: header-not-allowed, got allow`.
pub(super) fn finding(finding: &Finding, steps: usize) -> String {
    format!(
        "{}{}: expected {}, got {}",
        step(finding.step, steps),
        finding.subject,
        finding.expected,
        finding.actual
    )
}

/// `step 2, ` where there are several; people count from 1.
pub(super) fn step(index: usize, steps: usize) -> String {
    if steps > 1 {
        format!("step {}, ", index + 1)
    } else {
        String::new()
    }
}

/// What an agent made of a step: its verdict, and the engine's own text where it gave one.
pub(super) fn observed(result: &CaseResult, step: usize) -> Option<String> {
    let judged = judged_step(result, step)?;
    let observation = result.observations.get(step);
    Some(match observation.map(|observation| &observation.end) {
        Some(End::Silent) => SILENT.to_owned(),
        Some(End::TimedOut) => TIMED_OUT.to_owned(),
        Some(End::Blocked(signal)) if !signal.message.is_empty() => {
            let text = observation.and_then(self::signal).unwrap_or_default();
            format!("{} [{}]", verdict(&judged.observed), escape_sentence(&text))
        }
        _ => verdict(&judged.observed),
    })
}

/// The exception or event of a block, with the engine's own text where it gave one.
pub(super) fn signal(observation: &Observation) -> Option<String> {
    match &observation.end {
        End::Blocked(signal) if !signal.message.is_empty() => {
            Some(format!("{}: {}", signal.error, signal.message))
        }
        End::Blocked(signal) if !signal.error.is_empty() => Some(signal.error.clone()),
        End::Blocked(_) | End::Visible(_) => None,
        End::Silent => Some(SILENT.to_owned()),
        End::TimedOut => Some(TIMED_OUT.to_owned()),
    }
}

/// What is said of a step of which script is told nothing.
pub(super) const SILENT: &str = "silent: script is told nothing";

/// What is said of a step that did not end.
pub(super) const TIMED_OUT: &str = "no end within the deadline";

/// What it means that this one is likely to be wrong.
pub(super) const fn culprit(culprit: Culprit) -> &'static str {
    match culprit {
        Culprit::Browser => "browser: it does not do what the standard says",
        Culprit::Case => "case: it expects what neither the standard nor the browser does",
        Culprit::Model => "model: it seems to misread the standard",
        Culprit::Server => "server: its answers do not follow its policy",
    }
}

/// The step that tells most about a result: the one the first finding is about, else the last.
pub(super) fn decisive_step(result: &CaseResult) -> usize {
    let judgement = result.judgement.as_ref();
    judgement
        .and_then(|judgement| judgement.findings.first())
        .map(|finding| finding.step)
        .or_else(|| judgement.and_then(|judgement| judgement.steps.len().checked_sub(1)))
        .unwrap_or_default()
}

/// What happened in this step, where the result was judged.
pub(super) fn judged_step(result: &CaseResult, step: usize) -> Option<&StepJudgement> {
    result
        .judgement
        .as_ref()
        .and_then(|judgement| judgement.steps.get(step))
}

/// Where the standards say what the scenario is about, each place once.
pub(super) fn citations<'run>(report: &Report<'run>, result: &CaseResult) -> Vec<&'run str> {
    let mut seen = BTreeSet::new();
    result
        .permutation
        .scenario
        .covers
        .iter()
        .filter_map(|id| report.suite.requirements.find(id))
        .map(|requirement| requirement.citation.as_str())
        .filter(|citation| seen.insert(*citation))
        .collect()
}

/// The agents that took part, and behind them those that were to but did not get ready.
pub(super) fn agents<'run>(report: &Report<'run>) -> Vec<&'run str> {
    let ready = report.result.agents.iter().map(|agent| agent.name.as_str());
    let wanted = report
        .result
        .results
        .iter()
        .map(|result| result.agent.as_str());
    let mut seen = BTreeSet::new();
    ready
        .chain(wanted)
        .filter(|agent| seen.insert(*agent))
        .collect()
}

/// `1 result`, `2 results`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}
