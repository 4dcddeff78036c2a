//! Methods.
//!
//! <https://fetch.spec.whatwg.org/#methods>

use std::fmt;

use serde::Serialize;

use crate::header_list::is_token;

/// An HTTP method: a token, in the case it was given.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct Method(String);

impl Method {
    /// `GET`.
    #[must_use]
    pub fn get() -> Self {
        Self("GET".to_owned())
    }

    /// `OPTIONS`.
    #[must_use]
    pub fn options() -> Self {
        Self("OPTIONS".to_owned())
    }

    /// The method, if the text is a token.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-method>
    #[must_use]
    pub fn parse(method: &str) -> Option<Self> {
        is_token(method.as_bytes()).then(|| Self(method.to_owned()))
    }

    /// The method as it stands in a request line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// <https://fetch.spec.whatwg.org/#cors-safelisted-method>
    #[must_use]
    pub fn is_cors_safelisted(&self) -> bool {
        matches!(self.0.as_str(), "GET" | "HEAD" | "POST")
    }

    /// <https://fetch.spec.whatwg.org/#forbidden-method>
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        ["CONNECT", "TRACE", "TRACK"]
            .iter()
            .any(|other| self.0.eq_ignore_ascii_case(other))
    }

    /// Upper-case for the six methods that are normalised, unchanged for all others: `patch` stays.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-method-normalize>
    #[must_use]
    pub fn normalize(self) -> Self {
        let normalized = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]
            .into_iter()
            .find(|other| self.0.eq_ignore_ascii_case(other));
        normalized.map_or(self, |method| Self(method.to_owned()))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("delete", "DELETE")]
    #[case("gEt", "GET")]
    #[case("put", "PUT")]
    #[case("options", "OPTIONS")]
    #[case("patch", "patch")]
    #[case("PATCH", "PATCH")]
    #[case("eGg", "eGg")]
    fn six_methods_are_normalized(#[case] given: &str, #[case] normalized: &str) {
        assert_eq!(
            Method::parse(given).unwrap().normalize().as_str(),
            normalized
        );
    }

    #[rstest]
    #[case("")]
    #[case("A B")]
    #[case("A,B")]
    #[case("Ä")]
    fn what_is_no_token_is_no_method(#[case] given: &str) {
        assert_eq!(Method::parse(given), None);
    }

    #[test]
    fn forbidden_methods_are_so_in_any_case_and_safelisted_ones_in_one() {
        assert!(Method::parse("tRaCe").unwrap().is_forbidden());
        assert!(!Method::parse("TRACES").unwrap().is_forbidden());
        assert!(Method::parse("HEAD").unwrap().is_cors_safelisted());
        assert!(!Method::parse("head").unwrap().is_cors_safelisted());
        assert!(!Method::options().is_cors_safelisted());
    }
}
