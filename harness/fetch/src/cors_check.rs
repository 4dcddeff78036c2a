//! The CORS check.
//!
//! <https://fetch.spec.whatwg.org/#cors-check>

use crate::header_list::HeaderList;
use crate::reason::Reason;
use crate::request::Credentials;

/// Whether a response may be shared with the page.
///
/// `origin` is the serialised request origin ([`crate::request_origin::serialize`]).
///
/// # Errors
///
/// The step that failed, as the reason for a response that is not a preflight's.
///
/// <https://fetch.spec.whatwg.org/#cors-check>
pub fn check(origin: &str, credentials: Credentials, response: &HeaderList) -> Result<(), Reason> {
    let Some(allowed) = response.get("access-control-allow-origin") else {
        return Err(Reason::AllowOriginMissing);
    };
    let with_credentials = credentials == Credentials::Include;
    if allowed == b"*" {
        return if with_credentials {
            Err(Reason::AllowOriginWildcardWithCredentials)
        } else {
            Ok(())
        };
    }
    if allowed != origin.as_bytes() {
        // The standard knows a mismatch only; several values deserve a remedy of their own.
        let several = allowed.contains(&b',');
        return Err(if several {
            Reason::AllowOriginMultiple
        } else {
            Reason::AllowOriginMismatch
        });
    }
    if !with_credentials {
        return Ok(());
    }
    match response.get("access-control-allow-credentials").as_deref() {
        None => Err(Reason::AllowCredentialsMissing),
        Some(b"true") => Ok(()),
        Some(_) => Err(Reason::AllowCredentialsInvalid),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ORIGIN: &str = "http://a.example";

    fn response(lines: &[(&str, &str)]) -> HeaderList {
        lines
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
            .collect()
    }

    #[rstest]
    #[case(ORIGIN, Ok(()))]
    #[case("*", Ok(()))]
    #[case("", Err(Reason::AllowOriginMismatch))]
    #[case("null", Err(Reason::AllowOriginMismatch))]
    #[case("**", Err(Reason::AllowOriginMismatch))]
    #[case("http://*.example", Err(Reason::AllowOriginMismatch))]
    #[case("http://A.example", Err(Reason::AllowOriginMismatch))]
    #[case("http://a.example/", Err(Reason::AllowOriginMismatch))]
    #[case("http://a.example:80", Err(Reason::AllowOriginMismatch))]
    #[case("a.example", Err(Reason::AllowOriginMismatch))]
    #[case("https://a.example", Err(Reason::AllowOriginMismatch))]
    #[case("http://a.example.evil", Err(Reason::AllowOriginMismatch))]
    #[case("http://a.example http://b.example", Err(Reason::AllowOriginMismatch))]
    #[case("http://a.example, http://b.example", Err(Reason::AllowOriginMultiple))]
    #[case("*, *", Err(Reason::AllowOriginMultiple))]
    fn allow_origin_is_compared_byte_for_byte(
        #[case] allowed: &str,
        #[case] expected: Result<(), Reason>,
    ) {
        let response = response(&[("Access-Control-Allow-Origin", allowed)]);
        assert_eq!(check(ORIGIN, Credentials::SameOrigin, &response), expected);
    }

    #[test]
    fn two_equal_lines_are_two_values() {
        let twice = response(&[
            ("Access-Control-Allow-Origin", ORIGIN),
            ("access-control-allow-origin", ORIGIN),
        ]);
        let checked = check(ORIGIN, Credentials::Omit, &twice);
        assert_eq!(checked, Err(Reason::AllowOriginMultiple));
    }

    #[rstest]
    #[case(None, Err(Reason::AllowCredentialsMissing))]
    #[case(Some("true"), Ok(()))]
    #[case(Some("True"), Err(Reason::AllowCredentialsInvalid))]
    #[case(Some("1"), Err(Reason::AllowCredentialsInvalid))]
    #[case(Some(""), Err(Reason::AllowCredentialsInvalid))]
    #[case(Some("true, true"), Err(Reason::AllowCredentialsInvalid))]
    fn credentials_need_a_literal_true(
        #[case] allowed: Option<&str>,
        #[case] expected: Result<(), Reason>,
    ) {
        let mut response = response(&[("Access-Control-Allow-Origin", ORIGIN)]);
        if let Some(allowed) = allowed {
            response.append("Access-Control-Allow-Credentials", allowed);
        }
        assert_eq!(check(ORIGIN, Credentials::Include, &response), expected);
        assert_eq!(check(ORIGIN, Credentials::SameOrigin, &response), Ok(()));
    }

    #[test]
    fn a_wildcard_does_not_count_with_credentials() {
        let response = response(&[
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Credentials", "true"),
        ]);
        let checked = check(ORIGIN, Credentials::Include, &response);
        assert_eq!(checked, Err(Reason::AllowOriginWildcardWithCredentials));
    }

    proptest::proptest! {
        /// The check against one written in another way.
        #[test]
        fn the_check_agrees_with_a_truth_table(
            allowed in proptest::option::of("\\*|null|http://a\\.example|http://b\\.example|"),
            credentialed: bool,
            allow_credentials in proptest::option::of("true|TRUE|"),
        ) {
            let mut headers = HeaderList::new();
            if let Some(allowed) = &allowed {
                headers.append("Access-Control-Allow-Origin", allowed.as_str());
            }
            if let Some(value) = &allow_credentials {
                headers.append("Access-Control-Allow-Credentials", value.as_str());
            }
            let mode = if credentialed { Credentials::Include } else { Credentials::SameOrigin };
            let exact = allowed.as_deref() == Some(ORIGIN);
            let shared = match credentialed {
                false => exact || allowed.as_deref() == Some("*"),
                true => exact && allow_credentials.as_deref() == Some("true"),
            };
            proptest::prop_assert_eq!(check(ORIGIN, mode, &headers).is_ok(), shared);
        }
    }
}
