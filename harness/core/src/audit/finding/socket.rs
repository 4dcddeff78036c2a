//! WebSockets: no browser guards them, so that the server has to look at Origin itself.

use super::origin::{exploit, severity};
use super::{Ask, Finding, Seen, Severity, Whose};
use crate::audit::variant::Obtainable;

pub(super) fn find(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let accepted = |whose: &Whose| -> Option<usize> {
        let (number, answer) = seen.first(Ask::Socket, whose)?;
        (answer.status == 101).then_some(number)
    };
    if let Some(number) = accepted(&Whose::Strangers) {
        findings.push(Finding {
            id: "websocket-any-origin",
            severity: Severity::High,
            title: "The WebSocket is opened to any origin".to_owned(),
            exploit: "Any page that a user visits opens it as that user, wherever cookies are sent along \
                      (they need SameSite=None), and reads and writes; where nothing is asked for, it \
                      does so in any case"
                .to_owned(),
            remedy: "Compare Origin with a list before answering 101, and answer others with 403; or ask for \
                     a token in the first message"
                .to_owned(),
            requirements: SOCKET,
            evidence: vec![number],
        });
        return;
    }
    if let Some(number) = accepted(&Whose::Null) {
        findings.push(Finding {
            id: "websocket-null-origin",
            severity: Severity::High,
            title: "The WebSocket is opened to the origin `null`".to_owned(),
            exploit: "Any page has that origin in a sandboxed frame".to_owned(),
            remedy: "Take `null` off the list".to_owned(),
            requirements: SOCKET,
            evidence: vec![number],
        });
    }
    variants(seen, findings);
}

/// Origins that are nearly one that is let in, and are let in as well; the worst speaks for all.
fn variants(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let mut evidence = Vec::new();
    let mut worst: Option<(Severity, Obtainable, String)> = None;
    for (number, probe, answer) in seen.answers() {
        let Whose::Variant(variant, of) = &probe.whose else {
            continue;
        };
        if answer.status != 101 {
            continue;
        }
        evidence.push(number);
        let obtainable = variant.obtainable(of);
        let severity = severity(obtainable, true);
        if worst.as_ref().is_none_or(|(other, ..)| severity > *other) {
            let example = format!("`{}` is, because `{of}` is", probe.origins.join("` and `"));
            worst = Some((severity, obtainable, example));
        }
    }
    if let Some((severity, obtainable, example)) = worst {
        findings.push(Finding {
            id: "websocket-origin-variant",
            severity,
            title: format!("The WebSocket is opened to origins that are only like one: {example}"),
            exploit: exploit(obtainable, true),
            remedy: "Compare Origin as a whole, byte for byte, with a list".to_owned(),
            requirements: &["ws6455-origin-exact"],
            evidence,
        });
    }
}

const SOCKET: &[&str] = &["ws6455-server-origin-403", "ws6455-origin-not-cors"];
