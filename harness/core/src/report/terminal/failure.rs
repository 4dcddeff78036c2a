//! Failures in full: what was expected and where, who saw what, who is likely to be wrong, how to see
//! it again.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Detail, Page, STATUS_WIDTH, reproduce};
use crate::case;
use crate::report::{Report, describe};
use crate::run::CaseResult;
use crate::tape::escape;
use crate::verdict::{Finding, Status};

/// Writes every failure: the first ones in full, the rest on one line each.
pub(super) fn write(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let groups = groups(report);
    let in_full = if page.detail == Detail::Full {
        groups.len()
    } else {
        MOST_IN_FULL
    };
    for group in groups.iter().take(in_full) {
        block(report, page, group, to)?;
    }
    for group in groups.iter().skip(in_full) {
        headline(page, group, to)?;
    }
    if groups.len() > in_full {
        writeln!(
            to,
            "{INDENT}only the first {in_full} are shown in full; --verbose shows all\n"
        )?;
    }
    Ok(())
}

/// Results that failed in the same way in several agents; at least one.
type Group<'run> = Vec<&'run CaseResult>;

/// The failures in the order of the suite, agents that agree together.
fn groups<'run>(report: &Report<'run>) -> Vec<Group<'run>> {
    let mut groups: Vec<Group<'run>> = Vec::new();
    let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for result in report
        .result
        .results
        .iter()
        .filter(|result| result.status.fails_run())
    {
        let known = by_id.entry(&result.permutation.id).or_default();
        let same = known.iter().copied().find(|index| {
            groups[*index].first().is_some_and(|first| {
                first.status == result.status && findings(first) == findings(result)
            })
        });
        if let Some(index) = same {
            groups[index].push(result);
        } else {
            known.push(groups.len());
            groups.push(vec![result]);
        }
    }
    groups
}

fn block(
    report: &Report<'_>,
    page: &Page<'_>,
    group: &Group<'_>,
    to: &mut dyn Write,
) -> io::Result<()> {
    let Some(first) = group.first().copied() else {
        return Ok(());
    };
    headline(page, group, to)?;
    writeln!(to, "{INDENT}{}", first.permutation.scenario.title)?;
    if first.status == Status::Fixed {
        fixed(page, first, to)?;
    } else {
        expectations(report, page, first, to)?;
        seen(report, page, first, to)?;
        blame(page, first, to)?;
    }
    for citation in describe::citations(report, first) {
        row(page, "standard", citation, to)?;
    }
    row(
        page,
        "reproduce",
        &reproduce::command(report, page, first),
        to,
    )?;
    writeln!(to)
}

fn headline(page: &Page<'_>, group: &Group<'_>, to: &mut dyn Write) -> io::Result<()> {
    let Some(first) = group.first() else {
        return Ok(());
    };
    let agents: Vec<&str> = group.iter().map(|result| result.agent.as_str()).collect();
    writeln!(
        to,
        "{} {}  ({})",
        page.paint.status(first.status, STATUS_WIDTH),
        page.paint.bold(&first.permutation.id),
        agents.join(", ")
    )
}

fn fixed(page: &Page<'_>, result: &CaseResult, to: &mut dyn Write) -> io::Result<()> {
    row(
        page,
        "passed",
        "though a known deviation says that it fails",
        to,
    )?;
    if let Some(message) = &result.message {
        row(page, "recorded", &escape(message.as_bytes()), to)?;
    }
    row(
        page,
        "mend",
        "remove the record from the file of known deviations",
        to,
    )
}

/// Each expectation that did not come true, the first one with its place in the source.
fn expectations(
    report: &Report<'_>,
    page: &Page<'_>,
    result: &CaseResult,
    to: &mut dyn Write,
) -> io::Result<()> {
    let steps = result.permutation.steps.len();
    for (index, finding) in findings(result).iter().enumerate() {
        let text = describe::finding(finding, steps);
        let location = &finding.location;
        match report.suite.source(&location.file).filter(|_| index == 0) {
            Some(source) => {
                for line in case::snippet(source, location, &text).lines() {
                    writeln!(to, "{INDENT}{line}")?;
                }
            }
            None => {
                let place = format!("{}:{}", location.file.display(), location.line);
                row(page, "also", &format!("{text} ({place})"), to)?;
            }
        }
    }
    Ok(())
}

/// What each agent and the model make of the decisive step.
fn seen(
    report: &Report<'_>,
    page: &Page<'_>,
    result: &CaseResult,
    to: &mut dyn Write,
) -> io::Result<()> {
    let step = describe::decisive_step(result);
    for agent in &report.result.agents {
        let other = report
            .result
            .results
            .iter()
            .find(|it| it.agent == agent.name && it.permutation.id == result.permutation.id);
        let text = match other {
            None => "was not asked".to_owned(),
            Some(other) => match describe::judged_step(other, step) {
                Some(judged) => {
                    let signal = other.observations.get(step).and_then(describe::signal);
                    with_signal(describe::verdict(&judged.observed), signal)
                }
                None => format!(
                    "{}: {}",
                    other.status,
                    other
                        .message
                        .as_deref()
                        .unwrap_or("it did not get that far")
                ),
            },
        };
        row(page, &agent.name, &text, to)?;
    }
    let Some(judged) = describe::judged_step(result, step) else {
        return Ok(());
    };
    let model = match (&judged.predicted, &judged.divergence) {
        (Some(predicted), _) => describe::verdict(predicted),
        (None, Some(divergence)) => format!("cannot tell: {}", escape(divergence.as_bytes())),
        (None, None) => "cannot tell".to_owned(),
    };
    row(page, "model", &model, to)
}

fn with_signal(text: String, signal: Option<String>) -> String {
    match signal {
        Some(signal) => format!("{text} [{}]", escape(signal.as_bytes())),
        None => text,
    }
}

/// Who is likely to be wrong, the step of the standard that blocked, and what would have to change
/// where that was not wanted.
fn blame(page: &Page<'_>, result: &CaseResult, to: &mut dyn Write) -> io::Result<()> {
    if let Some(culprit) = result
        .judgement
        .as_ref()
        .and_then(|judgement| judgement.culprit)
    {
        row(page, "culprit", describe::culprit(culprit), to)?;
    }
    let Some(judged) = describe::judged_step(result, describe::decisive_step(result)) else {
        return Ok(());
    };
    let observed = judged.observed.because.as_ref();
    let predicted = judged
        .predicted
        .as_ref()
        .and_then(|verdict| verdict.because.as_ref());
    if let Some(reason) = observed.or(predicted) {
        row(page, "because", reason.explanation(), to)?;
        row(page, "", reason.section(), to)?;
    }
    let unwanted = findings(result)
        .first()
        .is_some_and(|finding| finding.subject == "outcome");
    if let Some(reason) = observed.filter(|_| unwanted) {
        row(page, "remedy", reason.remedy(), to)?;
    }
    Ok(())
}

fn findings(result: &CaseResult) -> &[Finding] {
    result
        .judgement
        .as_ref()
        .map_or(&[], |judgement| &judgement.findings)
}

fn row(page: &Page<'_>, name: &str, text: &str, to: &mut dyn Write) -> io::Result<()> {
    writeln!(
        to,
        "{INDENT}{} {text}",
        page.paint.dim(&format!("{name:<9}"))
    )
}

/// More than this many nobody reads; the rest is in the other reports.
const MOST_IN_FULL: usize = 20;

/// As wide as the column of the status and the space behind it.
const INDENT: &str = "      ";
