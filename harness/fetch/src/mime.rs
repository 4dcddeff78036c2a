//! MIME types, as far as the safelist and `nosniff` need them.
//!
//! <https://mimesniff.spec.whatwg.org/#parsing-a-mime-type>

use crate::header_list::{HeaderList, is_token};

/// The essence (`type/subtype`, lower-case) of a MIME type; `None` when the text is none.
///
/// <https://mimesniff.spec.whatwg.org/#parse-a-mime-type>
#[must_use]
pub fn essence(text: &[u8]) -> Option<String> {
    let end = text
        .iter()
        .position(|byte| *byte == b';')
        .unwrap_or(text.len());
    let (kind, subtype) = {
        let full = trim(&text[..end]);
        let slash = full.iter().position(|byte| *byte == b'/')?;
        (&full[..slash], &full[slash + 1..])
    };
    (is_token(kind) && is_token(subtype)).then(|| {
        let lower = |part: &[u8]| String::from_utf8_lossy(part).to_ascii_lowercase();
        format!("{}/{}", lower(kind), lower(subtype))
    })
}

/// The essence of the last valid MIME type among the Content-Type values.
///
/// <https://fetch.spec.whatwg.org/#concept-header-extract-mime-type>
#[must_use]
pub fn extract_essence(headers: &HeaderList) -> Option<String> {
    let values = headers.get_decode_split("content-type")?;
    values
        .iter()
        .rev()
        .filter_map(|value| essence(value.as_bytes()))
        .find(|e| e != "*/*")
}

/// <https://mimesniff.spec.whatwg.org/#javascript-mime-type>
#[must_use]
pub fn is_javascript(essence: &str) -> bool {
    matches!(
        essence,
        "application/ecmascript"
            | "application/javascript"
            | "application/x-ecmascript"
            | "application/x-javascript"
            | "text/ecmascript"
            | "text/javascript"
            | "text/javascript1.0"
            | "text/javascript1.1"
            | "text/javascript1.2"
            | "text/javascript1.3"
            | "text/javascript1.4"
            | "text/javascript1.5"
            | "text/jscript"
            | "text/livescript"
            | "text/x-ecmascript"
            | "text/x-javascript"
    )
}

/// Strips the whitespace of HTTP, line ends included.
fn trim(bytes: &[u8]) -> &[u8] {
    crate::header_list::normalize_value(bytes)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("text/plain", Some("text/plain"))]
    #[case("TEXT/Plain;charset=utf-8", Some("text/plain"))]
    #[case(" text/plain ; x", Some("text/plain"))]
    #[case("text/plain, text/html", None)]
    #[case("text", None)]
    #[case("text/", None)]
    #[case("/plain", None)]
    #[case("", None)]
    #[case("text/pla in", None)]
    fn essences(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(essence(text.as_bytes()).as_deref(), expected);
    }

    #[test]
    fn the_last_valid_type_counts() {
        let mut headers = HeaderList::new();
        headers.append("Content-Type", "text/html");
        headers.append("Content-Type", "nonsense");
        assert_eq!(extract_essence(&headers).as_deref(), Some("text/html"));
    }
}
