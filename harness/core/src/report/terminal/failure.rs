//! Failures in full: what was expected and where, who saw what, who is likely to be wrong, how to see
//! it again.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Detail, INDENT, Page, STATUS_WIDTH, reproduce};
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
    for failure in groups.iter().skip(in_full).flat_map(Group::failures) {
        headline(page, failure, to)?;
    }
    if groups.len() > in_full {
        writeln!(
            to,
            "{INDENT}only the first {in_full} are shown in full; --verbose shows all\n"
        )?;
    }
    Ok(())
}

/// A permutation that failed in the same way in one agent or several.
struct Failure<'run> {
    first: &'run CaseResult,
    others: Vec<&'run CaseResult>,
}

impl Failure<'_> {
    fn agents(&self) -> Vec<&str> {
        let results = std::iter::once(&self.first).chain(&self.others);
        results.map(|result| result.agent.as_str()).collect()
    }

    /// Whether there is nothing to tell of one that has not been told of the other.
    fn is_like(&self, other: &Self) -> bool {
        let (one, two) = (self.first, other.first);
        let step = describe::decisive_step(one);
        self.agents() == other.agents()
            && one.status == two.status
            && one.message == two.message
            && one.permutation.scenario.id == two.permutation.scenario.id
            && findings(one) == findings(two)
            && describe::judged_step(one, step) == describe::judged_step(two, step)
    }
}

/// Permutations of one scenario that failed alike.
struct Group<'run> {
    first: Failure<'run>,
    others: Vec<Failure<'run>>,
}

impl<'run> Group<'run> {
    fn failures(&self) -> impl Iterator<Item = &Failure<'run>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// The failures in the order of the suite, what failed alike together.
fn groups<'run>(report: &Report<'run>) -> Vec<Group<'run>> {
    let mut groups: Vec<Group<'run>> = Vec::new();
    for failure in failures(report) {
        match groups
            .iter_mut()
            .find(|group| group.first.is_like(&failure))
        {
            Some(group) => group.others.push(failure),
            None => groups.push(Group {
                first: failure,
                others: Vec::new(),
            }),
        }
    }
    groups
}

fn failures<'run>(report: &Report<'run>) -> Vec<Failure<'run>> {
    let mut failures: Vec<Failure<'run>> = Vec::new();
    let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for result in report
        .result
        .results
        .iter()
        .filter(|result| result.status.fails_run())
    {
        let known = by_id.entry(&result.permutation.id).or_default();
        let same = known.iter().copied().find(|index| {
            let first = failures[*index].first;
            first.status == result.status
                && first.message == result.message
                && findings(first) == findings(result)
        });
        if let Some(index) = same {
            failures[index].others.push(result);
        } else {
            known.push(failures.len());
            failures.push(Failure {
                first: result,
                others: Vec::new(),
            });
        }
    }
    failures
}

fn block(
    report: &Report<'_>,
    page: &Page<'_>,
    group: &Group<'_>,
    to: &mut dyn Write,
) -> io::Result<()> {
    group
        .failures()
        .try_for_each(|failure| headline(page, failure, to))?;
    let first = group.first.first;
    writeln!(to, "{INDENT}{}", first.permutation.scenario.title)?;
    if first.status == Status::Fixed {
        fixed(page, first, to)?;
    } else {
        expectations(report, page, first, to)?;
        // How the exchange differs from the one that is kept.
        for line in first.message.iter().flat_map(|message| message.lines()) {
            writeln!(to, "{INDENT}  {}", escape(line.as_bytes()))?;
        }
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

fn headline(page: &Page<'_>, failure: &Failure<'_>, to: &mut dyn Write) -> io::Result<()> {
    let first = failure.first;
    writeln!(
        to,
        "{} {}  ({})",
        page.paint.status(first.status, STATUS_WIDTH),
        page.paint.bold(&first.permutation.id),
        failure.agents().join(", ")
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
    for agent in describe::agents(report) {
        let other = report
            .result
            .results
            .iter()
            .find(|it| it.agent == agent && it.permutation.id == result.permutation.id);
        let text = match other {
            None => "was not asked".to_owned(),
            Some(other) => describe::observed(other, step).unwrap_or_else(|| {
                let message = other
                    .message
                    .as_deref()
                    .unwrap_or("it did not get that far");
                format!("{}: {}", other.status, escape(message.as_bytes()))
            }),
        };
        row(page, agent, &text, to)?;
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
    let is_unwanted = findings(result)
        .first()
        .is_some_and(|finding| finding.subject == "outcome" && finding.expected == "allow");
    if let Some(reason) = observed.filter(|_| is_unwanted) {
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
