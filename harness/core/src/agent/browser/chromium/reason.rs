//! What Chromium's words for a block mean in those of the standard.

use corspec_fetch::Reason;

/// Whether a failed request was at its first URL, and what else its cause can be read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// Whether it had been redirected before.
    pub(crate) redirected: bool,
    /// Whether it was made with redirect mode `error` and answered with a redirect.
    pub(crate) redirect_refused: bool,
}

/// The reason for a `Network.CorsError`, and whether its parameter is the name concerned.
///
/// <https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-CorsError>
pub(crate) fn of_cors_error(
    error: &str,
    parameter: &str,
    circumstances: Circumstances,
) -> Option<Reason> {
    // An invalid value is reported like several; the standard compares the one value there is.
    let is_list = parameter.contains(',');
    let has_value = !parameter.is_empty();
    Some(match error {
        "AllowOriginMismatch" => Reason::AllowOriginMismatch,
        "InvalidAllowCredentials" if has_value => Reason::AllowCredentialsInvalid,
        "InvalidAllowCredentials" => Reason::AllowCredentialsMissing,
        "InvalidAllowOriginValue" => Reason::AllowOriginMismatch,
        "MissingAllowOriginHeader" => Reason::AllowOriginMissing,
        "MultipleAllowOriginValues" if is_list => Reason::AllowOriginMultiple,
        "MultipleAllowOriginValues" => Reason::AllowOriginMismatch,
        "WildcardOriginNotAllowed" => Reason::AllowOriginWildcardWithCredentials,

        "PreflightAllowOriginMismatch" => Reason::PreflightAllowOriginMismatch,
        "PreflightInvalidAllowCredentials" if has_value => Reason::PreflightAllowCredentialsInvalid,
        "PreflightInvalidAllowCredentials" => Reason::PreflightAllowCredentialsMissing,
        "PreflightInvalidAllowOriginValue" => Reason::PreflightAllowOriginMismatch,
        "PreflightMissingAllowOriginHeader" => Reason::PreflightAllowOriginMissing,
        "PreflightMultipleAllowOriginValues" if is_list => Reason::PreflightAllowOriginMultiple,
        "PreflightMultipleAllowOriginValues" => Reason::PreflightAllowOriginMismatch,
        "PreflightWildcardOriginNotAllowed" => Reason::PreflightAllowOriginWildcardWithCredentials,

        "PreflightDisallowedRedirect" => Reason::PreflightRedirect,
        "PreflightInvalidStatus" => Reason::PreflightStatusNotOk,
        "HeaderDisallowedByPreflightResponse" => Reason::HeaderNotAllowed,
        "InvalidAllowHeadersPreflightResponse" => Reason::AllowHeadersMalformed,
        "InvalidAllowMethodsPreflightResponse" => Reason::AllowMethodsMalformed,
        "MethodDisallowedByPreflightResponse" => Reason::MethodNotAllowed,

        "CorsDisabledScheme" if circumstances.redirected => Reason::RedirectSchemeNotHttp,
        "CorsDisabledScheme" => Reason::NonHttpScheme,
        "DisallowedByMode" => Reason::SameOriginMode,
        "InsecureLocalNetwork"
        | "LocalNetworkAccessPermissionDenied"
        | "PermissionDenied"
        | "InvalidLocalNetworkAccess" => Reason::LocalNetworkAccess,
        "NoCorsRedirectModeNotFollow" => Reason::RedirectModeNoCors,
        "RedirectContainsCredentials" => Reason::RedirectUserinfo,
        _ => return None,
    })
}

/// Whether the parameter of a `Network.CorsError` is the name of a method or header.
pub(crate) fn names_its_parameter(error: &str) -> bool {
    matches!(
        error,
        "HeaderDisallowedByPreflightResponse" | "MethodDisallowedByPreflightResponse"
    )
}

/// The reason for a `Network.BlockedReason`.
///
/// <https://chromedevtools.github.io/devtools-protocol/tot/Network/#type-BlockedReason>
pub(crate) fn of_blocked_reason(blocked: &str) -> Option<Reason> {
    Some(match blocked {
        "content-type" => Reason::Nosniff,
        "integrity" => Reason::IntegrityMismatch,
        "mixed-content" => Reason::MixedContent,
        _ if blocked.starts_with("corp-") => Reason::CrossOriginResourcePolicy,
        _ => return None,
    })
}

/// The reason for a network error, as in `net::ERR_UNSAFE_PORT`.
pub(crate) fn of_network_error(error: &str, circumstances: Circumstances) -> Option<Reason> {
    Some(match error.strip_prefix("net::")? {
        // Aborted by the page, which knows better.
        "ERR_ABORTED" => return None,
        "ERR_BLOCKED_BY_ORB" => Reason::OpaqueResponseBlocked,
        "ERR_CACHE_MISS" => Reason::CacheMiss,
        // Says nothing by itself.
        "ERR_FAILED" if circumstances.redirect_refused => Reason::RedirectModeError,
        "ERR_FAILED" => return None,
        "ERR_INVALID_REDIRECT" => Reason::RedirectLocationInvalid,
        "ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION" => Reason::RedirectLocationInvalid,
        "ERR_TOO_MANY_REDIRECTS" => Reason::RedirectLimit,
        "ERR_UNSAFE_PORT" => Reason::BadPort,
        "ERR_UNSAFE_REDIRECT" => Reason::RedirectSchemeNotHttp,
        _ => Reason::NetworkError,
    })
}

/// The reason that a sentence in the console gives, for what never becomes a request.
pub(crate) fn of_console_message(message: &str) -> Option<Reason> {
    first_match(&CONSOLE, message)
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

const CONSOLE: [(&str, Reason); 8] = [
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
