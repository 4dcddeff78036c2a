//! Blocking by MIME type.
//!
//! <https://fetch.spec.whatwg.org/#x-content-type-options-header>

use crate::header_list::HeaderList;
use crate::mime::{extract_essence, is_javascript};
use crate::request::Destination;

/// <https://fetch.spec.whatwg.org/#determine-nosniff>
#[must_use]
pub fn is_nosniff(response: &HeaderList) -> bool {
    let values = response
        .get_decode_split("x-content-type-options")
        .unwrap_or_default();
    values
        .first()
        .is_some_and(|value| value.eq_ignore_ascii_case("nosniff"))
}

/// <https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?>
#[must_use]
pub fn blocks(destination: Destination, response: &HeaderList) -> bool {
    if !is_nosniff(response) {
        return false;
    }
    let essence = extract_essence(response);
    match destination {
        _ if destination.is_script_like() => {
            !essence.is_some_and(|essence| is_javascript(&essence))
        }
        Destination::Style => essence.as_deref() != Some("text/css"),
        _ => false,
    }
}

/// <https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?>
#[must_use]
pub fn blocks_script_by_type(destination: Destination, response: &HeaderList) -> bool {
    destination.is_script_like()
        && extract_essence(response).is_some_and(|essence| {
            let kind = essence.split('/').next().unwrap_or_default();
            essence == "text/csv" || matches!(kind, "audio" | "image" | "video")
        })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn response(options: &str, content_type: &str) -> HeaderList {
        let mut response = HeaderList::new();
        response.append("X-Content-Type-Options", options);
        response.append("Content-Type", content_type);
        response
    }

    #[rstest]
    #[case("nosniff", true)]
    #[case("NOSNIFF, other", true)]
    #[case("other, nosniff", false)]
    #[case(",nosniff", false)]
    #[case("\"nosniff\"", false)]
    fn the_first_value_decides(#[case] options: &str, #[case] nosniff: bool) {
        assert_eq!(is_nosniff(&response(options, "text/plain")), nosniff);
    }

    #[rstest]
    #[case(Destination::Script, "text/plain", true)]
    #[case(Destination::Script, "text/javascript", false)]
    #[case(Destination::Style, "text/javascript", true)]
    #[case(Destination::Style, "text/css;x", false)]
    #[case(Destination::Empty, "text/plain", false)]
    #[case(Destination::Image, "text/plain", false)]
    fn nosniff_concerns_scripts_and_styles(
        #[case] destination: Destination,
        #[case] content_type: &str,
        #[case] blocked: bool,
    ) {
        assert_eq!(
            blocks(destination, &response("nosniff", content_type)),
            blocked
        );
    }

    #[rstest]
    #[case("image/png", true)]
    #[case("text/csv", true)]
    #[case("text/html", false)]
    fn some_types_are_never_scripts(#[case] content_type: &str, #[case] blocked: bool) {
        let response = response("", content_type);
        assert_eq!(
            blocks_script_by_type(Destination::Script, &response),
            blocked
        );
    }
}
