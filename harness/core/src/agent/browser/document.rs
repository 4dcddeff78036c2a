//! The documents of ours that a window can show.

use std::fs;
use std::io;
use std::path::Path;

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

impl Document {
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
