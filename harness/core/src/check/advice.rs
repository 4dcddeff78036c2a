//! What the server has to send instead.

use corspec_fetch::{Block, Credentials, HeaderList, Purpose, Reason, Request, safelist};
use serde::Serialize;

use super::names::varies_on;
use crate::agent::wire::{Leg, header_list};

/// What one answer has to have, so that this step does not block any more.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Remedy {
    /// The request whose answer it is.
    pub purpose: Purpose,
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// The status, where that is what is wrong.
    pub status: Option<u16>,
    /// The lines that are missing, or have another value; each once.
    pub send: Vec<Line>,
}

/// A header line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// The name.
    pub name: &'static str,
    /// The value.
    pub value: String,
    /// The value that was sent, if there was one.
    pub instead_of: Option<String>,
}

/// What the answers to a call that was blocked by the CORS protocol have to have; nothing for other
/// blocks, whose reason says what to do.
pub(super) fn remedies(request: &Request, block: &Block, legs: &[Leg]) -> Vec<Remedy> {
    let Some(leg) = legs.last().filter(|_| is_cors(block.reason)) else {
        return Vec::new();
    };
    let asked: HeaderList = leg.outgoing.headers.iter().cloned().collect();
    let answer = leg.exchanged.response.as_ref();
    let answered = answer
        .map(|(_, message)| header_list(message))
        .unwrap_or_default();
    let wanted = Wanted {
        origin: text(&asked, "origin").unwrap_or_default(),
        credentials: request.credentials == Credentials::Include,
    };
    let url = leg.outgoing.url.to_string();
    let mut send = wanted.of_every_answer(&answered);
    if leg.purpose == Purpose::Actual {
        return vec![Remedy {
            purpose: Purpose::Actual,
            method: leg.outgoing.method.clone(),
            url,
            status: None,
            send,
        }];
    }
    let method = text(&asked, "access-control-request-method").unwrap_or_default();
    let names = asked
        .get_decode_split("access-control-request-headers")
        .unwrap_or_default();
    let vary = send.iter().position(|line| line.name == "Vary");
    let vary = vary.map(|index| send.remove(index));
    send.extend(wanted.method(&answered, &method));
    send.extend(wanted.headers(&answered, &names));
    send.extend(vary);
    let is_ok = answer.is_some_and(|(status, _)| (200..=299).contains(status));
    let preflight = Remedy {
        purpose: Purpose::Preflight,
        method: leg.outgoing.method.clone(),
        url: url.clone(),
        status: (!is_ok).then_some(204),
        send,
    };
    // Nobody has seen that answer yet; it needs the same.
    let is_public = text(&answered, "access-control-allow-origin").as_deref() == Some("*");
    let mut of_actual = wanted.of_every_answer(&HeaderList::new());
    if is_public && !wanted.credentials {
        of_actual.retain(|line| line.name != "Vary");
        for line in &mut of_actual {
            "*".clone_into(&mut line.value);
        }
    }
    let actual = Remedy {
        purpose: Purpose::Actual,
        method,
        url,
        status: None,
        send: of_actual,
    };
    vec![preflight, actual]
}

/// What the page needs.
struct Wanted {
    /// As the request serialises it.
    origin: String,
    credentials: bool,
}

impl Wanted {
    /// What the CORS check looks at.
    fn of_every_answer(&self, answered: &HeaderList) -> Vec<Line> {
        let mut lines = Vec::new();
        let allowed = text(answered, "access-control-allow-origin");
        let is_good = match allowed.as_deref() {
            Some("*") => !self.credentials,
            Some(value) => value == self.origin,
            None => false,
        };
        if !is_good {
            lines.push(Line {
                name: "Access-Control-Allow-Origin",
                value: self.origin.clone(),
                instead_of: allowed,
            });
        }
        let credentials = text(answered, "access-control-allow-credentials");
        if self.credentials && credentials.as_deref() != Some("true") {
            lines.push(Line {
                name: "Access-Control-Allow-Credentials",
                value: "true".to_owned(),
                instead_of: credentials,
            });
        }
        if !is_good && !varies_on(answered, "Origin") {
            let vary = text(answered, "vary").filter(|value| !value.is_empty());
            lines.push(Line {
                name: "Vary",
                value: match &vary {
                    Some(others) => format!("{others}, Origin"),
                    None => "Origin".to_owned(),
                },
                instead_of: vary,
            });
        }
        lines
    }

    fn method(&self, answered: &HeaderList, method: &str) -> Option<Line> {
        let name = "Access-Control-Allow-Methods";
        let listed = answered.extract_tokens(name);
        let is_listed = |member: &String| member == method || (member == "*" && !self.credentials);
        let is_good = match &listed {
            Ok(listed) => {
                matches!(method, "GET" | "HEAD" | "POST") || listed.iter().flatten().any(is_listed)
            }
            Err(_) => false,
        };
        (!is_good).then(|| {
            let mut members = listed.ok().flatten().unwrap_or_default();
            members.push(method.to_owned());
            line(name, &members, answered)
        })
    }

    fn headers(&self, answered: &HeaderList, names: &[String]) -> Option<Line> {
        let name = "Access-Control-Allow-Headers";
        let listed = answered.extract_tokens(name);
        let is_malformed = listed.is_err();
        let mut members = listed.ok().flatten().unwrap_or_default();
        let covers = |member: &String, name: &str| {
            member.eq_ignore_ascii_case(name)
                || (member == "*" && !self.credentials && !safelist::is_cors_non_wildcard(name))
        };
        let missing: Vec<&String> = names
            .iter()
            .filter(|name| !members.iter().any(|member| covers(member, name)))
            .collect();
        if missing.is_empty() && !is_malformed {
            return None;
        }
        let missing: Vec<String> = missing.into_iter().cloned().collect();
        members.extend(missing);
        Some(line(name, &members, answered))
    }
}

fn line(name: &'static str, members: &[String], answered: &HeaderList) -> Line {
    Line {
        name,
        value: members.join(", "),
        instead_of: text(answered, name),
    }
}

fn text(headers: &HeaderList, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(&value).into_owned())
}

/// Whether the CORS protocol blocked, which headers can mend.
pub(super) const fn is_cors(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AllowCredentialsInvalid
            | Reason::AllowCredentialsMissing
            | Reason::AllowHeadersMalformed
            | Reason::AllowMethodsMalformed
            | Reason::AllowOriginMismatch
            | Reason::AllowOriginMissing
            | Reason::AllowOriginMultiple
            | Reason::AllowOriginWildcardWithCredentials
            | Reason::HeaderNotAllowed
            | Reason::MethodNotAllowed
            | Reason::PreflightAllowCredentialsInvalid
            | Reason::PreflightAllowCredentialsMissing
            | Reason::PreflightAllowOriginMismatch
            | Reason::PreflightAllowOriginMissing
            | Reason::PreflightAllowOriginMultiple
            | Reason::PreflightAllowOriginWildcardWithCredentials
            | Reason::PreflightRedirect
            | Reason::PreflightStatusNotOk
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn answered(lines: &[(&str, &str)]) -> HeaderList {
        let lines = lines.iter();
        lines
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    fn wanted(credentials: bool) -> Wanted {
        Wanted {
            origin: "https://app.example".to_owned(),
            credentials,
        }
    }

    fn shown(lines: &[Line]) -> Vec<String> {
        let show = |line: &Line| format!("{}: {}", line.name, line.value);
        lines.iter().map(show).collect()
    }

    const ORIGIN: &str = "Access-Control-Allow-Origin: https://app.example";
    const CREDENTIALS: &str = "Access-Control-Allow-Credentials: true";

    #[rstest]
    #[case::nothing_there(&[], false, &[ORIGIN, "Vary: Origin"])]
    #[case::with_credentials(&[], true, &[ORIGIN, CREDENTIALS, "Vary: Origin"])]
    #[case::wildcard(&[("Access-Control-Allow-Origin", "*")], false, &[])]
    #[case::wildcard_with_credentials(
        &[("Access-Control-Allow-Origin", "*")],
        true,
        &[ORIGIN, CREDENTIALS, "Vary: Origin"]
    )]
    #[case::only_credentials_are_missing(
        &[("Access-Control-Allow-Origin", "https://app.example")],
        true,
        &[CREDENTIALS]
    )]
    #[case::vary_is_merged(&[("Vary", "Accept-Encoding")], false, &[ORIGIN, "Vary: Accept-Encoding, Origin"])]
    #[case::vary_is_there(&[("Vary", "origin")], false, &[ORIGIN])]
    fn only_what_is_missing_or_wrong_is_to_be_sent(
        #[case] lines: &[(&str, &str)],
        #[case] credentials: bool,
        #[case] expected: &[&str],
    ) {
        let lines = wanted(credentials).of_every_answer(&answered(lines));
        assert_eq!(shown(&lines), expected);
    }

    #[rstest]
    #[case("PUT", "GET, POST", false, Some("GET, POST, PUT"))]
    #[case("PUT", "put", false, Some("put, PUT"))]
    #[case("PUT", "*", false, None)]
    #[case("PUT", "*", true, Some("*, PUT"))]
    #[case("GET", "", false, None)]
    #[case("PUT", "GET PUT", false, Some("PUT"))]
    fn a_method_is_added_to_those_that_are_listed(
        #[case] method: &str,
        #[case] listed: &str,
        #[case] credentials: bool,
        #[case] expected: Option<&str>,
    ) {
        let answered = answered(&[("Access-Control-Allow-Methods", listed)]);
        let line = wanted(credentials).method(&answered, method);
        assert_eq!(line.map(|line| line.value).as_deref(), expected);
    }

    #[rstest]
    #[case(&["x-a"], "X-A", false, None)]
    #[case(&["x-a", "x-b"], "X-A", false, Some("X-A, x-b"))]
    #[case(&["authorization", "x-a"], "*", false, Some("*, authorization"))]
    #[case(&["x-a"], "*", true, Some("*, x-a"))]
    fn header_names_are_added_to_those_that_are_listed(
        #[case] names: &[&str],
        #[case] listed: &str,
        #[case] credentials: bool,
        #[case] expected: Option<&str>,
    ) {
        let answered = answered(&[("Access-Control-Allow-Headers", listed)]);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let line = wanted(credentials).headers(&answered, &names);
        assert_eq!(line.map(|line| line.value).as_deref(), expected);
    }
}
