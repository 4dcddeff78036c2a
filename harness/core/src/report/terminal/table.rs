//! Areas against agents, with the number of results of each status.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Page, Paint, counts};
use crate::report::{Report, describe};
use crate::verdict::{Status, Summary};

/// Writes the table; what was skipped is told apart from it.
pub(super) fn write(report: &Report<'_>, page: &Page<'_>, to: &mut dyn Write) -> io::Result<()> {
    let agents = describe::agents(report);
    let mut cells: BTreeMap<(&str, &str), Summary> = BTreeMap::new();
    let mut areas: Vec<&str> = Vec::new();
    for result in &report.result.results {
        let area = result.permutation.id.split('/').next().unwrap_or_default();
        if !areas.contains(&area) {
            areas.push(area);
        }
        cells
            .entry((area, &result.agent))
            .or_default()
            .add(result.status);
    }

    let mut rows = vec![Row::heading(&agents, page.paint)];
    for area in areas {
        let summaries = agents.iter().map(|agent| cells.get(&(area, *agent)));
        rows.push(Row::counted(area, summaries, page.paint));
    }
    let widths: Vec<usize> = (0..=agents.len())
        .map(|column| {
            rows.iter()
                .map(|row| row.width(column))
                .max()
                .unwrap_or_default()
        })
        .collect();
    for row in &rows {
        row.write(&widths, to)?;
    }
    writeln!(to)
}

/// Cells as they are shown and as wide as they are without colour.
struct Row(Vec<(String, usize)>);

impl Row {
    fn heading(agents: &[&str], paint: Paint) -> Self {
        let names = ["area"].iter().chain(agents);
        Self(names.map(|name| (paint.bold(name), name.len())).collect())
    }

    fn counted<'run>(
        area: &str,
        summaries: impl Iterator<Item = Option<&'run Summary>>,
        paint: Paint,
    ) -> Self {
        let mut cells = vec![(area.to_owned(), area.chars().count())];
        cells.extend(summaries.map(|summary| {
            let none = Summary::default();
            let summary = summary.unwrap_or(&none);
            let width = counts(summary, &RUN, Paint::PLAIN).len();
            (counts(summary, &RUN, paint), width)
        }));
        Self(cells)
    }

    fn width(&self, column: usize) -> usize {
        self.0.get(column).map_or(0, |(_, width)| *width)
    }

    fn write(&self, widths: &[usize], to: &mut dyn Write) -> io::Result<()> {
        let last = self.0.len().saturating_sub(1);
        for (column, ((text, width), wanted)) in self.0.iter().zip(widths).enumerate() {
            let padding = if column == last {
                0
            } else {
                wanted.saturating_sub(*width) + GAP
            };
            write!(to, "{text}{:padding$}", "")?;
        }
        writeln!(to)
    }
}

/// Every status of something that ran.
const RUN: [Status; 8] = [
    Status::Pass,
    Status::Fail,
    Status::Warn,
    Status::Note,
    Status::Known,
    Status::Fixed,
    Status::Flaky,
    Status::Infra,
];

const GAP: usize = 3;
