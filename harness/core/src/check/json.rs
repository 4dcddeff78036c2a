//! A check, for programs. Every key is always there; what does not apply is `null` or empty.

use std::io::{self, Write};

use corspec_fetch::{Decision, Outcome, Purpose};
use serde::Serialize;

use super::advice::Remedy;
use super::browser::BrowserCheck;
use super::checked::{Checked, Verdict};
use super::leg::Shown;
use crate::run::ExitCode;

/// Writes the check, ending in a line feed.
///
/// # Errors
///
/// Those of the writer.
pub fn write(
    checked: &Checked,
    browser: Option<&BrowserCheck>,
    exit: ExitCode,
    to: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        schema_version: 1,
        corspec: env!("CARGO_PKG_VERSION"),
        command: "check",
        check: Check::of(checked),
        browser: browser.map(|browser| Browser {
            name: &browser.seen.name,
            version: &browser.seen.version,
            page: browser.page.serialize(),
            verdict: browser.seen.word(),
            because: browser.seen.because.map(corspec_fetch::Reason::code),
            message: &browser.seen.message,
            wire: Check::of(browser.on_page.as_ref().unwrap_or(checked)).verdict,
            comparison: browser.comparison().word(),
        }),
        exit: exit.number(),
    };
    serde_json::to_writer_pretty(&mut *to, &document)?;
    to.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    corspec: &'static str,
    command: &'static str,
    #[serde(flatten)]
    check: Check<'a>,
    browser: Option<Browser<'a>>,
    exit: u8,
}

#[derive(Serialize)]
struct Check<'a> {
    call: Call<'a>,
    verdict: &'static str,
    because: Option<Because<'a>>,
    /// Why it is undecided, or why a response is not whole.
    failure: Option<String>,
    decisions: &'a [Decision],
    exchanges: Vec<Exchange>,
    visible: Option<Visible<'a>>,
    remedies: &'a [Remedy],
    notes: &'a [String],
}

#[derive(Serialize)]
struct Call<'a> {
    url: &'a str,
    origin: String,
    method: &'a str,
    mode: &'static str,
    credentials: bool,
}

#[derive(Serialize)]
struct Because<'a> {
    reason: &'static str,
    detail: Option<&'a str>,
    explanation: &'static str,
    standard: &'static str,
    remedy: &'static str,
}

#[derive(Serialize)]
struct Exchange {
    purpose: Purpose,
    #[serde(flatten)]
    shown: Shown,
}

#[derive(Serialize)]
struct Visible<'a> {
    r#type: &'static str,
    status: u16,
    headers: Vec<&'a str>,
    hidden_headers: &'a [String],
}

#[derive(Serialize)]
struct Browser<'a> {
    name: &'a str,
    version: &'a str,
    page: String,
    verdict: &'static str,
    because: Option<&'static str>,
    message: &'a str,
    /// What the wire came to from a page of the same origin.
    wire: &'static str,
    comparison: &'static str,
}

impl<'a> Check<'a> {
    fn of(checked: &'a Checked) -> Self {
        let call = &checked.call;
        let verdict = match &checked.verdict {
            Verdict::Allow => "allow",
            Verdict::Block(_) => "block",
            Verdict::Undecided(_) => "undecided",
        };
        let because = match &checked.verdict {
            Verdict::Block(block) => Some(Because {
                reason: block.reason.code(),
                detail: block.detail.as_deref(),
                explanation: block.reason.explanation(),
                standard: block.reason.section(),
                remedy: block.reason.remedy(),
            }),
            Verdict::Allow | Verdict::Undecided(_) => None,
        };
        let visible = match &checked.visit.outcome {
            Outcome::Allow(visible) => Some(Visible {
                r#type: visible.kind.word(),
                status: visible.status,
                headers: visible.headers.iter().map(|(name, _)| name).collect(),
                hidden_headers: &checked.hidden,
            }),
            Outcome::Block(_) => None,
        };
        let legs = checked.visit.legs.iter();
        Self {
            call: Call {
                url: call.url.as_str(),
                origin: call.origin.serialize(),
                method: &call.method,
                mode: call.mode.word(),
                credentials: call.credentials,
            },
            verdict,
            because,
            failure: checked.visit.failure().map(ToString::to_string),
            decisions: &checked.visit.decisions,
            exchanges: legs
                .map(|leg| Exchange {
                    purpose: leg.purpose,
                    shown: Shown::of(&leg.outgoing, &leg.exchanged),
                })
                .collect(),
            visible,
            remedies: &checked.remedies,
            notes: &checked.notes,
        }
    }
}
