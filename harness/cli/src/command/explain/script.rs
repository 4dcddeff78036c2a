//! What the server answers.

use std::io::{self, Write};
use std::time::Duration;

use corspec::case::scenario::{Answer, ConnectionPlan, Step};
use corspec::tape::escape;

pub(super) fn tell(step: &Step, to: &mut dyn Write) -> io::Result<()> {
    for (index, hop) in step.server.hops.iter().enumerate() {
        writeln!(to, "  To a preflight at hop {}:", index + 1)?;
        answer(&hop.preflight, to)?;
        writeln!(to, "  To anything else at hop {}:", index + 1)?;
        answer(&hop.response, to)?;
    }
    writeln!(to, "  To a preflight:")?;
    answer(&step.server.preflight, to)?;
    writeln!(to, "  To anything else:")?;
    answer(&step.server.response, to)?;
    for next in &step.server.then {
        writeln!(to, "  And then:")?;
        answer(next, to)?;
    }
    for (name, resource) in &step.server.resources {
        writeln!(to, "  To a request for {name}:")?;
        answer(resource, to)?;
    }
    Ok(())
}

fn answer(answer: &Answer, to: &mut dyn Write) -> io::Result<()> {
    if answer.delay > Duration::ZERO {
        writeln!(to, "    (after {} ms)", answer.delay.as_millis())?;
    }
    match answer.connection {
        ConnectionPlan::Refuse => {
            return writeln!(to, "    (the connection is closed without an answer)");
        }
        ConnectionPlan::Cut => writeln!(
            to,
            "    (the connection is closed in the middle of the body)"
        )?,
        ConnectionPlan::Hold => writeln!(
            to,
            "    (the body is left unfinished until the client goes away)"
        )?,
        ConnectionPlan::Keep => {}
    }
    if let Some(raw) = &answer.raw {
        return raw
            .split_inclusive(|byte| *byte == b'\n')
            .try_for_each(|line| writeln!(to, "    {}", escape(line)));
    }
    let reason = answer.reason_phrase.as_deref().unwrap_or_default();
    writeln!(
        to,
        "    {}",
        format!("{} {}", answer.status, escape(reason.as_bytes())).trim_end()
    )?;
    for (name, value) in &answer.headers {
        writeln!(to, "    {}: {}", escape(name.as_bytes()), escape(value))?;
    }
    if !answer.body.is_empty() {
        writeln!(to, "    and the body `{}`", escape(&answer.body))?;
    }
    Ok(())
}
