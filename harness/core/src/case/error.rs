//! Why case files could not be loaded.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::fault::{Fault, Place};
use super::scenario::Location;

/// Everything that is wrong with the case files.
#[derive(Clone, Debug, thiserror::Error)]
pub struct LoadError {
    /// The faults, in the order of files and lines.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts of the files concerned; none for what could not be read.
    pub sources: BTreeMap<PathBuf, Arc<str>>,
}

impl LoadError {
    /// Every diagnostic with the lines it is about.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let diagnostics: Vec<_> = self
            .diagnostics
            .iter()
            .map(|diagnostic| {
                let source = self.sources.get(diagnostic.location.file.as_path());
                diagnostic.render(source.map_or("", |source| source), color)
            })
            .collect();
        diagnostics.join("\n\n")
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.diagnostics.as_slice() {
            [] => formatter.write_str("the case files are wrong"),
            [only] => only.fmt(formatter),
            [first, rest @ ..] => write!(formatter, "{first} (and {} more)", rest.len()),
        }
    }
}

/// Collects what is wrong while files are loaded.
#[derive(Debug, Default)]
pub(super) struct Report {
    diagnostics: Vec<Diagnostic>,
    seen: HashSet<(Location, String)>,
    sources: BTreeMap<PathBuf, Arc<str>>,
}

impl Report {
    pub(super) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    pub(super) fn add(&mut self, file: &Arc<PathBuf>, faults: Vec<Fault>) {
        for fault in faults {
            let diagnostic = Diagnostic::new(file, fault);
            // One place in an anchor may be wrong for many scenarios.
            let essence = (diagnostic.location.clone(), diagnostic.message.clone());
            if self.seen.insert(essence) {
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// The text of a file; what is not UTF-8 is refused where it begins.
    pub(super) fn text(&mut self, file: &Arc<PathBuf>, content: Vec<u8>) -> Option<Arc<str>> {
        let (text, sound) = match String::from_utf8(content) {
            Ok(text) => (text, true),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let before = &text[..valid];
                let line_start = before.rfind('\n').map_or(0, |end| end + 1);
                let place = Place {
                    line: before.matches('\n').count() + 1,
                    column: before[line_start..].chars().count() + 1,
                };
                let marks = [b"\xff\xfe", b"\xfe\xff"];
                let utf_16 = marks.iter().any(|mark| error.as_bytes().starts_with(*mark));
                let fault = if utf_16 {
                    Fault::new(place, "the file is UTF-16").hint("save it as UTF-8")
                } else {
                    Fault::new(place, "the file is not UTF-8 from here on")
                        .hint("save it as UTF-8; a byte is written `\"\\xFF\"`")
                };
                self.add(file, vec![fault]);
                (text, false)
            }
        };
        let text: Arc<str> = text.into();
        self.sources.insert(file.to_path_buf(), Arc::clone(&text));
        sound.then_some(text)
    }

    pub(super) fn refuse_access(&mut self, path: &Path, error: &io::Error) {
        let fault = Fault::new(Place::default(), format!("cannot be read: {error}"));
        self.add(&Arc::new(path.to_path_buf()), vec![fault]);
    }

    pub(super) fn refuse_folder(&mut self, path: &Path, message: &str, hint: &str) {
        let fault = Fault::new(Place::default(), message).hint(hint);
        self.add(&Arc::new(path.to_path_buf()), vec![fault]);
    }

    /// Ids begin with the path, so that is all that can make two files give the same one.
    pub(super) fn refuse_twice(&mut self, file: &Path) {
        let fault = Fault::new(Place { line: 1, column: 1 }, "the file is given twice");
        self.add(
            &Arc::new(file.to_path_buf()),
            vec![fault.hint("leave one out")],
        );
    }

    /// What was loaded, if nothing was wrong.
    pub(super) fn finish<T>(mut self, loaded: T) -> Result<T, LoadError> {
        if self.diagnostics.is_empty() {
            return Ok(loaded);
        }
        self.diagnostics
            .sort_by(|one, other| one.location.cmp(&other.location));
        let Self {
            diagnostics,
            mut sources,
            ..
        } = self;
        sources.retain(|path, _| {
            diagnostics
                .iter()
                .any(|diagnostic| diagnostic.location.file.as_path() == path)
        });
        Err(LoadError {
            diagnostics,
            sources,
        })
    }
}
