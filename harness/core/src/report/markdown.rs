//! The summary of a run as Markdown, such as the page of a CI job shows: `--report
//! markdown="$GITHUB_STEP_SUMMARY"`.
//!
//! ```markdown
//! ## corspec: not conformant
//!
//! 240 results in 3.1 s: 239 PASS, 1 FAIL
//!
//! | area | wire 0.1.0 | chromium 141.0.7390.54 |
//! |---|---|---|
//! | preflight | 120 PASS | 119 PASS, 1 FAIL |
//! ```
//!
//! What failed follows with what was expected and found, and what could not be decided with its cause.
//! The page is bounded however much fails: readers refuse long ones.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{Report, describe, terminal};
use crate::run::{CaseResult, ExitCode};
use crate::tape::escape;
use crate::verdict::{Status, Summary};

/// Writes the summary of a run that ends with this exit code.
///
/// # Errors
///
/// Those of the writer.
pub fn write(report: &Report<'_>, exit: ExitCode, to: &mut dyn Write) -> io::Result<()> {
    let result = report.result;
    let shard = match result.shard {
        Some(shard) => format!(", part {shard}"),
        None => String::new(),
    };
    writeln!(to, "## corspec: {}{shard}\n", exit.meaning())?;
    let summary = result.summary();
    writeln!(
        to,
        "{} in {}: {}  ",
        describe::count(summary.total(), "result"),
        terminal::duration(result.duration),
        counts(&summary)
    )?;
    let seed = match result.seed {
        Some(seed) => format!(", shuffled with seed {seed}"),
        None => String::new(),
    };
    writeln!(
        to,
        "corspec {}, suite {}, target {}{seed}",
        env!("CARGO_PKG_VERSION"),
        code(&result.suite_digest),
        code(&result.target)
    )?;
    if result.interrupted {
        writeln!(
            to,
            "\n**The run ended before everything selected had run.**"
        )?;
    }
    table(report, to)?;
    failures(report, to)?;
    others(report, to)
}

/// Areas against agents.
fn table(report: &Report<'_>, to: &mut dyn Write) -> io::Result<()> {
    let agents = describe::agents(report);
    let mut rows: Vec<&str> = Vec::new();
    let mut cells: BTreeMap<(&str, &str), Summary> = BTreeMap::new();
    for result in &report.result.results {
        let area = result.permutation.id.split('/').next().unwrap_or_default();
        if !rows.contains(&area) {
            rows.push(area);
        }
        let cell = cells.entry((area, &result.agent)).or_default();
        cell.add(result.status);
    }
    let heading = |name: &str| {
        let info = report.result.agents.iter().find(|agent| agent.name == name);
        match info {
            Some(agent) => format!("{name} {}", agent.version),
            None => format!("{name} (did not get ready)"),
        }
    };
    write!(to, "\n| area |")?;
    agents
        .iter()
        .try_for_each(|agent| write!(to, " {} |", cell(&heading(agent))))?;
    writeln!(to, "\n|---|{}", "---|".repeat(agents.len()))?;
    for area in rows {
        write!(to, "| {area} |")?;
        for agent in &agents {
            let counts = cells.get(&(area, *agent)).map_or_else(String::new, counts);
            write!(to, " {counts} |")?;
        }
        writeln!(to)?;
    }
    Ok(())
}

/// What fails the run: a line for each permutation and agent, findings below it.
fn failures(report: &Report<'_>, to: &mut dyn Write) -> io::Result<()> {
    let failures: Vec<&CaseResult> = of(report, Status::fails_run).collect();
    if failures.is_empty() {
        return Ok(());
    }
    writeln!(to, "\n### Failures\n")?;
    for result in failures.iter().take(MOST) {
        let permutation = &result.permutation;
        writeln!(
            to,
            "- **{}** {} in {}: {}",
            result.status,
            code(&permutation.id),
            result.agent,
            text(&permutation.scenario.title)
        )?;
        let judgement = result.judgement.iter();
        let findings = judgement.clone().flat_map(|judgement| &judgement.findings);
        for finding in findings {
            let place = format!(
                "{}:{}",
                finding.location.file.display(),
                finding.location.line
            );
            let finding = describe::finding(finding, permutation.steps.len());
            writeln!(to, "  - {} ({})", code(&finding), code(&place))?;
        }
        if let Some(message) = &result.message {
            writeln!(to, "  - {}", text(message))?;
        }
        for culprit in judgement.filter_map(|judgement| judgement.culprit) {
            writeln!(to, "  - likely culprit: {}", describe::culprit(culprit))?;
        }
    }
    if failures.len() > MOST {
        writeln!(
            to,
            "- and {} more, in the other reports",
            failures.len() - MOST
        )?;
    }
    Ok(())
}

/// What else did not simply pass, grouped by its cause.
fn others(report: &Report<'_>, to: &mut dyn Write) -> io::Result<()> {
    for (status, heading) in OTHERS {
        let mut groups: Vec<(&str, String, Vec<&str>)> = Vec::new();
        for result in of(report, |it| it == status) {
            let cause = cause(result);
            let id = result.permutation.id.as_str();
            match groups
                .iter_mut()
                .find(|(agent, other, _)| *agent == result.agent && *other == cause)
            {
                Some((_, _, ids)) => ids.push(id),
                None => groups.push((&result.agent, cause, vec![id])),
            }
        }
        if groups.is_empty() {
            continue;
        }
        let number: usize = groups.iter().map(|(_, _, ids)| ids.len()).sum();
        writeln!(
            to,
            "\n<details><summary>{heading}: {number} {status}</summary>\n"
        )?;
        for (agent, cause, ids) in groups.iter().take(MOST) {
            let more = match ids.len() {
                1 => String::new(),
                number => format!(" and {} more", number - 1),
            };
            let cause = if cause.is_empty() {
                String::new()
            } else {
                format!(": {}", text(cause))
            };
            writeln!(to, "- {}{more} in {agent}{cause}", code(ids[0]))?;
        }
        if groups.len() > MOST {
            writeln!(
                to,
                "- and {} more, in the other reports",
                groups.len() - MOST
            )?;
        }
        writeln!(to, "\n</details>")?;
    }
    Ok(())
}

/// The message, or the findings where there is none.
fn cause(result: &CaseResult) -> String {
    if let Some(message) = &result.message {
        return message.clone();
    }
    let steps = result.permutation.steps.len();
    let findings = result.judgement.iter().flat_map(|it| &it.findings);
    let texts: BTreeSet<String> = findings
        .map(|finding| describe::finding(finding, steps))
        .collect();
    texts.into_iter().collect::<Vec<_>>().join("; ")
}

fn of<'run>(
    report: &Report<'run>,
    mut wanted: impl FnMut(Status) -> bool,
) -> impl Iterator<Item = &'run CaseResult> {
    let results = report.result.results.iter();
    results.filter(move |result| wanted(result.status))
}

fn counts(summary: &Summary) -> String {
    let counts: Vec<String> = Status::ALL
        .iter()
        .filter(|status| summary.count(**status) > 0)
        .map(|status| format!("{} {status}", summary.count(*status)))
        .collect();
    counts.join(", ")
}

/// Text in which nothing is taken for Markdown or HTML, cut where it is longer than anybody reads.
fn text(text: &str) -> String {
    let mut shown: String = escape(text.as_bytes()).chars().take(LONGEST).collect();
    if shown.len() < text.len() && shown.chars().count() == LONGEST {
        shown.push('…');
    }
    let mut safe = String::new();
    for character in shown.chars() {
        if MARKUP.contains(character) {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

/// A span of code, in which nothing needs to be escaped but backticks.
fn code(text: &str) -> String {
    let shown = escape(text.as_bytes());
    let longest = shown.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{shown}{space}{fence}")
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    self::text(text).replace('|', "\\|")
}

/// What is told below the failures, folded away.
const OTHERS: [(Status, &str); 6] = [
    (Status::Infra, "Not decided"),
    (Status::Flaky, "Passed only after a retry"),
    (Status::Warn, "Warnings"),
    (Status::Note, "Notes"),
    (Status::Known, "Known deviations"),
    (Status::Skip, "Not run"),
];

/// More lines of a kind than this nobody reads.
const MOST: usize = 20;

/// Characters of a message that are shown.
const LONGEST: usize = 500;

/// Characters that mean something within a line.
const MARKUP: &str = "\\`*_[]<>#&~";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, Fixture};

    fn written(fixture: &Fixture) -> String {
        let report = fixture.report();
        let mut bytes = Vec::new();
        write(&report, ExitCode::of(report.result), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_summary_of_every_status_is_as_recorded() {
        insta::assert_snapshot!("markdown", written(&fixture::every_status()));
    }

    #[test]
    fn the_summary_of_what_passes_is_a_table() {
        insta::assert_snapshot!("markdown_green", written(&fixture::all_green()));
    }

    #[test]
    fn the_summary_is_bounded_however_much_fails() {
        let text = written(&fixture::many_failures(1000));
        assert!(
            text.contains("- and 980 more, in the other reports"),
            "{text}"
        );
        assert!(text.len() < 20_000, "{}", text.len());
    }

    #[test]
    fn nothing_that_is_told_is_taken_for_markup() {
        assert_eq!(text("a *b* <c>\n`d`"), r"a \*b\* \<c\>\\x0a\`d\`");
        assert_eq!(code("a*"), "`a*`");
        assert_eq!(code("a``b"), "``` a``b ```");
        assert_eq!(cell("a|b"), r"a\|b");
        assert_eq!(text(&"a".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
