//! What is worth a line each: the undecided, lesser violations, known deviations, what was skipped.

use std::io::{self, Write};

use super::{Page, STATUS_WIDTH};
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
    by_message(report, page, Status::Infra, to)
}

/// Warnings and notes with their findings, and what passed only after a retry.
pub(super) fn violations(
    report: &Report<'_>,
    page: &Page<'_>,
    to: &mut dyn Write,
) -> io::Result<()> {
    for status in [Status::Warn, Status::Note] {
        for result in with_status(report, status) {
            let steps = result.permutation.steps.len();
            let findings = result
                .judgement
                .iter()
                .flat_map(|judgement| &judgement.findings);
            let texts: Vec<String> = findings
                .map(|finding| describe::finding(finding, steps))
                .collect();
            writeln!(
                to,
                "{} {} in {}: {}",
                page.paint.status(status, STATUS_WIDTH),
                result.permutation.id,
                result.agent,
                texts.join("; ")
            )?;
        }
        if with_status(report, status).next().is_some() {
            writeln!(to)?;
        }
    }
    by_message(report, page, Status::Flaky, to)
}

/// Known deviations with reason and link.
pub(super) fn known(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    by_message(report, page, Status::Known, to)
}

/// How many were skipped, for which reasons.
pub(super) fn skipped(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let groups = groups(report, Status::Skip);
    for group in &groups {
        writeln!(
            to,
            "{} {} in {}: {}",
            page.paint.status(Status::Skip, STATUS_WIDTH),
            group.ids.len(),
            group.agent,
            group.message
        )?;
    }
    if !groups.is_empty() {
        writeln!(to)?;
    }
    Ok(())
}

fn by_message(
    report: &Report<'_>,
    page: &Page<'_>,
    status: Status,
    to: &mut dyn Write,
) -> io::Result<()> {
    let groups = groups(report, status);
    for group in &groups {
        let Some(first) = group.ids.first() else {
            continue;
        };
        let more = match group.ids.len() {
            1 => String::new(),
            number => format!(" and {} more", number - 1),
        };
        let mut line = format!("{first}{more} in {}", group.agent);
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

/// Results of one agent with the same status and message.
struct Group<'run> {
    agent: &'run str,
    message: String,
    ids: Vec<&'run str>,
}

/// Groups in the order of their first result.
fn groups<'run>(report: &Report<'run>, status: Status) -> Vec<Group<'run>> {
    let mut groups: Vec<Group<'run>> = Vec::new();
    for result in with_status(report, status) {
        let message = lines(result.message.as_deref().unwrap_or_default());
        let id = result.permutation.id.as_str();
        let same = groups
            .iter_mut()
            .find(|group| group.agent == result.agent && group.message == message);
        match same {
            Some(group) => group.ids.push(id),
            None => groups.push(Group {
                agent: &result.agent,
                message,
                ids: vec![id],
            }),
        }
    }
    groups
}

/// A message of several lines, such as one with the last words of a program, below its first.
fn lines(message: &str) -> String {
    let lines: Vec<String> = message.lines().map(|it| escape(it.as_bytes())).collect();
    lines.join(CONTINUED)
}

/// As far in as the text of a failure.
const CONTINUED: &str = "\n      ";

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
