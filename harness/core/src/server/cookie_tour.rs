//! One navigation that stores cookies of many origins: each sets its own and redirects to the next, and the
//! last one to a page. Every stop is the top-level document, so that its cookies are first-party ones
//! whatever their `SameSite` is.
//!
//! <https://www.rfc-editor.org/rfc/rfc6265#section-5.3>

/// The path at which every origin sets cookies for sessions and sends the browser on.
pub(super) const PATH: &str = "/-/cookies";

/// Browsers follow 20 redirects.
///
/// <https://fetch.spec.whatwg.org/#http-redirect-fetch>
pub(crate) const MOST_STOPS: usize = 16;

const DESTINATION: &str = "then=";

/// Where a tour is, and where it goes from there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stop<'a> {
    tokens: &'a str,
    /// The stops behind this one and the destination, as they stand in the query.
    rest: &'a str,
}

/// The URL that leads over these origins, each with the tokens of the sessions that have cookies there, to
/// `destination`; `destination` itself where there are none.
pub(crate) fn url(origins: &[(&str, Vec<&str>)], destination: &str) -> String {
    let stops: Vec<String> = (origins.iter())
        .map(|(origin, tokens)| format!("{origin}={}&", tokens.join(",")))
        .collect();
    next(&format!("{}{DESTINATION}{destination}", stops.concat())).unwrap_or_default()
}

impl<'a> Stop<'a> {
    /// The stop that the query of a URL says.
    pub(super) fn parse(query: &'a str) -> Option<Self> {
        let (tokens, rest) = query.split_once('&')?;
        Some(Self { tokens, rest })
    }

    /// The tokens of the sessions whose cookies are set here.
    pub(super) fn tokens(self) -> impl Iterator<Item = &'a str> {
        self.tokens.split(',')
    }

    /// Where the browser is sent.
    pub(super) fn next(self) -> Option<String> {
        next(self.rest)
    }
}

fn next(rest: &str) -> Option<String> {
    if let Some(destination) = rest.strip_prefix(DESTINATION) {
        return Some(destination.to_owned());
    }
    let (origin, behind) = rest.split_once('=')?;
    Some(format!("{origin}{PATH}?{behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "http://app.localhost:1/-/page";

    #[test]
    fn a_tour_leads_over_every_origin_to_its_destination() {
        let origins = [
            ("http://[::1]:1", vec!["0000002a"]),
            ("https://api.localhost:2", vec!["0000002a", "0000002b"]),
        ];
        let mut url = url(&origins, PAGE);
        let mut tour = Vec::new();
        while let Some((at, query)) = url.split_once('?') {
            let stop = Stop::parse(query).unwrap();
            tour.push((at.to_owned(), stop.tokens().collect::<Vec<_>>().join(" ")));
            url = stop.next().unwrap();
        }
        let expected = [
            ("http://[::1]:1/-/cookies", "0000002a"),
            ("https://api.localhost:2/-/cookies", "0000002a 0000002b"),
        ];
        assert_eq!(
            tour,
            expected.map(|(at, of)| (at.to_owned(), of.to_owned()))
        );
        assert_eq!(url, PAGE);
    }

    #[test]
    fn without_cookies_there_is_no_stop() {
        assert_eq!(url(&[], PAGE), PAGE);
    }

    #[test]
    fn what_leads_nowhere_is_no_tour() {
        assert_eq!(Stop::parse("0000002a"), None);
        assert_eq!(Stop::parse("0000002a&nothing").unwrap().next(), None);
    }
}
