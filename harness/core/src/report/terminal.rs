//! The final page, for people.
//!
//! ```text
//! corspec 0.1.0   suite 5f0c1d2e3f4a5b6c, 412 permutations   target reference
//! agents          wire 0.1.0, chromium 141.0.7390.54
//!
//!  FAIL preflight/methods/not-listed[method=PUT]  (chromium)
//!       …
//! area        wire      chromium
//! preflight   120 PASS  119 PASS, 1 FAIL
//!
//! summary     240 results in 3.1 s: 239 PASS, 1 FAIL
//! exit        1 (not conformant)
//! ```
//!
//! Failures come first and in full, what passed is a number. A green page fits on one screen.
//! Colour never carries meaning alone: without it the page is complete.

mod failure;
mod notes;
mod paint;
mod reproduce;
mod table;
mod trace;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

pub use self::paint::Paint;
pub use self::reproduce::shell_quote;
use super::{Report, describe};
use crate::run::{CaseResult, ExitCode};
use crate::verdict::{Status, Summary};

/// How the page is to look, and what only the caller knows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'run> {
    /// Colour, or none.
    pub paint: Paint,
    /// How much is told.
    pub detail: Detail,
    /// Whether every exchange is shown.
    pub trace: bool,
    /// The other reports that are written.
    pub reports: &'run [PathBuf],
    /// What `corspec run ID` needs besides to run a permutation in the same way, such as
    /// `--cases my-cases`.
    pub rerun: &'run str,
    /// The exit code.
    pub exit: ExitCode,
}

/// How much is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detail {
    /// What failed, and one line.
    Brief,
    /// Every failure in full, however many there are.
    Full,
    /// Everything, but only so many failures in full.
    Normal,
}

/// Writes the page.
///
/// # Errors
///
/// Those of the writer.
pub fn write(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let brief = page.detail == Detail::Brief;
    if !brief {
        head(report, page, to)?;
    }
    if page.trace {
        for result in &report.result.results {
            write_trace(result, page.paint, to)?;
        }
    }
    failure::write(report, page, to)?;
    notes::undecided(report, page, to)?;
    if !brief {
        notes::violations(report, page, to)?;
        notes::known(report, page, to)?;
        table::write(report, page, to)?;
        notes::skipped(report, page, to)?;
    }
    foot(report, page, to)
}

/// Writes a result as one line: status, duration, agent, id. The columns do not move.
///
/// # Errors
///
/// Those of the writer.
pub fn write_status_line(result: &CaseResult, paint: Paint, to: &mut dyn Write) -> io::Result<()> {
    writeln!(
        to,
        "{} [{:>9}] {:<8} {}",
        paint.status(result.status, STATUS_WIDTH),
        duration(result.duration),
        result.agent,
        result.permutation.id
    )
}

/// Writes a result as one line, then every exchange with every header line, then what came of it.
///
/// # Errors
///
/// Those of the writer.
pub fn write_trace(result: &CaseResult, paint: Paint, to: &mut dyn Write) -> io::Result<()> {
    write_status_line(result, paint, to)?;
    trace::write(result, paint, to)?;
    writeln!(to)
}

/// A duration as people say it.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds >= 60.0 {
        format!(
            "{} min {:02} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        )
    } else if seconds >= 1.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.1} ms", seconds * 1000.0)
    }
}

fn head(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let result = report.result;
    writeln!(
        to,
        "{}   suite {}, {}   target {}",
        page.paint
            .bold(concat!("corspec ", env!("CARGO_PKG_VERSION"))),
        result.suite_digest,
        describe::count(result.suite_size, "permutation"),
        result.target
    )?;
    let agents: Vec<String> = describe::agents(report)
        .into_iter()
        .map(
            |name| match result.agents.iter().find(|agent| agent.name == name) {
                Some(agent) => format!("{name} {}", agent.version),
                None => format!("{name} (did not get ready)"),
            },
        )
        .collect();
    line(page.paint, "agents", &agents.join(", "), to)?;
    if let Some(shard) = result.shard {
        let text = format!(
            "{} of {}, which `corspec merge` puts together",
            shard.number(),
            describe::count(shard.of(), "part")
        );
        line(page.paint, "shard", &text, to)?;
    }
    if let Some(seed) = result.seed {
        line(
            page.paint,
            "order",
            &format!("shuffled; the same again with --shuffle={seed}"),
            to,
        )?;
    }
    writeln!(to)
}

fn foot(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let result = report.result;
    let summary = result.summary();
    line(
        page.paint,
        "summary",
        &format!(
            "{} in {}: {}",
            describe::count(summary.total(), "result"),
            duration(result.duration),
            counts(&summary, &Status::ALL, page.paint)
        ),
        to,
    )?;
    if result.interrupted {
        line(
            page.paint,
            "ended",
            "before everything selected had run",
            to,
        )?;
    }
    if page.detail != Detail::Brief && !page.reports.is_empty() {
        let paths: Vec<String> = page
            .reports
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        line(page.paint, "reports", &paths.join(", "), to)?;
    }
    line(page.paint, "exit", &page.exit.to_string(), to)
}

/// A line with a name in front, in columns.
fn line(paint: Paint, name: &str, text: &str, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{} {text}", paint.bold(&format!("{name:<NAME_WIDTH$}")))
}

/// `118 PASS, 1 FAIL`: of these statuses those that occur.
fn counts(summary: &Summary, statuses: &[Status], paint: Paint) -> String {
    let counts: Vec<String> = statuses
        .iter()
        .filter(|status| summary.count(**status) > 0)
        .map(|status| format!("{} {}", summary.count(*status), paint.status(*status, 0)))
        .collect();
    if counts.is_empty() {
        "-".to_owned()
    } else {
        counts.join(", ")
    }
}

/// The longest status has five letters.
const STATUS_WIDTH: usize = 5;

const NAME_WIDTH: usize = 15;

/// Of what is said below a line: as wide as the column of the status and the space behind it.
const INDENT: &str = "      ";

#[cfg(test)]
mod tests;
