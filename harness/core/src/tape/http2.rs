//! Header lists of HTTP/2, as its library decodes them.

use http::HeaderMap;

/// The lines of a header list; a cookie that was split for compression is put together again.
///
/// <https://www.rfc-editor.org/rfc/rfc9113.html#name-compressing-the-cookie-head>
pub(crate) fn header_list(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let mut lines: Vec<(String, Vec<u8>)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        match lines.last_mut() {
            Some((last, crumbs)) if last == "cookie" && name == http::header::COOKIE => {
                crumbs.extend_from_slice(b"; ");
                crumbs.extend_from_slice(value.as_bytes());
            }
            _ => lines.push((name.as_str().to_owned(), value.as_bytes().to_vec())),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use http::header::{COOKIE, HeaderValue, VARY};

    use super::*;

    #[test]
    fn crumbs_of_a_cookie_are_put_together_and_other_lines_are_not() {
        let mut headers = HeaderMap::new();
        for (name, value) in [(COOKIE, "a=1"), (VARY, "x"), (COOKIE, "b=2"), (VARY, "y")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let expected: [(&str, &[u8]); 3] =
            [("cookie", b"a=1; b=2"), ("vary", b"x"), ("vary", b"y")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_vec()));
        assert_eq!(header_list(&headers), expected);
    }
}
