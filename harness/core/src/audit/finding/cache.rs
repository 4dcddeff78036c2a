//! What a cache may make of the answers.

use super::{Answer, Ask, Finding, Probe, Seen, Severity, Whose};
use crate::audit::asked::inconstant;
use crate::check::names::varies_on;

pub(super) fn find(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    if inconstant(seen.asked).is_none() {
        missing_vary(seen, findings);
    }
    needless_vary(seen, findings);
}

/// `Vary: Origin` has to be on every answer of a resource whose answers depend on it: asked twice, with
/// one origin and with another or none.
fn missing_vary(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let answers: Vec<(usize, &Probe, &Answer)> = seen
        .answers()
        .filter(|(_, probe, answer)| {
            probe.ask == Ask::Actual && is_plain(&probe.whose) && answer.status != 304
        })
        .collect();
    let grant = |answer: &Answer| (answer.allowed(), answer.takes_credentials());
    let Some((first, rest)) = answers.split_first() else {
        return;
    };
    let Some(other) = rest
        .iter()
        .find(|(_, _, answer)| grant(answer) != grant(first.2))
    else {
        return;
    };
    let without: Vec<&(usize, &Probe, &Answer)> = answers
        .iter()
        .filter(|(_, _, answer)| !varies_on(&answer.headers, "Origin"))
        .collect();
    let Some(worst) = without
        .iter()
        .find(|(_, _, answer)| answer.allowed().is_some())
    else {
        if let Some(refused) = without.first() {
            findings.push(on_refusal(refused.0, other.0, refused.2.is_cacheable()));
        }
        return;
    };
    let is_cacheable = without.iter().any(|(_, _, answer)| answer.is_cacheable());
    let leaks = worst.2.takes_credentials();
    findings.push(Finding {
        id: "vary-missing",
        severity: if is_cacheable {
            Severity::Medium
        } else {
            Severity::Low
        },
        title: "The answer depends on Origin and does not say so: `Vary: Origin` is missing".to_owned(),
        exploit: format!(
            "A cache, that of the browser among them, gives the answer for one origin to another: pages \
             fail by chance, and whoever fills the cache first keeps others out{}",
            if leaks { ", or lets itself in" } else { "" }
        ),
        remedy: "Answer with `Vary: Origin` always: to origins that are allowed, to those that are refused, \
                 and to requests without one"
            .to_owned(),
        requirements: &["srv-vary-origin-missing", "vary-dynamic-acao", "w3c-6-4-vary"],
        evidence: pair(worst.0, if worst.0 == other.0 { first.0 } else { other.0 }),
    });
}

fn on_refusal(number: usize, other: usize, is_cacheable: bool) -> Finding {
    Finding {
        id: "vary-missing-on-refusal",
        severity: if is_cacheable {
            Severity::Low
        } else {
            Severity::Info
        },
        title: "`Vary: Origin` is missing where no origin is allowed".to_owned(),
        exploit: "A cache gives that answer to origins that are allowed, and their pages fail by chance: \
                  a request of anybody's without Origin is enough"
            .to_owned(),
        remedy: "Answer with `Vary: Origin` also to origins that are refused and to requests without one"
            .to_owned(),
        requirements: &[
            "srv-vary-origin-on-refusal",
            "srv-vary-origin-without-origin",
            "vary-on-non-cors-too",
        ],
        evidence: pair(number, other),
    }
}

/// A constant answer that says it varies cannot be shared by a cache.
fn needless_vary(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let mut answers = seen
        .answers()
        .filter(|(_, probe, _)| probe.ask == Ask::Actual && is_plain(&probe.whose));
    let Some((number, _, first)) = answers.next() else {
        return;
    };
    let is_constant = first.names("*") && answers.all(|(_, _, answer)| answer.names("*"));
    if is_constant && varies_on(&first.headers, "Origin") {
        findings.push(Finding {
            id: "vary-needless",
            severity: Severity::Info,
            title: "Everybody gets `*`, and `Vary: Origin` keeps caches from sharing it".to_owned(),
            exploit: "None; it costs hits of caches".to_owned(),
            remedy: "Leave out `Vary: Origin` where Access-Control-Allow-Origin is always `*`"
                .to_owned(),
            requirements: &["srv-vary-not-needed-star", "vary-static-no-vary"],
            evidence: vec![number],
        });
    }
}

/// Those that browsers send.
const fn is_plain(whose: &Whose) -> bool {
    matches!(
        whose,
        Whose::Nobodys
            | Whose::Null
            | Whose::OtherStrangers
            | Whose::Own
            | Whose::Strangers
            | Whose::Told
    )
}

fn pair(one: usize, other: usize) -> Vec<usize> {
    let mut pair = vec![one, other];
    pair.sort_unstable();
    pair.dedup();
    pair
}
