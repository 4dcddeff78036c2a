//! The documents of ours that a window can show.

use std::fs;
use std::io;
use std::path::Path;

use corspec_fetch::Origin;
use url::Url;

use super::pages::PAGES;

/// A document of ours that a window shows.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Document {
    /// One from a file on this machine.
    File,
    /// That of an origin, as it is really served.
    Served(String),
}

/// How far it is from one document to another, by what the way costs a browser.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Distance {
    /// It is shown already.
    Nothing,
    /// A navigation.
    SameSite,
    /// A navigation to another process, half as much again and more.
    OtherSite,
}

impl Document {
    /// How far it is from this document to another.
    pub(crate) fn distance_to(&self, other: &Self) -> Distance {
        if self == other {
            return Distance::Nothing;
        }
        let origin = |document: &Self| match document {
            Self::File => None,
            Self::Served(origin) => Origin::parse(origin),
        };
        match (origin(self), origin(other)) {
            (Some(one), Some(two)) if one.is_same_site(&two) => Distance::SameSite,
            _ => Distance::OtherSite,
        }
    }

    /// What tells that a window shows it: an expression of script, and its value.
    pub(super) fn sign(&self) -> (&'static str, &str) {
        match self {
            // Engines disagree about the `location.origin` of a file.
            Self::File => ("location.protocol", "file:"),
            Self::Served(origin) => ("location.origin", origin),
        }
    }
}

/// Writes the document that opens as a `file:` URL, and its script, into a folder of ours.
///
/// # Errors
///
/// Those of the file system.
pub(super) fn write_file(folder: &Path) -> io::Result<Url> {
    let page = folder.join("page.html");
    fs::write(folder.join("page.js"), PAGES.script)?;
    fs::write(&page, PAGES.html.replace("/-/page.js", "page.js"))?;
    Url::from_file_path(&page).map_err(|()| {
        let message = format!("`{}` is no absolute path", page.display());
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "http://app.localhost:18080",
        "http://app.localhost:18080",
        Distance::Nothing
    )]
    #[case(
        "http://app.localhost:18080",
        "http://sub.app.localhost:18081",
        Distance::SameSite
    )]
    #[case(
        "http://app.localhost:18080",
        "https://app.localhost:18443",
        Distance::OtherSite
    )]
    #[case(
        "http://app.localhost:18080",
        "http://api.localhost:18080",
        Distance::OtherSite
    )]
    fn what_it_takes_to_get_there(
        #[case] from: &str,
        #[case] to: &str,
        #[case] expected: Distance,
    ) {
        let [from, to] = [from, to].map(|origin| Document::Served(origin.to_owned()));
        assert_eq!(from.distance_to(&to), expected);
        assert_eq!(Document::File.distance_to(&to), Distance::OtherSite);
        assert_eq!(from.distance_to(&Document::File), Distance::OtherSite);
    }
}
