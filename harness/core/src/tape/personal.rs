//! What a snapshot leaves out, and the order of what it keeps.

/// Request headers that belong to an engine or a connection rather than to the exchange, and why.
pub(crate) const PERSONAL_REQUEST_HEADERS: [(&str, &str); 20] = [
    (
        "accept-encoding",
        "each engine names the codings it was built with",
    ),
    ("accept-language", "follows the language of the machine"),
    ("connection", "belongs to the connection"),
    ("dnt", "a preference of the user"),
    ("host", "stands in the URL of the request line"),
    (
        "icy-metadata",
        "GStreamer asks radio stations for titles, whoever answers",
    ),
    ("keep-alive", "belongs to the connection"),
    ("priority", "each engine schedules as it likes"),
    ("sec-ch-ua", "the engine's name"),
    ("sec-ch-ua-mobile", "the engine's device"),
    ("sec-ch-ua-platform", "the engine's operating system"),
    (
        "sec-fetch-storage-access",
        "a proposal that not every engine sends",
    ),
    (
        "sec-fetch-user",
        "follows how the harness started the page, not what the page asked",
    ),
    ("sec-gpc", "a preference of the user"),
    (
        "sec-websocket-extensions",
        "each engine names the extensions it was built with",
    ),
    ("sec-websocket-key", "random"),
    ("te", "belongs to the connection"),
    (
        "transfer-encoding",
        "belongs to the connection; the body is shown without it",
    ),
    (
        "upgrade-insecure-requests",
        "a preference of the engine for documents",
    ),
    ("user-agent", "the engine's name and version"),
];

/// Response headers that belong to a connection or a moment, and why.
pub(crate) const PERSONAL_RESPONSE_HEADERS: [(&str, &str); 4] = [
    ("connection", "belongs to the connection"),
    ("date", "the time of the run"),
    ("keep-alive", "belongs to the connection"),
    (
        "transfer-encoding",
        "belongs to the connection; the body is shown without it",
    ),
];

/// The order of request headers in a snapshot, after the order in which the standard appends them.
/// Names that are not here follow in alphabetical order.
///
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>,
/// <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>
const STANDARD_ORDER: [&str; 16] = [
    "accept",
    "access-control-request-method",
    "access-control-request-headers",
    "access-control-request-private-network",
    "content-length",
    "referer",
    "origin",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "cache-control",
    "pragma",
    "cookie",
    "authorization",
    "content-type",
    "range",
];

/// Whether a snapshot leaves out the request header of this lower-case name.
pub(crate) fn is_personal_in_requests(name: &str) -> bool {
    PERSONAL_REQUEST_HEADERS
        .iter()
        .any(|(personal, _)| *personal == name)
        || name.starts_with("sec-ch-") // a growing family, all about the engine
}

/// Whether a snapshot leaves out a request header because of what an element asks for: each engine
/// accepts what it can show, and media are asked for in ranges or whole.
///
/// <https://fetch.spec.whatwg.org/#concept-fetch>, where the value of `Accept` is a `should`
pub(crate) fn is_personal_of_element(name: &str, value: &[u8], destination: &[u8]) -> bool {
    let is_element = destination != b"empty";
    let is_media = matches!(destination, b"audio" | b"video");
    // How fresh they must be is for HTML and Service Workers to say, in words that engines spell as
    // `max-age=0` or as `no-cache`.
    let is_renewed = matches!(destination, b"iframe" | b"serviceworker");
    match name {
        "accept" => is_element,
        "cache-control" | "pragma" => is_renewed,
        "range" => is_media && value == b"bytes=0-",
        _ => false,
    }
}

/// Whether a snapshot leaves out a request header of a WebSocket's handshake: of the metadata of fetches,
/// no two engines send the same there. Scenarios of their own say what the standard asks for.
pub(crate) fn is_personal_of_handshake(name: &str) -> bool {
    name == "accept" || name.starts_with("sec-fetch-")
}

/// Whether a snapshot leaves out the response header of this lower-case name.
pub(crate) fn is_personal_in_responses(name: &str) -> bool {
    PERSONAL_RESPONSE_HEADERS
        .iter()
        .any(|(personal, _)| *personal == name)
}

/// Sorts lower-case names into the standard's order.
pub(crate) fn place_in_order(name: &str) -> (usize, &str) {
    let place = STANDARD_ORDER.iter().position(|standard| *standard == name);
    (place.unwrap_or(STANDARD_ORDER.len()), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_is_both_kept_in_order_and_left_out() {
        for name in STANDARD_ORDER {
            assert!(!is_personal_in_requests(name), "{name}");
        }
    }

    #[test]
    fn lists_are_lower_case_and_say_why() {
        for (name, reason) in PERSONAL_REQUEST_HEADERS
            .iter()
            .chain(&PERSONAL_RESPONSE_HEADERS)
        {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(!reason.is_empty());
        }
    }

    #[test]
    fn unknown_names_come_last_in_alphabetical_order() {
        let mut names = ["x-b", "origin", "x-a", "accept"];
        names.sort_by_key(|name| place_in_order(name));
        assert_eq!(names, ["accept", "origin", "x-a", "x-b"]);
    }
}
