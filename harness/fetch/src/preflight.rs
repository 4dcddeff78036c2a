//! The CORS-preflight: when it is needed, what it asks, and how its answer is judged.
//!
//! <https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>

use std::time::Duration;

use crate::Block;
use crate::cors_check;
use crate::header_list::HeaderList;
use crate::method::Method;
use crate::reason::Reason;
use crate::request::Credentials;
use crate::response::HttpResponse;
use crate::safelist::is_cors_non_wildcard;

/// How long a permission lasts when the server does not say.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5);

/// More seconds than any engine remembers a permission for.
const MORE_THAN_ANY_CAP: u64 = u32::MAX as u64;

/// What a preflight asks on behalf of a request.
#[derive(Clone, Copy, Debug)]
pub struct Question<'request> {
    /// The serialised request origin.
    pub origin: &'request str,
    /// The request's credentials mode: the preflight itself never carries credentials.
    pub credentials: Credentials,
    /// The method to be used.
    pub method: &'request Method,
    /// The headers to be sent.
    pub headers: &'request HeaderList,
    /// Those of them that need permission: lower-case, sorted.
    pub unsafe_names: &'request [String],
    /// <https://fetch.spec.whatwg.org/#use-cors-preflight-flag>
    pub use_cors_preflight: bool,
}

/// What a preflight permits, for the cache.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Permissions {
    /// Methods.
    pub methods: Vec<String>,
    /// Header names.
    pub headers: Vec<String>,
    /// For how long.
    pub max_age: Duration,
}

/// The headers that a preflight has beside those of every request, in order.
#[must_use]
pub fn headers(method: &Method, unsafe_names: &[String]) -> HeaderList {
    let mut headers = HeaderList::new();
    headers.append("Accept", "*/*");
    headers.append("Access-Control-Request-Method", method.as_str());
    if !unsafe_names.is_empty() {
        headers.append("Access-Control-Request-Headers", unsafe_names.join(","));
    }
    headers
}

/// Whether the answer to a preflight lets the request through.
///
/// # Errors
///
/// The step that failed, with the method or header concerned.
///
/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch-0>
///
/// # Deviation
///
/// All engines let `*` in `Access-Control-Allow-Headers` cover `Authorization`
/// (<https://github.com/whatwg/fetch/issues/1919>).
pub fn judge(question: &Question<'_>, response: &HttpResponse) -> Result<Permissions, Block> {
    cors_check::check(question.origin, question.credentials, &response.headers)
        .map_err(|reason| Block::from(reason.on_preflight()))?;
    if !(200..=299).contains(&response.status) {
        let redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
        let reason = if redirect {
            Reason::PreflightRedirect
        } else {
            Reason::PreflightStatusNotOk
        };
        return Err(Block::new(reason, response.status.to_string()));
    }
    let extract = |name: &str, reason: Reason| {
        response
            .headers
            .extract_tokens(name)
            .map_err(|_| Block::from(reason))
    };
    let methods = extract(
        "access-control-allow-methods",
        Reason::AllowMethodsMalformed,
    )?;
    let headers = extract(
        "access-control-allow-headers",
        Reason::AllowHeadersMalformed,
    )?;
    let methods = match methods {
        None if question.use_cors_preflight => vec![question.method.to_string()],
        methods => methods.unwrap_or_default(),
    };
    let headers = headers.unwrap_or_default();
    let wildcard = |list: &[String]| {
        question.credentials != Credentials::Include && list.iter().any(|member| member == "*")
    };
    let listed = |name: &str| {
        headers
            .iter()
            .any(|member| member.eq_ignore_ascii_case(name))
    };

    let method = question.method.as_str();
    if !methods.iter().any(|member| member == method)
        && !question.method.is_cors_safelisted()
        && !wildcard(&methods)
    {
        return Err(Block::new(Reason::MethodNotAllowed, method));
    }
    let explicit = question.headers.iter().map(|(name, _)| name);
    if let Some(name) = explicit
        .filter(|name| is_cors_non_wildcard(name))
        .find(|n| !listed(n))
    {
        return Err(Block::new(
            Reason::HeaderNotAllowed,
            name.to_ascii_lowercase(),
        ));
    }
    let unlisted = question.unsafe_names.iter().find(|name| !listed(name));
    if let Some(name) = unlisted.filter(|_| !wildcard(&headers)) {
        return Err(Block::new(Reason::HeaderNotAllowed, name.as_str()));
    }
    Ok(Permissions {
        methods,
        headers,
        max_age: max_age(&response.headers),
    })
}

/// How long the permission lasts, before any cap.
///
/// A value that is no delta-seconds, `-1` among them, counts as none.
///
/// # Deviation
///
/// All engines take `-1` for zero.
fn max_age(headers: &HeaderList) -> Duration {
    let value = headers
        .extract_single("access-control-max-age")
        .ok()
        .flatten();
    let digits = value.filter(|value| !value.is_empty() && value.iter().all(u8::is_ascii_digit));
    digits.map_or(DEFAULT_MAX_AGE, |digits| {
        // More digits than fit are more seconds than any cap lets through.
        let seconds = std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok());
        Duration::from_secs(seconds.unwrap_or(MORE_THAN_ANY_CAP))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ORIGIN: &str = "http://a.example";

    /// Judges a preflight for `method` and `names`, answered with `lines` and an allowed origin.
    fn judged(
        method: &str,
        names: &[&str],
        credentials: Credentials,
        lines: &[(&str, &str)],
    ) -> Result<Permissions, Block> {
        let mut response = HttpResponse {
            status: 204,
            ..HttpResponse::default()
        };
        response
            .headers
            .append("Access-Control-Allow-Origin", ORIGIN);
        response
            .headers
            .append("Access-Control-Allow-Credentials", "true");
        lines
            .iter()
            .for_each(|(name, value)| response.headers.append(*name, *value));
        let mut headers = HeaderList::new();
        names.iter().for_each(|name| headers.append(*name, "1"));
        let question = Question {
            origin: ORIGIN,
            credentials,
            method: &Method::parse(method).unwrap(),
            headers: &headers,
            unsafe_names: &crate::safelist::unsafe_names(&headers),
            use_cors_preflight: false,
        };
        judge(&question, &response)
    }

    const METHODS: &str = "Access-Control-Allow-Methods";
    const HEADERS: &str = "Access-Control-Allow-Headers";

    #[rstest]
    #[case("PUT", "PUT", None)]
    #[case("PUT", "DELETE, PUT", None)]
    #[case("PUT", "put", Some("PUT"))]
    #[case("PUT", "", Some("PUT"))]
    #[case("PUT", "*", None)]
    #[case("GET", "", None)]
    #[case("patch", "PATCH", Some("patch"))]
    fn methods_must_be_listed_exactly(
        #[case] method: &str,
        #[case] listed: &str,
        #[case] refused: Option<&str>,
    ) {
        let judged = judged(method, &[], Credentials::Omit, &[(METHODS, listed)]);
        let expected = refused.map(|method| Block::new(Reason::MethodNotAllowed, method));
        assert_eq!(judged.err(), expected);
    }

    #[rstest]
    #[case(&["x-a"], "X-A", None)]
    #[case(&["x-a", "x-b"], "x-a", Some("x-b"))]
    #[case(&["x-a"], "x-aa", Some("x-a"))]
    #[case(&["x-a"], ", ,x-a,", None)]
    #[case(&["x-a"], "*", None)]
    #[case(&["Authorization"], "*", Some("authorization"))]
    #[case(&["Authorization"], "*, authorization", None)]
    #[case(&["accept"], "", None)]
    fn header_names_must_be_listed_in_any_case(
        #[case] names: &[&str],
        #[case] listed: &str,
        #[case] refused: Option<&str>,
    ) {
        let judged = judged("GET", names, Credentials::Omit, &[(HEADERS, listed)]);
        let expected = refused.map(|name| Block::new(Reason::HeaderNotAllowed, name));
        assert_eq!(judged.err(), expected);
    }

    #[test]
    fn a_wildcard_is_literal_with_credentials() {
        let star = [(METHODS, "*"), (HEADERS, "*")];
        let put = judged("PUT", &[], Credentials::Include, &star);
        assert_eq!(put.unwrap_err().reason, Reason::MethodNotAllowed);
        let header = judged("GET", &["x-a"], Credentials::Include, &star);
        assert_eq!(header.unwrap_err().reason, Reason::HeaderNotAllowed);
        assert!(judged("*", &[], Credentials::Include, &star).is_ok());
    }

    #[rstest]
    #[case(METHODS, "PUT PATCH", Reason::AllowMethodsMalformed)]
    #[case(HEADERS, "x a", Reason::AllowHeadersMalformed)]
    fn a_malformed_list_fails_the_preflight(
        #[case] name: &str,
        #[case] value: &str,
        #[case] reason: Reason,
    ) {
        let judged = judged("GET", &[], Credentials::Omit, &[(name, value)]);
        assert_eq!(judged.unwrap_err().reason, reason);
    }

    #[rstest]
    #[case(200, None)]
    #[case(299, None)]
    #[case(199, Some(Reason::PreflightStatusNotOk))]
    #[case(300, Some(Reason::PreflightStatusNotOk))]
    #[case(302, Some(Reason::PreflightRedirect))]
    #[case(404, Some(Reason::PreflightStatusNotOk))]
    fn only_an_ok_status_is_ok(#[case] status: u16, #[case] refused: Option<Reason>) {
        let mut response = HttpResponse {
            status,
            ..HttpResponse::default()
        };
        response.headers.append("Access-Control-Allow-Origin", "*");
        let question = Question {
            origin: ORIGIN,
            credentials: Credentials::Omit,
            method: &Method::get(),
            headers: &HeaderList::new(),
            unsafe_names: &[],
            use_cors_preflight: false,
        };
        assert_eq!(
            judge(&question, &response).err().map(|block| block.reason),
            refused
        );
    }

    #[rstest]
    #[case(&[], 5)]
    #[case(&["60"], 60)]
    #[case(&["0"], 0)]
    #[case(&["-1"], 5)]
    #[case(&["1.5"], 5)]
    #[case(&["soon"], 5)]
    #[case(&[""], 5)]
    #[case(&["60", "60"], 5)]
    #[case(&["99999999999999999999999"], 4_294_967_295)]
    fn max_ages(#[case] values: &[&str], #[case] seconds: u64) {
        let mut headers = HeaderList::new();
        values
            .iter()
            .for_each(|value| headers.append("Access-Control-Max-Age", *value));
        assert_eq!(max_age(&headers), Duration::from_secs(seconds));
    }

    #[test]
    fn a_preflight_asks_in_the_order_of_the_standard() {
        let names = ["x-a".to_owned(), "x-b".to_owned()];
        let headers = headers(&Method::parse("PUT").unwrap(), &names);
        let lines: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        assert_eq!(
            lines,
            [
                "Accept",
                "Access-Control-Request-Method",
                "Access-Control-Request-Headers"
            ]
        );
        assert_eq!(
            headers.get("access-control-request-headers"),
            Some(b"x-a,x-b".to_vec())
        );
    }
}
