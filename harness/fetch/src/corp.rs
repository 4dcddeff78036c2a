//! Cross-Origin-Resource-Policy.
//!
//! <https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header>

use url::Url;

use crate::header_list::HeaderList;
use crate::origin::Origin;
use crate::request::Mode;

/// Whether the policy of a response lets this origin embed it. Embedder policies are not modelled:
/// the page has none.
///
/// <https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check>
#[must_use]
pub fn allows(origin: &Origin, mode: Mode, url: &Url, response: &HeaderList) -> bool {
    if mode != Mode::NoCors {
        return true;
    }
    let target = Origin::of_url(url);
    match response.get("cross-origin-resource-policy").as_deref() {
        Some(b"same-origin") => origin.is_same_origin(&target),
        Some(b"same-site") => {
            let schemeless = with_scheme(origin, &target).is_same_site(&target);
            // An insecure page may not embed what a secure server gives to its own site.
            schemeless && (origin.scheme() == Some("https") || target.scheme() != Some("https"))
        }
        // Anything else, several values included, is no policy.
        _ => true,
    }
}

/// The origin with the scheme of another, so that sites compare without scheme.
fn with_scheme(origin: &Origin, other: &Origin) -> Origin {
    match (origin.clone(), other.scheme()) {
        (Origin::Tuple { host, port, .. }, Some(scheme)) => Origin::Tuple {
            scheme: scheme.to_owned(),
            host,
            port,
        },
        (origin, _) => origin,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://a.localhost", "http://a.localhost/", "same-origin", true)]
    #[case("http://a.localhost", "http://a.localhost:1/", "same-origin", false)]
    #[case("http://a.localhost", "http://x.a.localhost/", "same-site", true)]
    #[case("http://a.localhost", "http://b.localhost/", "same-site", false)]
    #[case("https://a.localhost", "http://a.localhost/", "same-site", true)]
    #[case("http://a.localhost", "https://a.localhost/", "same-site", false)]
    #[case("http://a.localhost", "http://b.localhost/", "cross-origin", true)]
    #[case("http://a.localhost", "http://b.localhost/", "Same-Origin", true)]
    #[case(
        "http://a.localhost",
        "http://b.localhost/",
        "same-origin, same-origin",
        true
    )]
    #[case("http://a.localhost", "http://b.localhost/", "", true)]
    fn policies(
        #[case] origin: &str,
        #[case] url: &str,
        #[case] policy: &str,
        #[case] allowed: bool,
    ) {
        let mut response = HeaderList::new();
        response.append("Cross-Origin-Resource-Policy", policy);
        let (origin, url) = (Origin::parse(origin).unwrap(), Url::parse(url).unwrap());
        assert_eq!(allows(&origin, Mode::NoCors, &url, &response), allowed);
        assert!(allows(&origin, Mode::Cors, &url, &response));
    }

    #[test]
    fn an_opaque_origin_is_the_same_as_nobody() {
        let mut response = HeaderList::new();
        response.append("Cross-Origin-Resource-Policy", "same-site");
        let url = Url::parse("http://b.localhost/").unwrap();
        assert!(!allows(&Origin::Opaque(1), Mode::NoCors, &url, &response));
    }
}
