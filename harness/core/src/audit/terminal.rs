//! An audit, for people.

use std::io::{self, Write};

use super::asked::Asked;
use super::finding::{Finding, Severity};
use super::run::Audited;
use crate::check::leg::Shown;
use crate::check::names::RESPONSE_NAMES;
use crate::report::count;
use crate::report::terminal::Paint;
use crate::run::ExitCode;
use crate::tape::{escape, escape_sentence};

/// Writes every finding with its evidence, and what the audit came to.
///
/// # Errors
///
/// Those of the writer.
pub fn write(
    audited: &Audited,
    exit: ExitCode,
    paint: Paint,
    to: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { audited, paint };
    let url = escape(audited.target.given.as_str().as_bytes());
    let protocol = if audited.target.is_socket {
        " (WebSocket)"
    } else {
        ""
    };
    writeln!(to, "{} {url}{protocol}", paint.bold("audit"))?;
    page.row("policy", &escape(audited.learned.describe().as_bytes()), to)?;
    for finding in &audited.findings {
        writeln!(to)?;
        page.finding(finding, to)?;
    }
    writeln!(to)?;
    page.silences(to)?;
    page.summary(exit, to)
}

struct Page<'a> {
    audited: &'a Audited,
    paint: Paint,
}

impl Page<'_> {
    fn finding(&self, finding: &Finding, to: &mut dyn Write) -> io::Result<()> {
        let severity = finding.severity.word().to_uppercase();
        writeln!(
            to,
            "{} {}",
            self.paint.bold(&format!("{severity:>8}")),
            self.paint.bold(finding.id)
        )?;
        writeln!(to, "{INDENT}{}", escape(finding.title.as_bytes()))?;
        self.row("exploit", &escape(finding.exploit.as_bytes()), to)?;
        self.row("remedy", &escape(finding.remedy.as_bytes()), to)?;
        for (index, number) in finding.evidence.iter().take(MOST_SHOWN).enumerate() {
            let Some(asked) = self.audited.asked.get(*number) else {
                continue;
            };
            let name = if index == 0 { "evidence" } else { "" };
            self.evidence(name, *number, asked, to)?;
        }
        if finding.evidence.len() > MOST_SHOWN {
            let rest = finding.evidence.len() - MOST_SHOWN;
            self.row("", &format!("and {rest} more"), to)?;
        }
        self.row("covers", &finding.requirements.join(", "), to)?;
        for (index, citation) in finding.citations().into_iter().enumerate() {
            let name = if index == 0 { "standard" } else { "" };
            self.row(name, citation, to)?;
        }
        Ok(())
    }

    fn evidence(
        &self,
        name: &str,
        number: usize,
        asked: &Asked,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let Some(shown) = &asked.shown else {
            return Ok(());
        };
        for (index, line) in lines(number, shown).into_iter().enumerate() {
            self.row(if index == 0 { name } else { "" }, &line, to)?;
        }
        Ok(())
    }

    fn silences(&self, to: &mut dyn Write) -> io::Result<()> {
        for (number, silence) in self.audited.undecided().take(MOST_SHOWN) {
            let asked = &self.audited.asked[number].probe;
            let origin = match asked.origins.as_slice() {
                [] => "no Origin".to_owned(),
                origins => format!("Origin {}", origins.join(" and ")),
            };
            writeln!(
                to,
                "no answer     request {} with {}: {}",
                number + 1,
                escape(origin.as_bytes()),
                escape_sentence(&silence.why)
            )?;
        }
        let hidden = self.audited.undecided().count().saturating_sub(MOST_SHOWN);
        if hidden > 0 {
            writeln!(to, "              and {} more", count(hidden, "request"))?;
        }
        if let Some(stopped) = &self.audited.stopped {
            writeln!(to, "stopped       {}", escape_sentence(stopped))?;
        }
        if let Some(unseen) = &self.audited.unseen {
            writeln!(to, "undecided     {}", escape(unseen.as_bytes()))?;
        }
        Ok(())
    }

    fn summary(&self, exit: ExitCode, to: &mut dyn Write) -> io::Result<()> {
        let count = |severity: Severity| {
            let findings = self.audited.findings.iter();
            findings
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let counts: Vec<String> = Severity::ALL
            .into_iter()
            .filter(|severity| count(*severity) > 0)
            .map(|severity| format!("{} {severity}", count(severity)))
            .collect();
        let counts = if counts.is_empty() && exit == ExitCode::Inconclusive {
            "nothing can be told".to_owned()
        } else if counts.is_empty() {
            "nothing found".to_owned()
        } else {
            counts.join(", ")
        };
        let number = self.audited.asked.len();
        let requests = if number == 1 { "request" } else { "requests" };
        writeln!(
            to,
            "summary       {counts}; {number} {requests} of at most {}",
            self.audited.most_requests
        )?;
        let meaning = match exit {
            ExitCode::Conformant => "nothing as bad as what was asked for",
            ExitCode::NonConformant => "findings",
            _ => "undecided",
        };
        writeln!(to, "exit          {} ({meaning})", exit.number())
    }

    fn row(&self, name: &str, text: &str, to: &mut dyn Write) -> io::Result<()> {
        writeln!(
            to,
            "{INDENT}{} {text}",
            self.paint.dim(&format!("{name:<9}"))
        )
    }
}

/// What of an exchange is about origins.
fn lines(number: usize, shown: &Shown) -> Vec<String> {
    let mut lines = vec![format!(
        "> {} {}   (request {})",
        shown.method,
        escape(shown.url.as_bytes()),
        number + 1
    )];
    let is_asked = |name: &str| {
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "origin" | "upgrade" | "x-forwarded-host")
            || name.starts_with("access-control-request-")
    };
    let asked = shown.request_headers.iter();
    let asked = asked.filter(|(name, _)| is_asked(name));
    lines.extend(asked.map(|(name, value)| format!("> {name}: {value}").trim_end().to_owned()));
    if let Some(status) = shown.status {
        lines.push(
            format!("< {status} {}", shown.reason_phrase)
                .trim_end()
                .to_owned(),
        );
    }
    let is_answered = |name: &str| {
        let lower = name.to_ascii_lowercase();
        lower.contains("access-control")
            || lower.contains("access_control")
            || matches!(
                lower.as_str(),
                "vary" | "location" | "www-authenticate" | "cache-control"
            )
            || RESPONSE_NAMES
                .iter()
                .any(|known| known.to_ascii_lowercase().ends_with(&lower))
    };
    let answered = shown.response_headers.iter();
    let answered = answered.filter(|(name, _)| is_answered(name));
    lines.extend(answered.map(|(name, value)| format!("< {name}: {value}").trim_end().to_owned()));
    lines
}

/// More exchanges than this show nothing new; the JSON has all.
const MOST_SHOWN: usize = 2;

/// As wide as the column of the severity and the space behind it.
const INDENT: &str = "         ";
