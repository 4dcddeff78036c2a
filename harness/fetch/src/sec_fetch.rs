//! Fetch metadata request headers.
//!
//! <https://w3c.github.io/webappsec-fetch-metadata/>

use url::Url;

use crate::header_list::HeaderList;
use crate::origin::{Origin, is_potentially_trustworthy_url};
use crate::request::{Destination, Mode};

/// Appends `Sec-Fetch-Dest`, `Sec-Fetch-Mode` and `Sec-Fetch-Site`, to trustworthy URLs only.
///
/// <https://w3c.github.io/webappsec-fetch-metadata/#fetch-integration>
pub fn append(
    headers: &mut HeaderList,
    origin: &Origin,
    urls: &[Url],
    mode: Mode,
    destination: Destination,
) {
    if !urls.last().is_some_and(is_potentially_trustworthy_url) {
        return;
    }
    headers.append("Sec-Fetch-Dest", destination.word());
    headers.append("Sec-Fetch-Mode", mode.word());
    headers.append("Sec-Fetch-Site", site(origin, urls));
}

/// The farthest relation between the page and any URL on the way.
///
/// <https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-set-site>
fn site(origin: &Origin, urls: &[Url]) -> &'static str {
    let mut site = "same-origin";
    for url in urls {
        let url = Origin::of_url(url);
        if origin.is_same_origin(&url) {
            continue;
        }
        if !origin.is_same_site(&url) {
            return "cross-site";
        }
        site = "same-site";
    }
    site
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&["http://a.localhost/"], "same-origin")]
    #[case(&["http://a.localhost:1/"], "same-site")]
    #[case(&["http://b.localhost/"], "cross-site")]
    #[case(&["http://b.localhost/", "http://a.localhost/"], "cross-site")]
    #[case(&["http://x.a.localhost/", "http://a.localhost/"], "same-site")]
    fn the_farthest_url_decides_the_site(#[case] urls: &[&str], #[case] expected: &str) {
        let urls: Vec<Url> = urls.iter().map(|url| Url::parse(url).unwrap()).collect();
        assert_eq!(
            site(&Origin::parse("http://a.localhost").unwrap(), &urls),
            expected
        );
    }

    #[test]
    fn an_untrustworthy_url_gets_none() {
        let mut headers = HeaderList::new();
        let urls = [Url::parse("http://b.example/").unwrap()];
        append(
            &mut headers,
            &Origin::Opaque(1),
            &urls,
            Mode::Cors,
            Destination::Empty,
        );
        assert!(headers.is_empty());
    }
}
