//! Headers that script may not set, or not see.

/// Whether script may not set this request header.
///
/// <https://fetch.spec.whatwg.org/#forbidden-request-header>
#[must_use]
pub fn is_forbidden_request_header(name: &str, value: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str())
        || name.starts_with("proxy-")
        || name.starts_with("sec-")
        || (METHOD_OVERRIDES.contains(&name.as_str()) && names_forbidden_method(value))
}

/// <https://fetch.spec.whatwg.org/#forbidden-response-header-name>
#[must_use]
pub fn is_forbidden_response_header(name: &str) -> bool {
    ["set-cookie", "set-cookie2"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

const NAMES: [&str; 21] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

const METHOD_OVERRIDES: [&str; 3] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

fn names_forbidden_method(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|method| {
        let method = String::from_utf8_lossy(method);
        let method = method.trim_matches(['\t', ' ']);
        crate::method::Method::parse(method).is_some_and(|method| method.is_forbidden())
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Cookie", "", true)]
    #[case("ORIGIN", "", true)]
    #[case("Access-Control-Request-Method", "PUT", true)]
    #[case("sec-anything", "", true)]
    #[case("Proxy-Authorization", "", true)]
    #[case("secure", "", false)]
    #[case("User-Agent", "", false)]
    #[case("Access-Control-Allow-Origin", "*", false)]
    #[case("X-HTTP-Method-Override", "GET, trace", true)]
    #[case("X-HTTP-Method", "PUT", false)]
    #[case("x-method-override", "\tTRACK ", true)]
    fn request_headers(#[case] name: &str, #[case] value: &str, #[case] forbidden: bool) {
        assert_eq!(
            is_forbidden_request_header(name, value.as_bytes()),
            forbidden
        );
    }

    #[test]
    fn cookies_are_never_shown_to_script() {
        assert!(is_forbidden_response_header("Set-Cookie"));
        assert!(is_forbidden_response_header("set-cookie2"));
        assert!(!is_forbidden_response_header("cookie"));
    }
}
