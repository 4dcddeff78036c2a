//! Timing-Allow-Origin.
//!
//! <https://fetch.spec.whatwg.org/#concept-tao-check>

use url::Url;

use crate::header_list::HeaderList;
use crate::origin::Origin;
use crate::request_origin;
use crate::response::Tainting;

/// Whether a response shares its timing with the page.
///
/// `failed_before` says that a redirect on the way did not.
///
/// <https://fetch.spec.whatwg.org/#concept-tao-check>
#[must_use]
pub fn check(
    origin: &Origin,
    urls: &[Url],
    tainting: Tainting,
    failed_before: bool,
    response: &HeaderList,
) -> bool {
    if failed_before {
        return false;
    }
    let serialized = request_origin::serialize(origin, urls);
    let values = response
        .get_decode_split("timing-allow-origin")
        .unwrap_or_default();
    if values
        .iter()
        .any(|value| value == "*" || *value == serialized)
    {
        return true;
    }
    // A redirect that leads back home is `basic` no longer, and this is where it shows.
    tainting == Tainting::Basic
        && urls
            .last()
            .is_some_and(|url| origin.is_same_origin(&Origin::of_url(url)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("*", true)]
    #[case("http://a.localhost", true)]
    #[case("http://x.localhost, http://a.localhost", true)]
    #[case("http://a.localhost/", false)]
    #[case("HTTP://a.localhost", false)]
    #[case("null", false)]
    #[case("", false)]
    fn values(#[case] value: &str, #[case] shared: bool) {
        let mut response = HeaderList::new();
        response.append("Timing-Allow-Origin", value);
        let origin = Origin::parse("http://a.localhost").unwrap();
        let urls = [Url::parse("http://b.localhost/").unwrap()];
        assert_eq!(
            check(&origin, &urls, Tainting::Opaque, false, &response),
            shared
        );
        assert!(!check(&origin, &urls, Tainting::Opaque, true, &response));
    }

    #[test]
    fn the_own_origin_needs_no_header() {
        let origin = Origin::parse("http://a.localhost").unwrap();
        let urls = [Url::parse("http://a.localhost/").unwrap()];
        assert!(check(
            &origin,
            &urls,
            Tainting::Basic,
            false,
            &HeaderList::new()
        ));
    }
}
