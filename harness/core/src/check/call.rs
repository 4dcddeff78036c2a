//! The call that is checked.

use corspec_fetch::header_list::{is_header_name, is_header_value};
use corspec_fetch::{Body, BodySource, Credentials, Mode, Origin, Request};
use url::Url;

/// The number of the one opaque origin there is: that of the page.
const OPAQUE: u64 = 1;

/// A `fetch()` of a page.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is requested.
    pub url: Url,
    /// The origin of the page.
    pub origin: Origin,
    /// The method as the page writes it.
    pub method: String,
    /// Headers as the page sets them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, which is text.
    pub body: Option<String>,
    /// `RequestInit.mode`.
    pub mode: Mode,
    /// Whether `RequestInit.credentials` is `include`.
    pub credentials: bool,
}

/// Why something cannot be called, and what to write instead.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct BadCall {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl BadCall {
    fn new(message: String, hint: impl Into<String>) -> Self {
        Self {
            message,
            hint: hint.into(),
        }
    }
}

impl Call {
    /// The same call as the model is asked it.
    #[must_use]
    pub fn request(&self) -> Request {
        let page = match &self.origin {
            // A page without an origin has no URL to tell either.
            Origin::Opaque(_) => Url::parse("about:blank"),
            origin @ Origin::Tuple { .. } => Url::parse(&origin.serialize()),
        };
        // What an origin serialises to is a URL.
        let page = page.unwrap_or_else(|_| self.url.clone());
        let body = self.body.as_ref().map(|text| Body {
            bytes: text.clone().into_bytes(),
            content_type: Some("text/plain;charset=UTF-8".to_owned()),
            source: BodySource::Text,
        });
        Request {
            method: self.method.clone(),
            headers: self.headers.clone(),
            body,
            has_referrer: matches!(self.origin, Origin::Tuple { .. }),
            origin: self.origin.clone(),
            mode: self.mode,
            credentials: if self.credentials {
                Credentials::Include
            } else {
                Credentials::SameOrigin
            },
            ..Request::get(&page, self.url.clone())
        }
    }
}

/// The URL of a server.
///
/// # Errors
///
/// It is none, or of another scheme than these.
pub fn parse_url(text: &str, schemes: &[&str]) -> Result<Url, BadCall> {
    let example = "write it with its scheme: https://api.example/things";
    let mut url = Url::parse(text)
        .map_err(|error| BadCall::new(format!("`{text}` is no URL: {error}"), example))?;
    if !schemes.contains(&url.scheme()) {
        let message = format!("`{text}` has the scheme `{}`", url.scheme());
        let hint = format!("write a URL of {}", schemes.join(" or "));
        return Err(BadCall::new(message, hint));
    }
    url.set_fragment(None);
    Ok(url)
}

/// The origin of a page: `https://app.example`, or `null` for one that has none.
///
/// # Errors
///
/// It is not written as browsers write it, with what they would write.
pub fn parse_origin(text: &str) -> Result<Origin, BadCall> {
    if text == "null" {
        return Ok(Origin::Opaque(OPAQUE));
    }
    if let Some(origin) = Origin::parse(text) {
        return Ok(origin);
    }
    let message = format!("`{text}` is no origin as browsers write it");
    let meant = Url::parse(text).map(|url| Origin::of_url(&url));
    Err(match meant {
        Ok(origin @ Origin::Tuple { .. }) => {
            BadCall::new(message, format!("write `{}`", origin.serialize()))
        }
        _ => BadCall::new(
            message,
            "write scheme, host and port, such as https://app.example or http://localhost:3000, or `null`",
        ),
    })
}

/// A header as the page sets it: `Name: value`, or `Name` alone where the value does not matter.
///
/// # Errors
///
/// No browser would take it.
pub fn parse_header(text: &str) -> Result<(String, Vec<u8>), BadCall> {
    let (name, value) = text.split_once(':').unwrap_or((text, "1"));
    let (name, value) = (name.trim(), value.trim());
    if is_header_name(name) && is_header_value(value.as_bytes()) {
        return Ok((name.to_owned(), value.as_bytes().to_vec()));
    }
    Err(BadCall::new(
        format!("`{text}` is no header"),
        "write `Name: value`, or `Name` alone",
    ))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://app.example", None)]
    #[case("http://localhost:3000", None)]
    #[case("null", None)]
    #[case("https://app.example/", Some("write `https://app.example`"))]
    #[case("https://APP.example:443", Some("write `https://app.example`"))]
    #[case("app.example", Some("write scheme"))]
    #[case("data:,x", Some("write scheme"))]
    #[case("*", Some("write scheme"))]
    fn an_origin_is_written_as_browsers_write_it(#[case] text: &str, #[case] hint: Option<&str>) {
        let parsed = parse_origin(text);
        match hint {
            None => assert_eq!(parsed.unwrap().serialize(), text),
            Some(start) => {
                let hint = parsed.unwrap_err().hint;
                assert!(hint.starts_with(start), "{hint}");
            }
        }
    }

    #[rstest]
    #[case("X-Probe", Some(("X-Probe", "1")))]
    #[case("Authorization: Bearer a:b", Some(("Authorization", "Bearer a:b")))]
    #[case("X-Empty:", Some(("X-Empty", "")))]
    #[case("two words: 1", None)]
    #[case("X: a\nb", None)]
    fn headers(#[case] text: &str, #[case] expected: Option<(&str, &str)>) {
        let parsed = parse_header(text).ok();
        let expected = expected.map(|(name, value)| (name.to_owned(), value.into()));
        assert_eq!(parsed, expected);
    }

    #[test]
    fn a_url_needs_a_scheme_that_is_spoken() {
        assert!(parse_url("https://a.example/#x", &["http", "https"]).is_ok());
        assert!(parse_url("ftp://a.example/", &["http", "https"]).is_err());
        assert!(parse_url("a.example", &["http", "https"]).is_err());
    }
}
