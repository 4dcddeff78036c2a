//! What must come of a step.

use std::io::{self, Write};

use corspec::case::scenario::{
    Delivery, Expectation, ExpectedExchange, ExpectedOutcome, ExpectedResponse, HeaderExpectation,
    HeaderMatcher,
};
use corspec::tape::escape;

pub(super) fn tell(expect: &Expectation, to: &mut dyn Write) -> io::Result<()> {
    match expect.outcome.as_ref().map(|outcome| &outcome.value) {
        Some(ExpectedOutcome::Allow) => writeln!(to, "  Script gets the answer.")?,
        Some(ExpectedOutcome::Block(reasons)) => {
            for reason in reasons {
                writeln!(
                    to,
                    "  Script gets an error ({}): {}.",
                    reason.code(),
                    reason.explanation()
                )?;
                writeln!(to, "    {}", reason.section())?;
            }
        }
        Some(ExpectedOutcome::Silent) => writeln!(to, "  Script is told nothing.")?,
        None => {}
    }
    match expect.delivery.as_ref().map(|delivery| delivery.value) {
        Some(Delivery::NotSent) => writeln!(to, "  The request itself is not sent.")?,
        Some(Delivery::Hidden) => writeln!(to, "  The request is sent, its answer withheld.")?,
        Some(Delivery::Visible) => writeln!(to, "  The request is sent, its answer visible.")?,
        None => {}
    }
    match expect.sent.as_ref().map(|sent| sent.value.as_slice()) {
        Some([]) => writeln!(to, "  Nothing is sent.")?,
        Some(exchanges) => {
            writeln!(to, "  What is sent, and nothing else:")?;
            exchanges
                .iter()
                .try_for_each(|expected| exchange(expected, to))?;
        }
        None => {}
    }
    response(&expect.response, to)
}

fn exchange(expected: &ExpectedExchange, to: &mut dyn Write) -> io::Result<()> {
    let origin = expected.to.as_ref().map_or_else(String::new, |origin| {
        format!(" to {}", origin.value.serialize())
    });
    writeln!(to, "    {}{origin}", expected.method.value)?;
    headers(&expected.headers, "      ", to)?;
    if let Some(body) = &expected.body {
        writeln!(to, "      body is `{}`", escape(&body.value))?;
    }
    let answer = &expected.answer;
    if let Some(statuses) = &answer.status {
        let words: Vec<String> = statuses.value.iter().map(ToString::to_string).collect();
        writeln!(to, "      is answered with {}", words.join(" or "))?;
    }
    if !answer.headers.is_empty() {
        writeln!(to, "      its answer has:")?;
    }
    headers(&answer.headers, "        ", to)
}

fn response(expected: &ExpectedResponse, to: &mut dyn Write) -> io::Result<()> {
    let ExpectedResponse {
        status,
        status_text,
        kind,
        url,
        redirected,
        headers: fields,
        body,
    } = expected;
    let mut lines = Vec::new();
    if let Some(status) = status {
        lines.push(format!("status is {}", status.value));
    }
    if let Some(text) = status_text {
        lines.push(format!(
            "status text is `{}`",
            escape(text.value.as_bytes())
        ));
    }
    if let Some(kind) = kind {
        lines.push(format!("type is `{}`", kind.value));
    }
    if let Some(url) = url {
        lines.push(format!("URL is {}", url.value));
    }
    if let Some(redirected) = redirected {
        lines.push(format!("redirected is {}", redirected.value));
    }
    if let Some(body) = body {
        lines.push(format!("body is `{}`", escape(&body.value)));
    }
    if lines.is_empty() && fields.is_empty() {
        return Ok(());
    }
    writeln!(to, "  What script sees of the answer:")?;
    lines
        .iter()
        .try_for_each(|line| writeln!(to, "    {line}"))?;
    headers(fields, "    ", to)
}

fn headers(expected: &[HeaderExpectation], indent: &str, to: &mut dyn Write) -> io::Result<()> {
    for header in expected {
        let level = header.level.map_or_else(String::new, |level| {
            format!(" ({})", format!("{level:?}").to_lowercase())
        });
        writeln!(
            to,
            "{indent}{} {}{level}",
            header.name,
            matcher(&header.matcher)
        )?;
    }
    Ok(())
}

fn matcher(matcher: &HeaderMatcher) -> String {
    let quote = |value: &Vec<u8>| format!("`{}`", escape(value));
    match matcher {
        HeaderMatcher::Absent => "is absent".to_owned(),
        HeaderMatcher::Covers(names) => format!("lists at least {}", names.join(", ")),
        HeaderMatcher::Equals(value) => format!("is {}", quote(value)),
        HeaderMatcher::Exactly(value) => format!("is exactly {}", quote(value)),
        HeaderMatcher::Lacks(names) => format!("does not list {}", names.join(" or ")),
        HeaderMatcher::Lines(1) => "stands on one line".to_owned(),
        HeaderMatcher::Lines(number) => format!("stands on {number} lines"),
        HeaderMatcher::OneOf(values) => {
            format!(
                "is one of {}",
                values.iter().map(quote).collect::<Vec<_>>().join(", ")
            )
        }
        HeaderMatcher::NoneOf(values) => {
            format!(
                "is none of {}",
                values.iter().map(quote).collect::<Vec<_>>().join(", ")
            )
        }
        HeaderMatcher::Present => "is present".to_owned(),
        HeaderMatcher::SameAsRequest(name) => format!("is what the request says in {name}"),
    }
}
