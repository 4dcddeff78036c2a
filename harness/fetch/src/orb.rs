//! Opaque Response Blocking, as far as it is specified.
//!
//! A draft (<https://github.com/annevk/orb>), no part of Fetch yet; Chromium and Firefox implement
//! different subsets. Only what the draft decides by headers is here: it needs a JavaScript parser
//! for the rest, which no engine runs. [`crate::Fetch`] does not apply it.

use crate::header_list::HeaderList;
use crate::mime::{extract_essence, is_javascript};
use crate::nosniff::is_nosniff;

/// What the headers of an opaque response tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ruling {
    /// An embedding can use it.
    Allow,
    /// No embedding can use it.
    Block,
    /// The body has to be looked at.
    Sniff,
}

/// <https://github.com/annevk/orb#the-algorithm>
#[must_use]
pub fn rule(status: u16, response: &HeaderList) -> Ruling {
    let Some(essence) = extract_essence(response) else {
        return Ruling::Sniff;
    };
    if is_javascript(&essence) || essence == "text/css" || essence == "image/svg+xml" {
        return Ruling::Allow;
    }
    if is_never_embedded(&essence) {
        return Ruling::Block;
    }
    let sniffable_only = is_html_json_or_xml(&essence) || essence == "text/plain";
    if sniffable_only && (status == 206 || is_nosniff(response)) {
        return Ruling::Block;
    }
    Ruling::Sniff
}

/// <https://github.com/annevk/orb#mime-type-groups> (`opaque-blocklisted-never-sniffed`)
fn is_never_embedded(essence: &str) -> bool {
    const TYPES: [&str; 14] = [
        "application/gzip",
        "application/msword",
        "application/pdf",
        "application/vnd.apple.mpegurl",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/x-gzip",
        "application/x-protobuf",
        "application/zip",
        "audio/mpegurl",
        "multipart/byteranges",
        "multipart/signed",
        "text/csv",
        "text/vtt",
    ];
    TYPES.contains(&essence)
        || essence.starts_with("application/vnd.ms-")
        || essence.starts_with("application/vnd.openxmlformats-officedocument.")
}

/// <https://mimesniff.spec.whatwg.org/#json-mime-type>, <https://mimesniff.spec.whatwg.org/#xml-mime-type>
fn is_html_json_or_xml(essence: &str) -> bool {
    matches!(
        essence,
        "application/json" | "application/xml" | "text/html" | "text/json" | "text/xml"
    ) || essence.ends_with("+json")
        || essence.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(200, "text/javascript", "", Ruling::Allow)]
    #[case(200, "text/css", "nosniff", Ruling::Allow)]
    #[case(200, "image/svg+xml", "nosniff", Ruling::Allow)]
    #[case(200, "application/pdf", "", Ruling::Block)]
    #[case(200, "application/vnd.ms-word.document", "", Ruling::Block)]
    #[case(200, "text/html", "nosniff", Ruling::Block)]
    #[case(206, "application/problem+json", "", Ruling::Block)]
    #[case(200, "application/json", "", Ruling::Sniff)]
    #[case(200, "image/png", "", Ruling::Sniff)]
    #[case(200, "", "", Ruling::Sniff)]
    fn rulings(
        #[case] status: u16,
        #[case] content_type: &str,
        #[case] options: &str,
        #[case] ruling: Ruling,
    ) {
        let mut response = HeaderList::new();
        response.append("Content-Type", content_type);
        response.append("X-Content-Type-Options", options);
        assert_eq!(rule(status, &response), ruling);
    }
}
