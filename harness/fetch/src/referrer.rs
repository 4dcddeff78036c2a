//! The referrer of a request.
//!
//! <https://w3c.github.io/webappsec-referrer-policy/>

use serde::Serialize;
use url::Url;

use crate::header_list::HeaderList;
use crate::origin::{Origin, is_potentially_trustworthy_url};
use crate::words::words;

/// A referrer longer than this is cut to its origin.
const LIMIT: usize = 4096;

words! {
    /// <https://w3c.github.io/webappsec-referrer-policy/#referrer-policies>
    ReferrerPolicy {
        /// What the document says, and that says nothing: `strict-origin-when-cross-origin`.
        Empty = "",
        /// Never.
        NoReferrer = "no-referrer",
        /// The whole URL, but not from a trustworthy one to another.
        NoReferrerWhenDowngrade = "no-referrer-when-downgrade",
        /// The origin.
        Origin = "origin",
        /// The whole URL to the same origin, the origin to others.
        OriginWhenCrossOrigin = "origin-when-cross-origin",
        /// The whole URL to the same origin only.
        SameOrigin = "same-origin",
        /// The origin, but not from a trustworthy URL to another.
        StrictOrigin = "strict-origin",
        /// The whole URL to the same origin, the origin to others that are not a downgrade.
        StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin",
        /// The whole URL.
        UnsafeUrl = "unsafe-url",
    }
}

/// The value of `Referer`; `None` where there is none to be sent.
///
/// <https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer>
#[must_use]
pub fn determine(
    policy: ReferrerPolicy,
    page_origin: &Origin,
    page_url: &Url,
    request_url: &Url,
) -> Option<String> {
    if matches!(page_origin, Origin::Opaque(_)) || !matches!(page_url.scheme(), "http" | "https") {
        return None;
    }
    let origin = format!("{}/", Origin::of_url(page_url).serialize());
    let full = match strip(page_url) {
        full if full.len() > LIMIT => origin.clone(),
        full => full,
    };
    let same_origin = Origin::of_url(page_url).is_same_origin(&Origin::of_url(request_url));
    let downgrade =
        is_potentially_trustworthy_url(page_url) && !is_potentially_trustworthy_url(request_url);
    match policy {
        ReferrerPolicy::NoReferrer => None,
        ReferrerPolicy::Origin => Some(origin),
        ReferrerPolicy::UnsafeUrl => Some(full),
        ReferrerPolicy::StrictOrigin => (!downgrade).then_some(origin),
        ReferrerPolicy::Empty | ReferrerPolicy::StrictOriginWhenCrossOrigin => {
            if same_origin {
                Some(full)
            } else {
                (!downgrade).then_some(origin)
            }
        }
        ReferrerPolicy::SameOrigin => same_origin.then_some(full),
        ReferrerPolicy::OriginWhenCrossOrigin => Some(if same_origin { full } else { origin }),
        ReferrerPolicy::NoReferrerWhenDowngrade => (!downgrade).then_some(full),
    }
}

/// The last word of `Referrer-Policy` that is known and not empty.
///
/// <https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header>
#[must_use]
pub fn parse_header(headers: &HeaderList) -> Option<ReferrerPolicy> {
    let tokens = headers.extract_tokens("referrer-policy").ok()??;
    let known = tokens
        .iter()
        .rev()
        .filter_map(|token| token.to_ascii_lowercase().parse().ok());
    known
        .into_iter()
        .find(|policy| *policy != ReferrerPolicy::Empty)
}

/// <https://w3c.github.io/webappsec-referrer-policy/#strip-url>
fn strip(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    // Both fail only for URLs that cannot have them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PAGE: &str = "https://a.example/page?q#f";

    #[rstest]
    #[case("", Some("https://a.example/page?q"), Some("https://a.example/"), None)]
    #[case("no-referrer", None, None, None)]
    #[case(
        "no-referrer-when-downgrade",
        Some("https://a.example/page?q"),
        Some("https://a.example/page?q"),
        None
    )]
    #[case(
        "origin",
        Some("https://a.example/"),
        Some("https://a.example/"),
        Some("https://a.example/")
    )]
    #[case(
        "origin-when-cross-origin",
        Some("https://a.example/page?q"),
        Some("https://a.example/"),
        Some("https://a.example/")
    )]
    #[case("same-origin", Some("https://a.example/page?q"), None, None)]
    #[case(
        "strict-origin",
        Some("https://a.example/"),
        Some("https://a.example/"),
        None
    )]
    #[case(
        "strict-origin-when-cross-origin",
        Some("https://a.example/page?q"),
        Some("https://a.example/"),
        None
    )]
    #[case(
        "unsafe-url",
        Some("https://a.example/page?q"),
        Some("https://a.example/page?q"),
        Some("https://a.example/page?q")
    )]
    fn each_policy(
        #[case] policy: &str,
        #[case] same_origin: Option<&str>,
        #[case] cross_origin: Option<&str>,
        #[case] downgrade: Option<&str>,
    ) {
        let page = Url::parse(PAGE).unwrap();
        let referrer = |url: &str| {
            let url = Url::parse(url).unwrap();
            determine(policy.parse().unwrap(), &Origin::of_url(&page), &page, &url)
        };
        assert_eq!(referrer("https://a.example/x").as_deref(), same_origin);
        assert_eq!(referrer("https://b.example/x").as_deref(), cross_origin);
        assert_eq!(referrer("http://b.example/x").as_deref(), downgrade);
    }

    #[test]
    fn a_page_with_an_opaque_origin_sends_none() {
        let page = Url::parse(PAGE).unwrap();
        assert_eq!(
            determine(ReferrerPolicy::UnsafeUrl, &Origin::Opaque(1), &page, &page),
            None
        );
    }

    #[test]
    fn the_last_known_word_of_the_header_counts() {
        let mut headers = HeaderList::new();
        headers.append("Referrer-Policy", "no-referrer, ORIGIN");
        headers.append("referrer-policy", "from-the-future");
        assert_eq!(parse_header(&headers), Some(ReferrerPolicy::Origin));
    }
}
