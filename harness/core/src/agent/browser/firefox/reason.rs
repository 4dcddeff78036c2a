//! What Firefox's words for a block mean in those of the standard.

use corspec_fetch::{Method, Mode, Reason};
use url::Url;

use super::blocks::Failed;
use crate::agent::browser::job::JobRequest;

/// The reason that the end of a request gives, if it is a reason of CORS.
pub(super) fn of_failure(failed: &Failed, request: &JobRequest) -> Option<Reason> {
    let was_preflight = failed.preflight_for.is_some();
    let reason = of_blocking_reason(&failed.because, request)?;
    Some(match reason {
        Reason::PreflightStatusNotOk if failed.was_redirect() => Reason::PreflightRedirect,
        reason if was_preflight => reason.on_preflight(),
        reason => reason,
    })
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
pub(super) fn of_error(failed: &Failed, request: &JobRequest) -> Option<Reason> {
    Some(match failed.error.as_str() {
        // Refused by the page.
        "NS_BINDING_FAILED" if failed.was_redirect() => Reason::RedirectModeError,
        "NS_ERROR_CONNECTION_REFUSED" => Reason::NetworkError,
        "NS_ERROR_CORRUPTED_CONTENT" if failed.was_redirect() => of_location(failed),
        "NS_ERROR_DOCUMENT_NOT_CACHED" => Reason::CacheMiss,
        "NS_ERROR_DOM_CORP_FAILED" => Reason::CrossOriginResourcePolicy,
        "NS_ERROR_DOM_INVALID_HEADER_VALUE" => Reason::NetworkError,
        "NS_ERROR_PORT_ACCESS_NOT_ALLOWED" => Reason::BadPort,
        "NS_ERROR_REDIRECT_LOOP" => Reason::RedirectLimit,
        "NS_ERROR_UNEXPECTED" if has_userinfo(&failed.url) && !has_userinfo(&request.url) => {
            Reason::RedirectUserinfo
        }
        "NS_ERROR_UNKNOWN_HOST" => Reason::NetworkError,
        error if error.starts_with("NS_ERROR_NET_") => Reason::NetworkError,
        _ => return None,
    })
}

/// A redirect that leads nowhere.
fn of_location(failed: &Failed) -> Reason {
    let location = failed.location.as_deref().unwrap_or_default();
    match Url::parse(&failed.url).and_then(|url| url.join(location)) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Reason::NetworkError,
        Ok(_) => Reason::RedirectSchemeNotHttp,
        Err(_) => Reason::RedirectLocationInvalid,
    }
}

fn has_userinfo(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

/// The reason that an exception gives, for arguments that are refused.
pub(super) fn of_exception(message: &str, request: &JobRequest) -> Option<Reason> {
    if message.contains("Invalid request method") {
        return Some(of_method(request));
    }
    EXCEPTIONS
        .iter()
        .find(|(part, _)| message.contains(part))
        .map(|&(_, reason)| reason)
}

/// Firefox has one sentence for all methods it refuses.
fn of_method(request: &JobRequest) -> Reason {
    match Method::parse(&request.method) {
        None => Reason::InvalidMethod,
        Some(method) if method.is_forbidden() => Reason::ForbiddenMethod,
        Some(_) if request.mode == Mode::NoCors => Reason::NoCorsMethod,
        Some(_) => Reason::InvalidMethod,
    }
}

const EXCEPTIONS: [(&str, Reason); 1] = [("NOTHING", Reason::InvalidInit)];
