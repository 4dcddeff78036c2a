//! The `Origin` header, and what redirects do to it.
//!
//! <https://fetch.spec.whatwg.org/#origin-header>

use url::Url;

use crate::method::Method;
use crate::origin::Origin;
use crate::referrer::ReferrerPolicy;
use crate::request::Mode;
use crate::response::Tainting;

/// How far redirects have led a request astray.
///
/// <https://fetch.spec.whatwg.org/#concept-request-tainted-origin>
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RedirectTaint {
    /// Nowhere that matters.
    SameOrigin,
    /// From an origin that is not the page's to another of the same site.
    SameSite,
    /// From a site that is not the page's to another.
    CrossSite,
}

/// <https://fetch.spec.whatwg.org/#concept-request-tainted-origin>
#[must_use]
pub fn redirect_taint(origin: &Origin, urls: &[Url]) -> RedirectTaint {
    let mut taint = RedirectTaint::SameOrigin;
    for pair in urls.windows(2) {
        let (last, current) = (Origin::of_url(&pair[0]), Origin::of_url(&pair[1]));
        if !current.is_same_site(&last) && !origin.is_same_site(&last) {
            return RedirectTaint::CrossSite;
        }
        if !current.is_same_origin(&last) && !origin.is_same_origin(&last) {
            taint = RedirectTaint::SameSite;
        }
    }
    taint
}

/// The origin as it is sent, and as the CORS check compares it.
///
/// <https://fetch.spec.whatwg.org/#serializing-a-request-origin>
#[must_use]
pub fn serialize(origin: &Origin, urls: &[Url]) -> String {
    match redirect_taint(origin, urls) {
        RedirectTaint::SameOrigin => origin.serialize(),
        RedirectTaint::SameSite | RedirectTaint::CrossSite => "null".to_owned(),
    }
}

/// The value of the `Origin` header; `None` where none is sent.
///
/// <https://fetch.spec.whatwg.org/#append-a-request-origin-header>
#[must_use]
pub fn header(
    origin: &Origin,
    urls: &[Url],
    method: &Method,
    mode: Mode,
    tainting: Tainting,
    policy: ReferrerPolicy,
) -> Option<String> {
    let serialized = serialize(origin, urls);
    if tainting == Tainting::Cors || mode == Mode::WebSocket {
        return Some(serialized);
    }
    if matches!(method.as_str(), "GET" | "HEAD") {
        return None;
    }
    let current = urls.last()?;
    let hidden = mode != Mode::Cors
        && match policy {
            ReferrerPolicy::NoReferrer => true,
            ReferrerPolicy::Empty
            | ReferrerPolicy::NoReferrerWhenDowngrade
            | ReferrerPolicy::StrictOrigin
            | ReferrerPolicy::StrictOriginWhenCrossOrigin => {
                origin.scheme() == Some("https") && current.scheme() != "https"
            }
            ReferrerPolicy::SameOrigin => !origin.is_same_origin(&Origin::of_url(current)),
            ReferrerPolicy::Origin
            | ReferrerPolicy::OriginWhenCrossOrigin
            | ReferrerPolicy::UnsafeUrl => false,
        };
    Some(if hidden {
        "null".to_owned()
    } else {
        serialized
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn urls(urls: &[&str]) -> Vec<Url> {
        urls.iter().map(|url| Url::parse(url).unwrap()).collect()
    }

    fn page() -> Origin {
        Origin::parse("http://a.localhost").unwrap()
    }

    #[rstest]
    #[case(&["http://b.localhost/"], "http://a.localhost")]
    #[case(&["http://a.localhost/", "http://b.localhost/"], "http://a.localhost")]
    #[case(&["http://b.localhost/", "http://b.localhost/x"], "http://a.localhost")]
    #[case(&["http://b.localhost/", "http://c.localhost/"], "null")]
    #[case(&["http://b.localhost/", "http://a.localhost/"], "null")]
    #[case(&["http://b.localhost/", "http://b.localhost:1/"], "null")]
    #[case(&["http://a.localhost/", "http://a.localhost:1/", "http://b.localhost/"], "null")]
    fn leaving_a_foreign_origin_taints(#[case] chain: &[&str], #[case] serialized: &str) {
        assert_eq!(serialize(&page(), &urls(chain)), serialized);
    }

    #[test]
    fn taint_tells_sites_from_origins() {
        let same_site = urls(&["http://b.localhost/", "http://x.b.localhost/"]);
        let cross_site = urls(&["http://b.localhost/", "http://c.localhost/"]);
        assert_eq!(redirect_taint(&page(), &same_site), RedirectTaint::SameSite);
        assert_eq!(
            redirect_taint(&page(), &cross_site),
            RedirectTaint::CrossSite
        );
    }

    #[rstest]
    #[case("GET", Mode::Cors, Tainting::Cors, "", Some("http://a.localhost"))]
    #[case("GET", Mode::Cors, Tainting::Basic, "", None)]
    #[case("HEAD", Mode::NoCors, Tainting::Opaque, "", None)]
    #[case(
        "POST",
        Mode::Cors,
        Tainting::Basic,
        "no-referrer",
        Some("http://a.localhost")
    )]
    #[case("POST", Mode::NoCors, Tainting::Opaque, "", Some("http://a.localhost"))]
    #[case("POST", Mode::NoCors, Tainting::Opaque, "no-referrer", Some("null"))]
    #[case("POST", Mode::NoCors, Tainting::Opaque, "same-origin", Some("null"))]
    #[case(
        "POST",
        Mode::NoCors,
        Tainting::Opaque,
        "origin",
        Some("http://a.localhost")
    )]
    fn the_header_depends_on_method_mode_and_policy(
        #[case] method: &str,
        #[case] mode: Mode,
        #[case] tainting: Tainting,
        #[case] policy: &str,
        #[case] expected: Option<&str>,
    ) {
        let target = match tainting {
            Tainting::Basic => "http://a.localhost/",
            Tainting::Cors | Tainting::Opaque => "http://b.localhost/",
        };
        let method = Method::parse(method).unwrap();
        let policy = policy.parse().unwrap();
        let header = header(&page(), &urls(&[target]), &method, mode, tainting, policy);
        assert_eq!(header.as_deref(), expected);
    }
}
