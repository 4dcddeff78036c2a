//! Preflights: whether they are answered, and what they promise.

use super::{Answer, Ask, Finding, Seen, Severity, Whose};
use crate::audit::probe::{HEADER, METHOD};
use crate::audit::stranger::STRANGER;

pub(super) fn find(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    unanswered(seen, findings);
    method(seen, findings);
    headers(seen, findings);
    wildcards(seen, findings);
    max_age(seen, findings);
    disagreeing(seen, findings);
}

/// An origin that may read the resource should get an answer to its preflights.
fn unanswered(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let has_policy = seen.learned.is_open || !seen.learned.allowed.is_empty();
    let Some((number, answer)) = seen.granted(Ask::Preflight).filter(|_| has_policy) else {
        return;
    };
    let status = answer.status;
    let (id, title, remedy, requirements): (_, String, _, &'static [&'static str]) = match status {
        200..=299 => return,
        301 | 302 | 303 | 307 | 308 => (
            "preflight-redirected",
            format!("Preflights are redirected, with status {status}"),
            "Answer OPTIONS where it is asked, before anything redirects it",
            &["srv-preflight-no-redirect"],
        ),
        401 | 403 | 407 => (
            "preflight-asks-for-authentication",
            format!("Preflights are asked for authentication, with status {status}"),
            "Answer OPTIONS before authentication: browsers send no credentials with it",
            &["srv-preflight-no-auth", "srv-preflight-no-csrf-token"],
        ),
        _ => (
            "preflight-status",
            format!("Preflights are answered with status {status}"),
            "Answer OPTIONS with 204 and the headers of CORS, before routing and method checks",
            &["srv-preflight-2xx", "srv-preflight-405-404"],
        ),
    };
    findings.push(Finding {
        id,
        severity: Severity::Low,
        title,
        exploit:
            "None; but no page can use another method than GET, HEAD and POST, nor a header of its \
                  own, and that invites to open more than is needed"
                .to_owned(),
        remedy: remedy.to_owned(),
        requirements,
        evidence: vec![number],
    });
}

fn method(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.granted(Ask::PreflightMethod) else {
        return;
    };
    let listed = answer
        .headers
        .extract_tokens("access-control-allow-methods");
    let reflects = listed.is_ok_and(|listed| listed.iter().flatten().any(|it| it == METHOD));
    if reflects {
        findings.push(Finding {
            id: "preflight-reflects-methods",
            severity: Severity::Low,
            title: format!("Any method is allowed: `{METHOD}` is"),
            exploit: "A page of an allowed origin sends methods that nobody has thought of; with any origin \
                      allowed, every page does"
                .to_owned(),
            remedy: "List the methods of the resource in Access-Control-Allow-Methods".to_owned(),
            requirements: &["srv-preflight-acrm-reflection", "srv-preflight-acam-specific"],
            evidence: vec![number],
        });
    }
}

fn headers(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.granted(Ask::PreflightHeaders) else {
        return;
    };
    let listed = answer
        .headers
        .extract_tokens("access-control-allow-headers");
    let reflects = listed.is_ok_and(|listed| {
        let mut listed = listed.iter().flatten();
        listed.any(|it| it.eq_ignore_ascii_case(HEADER))
    });
    if reflects {
        findings.push(Finding {
            id: "preflight-reflects-headers",
            severity: Severity::Low,
            title: format!("Any header is allowed: `{HEADER}` is"),
            exploit: "A page of an allowed origin sets headers that were meant to come from proxies or from \
                      other software"
                .to_owned(),
            remedy: "List the headers that the resource needs in Access-Control-Allow-Headers".to_owned(),
            requirements: &["srv-preflight-acah-specific"],
            evidence: vec![number],
        });
    }
}

/// Wildcards that mean nothing where credentials are allowed.
fn wildcards(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.granted(Ask::Preflight) else {
        return;
    };
    let is_wildcard = |name: &str| answer.text(name).as_deref() == Some("*");
    let names = [
        "Access-Control-Allow-Headers",
        "Access-Control-Allow-Methods",
    ];
    if answer.takes_credentials() && names.into_iter().any(is_wildcard) {
        findings.push(Finding {
            id: "preflight-wildcard-with-credentials",
            severity: Severity::Low,
            title: "A wildcard of the preflight's answer means nothing with credentials".to_owned(),
            exploit: "None; requests with credentials are blocked that were meant to be allowed"
                .to_owned(),
            remedy: "List methods and headers by name".to_owned(),
            requirements: &["srv-preflight-acah-star-credentials"],
            evidence: vec![number],
        });
    }
}

fn max_age(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let Some((number, answer)) = seen.granted(Ask::Preflight) else {
        return;
    };
    let Some(value) = answer.text("access-control-max-age") else {
        return;
    };
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u64 = if is_number {
        value.parse().unwrap_or(u64::MAX)
    } else {
        0
    };
    let (id, severity, title, requirements): (_, _, _, &'static [&'static str]) = match is_number {
        false => (
            "max-age-invalid",
            Severity::Low,
            format!("Access-Control-Max-Age is `{value}`, which is no number of seconds"),
            &["srv-max-age-nonneg", "srv-max-age-units"],
        ),
        true if seconds > LONGEST_MAX_AGE => (
            "max-age-overlarge",
            Severity::Info,
            format!("Access-Control-Max-Age is {value} seconds, more than any browser remembers"),
            &["srv-max-age-overlarge"],
        ),
        true => return,
    };
    findings.push(Finding {
        id,
        severity,
        title,
        exploit: "None; browsers remember permissions for other times than was meant".to_owned(),
        remedy: "Write whole seconds, at most 86400; the longer, the later a change of the policy counts"
            .to_owned(),
        requirements,
        evidence: vec![number],
    });
}

/// A stranger whose preflight is answered otherwise than its request.
fn disagreeing(seen: &Seen<'_>, findings: &mut Vec<Finding>) {
    let strangers = &Whose::Strangers;
    let (Some((first, preflight)), Some((second, actual))) = (
        seen.first(Ask::Preflight, strangers),
        seen.first(Ask::Actual, strangers),
    ) else {
        return;
    };
    let allows = |answer: &Answer| answer.names(STRANGER) || answer.names("*");
    if allows(preflight) && !allows(actual) {
        let with_credentials = preflight.names(STRANGER) && preflight.takes_credentials();
        findings.push(Finding {
            id: "preflight-allows-more",
            severity: if with_credentials {
                Severity::High
            } else {
                Severity::Medium
            },
            title: "A stranger's preflight is allowed, though its request is not".to_owned(),
            exploit:
                "Any page has requests sent with methods and headers that should have been stopped \
                      before: it cannot read the answer, and need not"
                    .to_owned(),
            remedy: "Decide about preflights by the same list of origins".to_owned(),
            requirements: &[
                "srv-preflight-same-as-actual-acao",
                "w3c-6-2-origin-mismatch",
            ],
            evidence: vec![second, first],
        });
    }
}

/// Firefox's limit, the highest of all.
const LONGEST_MAX_AGE: u64 = 86_400;
