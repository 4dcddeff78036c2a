//! What Chromium's words for a block mean in those of the standard.

use corspec_fetch::Reason;

/// What a sentence in the console says of a request that failed.
#[derive(Debug)]
pub(crate) struct Cause {
    /// Absent where the network layer says no more than that it failed.
    reason: Option<Reason>,
    /// The name of the method or header concerned.
    pub(crate) detail: String,
    /// Whether a better one may stand beside it.
    is_vague: bool,
}

impl Cause {
    /// `None` for what is no failure of a request.
    pub(crate) fn of(sentence: &str) -> Option<Self> {
        let clear = |reason, detail: &str| Self {
            reason: Some(reason),
            detail: detail.to_owned(),
            is_vague: false,
        };
        if let Some((before, policy)) = sentence.split_once(" has been blocked by CORS policy: ") {
            let is_redirected = before.contains(" (redirected from '");
            let (reason, detail) = of_policy(policy, is_redirected)?;
            return Some(clear(reason, detail));
        }
        if let Some(reason) = first_match(&SENTENCES, sentence) {
            return Some(clear(reason, ""));
        }
        let (_, error) = sentence.split_once("net::")?;
        let error = error
            .split(|next: char| !next.is_ascii_alphanumeric() && !"_.".contains(next))
            .next()?;
        Some(Self {
            reason: of_network_error(error),
            detail: String::new(),
            is_vague: matches!(error, "ERR_FAILED" | "ERR_INVALID_REDIRECT"),
        })
    }

    /// Whether a better one may stand beside it: the redirect of a preflight is told by itself, before or after
    /// what it means for the request that it was made for.
    pub(crate) const fn is_vague(&self) -> bool {
        self.is_vague
    }

    /// The reason for a request that refuses redirects or does not.
    pub(crate) fn reason(&self, refuses_redirects: bool) -> Option<Reason> {
        self.reason
            .or_else(|| refuses_redirects.then_some(Reason::RedirectModeError))
    }
}

/// What a sentence says, without the place in a script that stands before it.
pub(crate) fn said(sentence: &str) -> &str {
    let (place, rest) = sentence.split_once(' ').unwrap_or(("", sentence));
    match rest.split_once(' ') {
        Some((position, said))
            if place.contains(':')
                && !position.is_empty()
                && position
                    .chars()
                    .all(|it| it.is_ascii_digit() || "-:".contains(it)) =>
        {
            said
        }
        _ => sentence,
    }
}

/// What the sentence behind `has been blocked by CORS policy: ` says, and the name of the method or header that
/// it is about.
fn of_policy(policy: &str, is_redirected: bool) -> Option<(Reason, &str)> {
    const PREFLIGHT: &str = "Response to preflight request doesn't pass access control check: ";

    if let Some((name, _)) = between(policy, "Request header field ", " is not allowed by ") {
        return Some((Reason::HeaderNotAllowed, name));
    }
    if let Some((name, _)) = between(policy, "Method ", " is not allowed by ") {
        return Some((Reason::MethodNotAllowed, name));
    }
    let (check, is_preflight) = match policy.strip_prefix(PREFLIGHT) {
        Some(check) => (check, true),
        None => (policy, false),
    };
    let reason = if let Some((value, _)) = between(check, ALLOW_CREDENTIALS, "' which must be ") {
        if value.is_empty() {
            Reason::AllowCredentialsMissing
        } else {
            Reason::AllowCredentialsInvalid
        }
    } else if let Some((value, _)) = between(check, "contains multiple values '", "', but") {
        // An invalid value is reported like several; the standard compares the one value there is.
        if value.contains(',') {
            Reason::AllowOriginMultiple
        } else {
            Reason::AllowOriginMismatch
        }
    } else if check.starts_with(SCHEMES) && is_redirected {
        Reason::RedirectSchemeNotHttp
    } else {
        first_match(&POLICY, check)?
    };
    let reason = if is_preflight {
        of_preflight(reason)
    } else {
        reason
    };
    Some((reason, ""))
}

/// What stands between two texts, and what stands behind the second.
fn between<'text>(
    text: &'text str,
    before: &str,
    behind: &str,
) -> Option<(&'text str, &'text str)> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(behind)
}

/// The same reason, of a preflight.
const fn of_preflight(reason: Reason) -> Reason {
    match reason {
        Reason::AllowOriginMissing => Reason::PreflightAllowOriginMissing,
        Reason::AllowOriginMismatch => Reason::PreflightAllowOriginMismatch,
        Reason::AllowOriginMultiple => Reason::PreflightAllowOriginMultiple,
        Reason::AllowOriginWildcardWithCredentials => {
            Reason::PreflightAllowOriginWildcardWithCredentials
        }
        Reason::AllowCredentialsMissing => Reason::PreflightAllowCredentialsMissing,
        Reason::AllowCredentialsInvalid => Reason::PreflightAllowCredentialsInvalid,
        other => other,
    }
}

/// The reason for a network error, as in `ERR_UNSAFE_PORT`.
fn of_network_error(error: &str) -> Option<Reason> {
    Some(match error {
        // Say nothing by themselves; a page knows better what it aborted.
        "ERR_ABORTED" | "ERR_FAILED" => return None,
        "ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS" => Reason::LocalNetworkAccess,
        "ERR_BLOCKED_BY_ORB" => Reason::OpaqueResponseBlocked,
        "ERR_CACHE_MISS" => Reason::CacheMiss,
        "ERR_INVALID_REDIRECT" => Reason::RedirectLocationInvalid,
        "ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION" => Reason::RedirectLocationInvalid,
        "ERR_TOO_MANY_REDIRECTS" => Reason::RedirectLimit,
        "ERR_UNSAFE_PORT" => Reason::BadPort,
        "ERR_UNSAFE_REDIRECT" => Reason::RedirectSchemeNotHttp,
        _ if error.starts_with("ERR_BLOCKED_BY_RESPONSE.") => Reason::CrossOriginResourcePolicy,
        _ => Reason::NetworkError,
    })
}

/// The reason that an exception gives, for arguments that are refused.
pub(crate) fn of_exception(message: &str) -> Option<Reason> {
    first_match(&EXCEPTIONS, message)
}

fn first_match(table: &[(&str, Reason)], message: &str) -> Option<Reason> {
    table
        .iter()
        .find(|(part, _)| message.contains(part))
        .map(|&(_, reason)| reason)
}

const ALLOW_CREDENTIALS: &str = "'Access-Control-Allow-Credentials' header in the response is '";
const SCHEMES: &str = "Cross origin requests are only supported for protocol schemes";

/// Parts of what stands behind `has been blocked by CORS policy: `.
const POLICY: [(&str, Reason); 13] = [
    (
        "No 'Access-Control-Allow-Origin' header is present",
        Reason::AllowOriginMissing,
    ),
    (
        "that is not equal to the supplied origin",
        Reason::AllowOriginMismatch,
    ),
    ("contains the invalid value", Reason::AllowOriginMismatch),
    (
        "must not be the wildcard",
        Reason::AllowOriginWildcardWithCredentials,
    ),
    (
        "It does not have HTTP ok status",
        Reason::PreflightStatusNotOk,
    ),
    (
        "Redirect is not allowed for a preflight request",
        Reason::PreflightRedirect,
    ),
    (
        "Cannot parse Access-Control-Allow-Headers",
        Reason::AllowHeadersMalformed,
    ),
    (
        "Cannot parse Access-Control-Allow-Methods",
        Reason::AllowMethodsMalformed,
    ),
    (SCHEMES, Reason::NonHttpScheme),
    ("contains a username and password", Reason::RedirectUserinfo),
    ("`loopback` address space", Reason::LocalNetworkAccess),
    ("`local` address space", Reason::LocalNetworkAccess),
    ("not allowed by request mode", Reason::SameOriginMode),
];

/// Parts of sentences about other rules, and about what never becomes a request.
const SENTENCES: [(&str, Reason); 10] = [
    (
        "Failed to find a valid digest in the 'integrity' attribute",
        Reason::IntegrityMismatch,
    ),
    ("Mixed Content:", Reason::MixedContent),
    ("Not allowed to load local resource", Reason::NonHttpScheme),
    (
        "Request mode is \"no-cors\" but the redirect mode",
        Reason::RedirectModeNoCors,
    ),
    ("Request mode is \"same-origin\"", Reason::SameOriginMode),
    ("URL scheme \"", Reason::NonHttpScheme),
    (
        "not eligible for integrity validation",
        Reason::IntegrityOpaque,
    ),
    ("only supported for protocol schemes", Reason::NonHttpScheme),
    ("strict MIME type checking is enabled", Reason::Nosniff),
    ("strict MIME checking is enabled", Reason::Nosniff),
];

const EXCEPTIONS: [(&str, Reason); 14] = [
    ("'only-if-cached' can be set only with", Reason::InvalidInit),
    ("Failed to parse URL", Reason::UrlInvalid),
    ("HTTP method is unsupported", Reason::ForbiddenMethod),
    ("Invalid URL", Reason::UrlInvalid),
    ("The URL contains a fragment identifier", Reason::UrlInvalid),
    ("The URL's scheme must be", Reason::UrlInvalid),
    ("Invalid name", Reason::InvalidHeader),
    ("Invalid value", Reason::InvalidHeader),
    (
        "Request with GET/HEAD method cannot have body",
        Reason::BodyNotAllowed,
    ),
    ("`duplex` member", Reason::InvalidInit),
    ("is not a valid HTTP header field", Reason::InvalidHeader),
    ("is not a valid HTTP method", Reason::InvalidMethod),
    ("is unsupported in no-cors mode", Reason::NoCorsMethod),
    ("that includes credentials", Reason::UrlUserinfo),
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn told(policy: &str) -> Option<(Reason, String)> {
        let sentence = format!(
            "http://app.localhost/-/page - Access to fetch at 'http://api.localhost/' from origin \
             'http://app.localhost' has been blocked by CORS policy: {policy}"
        );
        let cause = Cause::of(&sentence)?;
        Some((cause.reason(false)?, cause.detail))
    }

    #[rstest]
    #[case(
        "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
        Reason::AllowOriginMissing
    )]
    #[case(
        "The 'Access-Control-Allow-Origin' header contains multiple values 'a, b', but only one is allowed.",
        Reason::AllowOriginMultiple
    )]
    #[case(
        "The 'Access-Control-Allow-Origin' header contains multiple values 'a b', but only one is allowed.",
        Reason::AllowOriginMismatch
    )]
    #[case(
        "Response to preflight request doesn't pass access control check: The value of the \
         'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's \
         credentials mode is 'include'.",
        Reason::PreflightAllowCredentialsMissing
    )]
    #[case(
        "Response to preflight request doesn't pass access control check: It does not have HTTP ok status.",
        Reason::PreflightStatusNotOk
    )]
    fn the_policy_that_blocked_is_told(#[case] policy: &str, #[case] reason: Reason) {
        assert_eq!(told(policy), Some((reason, String::new())));
    }

    #[test]
    fn the_name_that_is_not_allowed_is_told() {
        let policy = "Request header field x-probe is not allowed by Access-Control-Allow-Headers in \
                      preflight response.";
        let expected = (Reason::HeaderNotAllowed, "x-probe".to_owned());
        assert_eq!(told(policy), Some(expected));
    }

    #[rstest]
    #[case("net::ERR_UNSAFE_PORT", Some(Reason::BadPort), false)]
    #[case(
        "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin",
        Some(Reason::CrossOriginResourcePolicy),
        false
    )]
    #[case(
        "net::ERR_INVALID_REDIRECT",
        Some(Reason::RedirectLocationInvalid),
        true
    )]
    #[case("net::ERR_FAILED", None, true)]
    fn errors_of_the_network_layer_are_told(
        #[case] error: &str,
        #[case] reason: Option<Reason>,
        #[case] is_vague: bool,
    ) {
        let cause = Cause::of(&format!(
            "http://a.localhost/ - Failed to load resource: {error}"
        ));
        let cause = cause.unwrap();
        assert_eq!((cause.reason(false), cause.is_vague()), (reason, is_vague));
    }

    #[test]
    fn a_request_that_refuses_redirects_and_failed_was_redirected() {
        let cause = Cause::of("http://a.localhost/ - Failed to load resource: net::ERR_FAILED");
        assert_eq!(cause.unwrap().reason(true), Some(Reason::RedirectModeError));
    }

    #[rstest]
    #[case("http://a.localhost/-/page - Access to fetch", "Access to fetch")]
    #[case("http://a.localhost/-/page.js 12:7 Mixed Content", "Mixed Content")]
    #[case("no place at all", "no place at all")]
    fn the_place_in_a_script_is_not_said(#[case] sentence: &str, #[case] text: &str) {
        assert_eq!(said(sentence), text);
    }

    #[test]
    fn what_is_no_failure_tells_nothing() {
        let sentence = "http://a.localhost/ - Failed to load resource: the server responded with a status of 404";
        assert!(Cause::of(sentence).is_none());
    }
}
