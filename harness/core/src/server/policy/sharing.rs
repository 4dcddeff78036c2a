//! Which origins an answer is shared with, and how that is said.
//!
//! <https://fetch.spec.whatwg.org/#http-responses>

use super::{Mutant, PolicyServer, Request, line};
use crate::case::scenario::{Answer, Policy};

/// What is said to an origin.
#[derive(Debug)]
pub(super) struct Sharing {
    /// The value of `Access-Control-Allow-Origin`; `None` for whoever is refused.
    pub(super) allow_origin: Option<String>,
    pub(super) credentials: bool,
    /// Whether the answer depends on who asks.
    pub(super) differs: bool,
}

impl Sharing {
    pub(super) fn of(server: &PolicyServer, request: &Request<'_>) -> Self {
        let policy = &server.policy;
        // A server that would give everything to everybody gives it without credentials.
        let mut credentials = policy.credentials && !policy.any_origin;
        let origin = if server.is(Mutant::FirstOriginCounts) {
            request.header("origin")
        } else {
            request.only("origin")
        };
        let is_constant = policy.any_origin || server.is(Mutant::WildcardAlways);
        let is_reflected =
            server.is(Mutant::ReflectAnyOrigin) || server.is(Mutant::ReflectWithCredentials);
        credentials |=
            server.is(Mutant::ReflectWithCredentials) || server.is(Mutant::CredentialsAlways);
        let mut allow_origin = match origin {
            _ if is_constant && !is_reflected => Some("*".to_owned()),
            Some(origin) if is_reflected || server.allows(&origin) => Some(origin),
            _ => None,
        };
        let first = policy.origins.first().cloned();
        let is_asked = request.has("origin");
        if allow_origin.is_none()
            && (server.is(Mutant::HeadersToRefused) && is_asked
                || server.is(Mutant::HeadersWithoutOrigin) && !is_asked)
        {
            allow_origin = first;
        }
        if server.is(Mutant::OriginList) && allow_origin.as_deref().is_some_and(|it| it != "*") {
            allow_origin = Some(policy.origins.join(" "));
        }
        if server.is(Mutant::StarWithCredentials) && allow_origin.is_some() {
            allow_origin = Some("*".to_owned());
            credentials = true;
        }
        if server.is(Mutant::CredentialsMissing) {
            credentials = false;
        }
        Self {
            allow_origin,
            credentials,
            differs: !is_constant || is_reflected,
        }
    }
}

impl PolicyServer {
    /// Lays the protocol over what the application answers.
    pub(super) fn share(&self, sharing: &Sharing, request: &Request<'_>, answer: &mut Answer) {
        if answer.websocket.is_some() {
            // CORS is no part of a handshake.
            return;
        }
        if self.is(Mutant::RefusedWith403)
            && request.has("origin")
            && sharing.allow_origin.is_none()
        {
            *answer = Answer {
                status: 403,
                ..Answer::default()
            };
        }
        let is_forgotten = self.is(Mutant::NoSharing)
            || match answer.status {
                404 => self.is(Mutant::NoCorsOnMissing),
                401 => self.is(Mutant::NoCorsOnUnauthorized),
                400.. => self.is(Mutant::NoCorsOnErrors),
                _ => false,
            };
        if is_forgotten {
            return;
        }
        answer.headers.extend(self.lines(sharing));
        if sharing.allow_origin.is_some() {
            self.expose(answer);
            if self.is(Mutant::PreflightHeadersOnActual) {
                answer.headers.extend(self.preflight_lines(request));
            }
            if self.is(Mutant::MaxAgeOnActual) {
                answer.headers.push(line(
                    "Access-Control-Max-Age",
                    self.policy.max_age.max(0).to_string(),
                ));
            }
        }
        self.vary(sharing, &["Origin"], answer);
    }

    /// The lines that actual answers and preflights have in common.
    pub(super) fn lines(&self, sharing: &Sharing) -> Vec<(String, Vec<u8>)> {
        let mut lines = Vec::new();
        if let Some(origin) = &sharing.allow_origin {
            lines.push(line("Access-Control-Allow-Origin", origin.as_str()));
            if sharing.credentials {
                lines.push(line("Access-Control-Allow-Credentials", "true"));
            } else if self.is(Mutant::CredentialsFalse) {
                lines.push(line("Access-Control-Allow-Credentials", "false"));
            }
        }
        lines
    }

    pub(super) fn expose(&self, answer: &mut Answer) {
        let exposed = if self.is(Mutant::ExposesEverything) {
            "*".to_owned()
        } else {
            self.policy.exposed_headers.join(", ")
        };
        if !exposed.is_empty() && !self.is(Mutant::NoExposed) {
            answer
                .headers
                .push(line("Access-Control-Expose-Headers", exposed));
        }
    }

    /// Adds to `Vary`, in the line that the application has set.
    pub(super) fn vary(&self, sharing: &Sharing, names: &[&str], answer: &mut Answer) {
        let is_said = match sharing.differs {
            true => {
                !self.is(Mutant::NoVary)
                    && (!self.is(Mutant::VaryOnlyAllowed) || sharing.allow_origin.is_some())
            }
            false => self.is(Mutant::VaryOnConstant),
        };
        if !is_said {
            return;
        }
        if self.is(Mutant::VaryOverwritten) {
            answer.headers.retain(|(name, _)| name != "Vary");
        }
        let names = names.join(", ");
        match answer.headers.iter_mut().find(|(name, _)| name == "Vary") {
            Some((_, value)) => value.extend_from_slice(format!(", {names}").as_bytes()),
            None => answer.headers.push(line("Vary", names)),
        }
    }

    fn allows(&self, origin: &str) -> bool {
        let policy = &self.policy;
        if self.is(Mutant::NullRefused) && origin == "null" {
            return false;
        }
        if self.is(Mutant::ListRefused) {
            return policy.origins.first().is_some_and(|first| first == origin);
        }
        policy.allows(origin) || self.allows_by_mistake(policy, origin)
    }

    fn allows_by_mistake(&self, policy: &Policy, origin: &str) -> bool {
        let without_stars = policy
            .origin_patterns
            .iter()
            .map(|pattern| pattern.replace("*.", ""));
        let listed: Vec<String> = policy
            .origins
            .iter()
            .cloned()
            .chain(without_stars)
            .collect();
        let any = |matches: &dyn Fn(&str) -> bool| listed.iter().any(|it| matches(it));
        match self.mutant {
            Some(Mutant::PrefixMatch) => any(&|listed| origin.starts_with(listed)),
            Some(Mutant::SuffixMatch) => any(&|listed| origin.ends_with(after_scheme(listed))),
            Some(Mutant::SubstringMatch) => any(&|listed| origin.contains(after_scheme(listed))),
            Some(Mutant::UnescapedDot) => any(&|listed| {
                listed.len() == origin.len()
                    && listed
                        .bytes()
                        .zip(origin.bytes())
                        .all(|(one, other)| one == b'.' || one == other)
            }),
            Some(Mutant::IgnoreScheme) => {
                any(&|listed| after_scheme(listed) == after_scheme(origin))
            }
            Some(Mutant::IgnorePort) => any(&|listed| without_port(listed) == without_port(origin)),
            Some(Mutant::IgnoreCase) => any(&|listed| listed.eq_ignore_ascii_case(origin)),
            Some(Mutant::TrailingSlash) => any(&|listed| origin.strip_suffix('/') == Some(listed)),
            Some(Mutant::SubdomainsAllowed) => any(&|listed| {
                let domain = format!(".{}", after_scheme(listed));
                let scheme = &listed[..listed.len() - after_scheme(listed).len()];
                origin.starts_with(scheme) && origin.ends_with(&domain)
            }),
            Some(Mutant::ParentAllowed) => policy
                .origin_patterns
                .iter()
                .any(|pattern| pattern.replace("*.", "") == origin),
            Some(Mutant::NullAllowed) => origin == "null",
            _ => false,
        }
    }
}

fn after_scheme(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, rest)| rest)
}

fn without_port(origin: &str) -> &str {
    match origin.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => origin,
    }
}
