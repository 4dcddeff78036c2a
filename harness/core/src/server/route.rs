//! What a request asks for, by its path.

use std::sync::Arc;

use super::cookie_tour::{self, Stop};
use super::session::{Place, Sessions};

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Route {
    /// The requests that a session's step must make.
    Begun(Arc<Place>),
    /// A sandboxed frame's document.
    Frame,
    /// Browsers ask for it on their own.
    Icon,
    /// The document that runs scripts.
    Page,
    /// Its script.
    PageScript,
    /// A scripted resource of a session, the part of the path behind the token.
    Resource(Arc<Place>, String),
    /// The cookies a session begins with.
    SetCookies(Arc<Place>),
    /// Those of several sessions, and where their tour goes from here.
    SetCookiesAndGoOn(Vec<Arc<Place>>, String),
    /// The choice of a session's step.
    SetStep(Arc<Place>, usize),
    /// The end of what a session has to say for now.
    Settled(Arc<Place>),
    /// Nothing of the sort; for diagnosing what leaked out of an earlier session.
    Unknown,
}

impl Route {
    /// The route of a request target in origin form or absolute form.
    pub(crate) fn of(target: &str, sessions: &Sessions) -> Self {
        let path = path(target);
        match path {
            "/-/page" => return Self::Page,
            "/-/page.js" => return Self::PageScript,
            "/-/frame" => return Self::Frame,
            "/favicon.ico" => return Self::Icon,
            cookie_tour::PATH => return Self::of_tour(target, sessions).unwrap_or(Self::Unknown),
            _ => {}
        }
        let Some((token, rest)) = path.strip_prefix('/').and_then(|path| path.split_once('/'))
        else {
            return Self::Unknown;
        };
        let Some(place) = sessions.find(token) else {
            return Self::Unknown;
        };
        match rest.strip_prefix("-/") {
            None => Self::Resource(place, rest.to_owned()),
            Some("begun") => Self::Begun(place),
            Some("cookies") => Self::SetCookies(place),
            Some("settled") => Self::Settled(place),
            Some(control) => {
                match control
                    .strip_prefix("step/")
                    .and_then(|number| number.parse().ok())
                {
                    Some(step) => Self::SetStep(place, step),
                    None => Self::Unknown,
                }
            }
        }
    }
}

impl Route {
    /// The stop of a tour; all its sessions have to be open.
    fn of_tour(target: &str, sessions: &Sessions) -> Option<Self> {
        let (_, query) = target.split_once('?')?;
        let stop = Stop::parse(query)?;
        let places: Option<_> = stop.tokens().map(|token| sessions.find(token)).collect();
        Some(Self::SetCookiesAndGoOn(places?, stop.next()?))
    }
}

/// The path of a request target, without query and fragment.
pub(crate) fn path(target: &str) -> &str {
    let origin_form = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => target,
    };
    origin_form.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::origin_form("/a/b?c#d", "/a/b")]
    #[case::absolute_form("http://api.localhost:1/a/b?c", "/a/b")]
    #[case::absolute_form_without_path("http://api.localhost:1", "/")]
    #[case::url_in_the_query("/a?to=http://b/c", "/a")]
    #[case::asterisk("*", "*")]
    fn the_path_is_found_in_any_form_of_target(#[case] target: &str, #[case] expected: &str) {
        assert_eq!(path(target), expected);
    }
}
