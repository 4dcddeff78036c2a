//! What must come of a step.

use std::io::{self, Write};

use corspec::case::scenario::{
    Delivery, Expectation, ExpectedAnswer, ExpectedEvent, ExpectedExchange, ExpectedFact,
    ExpectedOutcome, ExpectedResponse, HeaderExpectation, HeaderMatcher, SocketMessage,
};
use corspec::tape::escape;

pub(super) fn tell(expected: &Expectation, to: &mut dyn Write) -> io::Result<()> {
    let Expectation {
        outcome,
        delivery,
        sent,
        response: seen,
        events: told,
        script,
        vary,
        shared_cache,
    } = expected;
    match outcome.as_ref().map(|outcome| &outcome.value) {
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
    match delivery.as_ref().map(|delivery| delivery.value) {
        Some(Delivery::NotSent) => writeln!(to, "  The request itself is not sent.")?,
        Some(Delivery::Hidden) => writeln!(to, "  The request is sent, its answer withheld.")?,
        Some(Delivery::Visible) => writeln!(to, "  The request is sent, its answer visible.")?,
        None => {}
    }
    match sent.as_ref().map(|sent| sent.value.as_slice()) {
        Some([]) => writeln!(to, "  Nothing is sent.")?,
        Some(exchanges) => {
            writeln!(to, "  What is sent, and nothing else:")?;
            exchanges
                .iter()
                .try_for_each(|expected| exchange(expected, to))?;
        }
        None => {}
    }
    response(seen, to)?;
    if let Some(told) = told {
        events(&told.value, to)?;
    }
    facts(script, to)?;
    if vary.is_some() {
        let text = "Wherever answers so far differ, Vary names the request headers that do.";
        writeln!(to, "  {text}")?;
    }
    if shared_cache.is_some() {
        let text = "A shared cache may keep the answers so far: nobody gets what others are told.";
        writeln!(to, "  {text}")?;
    }
    Ok(())
}

fn exchange(expected: &ExpectedExchange, to: &mut dyn Write) -> io::Result<()> {
    let ExpectedExchange {
        method,
        to: host,
        query,
        headers: fields,
        body,
        answer: ExpectedAnswer {
            status,
            headers: answered,
        },
        aborted,
        received,
        closed,
    } = expected;
    let host = host.as_ref().map_or_else(String::new, |origin| {
        format!(" to {}", origin.value.serialize())
    });
    writeln!(to, "    {}{host}", method.value)?;
    match query.as_ref().map(|query| query.value.as_str()) {
        Some("") => writeln!(to, "      has no query")?,
        Some(query) => writeln!(to, "      query is `{}`", escape(query.as_bytes()))?,
        None => {}
    }
    headers(fields, "      ", to)?;
    if let Some(body) = body {
        writeln!(to, "      body is `{}`", escape(&body.value))?;
    }
    if let Some(statuses) = status {
        let words: Vec<String> = statuses.value.iter().map(ToString::to_string).collect();
        writeln!(to, "      is answered with {}", words.join(" or "))?;
    }
    if !answered.is_empty() {
        writeln!(to, "      its answer has:")?;
    }
    headers(answered, "        ", to)?;
    match aborted.as_ref().map(|aborted| aborted.value) {
        Some(true) => writeln!(to, "      is given up before its answer has ended")?,
        Some(false) => writeln!(to, "      is waited for until its answer has ended")?,
        None => {}
    }
    if let Some(received) = received {
        let shown: Vec<String> = received.value.iter().map(message).collect();
        let shown = if shown.is_empty() {
            "nothing".to_owned()
        } else {
            shown.join(", ")
        };
        writeln!(to, "      and the page sends {shown}")?;
    }
    if let Some(close) = closed {
        writeln!(to, "      and the page closes with {}", close.value)?;
    }
    Ok(())
}

fn message(message: &SocketMessage) -> String {
    match message {
        SocketMessage::Binary(bytes) => format!("bytes `{}`", escape(bytes)),
        SocketMessage::Text(text) => format!("`{}`", escape(text.as_bytes())),
    }
}

fn events(expected: &[ExpectedEvent], to: &mut dyn Write) -> io::Result<()> {
    if expected.is_empty() {
        return writeln!(to, "  Script is told of no event.");
    }
    writeln!(to, "  What script is told, in order:")?;
    for ExpectedEvent { name, detail } in expected {
        match detail {
            Some(detail) => writeln!(to, "    {name} `{}`", escape(detail))?,
            None => writeln!(to, "    {name}")?,
        }
    }
    Ok(())
}

fn facts(expected: &[ExpectedFact], to: &mut dyn Write) -> io::Result<()> {
    if expected.is_empty() {
        return Ok(());
    }
    writeln!(to, "  What else script finds out:")?;
    for ExpectedFact { name, value } in expected {
        writeln!(to, "    {name} is `{}`", escape(value.value.as_bytes()))?;
    }
    Ok(())
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
