//! What Firefox's words for a block mean in those of the standard.

use corspec_fetch::Reason;

/// What else the cause of a block can be read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// Whether it was the preflight that failed.
    pub(super) preflight: bool,
    /// Whether the request had been redirected before.
    pub(super) redirected: bool,
    /// Whether it was made with redirect mode `error`.
    pub(super) refuses_redirects: bool,
}

/// The reason for a category of messages in the console.
///
/// <https://searchfox.org/mozilla-central/source/dom/locales/en-US/chrome/security/security.properties>
pub(super) fn of_category(
    category: &str,
    text: &str,
    circumstances: Circumstances,
) -> Option<Reason> {
    let reason = match category {
        "CORSAllowOriginNotMatchingOrigin" => Reason::AllowOriginMismatch,
        "CORSMissingAllowCredentials" => Reason::AllowCredentialsInvalid,
        "CORSMissingAllowOrigin2" => Reason::AllowOriginMissing,
        "CORSMultipleAllowOriginNotAllowed" => Reason::AllowOriginMultiple,
        "CORSNotSupportingCredentials" => Reason::AllowOriginWildcardWithCredentials,

        "CORSExternalRedirectNotAllowed" => return Some(Reason::PreflightRedirect),
        "CORSInvalidAllowHeader" => return Some(Reason::AllowHeadersMalformed),
        "CORSInvalidAllowMethod" => return Some(Reason::AllowMethodsMalformed),
        "CORSMethodNotFound" => return Some(Reason::MethodNotAllowed),
        "CORSMissingAllowHeaderFromPreflight2" => return Some(Reason::HeaderNotAllowed),
        "CORSPreflightDidNotSucceed3" => return Some(Reason::PreflightStatusNotOk),
        "CORSRequestNotHttp" if circumstances.redirected => {
            return Some(Reason::RedirectSchemeNotHttp);
        }
        "CORSRequestNotHttp" => return Some(Reason::NonHttpScheme),
        _ => return None,
    };
    let _ = text;
    Some(if circumstances.preflight {
        reason.on_preflight()
    } else {
        reason
    })
}

/// The name that a reason is about; `method` is that of the preflight.
pub(super) fn detail<'text>(reason: Reason, text: &'text str, method: &'text str) -> &'text str {
    match reason {
        Reason::HeaderNotAllowed => quoted(text).unwrap_or_default(),
        Reason::MethodNotAllowed => method,
        _ => "",
    }
}

fn quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("header ‘")?;
    Some(rest.split_once('’')?.0)
}

/// The reason for the error that a request ended in.
///
/// <https://searchfox.org/mozilla-central/source/xpcom/base/ErrorList.py>
pub(super) fn of_error(error: &str, circumstances: Circumstances) -> Option<Reason> {
    let _ = circumstances.refuses_redirects;
    Some(match error {
        "NS_ERROR_DOM_CORP_FAILED" => Reason::CrossOriginResourcePolicy,
        "NS_ERROR_PORT_ACCESS_NOT_ALLOWED" => Reason::BadPort,
        "NS_ERROR_REDIRECT_LOOP" => Reason::RedirectLimit,
        _ => return None,
    })
}

/// The reason that an exception gives, for arguments that are refused.
pub(super) fn of_exception(name: &str, message: &str) -> Option<Reason> {
    let _ = name;
    EXCEPTIONS
        .iter()
        .find(|(part, _)| message.contains(part))
        .map(|&(_, reason)| reason)
}

const EXCEPTIONS: [(&str, Reason); 1] = [
    ("NOTHING", Reason::InvalidInit),
];
