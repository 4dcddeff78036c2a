//! What WebKit's sentences mean in the words of the standard.
//!
//! The sentences stand in WebKit's source, most of them in `CrossOriginAccessControl.cpp`,
//! `CrossOriginPreflightResultCache.cpp` and `NetworkLoadChecker.cpp`.

use corspec_fetch::Reason;

/// The reasons that a sentence of the console fits, the likeliest first.
pub(crate) fn of_sentence(sentence: &str) -> Option<&'static [Reason]> {
    first_match(&SENTENCES, sentence)
}

/// The reasons that an exception fits, for arguments that are refused.
pub(crate) fn of_exception(message: &str) -> Option<&'static [Reason]> {
    first_match(&EXCEPTIONS, message)
}

/// The reason for a sentence that names the URL which cannot be loaded, where no other tells why.
pub(crate) fn of_failure(sentence: &str) -> Option<&'static [Reason]> {
    // Nothing but the mode of the request lets WebKit refuse a URL without a word.
    let is_silent = sentence.contains(CANNOT_LOAD) && !sentence.ends_with(CHECKED);
    is_silent.then_some(&[Reason::SameOriginMode])
}

/// What stands before the URL in the sentence that closes what is said of a failure.
pub(crate) const CANNOT_LOAD: &str = " cannot load ";

/// The one cause that another, vaguer one follows.
pub(crate) const PREFACE: &str = "No-Cors mode requires follow redirect mode";

/// What every cause speaks of that has to do with a redirect to a URL without a place on the network.
pub(crate) const REDIRECTION: &str = "edirection ";

/// What stands behind it, where other sentences have told why.
pub(crate) const CHECKED: &str = " due to access control checks.";

/// `Request header field x-probe is not allowed by …`, `Method PUT is not allowed by …`.
pub(crate) fn name_in(sentence: &str) -> &str {
    let after = ["Request header field ", "Method "]
        .iter()
        .find_map(|start| Some(sentence.split_once(start)?.1));
    let name = after.and_then(|rest| Some(rest.split_once(" is not allowed by ")?.0));
    name.unwrap_or_default()
}

fn first_match(table: &[(&str, &'static [Reason])], sentence: &str) -> Option<&'static [Reason]> {
    table
        .iter()
        .find(|(part, _)| sentence.contains(part))
        .map(|&(_, reasons)| reasons)
}

/// The CORS check speaks of preflights and responses in the same words. Sentences about a redirect
/// hold that of the check which refused it.
const SENTENCES: [(&str, &[Reason]); 26] = [
    (
        "Access-Control-Allow-Origin cannot contain more than one origin",
        &[
            Reason::AllowOriginMultiple,
            Reason::PreflightAllowOriginMultiple,
        ],
    ),
    ("Cancelled load to ", &[Reason::CrossOriginResourcePolicy]),
    (
        "Cannot use wildcard in Access-Control-Allow-Origin",
        &[
            Reason::AllowOriginWildcardWithCredentials,
            Reason::PreflightAllowOriginWildcardWithCredentials,
        ],
    ),
    (
        "Connection terminated unexpectedly",
        &[Reason::NetworkError],
    ),
    ("Could not parse HTTP response", &[Reason::NetworkError]),
    (
        "Cross origin requests are only supported for HTTP",
        &[Reason::NonHttpScheme, Reason::RedirectSchemeNotHttp],
    ),
    (
        "FTP URLs are disabled",
        &[Reason::RedirectSchemeNotHttp, Reason::NonHttpScheme],
    ),
    (
        "Failed integrity metadata check",
        &[Reason::IntegrityMismatch, Reason::IntegrityOpaque],
    ),
    (
        "Header Access-Control-Allow-Headers has an invalid value",
        &[Reason::AllowHeadersMalformed],
    ),
    (
        "Header Access-Control-Allow-Methods has an invalid value",
        &[Reason::AllowMethodsMalformed],
    ),
    (
        "Load cannot follow more than 20 redirections",
        &[Reason::RedirectLimit],
    ),
    (PREFACE, &[Reason::RedirectModeNoCors]),
    (
        "Not allowed to follow a redirection",
        &[Reason::RedirectModeError],
    ),
    (
        "Not allowed to load local resource",
        &[Reason::NonHttpScheme, Reason::RedirectSchemeNotHttp],
    ),
    ("Not allowed to request resource", &[Reason::NonHttpScheme]),
    (
        "Not allowed to use restricted network port",
        &[Reason::BadPort],
    ),
    (
        "Preflight response is not successful",
        &[Reason::PreflightStatusNotOk, Reason::PreflightRedirect],
    ),
    (
        "Redirection to URL with a scheme that is not HTTP(S)",
        &[
            Reason::RedirectSchemeNotHttp,
            Reason::RedirectLocationInvalid,
        ],
    ),
    ("Unsafe attempt to load URL", &[Reason::SameOriginMode]),
    (" requested insecure content from ", &[Reason::MixedContent]),
    (
        "but Access-Control-Allow-Credentials is not",
        &[
            Reason::AllowCredentialsMissing,
            Reason::AllowCredentialsInvalid,
            Reason::PreflightAllowCredentialsMissing,
            Reason::PreflightAllowCredentialsInvalid,
        ],
    ),
    ("has credentials", &[Reason::RedirectUserinfo]),
    (
        "is not allowed by Access-Control-Allow-Headers",
        &[Reason::HeaderNotAllowed],
    ),
    (
        "is not allowed by Access-Control-Allow-Methods",
        &[Reason::MethodNotAllowed],
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
        "redirection with non CORS scheme",
        &[
            Reason::RedirectSchemeNotHttp,
            Reason::RedirectLocationInvalid,
        ],
    ),
];

/// The last two are all that XMLHttpRequest says.
const EXCEPTIONS: [(&str, &[Reason]); 12] = [
    ("Header name is", &[Reason::InvalidHeader]),
    ("Invalid header name", &[Reason::InvalidHeader]),
    ("Method is forbidden", &[Reason::ForbiddenMethod]),
    ("Method is not a valid HTTP token", &[Reason::InvalidMethod]),
    (
        "Method must be GET, POST or HEAD in no-cors mode",
        &[Reason::NoCorsMethod],
    ),
    (
        "ReadableStream uploading is not supported",
        &[Reason::InvalidInit],
    ),
    (
        "Request has method 'GET' and cannot have a body",
        &[Reason::BodyNotAllowed],
    ),
    (
        "URL is not valid or contains user credentials",
        &[Reason::UrlInvalid, Reason::UrlUserinfo],
    ),
    ("has invalid value", &[Reason::InvalidHeader]),
    ("only-if-cached", &[Reason::InvalidInit]),
    ("The operation is insecure", &[Reason::ForbiddenMethod]),
    (
        "The string did not match the expected pattern",
        &[
            Reason::InvalidMethod,
            Reason::InvalidHeader,
            Reason::UrlInvalid,
            Reason::WebSocketProtocol,
        ],
    ),
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Method PUT is not allowed by Access-Control-Allow-Methods.", "PUT")]
    #[case(
        "Request header field x-probe is not allowed by Access-Control-Allow-Headers.",
        "x-probe"
    )]
    #[case("Preflight response is not successful. Status code: 404", "")]
    fn the_name_concerned_is_told(#[case] sentence: &str, #[case] name: &str) {
        assert_eq!(name_in(sentence), name);
    }

    #[test]
    fn a_redirect_is_refused_for_what_the_check_of_its_answer_said() {
        let sentence = "Cross-origin redirection to http://other.localhost/ denied by Cross-Origin \
            Resource Sharing policy: Cannot use wildcard in Access-Control-Allow-Origin when \
            credentials flag is true.";
        let reasons = of_sentence(sentence).unwrap();
        assert_eq!(reasons[0], Reason::AllowOriginWildcardWithCredentials);
    }

    #[test]
    fn only_a_refusal_without_a_word_is_that_of_the_mode() {
        let silent = "Fetch API cannot load http://api.localhost/.";
        assert_eq!(of_failure(silent).unwrap(), [Reason::SameOriginMode]);
        let checked = "Fetch API cannot load http://api.localhost/ due to access control checks.";
        assert_eq!(of_failure(checked), None);
        assert_eq!(of_failure("Refused to set unsafe header \"Via\""), None);
    }

    #[test]
    fn no_sentence_is_hidden_behind_a_more_general_one() {
        for (index, (part, reasons)) in SENTENCES.iter().enumerate() {
            assert!(!reasons.is_empty());
            let found = SENTENCES.iter().position(|(other, _)| part.contains(other));
            assert_eq!(found, Some(index), "{part}");
        }
    }
}
