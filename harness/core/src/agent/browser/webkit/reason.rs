//! What WebKit's sentences mean in the words of the standard.
//!
//! The sentences stand in WebKit's source, most of them in `CrossOriginAccessControl.cpp`,
//! `CrossOriginPreflightResultCache.cpp` and `NetworkLoadChecker.cpp`.

use corspec_fetch::Reason;

/// The reasons that a sentence fits, the likeliest first, and the name concerned where it tells one.
pub(crate) fn of_sentence(sentence: &str) -> Option<(&'static [Reason], &str)> {
    SENTENCES
        .iter()
        .find(|(part, _)| sentence.contains(part))
        .map(|&(_, reasons)| (reasons, name_in(sentence)))
}

/// The reason that an exception gives, for arguments that are refused.
pub(crate) fn of_exception(message: &str) -> Option<Reason> {
    EXCEPTIONS
        .iter()
        .find(|(part, _)| message.contains(part))
        .map(|&(_, reason)| reason)
}

/// `Request header field x-probe is not allowed by …`, `Method PUT is not allowed by …`.
fn name_in(sentence: &str) -> &str {
    let after = ["Request header field ", "Method "]
        .iter()
        .find_map(|start| sentence.strip_prefix(start));
    let name = after.and_then(|rest| Some(rest.split_once(" is not allowed by ")?.0));
    name.unwrap_or_default()
}

/// The CORS check speaks of preflights and responses in the same words.
const SENTENCES: [(&str, &[Reason]); 10] = [
    (
        "Access-Control-Allow-Origin cannot contain more than one origin",
        &[
            Reason::AllowOriginMultiple,
            Reason::PreflightAllowOriginMultiple,
        ],
    ),
    (
        "Cannot use wildcard in Access-Control-Allow-Origin",
        &[
            Reason::AllowOriginWildcardWithCredentials,
            Reason::PreflightAllowOriginWildcardWithCredentials,
        ],
    ),
    (
        "is not allowed by Access-Control-Allow-Origin",
        &[
            Reason::AllowOriginMissing,
            Reason::AllowOriginMismatch,
            Reason::PreflightAllowOriginMissing,
            Reason::PreflightAllowOriginMismatch,
        ],
    ),
    (
        "but Access-Control-Allow-Credentials is not",
        &[
            Reason::AllowCredentialsMissing,
            Reason::AllowCredentialsInvalid,
            Reason::PreflightAllowCredentialsMissing,
            Reason::PreflightAllowCredentialsInvalid,
        ],
    ),
    (
        "is not allowed by Access-Control-Allow-Headers",
        &[Reason::HeaderNotAllowed],
    ),
    (
        "is not allowed by Access-Control-Allow-Methods",
        &[Reason::MethodNotAllowed],
    ),
    (
        "Preflight response is not successful",
        &[Reason::PreflightStatusNotOk, Reason::PreflightRedirect],
    ),
    (
        "Failed integrity metadata check",
        &[Reason::IntegrityMismatch],
    ),
    (
        "Not allowed to use restricted network port",
        &[Reason::BadPort],
    ),
    (
        "Cross origin requests are only supported for HTTP",
        &[Reason::NonHttpScheme],
    ),
];

const EXCEPTIONS: [(&str, Reason); 0] = [];
