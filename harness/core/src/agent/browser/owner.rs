//! Whose request it is that an engine speaks of.

use url::Url;

/// A URL as an engine tells it.
pub(crate) fn as_requested(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) => {
            url.set_fragment(None);
            url.into()
        }
        Err(_) => url.to_owned(),
    }
}

/// The first segment of a URL's path: the token, in the URLs of scenarios.
pub(crate) fn first_segment(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    path.split(['/', '?', '#']).next().unwrap_or_default()
}
