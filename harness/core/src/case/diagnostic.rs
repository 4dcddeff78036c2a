//! What is wrong in a case file, shown where it is written.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::fault::Fault;
use super::scenario::Location;

/// One thing that is wrong in a case file, and how to mend it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Where.
    pub location: Location,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
    /// What else helps to understand it, such as the permutation concerned.
    pub note: Option<String>,
}

impl Diagnostic {
    pub(super) fn new(file: &Arc<PathBuf>, fault: Fault) -> Self {
        let Fault {
            place,
            message,
            hint,
            note,
        } = fault;
        let location = Location {
            file: Arc::clone(file),
            line: place.line,
            column: place.column,
        };
        Self {
            location,
            message,
            hint,
            note,
        }
    }

    /// The diagnostic with the line of `source` it is about, a caret under the place, and the hint.
    ///
    /// ```text
    /// error: unknown origin `apii`
    ///  --> preflight/methods.yaml:7:19
    ///   |
    /// 7 |     request: { to: apii }
    ///   |                    ^^^^
    ///   |
    ///   = help: did you mean `api`?
    /// ```
    #[must_use]
    pub fn render(&self, source: &str, color: bool) -> String {
        let path = self.location.file.display().to_string();
        let source = without_mark(source);
        let title = Level::ERROR.primary_title(printable(&self.message));
        let mut group = if self.location.line == 0 {
            title.element(Origin::path(path))
        } else {
            let place = AnnotationKind::Primary.span(extent(source, &self.location));
            title.element(Snippet::source(source).path(path).annotation(place))
        };
        if let Some(note) = &self.note {
            group = group.element(Level::NOTE.message(printable(note)));
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(printable(hint)));
        }
        renderer(color).render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.location, printable(&self.message))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match self.line {
            // The file or folder as a whole.
            0 => write!(formatter, "{file}"),
            line => write!(formatter, "{file}:{line}:{}", self.column),
        }
    }
}

/// The line of `source` that a location is on, with `label` at a caret under the place.
#[must_use]
pub fn snippet(source: &str, location: &Location, label: &str) -> String {
    let path = location.file.display().to_string();
    let source = without_mark(source);
    let annotation = AnnotationKind::Primary
        .span(extent(source, location))
        .label(printable(label));
    let snippet = Snippet::source(source).path(path).annotation(annotation);
    renderer(false).render(&[Group::with_level(Level::NOTE).element(snippet)])
}

fn renderer(color: bool) -> Renderer {
    if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}

/// Control characters out of a file must not reach a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' => '␊',
            '\r' => '␍',
            '\t' => '␉',
            character if character.is_control() => '\u{fffd}',
            character => character,
        })
        .collect()
}

/// A byte order mark is no character of the first line.
fn without_mark(source: &str) -> &str {
    source.strip_prefix('\u{feff}').unwrap_or(source)
}

/// The bytes that a location points at: the scalar that begins there, or one character.
fn extent(source: &str, location: &Location) -> Range<usize> {
    let mut begin = 0;
    for _ in 1..location.line {
        match source[begin..].find('\n') {
            Some(end) => begin += end + 1,
            None => break,
        }
    }
    let line = source[begin..].lines().next().unwrap_or_default();
    let column = line
        .char_indices()
        .nth(location.column.saturating_sub(1))
        .map_or(line.len(), |(offset, _)| offset);
    let length = scalar_length(&line[column..]);
    begin + column..begin + column + length
}

/// The length of the scalar at the start of a line's rest; that of one character if there is none.
fn scalar_length(text: &str) -> usize {
    let quoted = |quote: char| {
        let mut escaped = false;
        text.char_indices().skip(1).find_map(|(offset, character)| {
            if escaped {
                escaped = false;
                return None;
            }
            escaped = quote == '"' && character == '\\';
            (character == quote).then_some(offset + 1)
        })
    };
    match text.chars().next() {
        None => 0,
        Some(quote @ ('"' | '\'')) => quoted(quote).unwrap_or(text.len()),
        Some(opening) if "[]{},:-#&*!|>%@`?".contains(opening) && !plain(text) => {
            opening.len_utf8()
        }
        Some(first) => {
            let end = ["#", ",", "]", "}", ": ", " #"]
                .iter()
                .filter_map(|end| text.find(end))
                .min()
                .unwrap_or(text.len());
            let word = text[..end].trim_end().trim_end_matches(':');
            word.len().max(first.len_utf8())
        }
    }
}

/// Whether a text that begins with an indicator is a plain scalar all the same, as `-1` is.
fn plain(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    matches!(first, Some('-' | ':' | '?')) && characters.next().is_some_and(|next| next != ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointed(source: &str, line: usize, column: usize) -> &str {
        let file = Arc::new(PathBuf::from("a/b.yaml"));
        &source[extent(source, &Location { file, line, column })]
    }

    #[test]
    fn a_location_points_at_the_scalar_that_begins_there() {
        assert_eq!(pointed("a: b\nkey: value # why\n", 2, 1), "key");
        assert_eq!(pointed("a: b\nkey: value # why\n", 2, 6), "value");
        assert_eq!(pointed("a: [one two, x]", 1, 5), "one two");
        assert_eq!(pointed("a: { b: c }", 1, 4), "{");
        assert_eq!(pointed(r#"a: "x\"y: z" "#, 1, 4), r#""x\"y: z""#);
        assert_eq!(pointed("a: 'é, x'", 1, 4), "'é, x'");
        assert_eq!(pointed("é: ü", 1, 4), "ü");
        assert_eq!(pointed("a: -1\r\nb: c", 1, 4), "-1");
        assert_eq!(pointed("- a", 1, 1), "-");
    }

    #[test]
    fn a_location_behind_the_end_points_at_the_end() {
        assert_eq!(pointed("", 1, 1), "");
        assert_eq!(pointed("a: b", 1, 99), "");
        assert_eq!(pointed("a: b", 99, 1), "a");
        assert_eq!(pointed("a: b", 0, 0), "a");
    }

    #[test]
    fn a_snippet_shows_the_line_and_the_label() {
        let file = Arc::new(PathBuf::from("a/b.yaml"));
        let location = Location {
            file,
            line: 2,
            column: 6,
        };
        insta::assert_snapshot!(snippet("a: b\nkey: value\n", &location, "expected here"), @r"
         --> a/b.yaml:2:6
          |
        2 | key: value
          |      ^^^^^ expected here
        ");
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let file = Arc::new(PathBuf::from("a/b.yaml"));
        let diagnostic = Diagnostic {
            location: Location {
                file,
                line: 1,
                column: 4,
            },
            message: "unknown word `x\u{1b}[2J`".into(),
            hint: Some("did you mean `y`?".into()),
            note: Some("it is `x` in a/b/c".into()),
        };
        let plain = diagnostic.render("a: b", false);
        let styled = diagnostic.render("a: b", true);
        assert!(!plain.contains('\u{1b}'), "{plain}");
        assert!(styled.contains('\u{1b}'), "{styled}");
        insta::assert_snapshot!(plain, @r"
        error: unknown word `x�[2J`
         --> a/b.yaml:1:4
          |
        1 | a: b
          |    ^
          |
          = note: it is `x` in a/b/c
          = help: did you mean `y`?
        ");
    }
}
