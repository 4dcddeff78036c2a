//! Which request headers a page may send across origins without asking.
//!
//! <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>

use crate::header_list::HeaderList;
use crate::mime;

/// The longest value that is safelisted, and the longest sum of safelisted values, in bytes.
const VALUE_LIMIT: usize = 128;
const TOTAL_LIMIT: usize = 1024;

/// <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
#[must_use]
pub fn is_cors_safelisted(name: &str, value: &[u8]) -> bool {
    if value.len() > VALUE_LIMIT {
        return false;
    }
    match name.to_ascii_lowercase().as_str() {
        "accept" => !value.iter().any(|byte| is_cors_unsafe_byte(*byte)),
        "accept-language" | "content-language" => value.iter().all(|byte| is_language_byte(*byte)),
        "content-type" => {
            !value.iter().any(|byte| is_cors_unsafe_byte(*byte))
                && mime::essence(value).is_some_and(|essence| {
                    matches!(
                        essence.as_str(),
                        "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain"
                    )
                })
        }
        "range" => is_safelisted_range(value),
        _ => false,
    }
}

/// The names that make a preflight necessary, lower-case and sorted.
///
/// Safelisted headers become unsafe together when their values are longer than 1024 bytes in sum.
///
/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
#[must_use]
pub fn unsafe_names(headers: &HeaderList) -> Vec<String> {
    let mut unsafe_names = Vec::new();
    let mut safelisted = Vec::new();
    let mut total = 0;
    for (name, value) in headers.iter() {
        if is_cors_safelisted(name, value) {
            safelisted.push(name.to_ascii_lowercase());
            total += value.len();
        } else {
            unsafe_names.push(name.to_ascii_lowercase());
        }
    }
    if total > TOTAL_LIMIT {
        unsafe_names.append(&mut safelisted);
    }
    unsafe_names.sort();
    unsafe_names.dedup();
    unsafe_names
}

/// <https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header>
#[must_use]
pub fn is_no_cors_safelisted(name: &str, value: &[u8]) -> bool {
    is_no_cors_safelisted_name(name) && is_cors_safelisted(name, value)
}

/// <https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name>
#[must_use]
pub fn is_no_cors_safelisted_name(name: &str) -> bool {
    [
        "accept",
        "accept-language",
        "content-language",
        "content-type",
    ]
    .iter()
    .any(|other| name.eq_ignore_ascii_case(other))
}

/// <https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>
#[must_use]
pub fn is_cors_non_wildcard(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>
const fn is_cors_unsafe_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t')
        || matches!(
            byte,
            b'"' | b'('
                | b')'
                | b':'
                | b'<'
                | b'>'
                | b'?'
                | b'@'
                | b'['
                | b'\\'
                | b']'
                | b'{'
                | b'}'
                | 0x7f
        )
}

const fn is_language_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'*' | b',' | b'-' | b'.' | b';' | b'=')
}

/// A single range with a start: `bytes=0-` or `bytes=0-9`.
///
/// <https://fetch.spec.whatwg.org/#simple-range-header-value>
fn is_safelisted_range(value: &[u8]) -> bool {
    let Some(range) = value.strip_prefix(b"bytes=") else {
        return false;
    };
    let Some(dash) = range.iter().position(|byte| *byte == b'-') else {
        return false;
    };
    let (start, end) = (&range[..dash], &range[dash + 1..]);
    let (Some(start), Some(end)) = (digits(start), digits(end)) else {
        return false;
    };
    !start.is_empty() && (end.is_empty() || !is_greater(start, end))
}

fn digits(bytes: &[u8]) -> Option<&[u8]> {
    bytes.iter().all(u8::is_ascii_digit).then_some(bytes)
}

/// Whether one decimal number is greater than another, whatever their length.
fn is_greater(a: &[u8], b: &[u8]) -> bool {
    let strip = |digits: &[u8]| {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits[zeros..].to_vec()
    };
    let (a, b) = (strip(a), strip(b));
    (a.len(), a) > (b.len(), b)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Accept", "text/html, */*;q=0.8", true)]
    #[case("accept", "a\tb", true)]
    #[case("accept", "a\"b", false)]
    #[case("accept", "a:b", false)]
    #[case("accept", "a\u{7f}", false)]
    #[case("accept", "a\u{b}", false)]
    #[case("Accept-Language", "en-GB,de;q=0.5, *", true)]
    #[case("accept-language", "en_GB", false)]
    #[case("content-language", "e\"n", false)]
    #[case("content-language", "x/y", false)]
    #[case("Content-Type", "text/plain;charset=UTF-8", true)]
    #[case("content-type", "TEXT/PLAIN", true)]
    #[case("content-type", "multipart/form-data; boundary=x", true)]
    #[case("content-type", "application/x-www-form-urlencoded", true)]
    #[case("content-type", "application/json", false)]
    #[case("content-type", "text/plain, text/plain", false)]
    #[case("content-type", "text/plain;a=\"b\"", false)]
    #[case("content-type", "", false)]
    #[case("range", "bytes=0-", true)]
    #[case("range", "bytes=0-9", true)]
    #[case("range", "bytes=007-7", true)]
    #[case("range", "bytes=99999999999999999999-99999999999999999999", true)]
    #[case("range", "bytes=10-9", false)]
    #[case("range", "bytes=-9", false)]
    #[case("range", "bytes=0-9,20-29", false)]
    #[case("range", "bytes = 0-9", false)]
    #[case("range", "Bytes=0-9", false)]
    #[case("range", "bytes=a-9", false)]
    #[case("range", "items=0-9", false)]
    #[case("range", "", false)]
    #[case("x-probe", "1", false)]
    #[case("authorization", "x", false)]
    #[case("last-event-id", "1", false)]
    fn safelisted_headers(#[case] name: &str, #[case] value: &str, #[case] safelisted: bool) {
        assert_eq!(is_cors_safelisted(name, value.as_bytes()), safelisted);
    }

    #[test]
    fn a_value_may_have_128_bytes() {
        assert!(is_cors_safelisted("accept", &[b'a'; 128]));
        assert!(!is_cors_safelisted("accept", &[b'a'; 129]));
    }

    #[test]
    fn safelisted_values_may_have_1024_bytes_in_sum() {
        let mut headers = HeaderList::new();
        for _ in 0..8 {
            headers.append("Accept", vec![b'a'; 128]);
        }
        assert!(unsafe_names(&headers).is_empty());
        headers.append("Content-Language", "a");
        assert_eq!(unsafe_names(&headers), ["accept", "content-language"]);
    }

    #[test]
    fn unsafe_names_are_lower_case_sorted_and_distinct() {
        let mut headers = HeaderList::new();
        for name in ["X-B", "Accept", "x-a", "x-b"] {
            headers.append(name, "1");
        }
        assert_eq!(unsafe_names(&headers), ["x-a", "x-b"]);
    }

    #[test]
    fn range_is_not_safelisted_without_cors() {
        assert!(!is_no_cors_safelisted("range", b"bytes=0-"));
        assert!(is_no_cors_safelisted("Accept", b"*/*"));
    }

    proptest::proptest! {
        #[test]
        fn a_safelisted_range_is_one_with_its_start_not_behind_its_end(start: u32, end: u32) {
            let value = format!("bytes={start}-{end}");
            proptest::prop_assert_eq!(is_cors_safelisted("range", value.as_bytes()), start <= end);
        }

        #[test]
        fn no_value_makes_another_name_safelisted(name in "x-[a-z]{1,8}", value: Vec<u8>) {
            proptest::prop_assert!(!is_cors_safelisted(&name, &value));
        }
    }
}
