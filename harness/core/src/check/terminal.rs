//! A check, for people.

use std::io::{self, Write};

use corspec_fetch::{Outcome, Purpose};

use super::advice::Remedy;
use super::browser::BrowserCheck;
use super::checked::{Checked, Verdict};
use super::leg::Shown;
use crate::report::terminal::Paint;
use crate::run::ExitCode;
use crate::tape::{escape, escape_sentence};

/// Writes what was said, what came of it, which step decided, and what would mend it.
///
/// # Errors
///
/// Those of the writer.
pub fn write(
    checked: &Checked,
    browser: Option<&BrowserCheck>,
    exit: ExitCode,
    paint: Paint,
    to: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { paint };
    page.check(checked, to)?;
    if let Some(browser) = browser {
        page.browser(checked, browser, to)?;
    }
    let meaning = match exit {
        ExitCode::Conformant => "allowed",
        ExitCode::NonConformant => "blocked",
        _ => "undecided",
    };
    writeln!(to)?;
    page.row("exit", &format!("{} ({meaning})", exit.number()), to)
}

struct Page {
    paint: Paint,
}

impl Page {
    fn check(&self, checked: &Checked, to: &mut dyn Write) -> io::Result<()> {
        let call = &checked.call;
        let credentials = if call.credentials {
            ", with credentials"
        } else {
            ""
        };
        writeln!(
            to,
            "{} from a page of {}{credentials}\n",
            self.paint
                .bold(&format!("{} {}", escape(call.method.as_bytes()), call.url)),
            call.origin.serialize(),
        )?;
        let legs = &checked.visit.legs;
        for (number, leg) in legs.iter().enumerate() {
            match place(number, legs.len()) {
                Place::Shown => {
                    Shown::of(&leg.outgoing, &leg.exchanged).write("  ", self.paint, to)?;
                    writeln!(to)?;
                }
                Place::FirstLeftOut(count) => {
                    writeln!(to, "  … {count} more like these; --json has all\n")?;
                }
                Place::LeftOut => {}
            }
        }
        self.verdict(checked, to)?;
        let decisions = &checked.visit.decisions;
        for (number, decision) in decisions.iter().enumerate() {
            let name = if number == 0 { "way" } else { "" };
            match place(number, decisions.len()) {
                Place::Shown => {
                    let text = format!("{}. {}", number + 1, escape(decision.what.as_bytes()));
                    self.row(name, &text, to)?;
                }
                Place::FirstLeftOut(count) => self.row(name, &format!("… {count} more"), to)?,
                Place::LeftOut => {}
            }
        }
        self.visible(checked, to)?;
        for note in &checked.notes {
            self.row("note", &escape_sentence(note), to)?;
        }
        self.fix(checked, to)
    }

    fn verdict(&self, checked: &Checked, to: &mut dyn Write) -> io::Result<()> {
        let word = match &checked.verdict {
            Verdict::Allow => "ALLOW",
            Verdict::Block(_) => "BLOCK",
            Verdict::Undecided(_) => "UNDECIDED",
        };
        write!(to, "{}", self.paint.bold(word))?;
        match &checked.verdict {
            Verdict::Allow => writeln!(to),
            Verdict::Block(block) => {
                writeln!(to, "  {}", escape(block.to_string().as_bytes()))?;
                self.row("because", block.reason.explanation(), to)?;
                self.row("standard", block.reason.section(), to)?;
                match checked.visit.failure() {
                    Some(failure) => self.row("", &escape_sentence(&failure.to_string()), to),
                    None => Ok(()),
                }
            }
            Verdict::Undecided(failure) => writeln!(to, "  {}", escape_sentence(failure)),
        }
    }

    /// What script sees of the response.
    fn visible(&self, checked: &Checked, to: &mut dyn Write) -> io::Result<()> {
        let Outcome::Allow(visible) = &checked.visit.outcome else {
            return Ok(());
        };
        let headers: Vec<&str> = visible.headers.iter().map(|(name, _)| name).collect();
        let headers = match headers.as_slice() {
            [] => "no headers".to_owned(),
            names => names.join(", "),
        };
        let text = format!(
            "type {}, status {}; {headers}",
            visible.kind, visible.status
        );
        self.row("script", &escape(text.as_bytes()), to)?;
        if checked.hidden.is_empty() {
            return Ok(());
        }
        let hidden = escape(checked.hidden.join(", ").as_bytes());
        self.row(
            "hidden",
            &format!("{hidden} (Access-Control-Expose-Headers would show them)"),
            to,
        )
    }

    fn fix(&self, checked: &Checked, to: &mut dyn Write) -> io::Result<()> {
        let Verdict::Block(block) = &checked.verdict else {
            return Ok(());
        };
        self.row("fix", block.reason.remedy(), to)?;
        for (index, remedy) in checked.remedies.iter().enumerate() {
            self.remedy(index, remedy, to)?;
        }
        Ok(())
    }

    fn remedy(&self, index: usize, remedy: &Remedy, to: &mut dyn Write) -> io::Result<()> {
        let what = match (remedy.purpose, index) {
            (Purpose::Preflight, _) => "the preflight",
            (Purpose::Actual, 0) => "",
            (Purpose::Actual, _) => "the request behind it",
        };
        let request = format!("{} {}", remedy.method, remedy.url);
        let request = match what {
            "" => request,
            what => format!("{what}, {request},"),
        };
        self.row(
            "",
            &format!("answer {} with", escape(request.as_bytes())),
            to,
        )?;
        if let Some(status) = remedy.status {
            self.row("", &format!("  status {status}"), to)?;
        }
        for line in &remedy.send {
            let instead = match &line.instead_of {
                None => String::new(),
                Some(value) => format!("   (instead of `{}`)", escape(value.as_bytes())),
            };
            let text = format!("{}: {}", line.name, escape(line.value.as_bytes()));
            self.row(
                "",
                &format!("  {}{}", self.paint.bold(&text), self.paint.dim(&instead)),
                to,
            )?;
        }
        Ok(())
    }

    /// What a real browser did, and who is wrong where it differs.
    fn browser(
        &self,
        checked: &Checked,
        browser: &BrowserCheck,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let seen = &browser.seen;
        let page = browser.page.serialize();
        writeln!(
            to,
            "\n{} {}, from a page of {page}",
            self.paint.bold(&seen.name),
            seen.version
        )?;
        if browser.on_page.is_some() {
            let asked = checked.call.origin.serialize();
            self.row(
                "origin",
                &format!(
                    "a browser has the origin of the page that it has loaded, which is not \
                     {asked}: what follows is about {page}"
                ),
                to,
            )?;
        }
        let on_page = browser.on_page.as_ref().unwrap_or(checked);
        let wire = escape(on_page.verdict.describe().as_bytes());
        self.row("wire", &wire, to)?;
        self.row(&seen.name, &escape(seen.describe().as_bytes()), to)?;
        self.row("compared", browser.comparison().sentence(), to)
    }

    fn row(&self, name: &str, text: &str, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "  {} {text}", self.paint.dim(&format!("{name:<9}")))
    }
}

/// Whether one of many is shown.
#[derive(Debug, Eq, PartialEq)]
enum Place {
    Shown,
    /// The first of so many that are not.
    FirstLeftOut(usize),
    LeftOut,
}

/// A long way, such as redirects that lead in a circle, is shown by its beginning and its end.
const fn place(number: usize, count: usize) -> Place {
    if count <= MOST_SHOWN || number < EACH_END || number >= count - EACH_END {
        Place::Shown
    } else if number == EACH_END {
        Place::FirstLeftOut(count - 2 * EACH_END)
    } else {
        Place::LeftOut
    }
}

/// As many are shown at each end of more than [`MOST_SHOWN`].
const EACH_END: usize = 3;
const MOST_SHOWN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_way_its_ends_are_shown() {
        assert!((0..MOST_SHOWN).all(|number| place(number, MOST_SHOWN) == Place::Shown));
        let shown: Vec<usize> = (0..21)
            .filter(|number| place(*number, 21) == Place::Shown)
            .collect();
        assert_eq!(shown, [0, 1, 2, 18, 19, 20]);
        assert_eq!(place(3, 21), Place::FirstLeftOut(15));
        assert_eq!(place(4, 21), Place::LeftOut);
    }
}
