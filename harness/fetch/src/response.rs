//! Responses, and what of them script sees.
//!
//! <https://fetch.spec.whatwg.org/#responses>

use std::collections::HashSet;

use serde::Serialize;
use url::Url;

use crate::forbidden::is_forbidden_response_header;
use crate::header_list::HeaderList;
use crate::request::Credentials;
use crate::words::words;

/// A response as it comes from the network.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The reason phrase; empty in HTTP/2.
    pub reason_phrase: Vec<u8>,
    /// The headers as they were sent, in order.
    pub headers: HeaderList,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the connection ended before the body did. Everything that is decided by status and
    /// headers is decided all the same.
    pub is_cut: bool,
}

/// A response as script sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VisibleResponse {
    /// `Response.type`.
    pub kind: ResponseType,
    /// `Response.status`.
    pub status: u16,
    /// `Response.statusText`.
    pub status_text: String,
    /// `Response.url`; `None` where that is empty.
    pub url: Option<Url>,
    /// `Response.redirected`.
    pub redirected: bool,
    /// The headers script can read: lower-case, sorted, combined.
    pub headers: HeaderList,
    /// The body.
    pub body: Vec<u8>,
}

words! {
    /// <https://fetch.spec.whatwg.org/#concept-response-type>
    ResponseType {
        /// From the page's own origin.
        Basic = "basic",
        /// From another origin, shared by the CORS protocol.
        Cors = "cors",
        /// From another origin, without CORS: nothing of it is visible.
        Opaque = "opaque",
        /// A redirect that was not followed.
        OpaqueRedirect = "opaqueredirect",
    }
}

/// How much of the response a request may see; it never goes back to `Basic`.
///
/// <https://fetch.spec.whatwg.org/#concept-request-response-tainting>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tainting {
    /// Everything but cookies.
    Basic,
    /// What the CORS protocol exposes.
    Cors,
    /// Nothing.
    Opaque,
}

/// <https://fetch.spec.whatwg.org/#redirect-status>
#[must_use]
pub const fn is_redirect_status(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// <https://fetch.spec.whatwg.org/#null-body-status>
#[must_use]
pub const fn is_null_body_status(status: u16) -> bool {
    matches!(status, 101 | 103 | 204 | 205 | 304)
}

/// <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
#[must_use]
pub fn is_safelisted_response_header(name: &str) -> bool {
    [
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    ]
    .iter()
    .any(|other| name.eq_ignore_ascii_case(other))
}

/// What the filtered response of this tainting is made of, for a response that was not blocked.
///
/// `url` is the last URL of the request and `redirected` whether it had several.
///
/// <https://fetch.spec.whatwg.org/#concept-filtered-response>
#[must_use]
pub(crate) fn filter(
    response: HttpResponse,
    tainting: Tainting,
    credentials: Credentials,
    url: &Url,
    redirected: bool,
) -> VisibleResponse {
    let mut url = url.clone();
    url.set_fragment(None);
    let headers = match tainting {
        Tainting::Opaque => return nothing_visible(ResponseType::Opaque, None),
        Tainting::Basic => retain(&response.headers, |_| true),
        Tainting::Cors => {
            let exposed = exposed_names(&response.headers, credentials);
            retain(&response.headers, |name| {
                is_safelisted_response_header(name) || exposed.contains(&name.to_ascii_lowercase())
            })
        }
    };
    VisibleResponse {
        kind: if tainting == Tainting::Basic {
            ResponseType::Basic
        } else {
            ResponseType::Cors
        },
        status: response.status,
        status_text: response
            .reason_phrase
            .iter()
            .copied()
            .map(char::from)
            .collect(),
        url: Some(url),
        redirected,
        headers,
        body: response.body,
    }
}

/// <https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect>
#[must_use]
pub(crate) fn opaque_redirect(url: &Url) -> VisibleResponse {
    let mut url = url.clone();
    url.set_fragment(None);
    nothing_visible(ResponseType::OpaqueRedirect, Some(url))
}

/// The names that a response exposes beyond the safelist, in lower case. A malformed list exposes
/// nothing.
///
/// <https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list>
fn exposed_names(headers: &HeaderList, credentials: Credentials) -> HashSet<String> {
    let exposed = headers.extract_tokens("access-control-expose-headers");
    let names = exposed.ok().flatten().unwrap_or_default();
    let lower_case = |name: &str| name.to_ascii_lowercase();
    if credentials != Credentials::Include && names.iter().any(|name| name == "*") {
        return headers.iter().map(|(name, _)| lower_case(name)).collect();
    }
    names.iter().map(|name| lower_case(name)).collect()
}

fn retain(headers: &HeaderList, keep: impl Fn(&str) -> bool) -> HeaderList {
    let kept: HeaderList = headers
        .lines()
        .iter()
        .filter(|(name, _)| !is_forbidden_response_header(name) && keep(name))
        .cloned()
        .collect();
    kept.sort_and_combine()
}

fn nothing_visible(kind: ResponseType, url: Option<Url>) -> VisibleResponse {
    VisibleResponse {
        kind,
        status: 0,
        status_text: String::new(),
        url,
        redirected: false,
        headers: HeaderList::new(),
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn visible(
        tainting: Tainting,
        credentials: Credentials,
        lines: &[(&str, &str)],
    ) -> Vec<String> {
        let headers = lines
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
            .collect();
        let response = HttpResponse {
            status: 200,
            headers,
            ..HttpResponse::default()
        };
        let url = Url::parse("http://b.example/x#fragment").unwrap();
        let response = filter(response, tainting, credentials, &url, false);
        response
            .headers
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    #[test]
    fn seven_names_are_visible_across_origins_without_being_exposed() {
        let lines = [
            ("Cache-Control", "a"),
            ("Content-Language", "a"),
            ("Content-Length", "1"),
            ("Content-Type", "a"),
            ("Expires", "a"),
            ("Last-Modified", "a"),
            ("Pragma", "a"),
            ("Server", "a"),
            ("Set-Cookie", "a"),
            ("X-A", "a"),
        ];
        assert_eq!(visible(Tainting::Cors, Credentials::Omit, &lines).len(), 7);
        assert_eq!(visible(Tainting::Basic, Credentials::Omit, &lines).len(), 9);
        assert!(visible(Tainting::Opaque, Credentials::Omit, &lines).is_empty());
    }

    #[rstest]
    #[case(&["x-a"], Credentials::Omit, true)]
    #[case(&["X-B, x-A"], Credentials::Omit, true)]
    #[case(&["x-b", "x-a"], Credentials::Omit, true)]
    #[case(&[",,x-a,"], Credentials::Omit, true)]
    #[case(&["*"], Credentials::Omit, true)]
    #[case(&["*"], Credentials::Include, false)]
    #[case(&["*, x-a"], Credentials::Include, true)]
    #[case(&["x-b"], Credentials::Omit, false)]
    #[case(&["x-a x-b"], Credentials::Omit, false)]
    #[case(&["x-a", "x b"], Credentials::Omit, false)]
    #[case(&["\"x-a\""], Credentials::Omit, false)]
    fn exposed_headers(
        #[case] exposed: &[&str],
        #[case] credentials: Credentials,
        #[case] is_visible: bool,
    ) {
        let mut lines = vec![("X-A", "1")];
        lines.extend(
            exposed
                .iter()
                .map(|value| ("Access-Control-Expose-Headers", *value)),
        );
        let visible = visible(Tainting::Cors, credentials, &lines);
        assert_eq!(visible.iter().any(|name| name == "x-a"), is_visible);
    }

    #[test]
    fn cookies_cannot_be_exposed() {
        let lines = [
            ("Set-Cookie", "a=1"),
            ("Access-Control-Expose-Headers", "*, Set-Cookie"),
        ];
        let visible = visible(Tainting::Cors, Credentials::Omit, &lines);
        assert_eq!(visible, ["access-control-expose-headers"]);
    }

    #[test]
    fn the_url_loses_its_fragment_and_an_opaque_response_has_none() {
        let url = Url::parse("http://b.example/x#fragment").unwrap();
        let filtered = |tainting| {
            filter(
                HttpResponse::default(),
                tainting,
                Credentials::Omit,
                &url,
                true,
            )
        };
        assert_eq!(
            filtered(Tainting::Cors).url.unwrap().as_str(),
            "http://b.example/x"
        );
        assert_eq!(filtered(Tainting::Opaque).url, None);
        assert!(!filtered(Tainting::Opaque).redirected);
        assert_eq!(
            opaque_redirect(&url).url.unwrap().as_str(),
            "http://b.example/x"
        );
    }
}
