//! The form of the answers: what browsers cannot read, and what is said to those that are refused.

use corspec_fetch::Origin;

use super::{Answer, Ask, Finding, Seen, Severity, Whose};
use crate::audit::stranger::STRANGER;
use crate::check::names::{RESPONSE_NAMES, misspelt};

pub(super) fn find(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    misspelt_names(seen, findings);
    allow_origin(seen, findings);
    credentials(seen, findings);
    told_to_strangers(seen, findings);
    without_origin(seen, findings);
    exposed(seen, findings);
}

fn misspelt_names(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let mut known: Vec<String> = Vec::new();
    for (number, _, answer) in seen.answers() {
        for found in misspelt(&answer.headers) {
            let name = found.name.to_ascii_lowercase();
            if known.contains(&name) {
                continue;
            }
            known.push(name);
            let (title, remedy) = match found.meant {
                Some(meant) => (
                    format!("No browser knows the header `{}`", found.name),
                    format!("Write `{meant}`"),
                ),
                None => (
                    format!("`{}` means nothing in an answer", found.name),
                    "Leave it out".to_owned(),
                ),
            };
            findings.push(Finding {
                id: "header-misspelt",
                severity: Severity::Low,
                title,
                exploit: "None; the policy is another one than its author believes".to_owned(),
                remedy,
                requirements: &["srv-misspelt-headers", "srv-request-headers-in-response"],
                evidence: vec![number],
            });
        }
    }
}

/// Values of Access-Control-Allow-Origin that no browser takes.
fn allow_origin(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let mut has_several = Vec::new();
    let mut odd: Vec<(usize, String)> = Vec::new();
    for (number, probe, answer) in seen.answers() {
        let lines = answer
            .headers
            .get_all("access-control-allow-origin")
            .count();
        let Some(value) = answer.allowed() else {
            continue;
        };
        // What is sent back as it came is a finding of its own.
        let is_echo = probe.origins.contains(&value);
        if lines > 1 || (value.contains(',') && !is_echo) {
            has_several.push(number);
        } else if !is_valid(&value) && !is_echo {
            odd.push((number, value));
        }
    }
    if !has_several.is_empty() {
        findings.push(Finding {
            id: "allow-origin-multiple",
            severity: Severity::Low,
            title: "Access-Control-Allow-Origin has several values".to_owned(),
            exploit: "None; browsers block such an answer, and the next attempt to mend it is often to \
                      reflect Origin"
                .to_owned(),
            remedy: "Send it once and with one origin; look for a proxy and an application that both add it"
                .to_owned(),
            requirements: &["srv-acao-single-header", "srv-acao-no-comma-list"],
            evidence: has_several,
        });
    }
    if let Some((_, value)) = odd.first() {
        findings.push(Finding {
            id: "allow-origin-invalid",
            severity: Severity::Low,
            title: format!("Access-Control-Allow-Origin is `{value}`, which is no origin"),
            exploit: "None; browsers block such an answer".to_owned(),
            remedy: "Send the request's Origin if it is on the list, or `*` for public data; there are no \
                     patterns and no lists"
                .to_owned(),
            requirements: &["acao-values", "srv-acao-no-pattern"],
            evidence: odd.iter().map(|(number, _)| *number).collect(),
        });
    }
}

fn is_valid(value: &str) -> bool {
    matches!(value, "*" | "null") || Origin::parse(value).is_some()
}

fn credentials(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let evidence = |is_wrong: fn(&Answer) -> bool| -> Vec<usize> {
        let answers = seen.answers().filter(|(_, _, answer)| is_wrong(answer));
        answers.map(|(number, ..)| number).collect()
    };
    let with_wildcard = evidence(|answer| answer.names("*") && answer.takes_credentials());
    if !with_wildcard.is_empty() {
        findings.push(Finding {
            id: "wildcard-with-credentials",
            severity: Severity::Medium,
            title: "`Access-Control-Allow-Origin: *` stands together with \
                    `Access-Control-Allow-Credentials: true`"
                .to_owned(),
            exploit: "None in a browser, which refuses both together; but whoever wrote it wants any origin \
                      with credentials, and reflecting Origin is a small step"
                .to_owned(),
            remedy: "Leave out Access-Control-Allow-Credentials for public data; else compare Origin with a \
                     list"
                .to_owned(),
            requirements: &["srv-wildcard-plus-credentials", "w3c-6-1-star-not-with-credentials"],
            evidence: with_wildcard,
        });
    }
    let invalid = evidence(|answer| {
        let value = answer.text("access-control-allow-credentials");
        value.is_some_and(|value| value != "true")
    });
    if !invalid.is_empty() {
        findings.push(Finding {
            id: "allow-credentials-invalid",
            severity: Severity::Info,
            title: "Access-Control-Allow-Credentials is something else than `true`".to_owned(),
            exploit: "None; browsers take it for absent".to_owned(),
            remedy: "Write `true` in lower case, or leave the header out".to_owned(),
            requirements: &["srv-acac-lowercase-true"],
            evidence: invalid,
        });
    }
}

/// What an origin is told that is refused.
fn told_to_strangers(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    if seen.learned.is_open {
        return;
    }
    let mut named = Vec::new();
    let mut others = Vec::new();
    for (number, probe, answer) in seen.answers() {
        let is_strangers = probe.whose == Whose::Strangers;
        if !is_strangers || !matches!(probe.ask, Ask::Actual | Ask::Preflight) {
            continue;
        }
        let allowed = answer.allowed();
        let is_allowed = answer.names(STRANGER) || answer.names("*");
        if is_allowed {
            continue;
        }
        if allowed.is_some() {
            named.push(number);
        } else if RESPONSE_NAMES
            .iter()
            .any(|name| answer.headers.contains(name))
        {
            others.push(number);
        }
    }
    if !named.is_empty() {
        findings.push(Finding {
            id: "refused-origin-is-told-another",
            severity: Severity::Low,
            title: "An origin that is refused is told of another one that is not".to_owned(),
            exploit:
                "It tells anybody whom the resource trusts, which is where to look for a hole next"
                    .to_owned(),
            remedy:
                "Answer an origin that is refused without Access-Control-Allow-Origin, unless the \
                     resource has one origin, always the same"
                    .to_owned(),
            requirements: &["srv-acao-not-for-unlisted", "w3c-6-1-origin-not-listed"],
            evidence: named,
        });
    }
    if !others.is_empty() {
        findings.push(Finding {
            id: "refused-origin-is-told-more",
            severity: Severity::Info,
            title: "An origin that is refused gets other headers of CORS".to_owned(),
            exploit: "It tells anybody what methods and headers the resource has".to_owned(),
            remedy: "Answer an origin that is refused without any of them".to_owned(),
            requirements: &["srv-preflight-disallowed-no-leak", "srv-acac-without-acao"],
            evidence: others,
        });
    }
}

/// What a request is told that has no origin.
fn without_origin(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.first(Ask::Actual, &Whose::Nobodys) else {
        return;
    };
    let Some(value) = answer.allowed() else {
        return;
    };
    let is_constant = seen
        .first(Ask::Actual, &Whose::Strangers)
        .is_some_and(|(_, other)| other.allowed() == Some(value.clone()));
    let is_made_up = value == seen.target.own_origin() || !is_valid(&value);
    if is_made_up && !is_constant {
        findings.push(Finding {
            id: "allow-origin-without-origin",
            severity: Severity::Low,
            title: format!("A request without Origin is told `Access-Control-Allow-Origin: {value}`"),
            exploit: "None by itself; the value is made of something else than Origin, such as Host, which \
                      others may choose"
                .to_owned(),
            remedy: "Make Access-Control-Allow-Origin of a list and of Origin, and of nothing else".to_owned(),
            requirements: &["srv-no-origin-no-reflection"],
            evidence: vec![number],
        });
    }
}

fn exposed(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let mut answers = seen
        .answers()
        .filter(|(_, probe, _)| probe.ask == Ask::Actual);
    let exposes = |answer: &Answer| {
        let names = answer
            .headers
            .extract_tokens("access-control-expose-headers");
        names.ok().flatten().unwrap_or_default()
    };
    let found = answers.find_map(|(number, _, answer)| {
        let names = exposes(answer);
        let is_cookie = |name: &String| {
            ["set-cookie", "set-cookie2"]
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other))
        };
        let is_vain = names.iter().any(|name| name == "*") && answer.takes_credentials();
        (names.iter().any(is_cookie) || is_vain).then_some((number, is_vain))
    });
    let Some((number, is_vain)) = found else {
        return;
    };
    findings.push(Finding {
        id: "exposed-in-vain",
        severity: Severity::Info,
        title: if is_vain {
            "`*` in Access-Control-Expose-Headers exposes nothing with credentials"
        } else {
            "Access-Control-Expose-Headers names Set-Cookie, which no script ever sees"
        }
        .to_owned(),
        exploit: "None; script does not see what it was meant to".to_owned(),
        remedy: "Name the headers that script needs".to_owned(),
        requirements: &["srv-expose-headers-minimal"],
        evidence: vec![number],
    });
}
