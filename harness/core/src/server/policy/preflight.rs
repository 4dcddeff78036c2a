//! Preflights: what is one, and what is answered.
//!
//! <https://fetch.spec.whatwg.org/#cors-preflight-fetch>

use super::sharing::Sharing;
use super::{Mutant, PolicyServer, Request, line};
use crate::case::scenario::Answer;
use crate::tape::head::values;

impl PolicyServer {
    /// Whether a request asks for permission to make another.
    ///
    /// <https://fetch.spec.whatwg.org/#cors-preflight-request>
    pub(super) fn is_preflight(&self, request: &Request<'_>) -> bool {
        let is_options = request.method == "OPTIONS" || self.is(Mutant::PreflightByQuestion);
        if !is_options || self.is(Mutant::PreflightUnknown) {
            return false;
        }
        let asks = request.has("access-control-request-method");
        let has_origin = request.has("origin") || self.is(Mutant::PreflightWithoutOrigin);
        (asks && has_origin) || self.is(Mutant::OptionsIsPreflight)
    }

    /// The answer to a preflight. The application is not asked.
    pub(super) fn preflight(&self, request: &Request<'_>, sharing: &Sharing) -> Answer {
        let mut answer = Answer {
            status: 204,
            ..Answer::default()
        };
        if self.is(Mutant::PreflightRunsHandler) {
            answer = self.application(request);
        }
        if let Some(failed) = self.failed_preflight(request) {
            answer = failed;
        }
        answer.headers.extend(self.lines(sharing));
        if sharing.allow_origin.is_some() || self.is(Mutant::OptionsIsPreflight) {
            answer.headers.extend(self.preflight_lines(request));
            if self.is(Mutant::ExposedOnPreflight) {
                self.expose(&mut answer);
            }
        }
        if self.is(Mutant::PreflightStartsSession) {
            answer.headers.push(line("Set-Cookie", "session=1"));
        }
        if self.is(Mutant::QuestionsComeBack) {
            let questions = request.headers.iter();
            let questions = questions.filter(|(name, _)| is_question(name));
            answer.headers.extend(questions.cloned());
        }
        if !self.is(Mutant::NoPreflightVary) {
            let asked = if self.policy.private_network {
                PREFLIGHT_VARY.as_slice()
            } else {
                &PREFLIGHT_VARY[..3]
            };
            self.vary(sharing, asked, &mut answer);
        }
        answer
    }

    /// What is answered instead of success by servers that want what no browser gives.
    fn failed_preflight(&self, request: &Request<'_>) -> Option<Answer> {
        let status = match self.mutant? {
            Mutant::PreflightNeedsAuthorization if !request.has("authorization") => 401,
            Mutant::PreflightRedirects => 301,
            Mutant::PreflightStatus404 => 404,
            Mutant::PreflightStatus500 => 500,
            Mutant::PreflightForbidden => 403,
            Mutant::PreflightEmptyMethod
                if request.header("access-control-request-method").as_deref() == Some("") =>
            {
                500
            }
            Mutant::HeadersTooMany if self.requested(request).len() > LONG_LIST => 500,
            Mutant::HeadersRequired if !request.has("access-control-request-headers") => 400,
            _ => return None,
        };
        let mut answer = Answer {
            status,
            ..Answer::default()
        };
        match status {
            301 => answer.headers.push(line("Location", "/scenario/resource")),
            401 => answer
                .headers
                .push(line("WWW-Authenticate", "Basic realm=\"corspec\"")),
            _ => {}
        }
        Some(answer)
    }

    /// The lines that only preflights have.
    pub(super) fn preflight_lines(&self, request: &Request<'_>) -> Vec<(String, Vec<u8>)> {
        let mut lines = Vec::new();
        if !self.is(Mutant::MethodsMissing) {
            lines.push(line("Access-Control-Allow-Methods", self.methods(request)));
        }
        let headers = self.headers(request);
        if !self.is(Mutant::HeadersMissing) && !headers.is_empty() {
            lines.push(line("Access-Control-Allow-Headers", headers));
        }
        let age = self
            .max_age()
            .map(|age| line("Access-Control-Max-Age", age));
        if self.is(Mutant::MaxAgeTwice) {
            lines.extend(age.clone());
        }
        lines.extend(age);
        if self.lets_in_public_networks(request) {
            lines.push(line("Access-Control-Allow-Private-Network", "true"));
        }
        lines
    }

    fn methods(&self, request: &Request<'_>) -> String {
        let listed = self.policy.methods.join(", ");
        let asked = request.header("access-control-request-method");
        match self.mutant {
            Some(Mutant::MethodsAny) => asked.unwrap_or(listed),
            Some(Mutant::MethodsStar) => "*".to_owned(),
            Some(Mutant::MethodsLowerCase) => listed.to_ascii_lowercase(),
            Some(Mutant::MethodsSimpleOnly) => "GET, HEAD, POST".to_owned(),
            Some(Mutant::MethodsCaseInsensitive) => {
                let is_listed = |asked: &String| {
                    let mut methods = self.policy.methods.iter();
                    methods.any(|method| method.eq_ignore_ascii_case(asked))
                };
                asked.filter(is_listed).unwrap_or(listed)
            }
            _ => listed,
        }
    }

    fn headers(&self, request: &Request<'_>) -> String {
        let listed = &self.policy.request_headers;
        let asked = self.requested(request);
        let is_listed = |name: &String| listed.contains(name);
        let folded = |name: &String| name.trim().to_ascii_lowercase();
        let nothing = String::new();
        match self.mutant {
            Some(Mutant::HeadersAny) => asked.join(","),
            Some(Mutant::HeadersStar) => "*".to_owned(),
            Some(Mutant::HeadersCaseSensitive)
                if !asked.iter().all(|name| is_listed(&name.trim().to_owned())) =>
            {
                nothing
            }
            Some(Mutant::HeadersSpacesMatter)
                if !asked
                    .iter()
                    .all(|name| is_listed(&name.to_ascii_lowercase())) =>
            {
                nothing
            }
            Some(Mutant::HeadersEmptyElements)
                if asked.iter().any(|name| name.trim().is_empty()) =>
            {
                nothing
            }
            Some(Mutant::HeadersFirstOnly)
                if asked.first().is_some_and(|name| is_listed(&folded(name))) =>
            {
                asked.join(",")
            }
            Some(Mutant::HeadersFirstLineOnly) => {
                let first = request.header("access-control-request-headers");
                first.unwrap_or_default()
            }
            _ => listed.join(", "),
        }
    }

    /// The elements of `Access-Control-Request-Headers` as they are written, of all its lines.
    fn requested(&self, request: &Request<'_>) -> Vec<String> {
        values(request.headers, "access-control-request-headers")
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(|name| name.iter().copied().map(char::from).collect())
            .collect()
    }

    /// A value that is not remembered is 0: without the header it would be five seconds.
    ///
    /// <https://fetch.spec.whatwg.org/#http-access-control-max-age>
    fn max_age(&self) -> Option<String> {
        let age = self.policy.max_age;
        match self.mutant {
            Some(Mutant::MaxAgeMissing) => None,
            Some(Mutant::MaxAgeZeroOmitted) if age <= 0 => None,
            Some(Mutant::MaxAgeNegative) => Some("-1".to_owned()),
            Some(Mutant::MaxAgeZero) => Some("0".to_owned()),
            Some(Mutant::MaxAgeMilliseconds) => Some((age.max(0) * 1000).to_string()),
            Some(Mutant::MaxAgeNonsense) => Some(format!("{age}s")),
            _ => Some(age.max(0).to_string()),
        }
    }

    fn lets_in_public_networks(&self, request: &Request<'_>) -> bool {
        let asked = request.header("access-control-request-private-network");
        match self.mutant {
            Some(Mutant::PrivateNetworkNever) => false,
            Some(Mutant::PrivateNetworkUnasked) => true,
            Some(Mutant::PrivateNetworkAlways) => asked.as_deref() == Some("true"),
            _ => self.policy.private_network && asked.as_deref() == Some("true"),
        }
    }
}

/// Whether a header is one that only preflights have.
fn is_question(name: &str) -> bool {
    name.to_ascii_lowercase()
        .starts_with("access-control-request-")
}

/// What the answer to a preflight may depend on; the last where there are private networks.
const PREFLIGHT_VARY: [&str; 4] = [
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Private-Network",
];

const LONG_LIST: usize = 100;
