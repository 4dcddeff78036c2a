//! What Firefox's words for a block mean in those of the standard.

use corspec_fetch::{Method, Mode, Reason};
use url::Url;

use super::told::Failed;
use crate::agent::browser::job::JobRequest;
use crate::case::scenario::Mechanism;

/// The reason that the end of a preflight gives.
pub(super) fn of_preflight(failed: &Failed, request: &JobRequest) -> Option<Reason> {
    // Without an answer, what is said of its headers means nothing.
    if !failed.was_answered() {
        return Some(of_denial(failed).unwrap_or(Reason::NetworkError));
    }
    let reason = of_blocking_reason(&failed.because, request)?;
    if reason == Reason::PreflightStatusNotOk && failed.was_redirect() {
        return Some(Reason::PreflightRedirect);
    }
    Some(reason.on_preflight())
}

/// The reason that the end of a request gives.
pub(super) fn of_response(failed: &Failed, request: &JobRequest) -> Option<Reason> {
    let told = failed
        .was_answered()
        .then(|| of_blocking_reason(&failed.because, request))
        .flatten();
    told.or_else(|| of_denial(failed))
        .or_else(|| of_location(failed))
}

/// The reason that a permission which was not given is.
fn of_denial(failed: &Failed) -> Option<Reason> {
    let is_denied = failed.error == "NS_ERROR_LOCAL_NETWORK_ACCESS_DENIED";
    is_denied.then_some(Reason::LocalNetworkAccess)
}

/// The reason for a `BLOCKING_REASON_*`.
///
/// <https://searchfox.org/mozilla-central/source/netwerk/base/nsILoadInfo.idl>
fn of_blocking_reason(because: &str, request: &JobRequest) -> Option<Reason> {
    Some(match because {
        "CORSALLOWORIGINNOTMATCHINGORIGIN" => Reason::AllowOriginMismatch,
        // Firefox does not tell the missing from the invalid.
        "CORSMISSINGALLOWCREDENTIALS" => Reason::AllowCredentialsInvalid,
        "CORSMISSINGALLOWORIGIN" => Reason::AllowOriginMissing,
        "CORSMULTIPLEALLOWORIGINNOTALLOWED" => Reason::AllowOriginMultiple,
        "CORSNOTSUPPORTINGCREDENTIALS" => Reason::AllowOriginWildcardWithCredentials,

        "CORSEXTERNALREDIRECTNOTALLOWED" => Reason::PreflightRedirect,
        "CORSINVALIDALLOWHEADER" => Reason::AllowHeadersMalformed,
        "CORSINVALIDALLOWMETHOD" => Reason::AllowMethodsMalformed,
        "CORSMETHODNOTFOUND" => Reason::MethodNotAllowed,
        "CORSMISSINGALLOWHEADERFROMPREFLIGHT" => Reason::HeaderNotAllowed,
        "CORSPREFLIGHTDIDNOTSUCCEED" => Reason::PreflightStatusNotOk,

        "CORSREQUESTNOTHTTP" if request.url.starts_with("http") => Reason::RedirectSchemeNotHttp,
        "CORSREQUESTNOTHTTP" => Reason::NonHttpScheme,
        "MIXED_BLOCKED" => Reason::MixedContent,
        _ => return None,
    })
}

/// The reason for a message in the console, by its category as far as possible: the rest of the
/// sentence is in the language of the user.
pub(super) fn of_message(category: &str, text: &str, request: &JobRequest) -> Option<Reason> {
    Some(match category {
        "CORSRequestNotHttp" => return of_blocking_reason("CORSREQUESTNOTHTTP", request),
        "Mixed Content Blocker" => Reason::MixedContent,
        "SOP" if text.contains("may not load or link to") => Reason::NonHttpScheme,
        "SOP" => Reason::SameOriginMode,
        "Sub-resource Integrity" if text.contains("not eligible") => Reason::IntegrityOpaque,
        "Sub-resource Integrity" if text.contains("None of the") => Reason::IntegrityMismatch,
        _ => return None,
    })
}

/// The reason for the error that a request ended in.
///
/// <https://searchfox.org/mozilla-central/source/xpcom/base/ErrorList.py>
pub(super) fn of_error(failed: &Failed) -> Option<Reason> {
    Some(match failed.error.as_str() {
        // Refused by the page.
        "NS_BINDING_FAILED" if failed.was_redirect() => Reason::RedirectModeError,
        "NS_ERROR_CONNECTION_REFUSED" => Reason::NetworkError,
        "NS_ERROR_DOCUMENT_NOT_CACHED" => Reason::CacheMiss,
        "NS_ERROR_DOM_CORP_FAILED" => Reason::CrossOriginResourcePolicy,
        // Headers that are not there cannot be read, which Firefox takes for several.
        "NS_ERROR_DOM_BAD_URI"
            if !failed.was_answered() && failed.because == "CORSMULTIPLEALLOWORIGINNOTALLOWED" =>
        {
            Reason::NetworkError
        }
        "NS_ERROR_DOM_INVALID_HEADER_VALUE" => Reason::NetworkError,
        "NS_ERROR_NOT_AVAILABLE" if !failed.was_answered() => Reason::NetworkError,
        "NS_ERROR_PORT_ACCESS_NOT_ALLOWED" => Reason::BadPort,
        "NS_ERROR_REDIRECT_LOOP" => Reason::RedirectLimit,
        "NS_ERROR_UNKNOWN_HOST" => Reason::NetworkError,
        error if error.starts_with("NS_ERROR_NET_") => Reason::NetworkError,
        _ => return None,
    })
}

/// The reason why a redirect is not followed.
fn of_location(failed: &Failed) -> Option<Reason> {
    let is_refused = matches!(
        failed.error.as_str(),
        "NS_ERROR_CORRUPTED_CONTENT" | "NS_ERROR_DOM_BAD_URI" | "NS_ERROR_UNEXPECTED"
    );
    let location = failed.location.as_deref();
    let location = location.filter(|_| is_refused && failed.was_redirect())?;
    match Url::parse(&failed.url).and_then(|url| url.join(location)) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Some(Reason::RedirectSchemeNotHttp),
        Ok(url) if has_userinfo(&url) => Some(Reason::RedirectUserinfo),
        Ok(_) => None,
        Err(_) => Some(Reason::RedirectLocationInvalid),
    }
}

fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The reason that an exception gives, for arguments that are refused.
pub(super) fn of_exception(message: &str, request: &JobRequest) -> Option<Reason> {
    if request.via == Mechanism::WebSocket {
        return of_socket(message, request);
    }
    let told = EXCEPTIONS.iter().find(|(part, _)| message.contains(part));
    told.map_or_else(
        || of_arguments(message, request),
        |&(_, reason)| Some(reason),
    )
}

/// The constructor of WebSocket has the same sentence for a URL and for subprotocols.
fn of_socket(message: &str, request: &JobRequest) -> Option<Reason> {
    match message {
        message if message.contains("operation is insecure") => Some(Reason::MixedContent),
        message if message.contains("illegal string") && request.protocols.is_empty() => {
            Some(Reason::UrlInvalid)
        }
        _ => None,
    }
}

/// Firefox has one sentence for all methods that `fetch` refuses, and one for all that
/// `XMLHttpRequest` cannot read.
fn of_arguments(message: &str, request: &JobRequest) -> Option<Reason> {
    let is_unreadable = message.contains("invalid or illegal string");
    if !is_unreadable && !message.contains("Invalid request method") {
        return None;
    }
    Some(match Method::parse(&request.method) {
        None => Reason::InvalidMethod,
        Some(_) if is_unreadable => Reason::UrlInvalid,
        Some(method) if method.is_forbidden() => Reason::ForbiddenMethod,
        Some(_) if request.mode == Mode::NoCors => Reason::NoCorsMethod,
        Some(_) => return None,
    })
}

const EXCEPTIONS: [(&str, Reason); 9] = [
    ("'only-if-cached'", Reason::InvalidInit),
    ("Invalid header", Reason::InvalidHeader),
    ("The operation is insecure", Reason::ForbiddenMethod),
    ("cannot have a body", Reason::BodyNotAllowed),
    ("duplex", Reason::InvalidInit),
    ("is an invalid header name", Reason::InvalidHeader),
    ("is an invalid header value", Reason::InvalidHeader),
    ("is an url with embedded credentials", Reason::UrlUserinfo),
    ("is not a valid URL", Reason::UrlInvalid),
];
