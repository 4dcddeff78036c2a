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
    /// A line that stood in the origin.
    injected: Option<(String, Vec<u8>)>,
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
        let (origin, injected) = match origin {
            Some(origin) if server.is(Mutant::DecodesOrigin) => decode(&origin),
            origin => (origin, None),
        };
        let referer = request
            .header("referer")
            .filter(|_| server.is(Mutant::RefererCounts));
        let origin = referer.map(|referer| origin_of(&referer)).or(origin);
        let is_constant = policy.any_origin || server.is(Mutant::WildcardAlways);
        let is_reflected = server.is(Mutant::ReflectAnyOrigin)
            || server.is(Mutant::ReflectWithCredentials)
            || server.is(Mutant::ReflectsForEverybody) && policy.any_origin;
        credentials |=
            server.is(Mutant::ReflectWithCredentials) || server.is(Mutant::CredentialsAlways);
        let mut allow_origin = match origin {
            _ if is_constant && !is_reflected => Some("*".to_owned()),
            Some(origin)
                if is_reflected
                    || server.allows(&origin)
                    || server.allows_host(&origin, request) =>
            {
                Some(origin)
            }
            _ => None,
        };
        let first = policy.origins.first().cloned();
        let is_asked = request.has("origin");
        let is_silent = server.is(Mutant::ConstantWhenAsked) && is_constant && !is_asked
            || server.is(Mutant::SecFetchDecides) && request.has("sec-fetch-site");
        if is_silent {
            allow_origin = None;
        }
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
            differs: !is_constant || is_reflected && !server.is(Mutant::ReflectsForEverybody),
            injected,
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
        if let Some(status) = self.refusal(sharing, request) {
            *answer = Answer {
                status,
                ..Answer::default()
            };
        }
        if self.is(Mutant::OpensEverything) {
            answer.headers.extend([
                line("Timing-Allow-Origin", "*"),
                line("Cross-Origin-Resource-Policy", "cross-origin"),
            ]);
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

    /// The status for requests that are not handed to the application.
    ///
    /// Hiding the answer would not undo what a request has changed. The server's own pages send `Origin`
    /// as well, and are on no list.
    fn refusal(&self, sharing: &Sharing, request: &Request<'_>) -> Option<u16> {
        let Some(origin) = request.header("origin") else {
            return self.is(Mutant::OriginRequired).then_some(400);
        };
        let host = request.header("host").unwrap_or_default();
        let is_own = after_scheme(&origin) == host;
        let is_safe = matches!(request.method, "GET" | "HEAD" | "OPTIONS");
        let is_refused = if self.is(Mutant::OwnPagesRefused) {
            true
        } else {
            !is_own && !is_safe && !self.is(Mutant::RefusedServed)
        };
        (is_refused && sharing.allow_origin.is_none()).then_some(403)
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
        lines.extend(sharing.injected.clone());
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
        if self.is(Mutant::VaryOverwritten) {
            answer.headers.retain(|(name, _)| name != "Vary");
        }
        if !is_said {
            return;
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
        if self.is(Mutant::SubdomainsOneLevel) && is_deep(policy, origin) {
            return false;
        }
        policy.allows(origin) || self.allows_by_mistake(policy, origin)
    }

    /// Whether the origin is the one that a proxy has been asked by, as far as it can be believed.
    fn allows_host(&self, origin: &str, request: &Request<'_>) -> bool {
        self.is(Mutant::HostAllowed)
            && FORWARDED
                .iter()
                .filter_map(|name| request.header(name))
                .any(|host| after_scheme(origin) == host)
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
            Some(Mutant::LocalhostAllowed) => {
                let host = without_port(after_scheme(origin));
                ["localhost", "127.0.0.1", "[::1]"].contains(&host)
            }
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

fn origin_of(url: &str) -> String {
    match url.match_indices('/').nth(2) {
        Some((end, _)) => url[..end].to_owned(),
        None => url.to_owned(),
    }
}

/// Whether an origin is a sub-domain of a sub-domain.
fn is_deep(policy: &Policy, origin: &str) -> bool {
    let labels = |pattern: &String| -> Option<String> {
        let (scheme, domain) = pattern.split_once('*')?;
        let labels = origin.strip_prefix(scheme)?.strip_suffix(domain)?;
        Some(labels.to_owned())
    };
    let mut labels = policy.origin_patterns.iter().filter_map(labels);
    labels.any(|labels| labels.contains('.'))
}

/// The first line of an origin whose line breaks are encoded, and the header line behind it.
fn decode(origin: &str) -> (Option<String>, Option<(String, Vec<u8>)>) {
    let encoded = ["%0d%0a", "%0a", "\\r\\n"];
    let found = encoded.iter().find_map(|it| origin.split_once(it));
    match found {
        Some((first, second)) => {
            let injected = second
                .split_once(':')
                .map(|(name, value)| line(name, value));
            (Some(first.to_owned()), injected)
        }
        None => (Some(origin.to_owned()), None),
    }
}

/// Where proxies say which host was asked for.
const FORWARDED: [&str; 4] = [
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-server",
    "x-original-host",
];
