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

/// The MIME type with its charset replaced by UTF-8; `None` where it has no other charset.
///
/// <https://mimesniff.spec.whatwg.org/#serialize-a-mime-type>
#[must_use]
pub fn with_charset_utf8(text: &[u8]) -> Option<String> {
    let essence = essence(text)?;
    let mut parameters = parameters(text);
    let charset = parameters.iter_mut().find(|(name, _)| name == "charset")?;
    if charset.1.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    "UTF-8".clone_into(&mut charset.1);
    let serialized = parameters.iter().map(|(name, value)| {
        if is_token(value.as_bytes()) {
            format!(";{name}={value}")
        } else {
            format!(
                ";{name}=\"{}\"",
                value.replace('\\', "\\\\").replace('"', "\\\"")
            )
        }
    });
    Some(std::iter::once(essence).chain(serialized).collect())
}

/// The parameters of a MIME type, the first of each name.
///
/// <https://mimesniff.spec.whatwg.org/#parse-a-mime-type>
fn parameters(text: &[u8]) -> Vec<(String, String)> {
    let text: String = trim(text).iter().copied().map(char::from).collect();
    let mut rest = text.split_once(';').map_or("", |(_, rest)| rest);
    let mut parameters: Vec<(String, String)> = Vec::new();
    while !rest.is_empty() {
        rest = rest.trim_start_matches(['\t', '\n', '\r', ' ']);
        let end = rest.find([';', '=']).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let Some(value) = rest.strip_prefix('=') else {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        let is_quoted = value.starts_with('"');
        let (value, behind) = if let Some(quoted) = value.strip_prefix('"') {
            let (value, behind) = quoted_string(quoted);
            (value, behind.find(';').map_or("", |end| &behind[end + 1..]))
        } else {
            let (value, behind) = value.split_once(';').unwrap_or((value, ""));
            (
                value.trim_end_matches(['\t', '\n', '\r', ' ']).to_owned(),
                behind,
            )
        };
        rest = behind;
        let is_missing = value.is_empty() && !is_quoted;
        let known = parameters.iter().any(|(other, _)| *other == name);
        let is_valid = is_token(name.as_bytes()) && value.chars().all(is_quoted_string_token);
        if is_valid && !known && !is_missing {
            parameters.push((name, value));
        }
    }
    parameters
}

/// <https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point>
const fn is_quoted_string_token(character: char) -> bool {
    matches!(character, '\t' | ' '..='~' | '\u{80}'..='\u{ff}')
}

/// The value of a quoted string whose opening quote is gone, and what stands behind it.
///
/// <https://fetch.spec.whatwg.org/#collect-an-http-quoted-string>
fn quoted_string(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return (value, &text[index + 1..]),
            '\\' => value.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
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

    #[rstest]
    #[case("text/plain;charset=utf-8", None)]
    #[case("text/plain", None)]
    #[case("text/plain;charset=ascii", Some("text/plain;charset=UTF-8"))]
    #[case(
        "TEXT/plain; a=B ;Charset=\"ascii\"; c=\"d e\"",
        Some("text/plain;a=B;charset=UTF-8;c=\"d e\"")
    )]
    #[case("text/plain;charset=a;charset=b", Some("text/plain;charset=UTF-8"))]
    #[case("text/plain;;charset=a;x", Some("text/plain;charset=UTF-8"))]
    #[case::no_value("text/plain;a=\"\u{7f}\";charset=a", Some("text/plain;charset=UTF-8"))]
    #[case::nothing_is_no_value("text/plain;charset=;charset=a", Some("text/plain;charset=UTF-8"))]
    #[case::a_quoted_nothing_is_one(
        "text/plain;a=\"\";charset=b",
        Some("text/plain;a=\"\";charset=UTF-8")
    )]
    #[case("nonsense;charset=ascii", None)]
    fn charsets(#[case] given: &str, #[case] corrected: Option<&str>) {
        assert_eq!(with_charset_utf8(given.as_bytes()).as_deref(), corrected);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text: Vec<u8>) {
            let _ = with_charset_utf8(&text);
        }
    }

    #[test]
    fn the_last_valid_type_counts() {
        let mut headers = HeaderList::new();
        headers.append("Content-Type", "text/html");
        headers.append("Content-Type", "nonsense");
        assert_eq!(extract_essence(&headers).as_deref(), Some("text/html"));
    }
}
