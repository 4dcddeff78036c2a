//! The matrix as Markdown: implementations by topics, and what most of them do not do.

use std::fmt::Write as _;

use super::page::unmet_everywhere;
use super::published::Published;
use super::view::{View, count, unanswered};
use crate::case::Suite;
use crate::verdict::Status;

/// The table of everything that is published, as `reports/servers/README.md` has it.
#[must_use]
pub fn markdown(published: &[Published], suite: &Suite) -> String {
    let view = View { published, suite };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&view, &mut text);
    text
}

fn write(view: &View<'_>, to: &mut String) -> std::fmt::Result {
    let topics = view.topics();
    to.push_str("# What servers do\n\n");
    to.push_str("<!-- written by `scripts/matrix`; never edited -->\n\n");
    let number = view.published.len();
    writeln!(
        to,
        "{number} servers, each given the same policies and asked the same questions, on {}. `index.html` beside this \
         file shows every finding with its exchange; `<name>@<version>.json` is the same as data \
         ([how to read it](../README.md)).\n",
        view.days()
    )?;
    to.push_str(
        "✗ a `must` was violated, ! a `should`, · a `may`, ? could not be decided, ✓ nothing, – was not asked; \
         each with the number of permutations.\n\n",
    );
    to.push_str("| server | language | kind | FAIL | WARN | NOTE | PASS | SKIP |");
    for topic in &topics {
        write!(to, " {} |", topic.key)?;
    }
    to.push_str("\n|---|---|---|--:|--:|--:|--:|--:|");
    to.push_str(&"---|".repeat(topics.len()));
    to.push('\n');
    for published in view.published {
        let label = published.label();
        write!(
            to,
            "| [{} {}]({label}.json) | {} | {} |",
            cell(&published.title),
            published.version,
            cell(published.language.as_deref().unwrap_or("–")),
            published.kind.as_deref().unwrap_or("–"),
        )?;
        for status in COUNTED {
            write!(to, " {} |", count(published, status))?;
        }
        for cell in view.cells(published) {
            let marks: Vec<&str> = cell.marks.iter().map(|mark| mark.text.as_str()).collect();
            write!(to, " {} |", marks.join(" "))?;
        }
        to.push('\n');
    }
    policies(view, to)?;
    browsers(view, to)?;
    scenarios(view, to)
}

fn policies(view: &View<'_>, to: &mut String) -> std::fmt::Result {
    to.push_str("\n## Policies that were not asked about\n\n");
    to.push_str(
        "A server that refuses to start with a dangerous policy does the best that can be done.\n\n",
    );
    to.push_str(
        "| server | refuses to start | has no setting for | does not start |\n|---|---|---|---|\n",
    );
    for published in view.published {
        let of = |word| unanswered(published, word).collect::<Vec<_>>().join(", ");
        let columns = ["refused", "inexpressible", "does not start"].map(of);
        if columns.iter().any(|it| !it.is_empty()) {
            writeln!(to, "| {} | {} |", published.label(), columns.join(" | "))?;
        }
    }
    Ok(())
}

fn browsers(view: &View<'_>, to: &mut String) -> std::fmt::Result {
    let asked: Vec<_> = view
        .published
        .iter()
        .flat_map(|it| view.browsers(it).into_iter().map(|b| (it.label(), b)))
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    to.push_str("\n## The same in a browser\n\n");
    to.push_str(
        "| server | browser | asked | as on the wire | otherwise |\n|---|---|--:|--:|---|\n",
    );
    for (label, browser) in asked {
        let otherwise: Vec<String> = browser
            .disagreements
            .iter()
            .map(|it| {
                format!(
                    "`{}`: wire {}, browser {}",
                    it.id.replace('|', "\\|"),
                    it.wire,
                    it.browser
                )
            })
            .collect();
        writeln!(
            to,
            "| {label} | {} {} | {} | {} | {} |",
            browser.agent,
            browser.version,
            browser.asked,
            browser.asked - browser.disagreements.len(),
            otherwise.join("<br>")
        )?;
    }
    Ok(())
}

fn scenarios(view: &View<'_>, to: &mut String) -> std::fmt::Result {
    to.push_str("\n## What is most often wrong\n\n");
    to.push_str("| scenario | level | servers that do not meet it |\n|---|---|--:|\n");
    for it in unmet_everywhere(view).iter().take(MOST) {
        let about = &it.scenario;
        writeln!(
            to,
            "| {}<br>`{}` | {} | {} of {} |",
            cell(&about.title),
            about.id,
            about.level,
            it.servers.len(),
            it.of
        )?;
    }
    Ok(())
}

/// Text in a cell of a table, in which nothing is taken for markup.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        if "\\`*_[]<>#&~|".contains(character) {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

/// The statuses with a column of their own.
const COUNTED: [Status; 5] = [
    Status::Fail,
    Status::Warn,
    Status::Note,
    Status::Pass,
    Status::Skip,
];

/// More than this nobody reads here.
const MOST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::fixture;

    #[test]
    fn the_table_is_as_recorded() {
        let text = markdown(&fixture::published(), &fixture::suite());
        insta::assert_snapshot!("markdown", text);
    }
}
