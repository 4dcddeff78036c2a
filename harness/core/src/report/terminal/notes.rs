//! What is worth a line each: the undecided, lesser violations, known deviations, what was skipped.

use std::io::{self, Write};

use super::{Detail, INDENT, Page, STATUS_WIDTH};
use crate::report::{Report, describe};
use crate::run::CaseResult;
use crate::tape::escape;
use crate::verdict::Status;

/// What the harness could not decide, with its cause.
pub(super) fn undecided(
    report: &Report<'_>,
    page: &Page<'_>,
    to: &mut dyn Write,
) -> io::Result<()> {
    let undecided = with_status(report, Status::Infra);
    write(&groups(undecided, told, told), page, Status::Infra, to)
}

/// Warnings and notes with their findings, those of a scenario on one line unless everything is to be
/// told, and what passed only after a retry.
pub(super) fn violations(
    report: &Report<'_>,
    page: &Page<'_>,
    to: &mut dyn Write,
) -> io::Result<()> {
    let together = |result: &CaseResult| match page.detail {
        Detail::Full => result.permutation.id.clone(),
        Detail::Brief | Detail::Normal => result.permutation.scenario.id.clone(),
    };
    let mut is_shortened = false;
    for status in [Status::Warn, Status::Note] {
        let groups = groups(with_status(report, status), together, found);
        write(&groups, page, status, to)?;
        is_shortened |= groups.iter().any(|group| group.more > 0);
    }
    if is_shortened {
        let text = "those of a scenario are on one line; --verbose shows each";
        writeln!(to, "{INDENT}{text}\n")?;
    }
    let retried = groups(with_status(report, Status::Flaky), told, told);
    write(&retried, page, Status::Flaky, to)
}

/// Known deviations with reason and link.
pub(super) fn known(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let known = with_status(report, Status::Known);
    write(&groups(known, told, told), page, Status::Known, to)
}

/// How many were skipped, for which reasons.
pub(super) fn skipped(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let skipped = with_status(report, Status::Skip);
    let groups = groups(skipped, told, told);
    for group in &groups {
        writeln!(
            to,
            "{} {} in {}: {}",
            page.paint.status(Status::Skip, STATUS_WIDTH),
            group.more + 1,
            group.first.agent,
            group.message
        )?;
    }
    if !groups.is_empty() {
        writeln!(to)?;
    }
    Ok(())
}

fn write(
    groups: &[Group<'_>],
    page: &Page<'_>,
    status: Status,
    to: &mut dyn Write,
) -> io::Result<()> {
    for group in groups {
        let more = match group.more {
            0 => String::new(),
            number => format!(" and {number} more"),
        };
        let mut line = format!(
            "{}{more} in {}",
            group.first.permutation.id, group.first.agent
        );
        if !group.message.is_empty() {
            line.push_str(&format!(": {}", group.message));
        }
        writeln!(to, "{} {line}", page.paint.status(status, STATUS_WIDTH))?;
    }
    if !groups.is_empty() {
        writeln!(to)?;
    }
    Ok(())
}

/// Results of one agent that are told together.
struct Group<'run> {
    first: &'run CaseResult,
    /// That of the first.
    message: String,
    /// How many there are beside the first.
    more: usize,
}

/// Groups in the order of their first result: those of one agent with the same `key`.
fn groups<'run>(
    results: impl Iterator<Item = &'run CaseResult>,
    key: impl Fn(&CaseResult) -> String,
    message: impl Fn(&CaseResult) -> String,
) -> Vec<Group<'run>> {
    let mut groups: Vec<(String, Group<'run>)> = Vec::new();
    for result in results {
        let key = key(result);
        let known = groups
            .iter_mut()
            .find(|(other, group)| *other == key && group.first.agent == result.agent);
        match known {
            Some((_, group)) => group.more += 1,
            None => {
                let message = message(result);
                groups.push((
                    key,
                    Group {
                        first: result,
                        message,
                        more: 0,
                    },
                ));
            }
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What is said of a result.
fn told(result: &CaseResult) -> String {
    lines(result.message.as_deref().unwrap_or_default())
}

/// What was found in it.
fn found(result: &CaseResult) -> String {
    let steps = result.permutation.steps.len();
    let findings = (result.judgement.iter()).flat_map(|judgement| &judgement.findings);
    let texts: Vec<String> = findings
        .map(|finding| describe::finding(finding, steps))
        .collect();
    texts.join("; ")
}

/// A message of several lines, such as one with the last words of a program, below its first.
fn lines(message: &str) -> String {
    let lines: Vec<String> = message.lines().map(|it| escape(it.as_bytes())).collect();
    lines.join(&format!("\n{INDENT}"))
}

fn with_status<'run>(
    report: &Report<'run>,
    status: Status,
) -> impl Iterator<Item = &'run CaseResult> {
    report
        .result
        .results
        .iter()
        .filter(move |result| result.status == status)
}
