//! Every exchange with every header line, as it was on the wire.
//!
//! ```text
//!       > OPTIONS http://api.localhost:18080/scenario/resource HTTP/1.1
//!       > Host: api.localhost:18080
//!       < HTTP/1.1 204 No Content
//!       = block: header-not-allowed (x-probe)
//! ```

use std::io::{self, Write};

use super::{INDENT, Paint};
use crate::report::describe;
use crate::run::CaseResult;
use crate::tape::{Exchange, Message, Protocol, escape};

/// Writes the exchanges of each step and what came of it.
pub(super) fn write(result: &CaseResult, paint: Paint, to: &mut dyn Write) -> io::Result<()> {
    let steps = result.permutation.steps.len();
    for step in 0..steps {
        if steps > 1 {
            writeln!(
                to,
                "{INDENT}{}",
                paint.bold(&format!("# step {}", step + 1))
            )?;
        }
        for exchange in result
            .transcript
            .iter()
            .filter(|exchange| exchange.step == step)
        {
            write_exchange(exchange, paint, to)?;
        }
        if let Some(observed) = describe::observed(result, step) {
            writeln!(to, "{INDENT}{}", paint.bold(&format!("= {observed}")))?;
        }
    }
    if let Some(message) = &result.message {
        writeln!(to, "{INDENT}{}", escape(message.as_bytes()))?;
    }
    for finding in result
        .judgement
        .iter()
        .flat_map(|judgement| &judgement.findings)
    {
        writeln!(to, "{INDENT}! {}", describe::finding(finding, steps))?;
    }
    Ok(())
}

fn write_exchange(exchange: &Exchange, paint: Paint, to: &mut dyn Write) -> io::Result<()> {
    let protocol = match exchange.protocol {
        Protocol::Http1 => "HTTP/1.1",
        Protocol::Http2 => "HTTP/2",
    };
    let url = format!("{}{}", exchange.to.serialize(), exchange.target);
    let first = format!("{} {} {protocol}", exchange.method, escape(url.as_bytes()));
    write_message(">", &paint.bold(&first), &exchange.request, to)?;
    match &exchange.response {
        // What is not HTTP has neither status nor headers, only bytes.
        Some((0, message)) => message
            .bytes
            .split_inclusive(|byte| *byte == b'\n')
            .try_for_each(|line| writeln!(to, "{INDENT}< {}", escape(line))),
        Some((status, message)) => {
            let reason = escape(&message.reason_phrase);
            let first = format!("{protocol} {status} {reason}");
            write_message("<", &paint.bold(first.trim_end()), message, to)
        }
        None => writeln!(to, "{INDENT}< {}", paint.dim("(no answer)")),
    }
}

fn write_message(mark: &str, first: &str, message: &Message, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{INDENT}{mark} {first}")?;
    for (name, value) in &message.headers {
        let line = format!("{}: {}", escape(name.as_bytes()), escape(value));
        writeln!(to, "{INDENT}{mark} {}", line.trim_end())?;
    }
    if message.body.is_empty() {
        return Ok(());
    }
    writeln!(to, "{INDENT}{mark}")?;
    let shown = &message.body[..message.body.len().min(MOST_OF_A_BODY)];
    for line in shown.split(|byte| *byte == b'\n') {
        writeln!(to, "{INDENT}{mark} {}", escape(line))?;
    }
    if shown.len() < message.body.len() {
        let rest = message.body.len() - shown.len();
        writeln!(to, "{INDENT}{mark} (and {rest} bytes more)")?;
    }
    Ok(())
}

/// Enough to recognise a body; the JSON report has all of it.
const MOST_OF_A_BODY: usize = 2048;
