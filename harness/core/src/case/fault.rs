//! What is wrong inside one file, before the file has a name.

use super::nearest::nearest;

/// A place in a document; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// One thing that is wrong, and how to mend it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Fault {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) note: Option<String>,
}

impl Fault {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            hint: None,
            note: None,
        }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// A text that does not say what it should; becomes a [`Fault`] where its place is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// Where it is, if that is another place than where the text is used.
    pub(super) place: Option<Place>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            place: None,
        }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A word that is none of those known, with the nearest of them.
    pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> Self {
        Self {
            message: format!("unknown {what} `{}`", shorten(word)),
            hint: suggestion(word, known),
            place: None,
        }
    }

    /// The fault that it is when the text stands here.
    pub(super) fn at(self, place: Place) -> Fault {
        let place = self.place.unwrap_or(place);
        Fault {
            place,
            message: self.message,
            hint: self.hint,
            note: None,
        }
    }
}

/// Which of the known words was meant, or which there are if there are few enough to read.
pub(super) fn suggestion(word: &str, known: &[&str]) -> Option<String> {
    if let Some(nearest) = nearest(word, known) {
        return Some(format!("did you mean `{nearest}`?"));
    }
    (!known.is_empty() && known.len() <= MOST_WORDS_LISTED).then(|| {
        let quote = |word: &&str| match *word {
            "" => "`\"\"`".to_owned(),
            word => format!("`{word}`"),
        };
        let words: Vec<_> = known.iter().map(quote).collect();
        match words.as_slice() {
            [only] => format!("write {only}"),
            _ => format!("one of {}", words.join(", ")),
        }
    })
}

/// A text cut to a length that fits into a message.
pub(super) fn shorten(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(LONGEST_QUOTATION).collect();
    if characters.next().is_some() {
        format!("{start}…")
    } else {
        start
    }
}

const MOST_WORDS_LISTED: usize = 24;
const LONGEST_QUOTATION: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_the_nearest_word_or_all_words_when_there_are_few() {
        assert_eq!(
            suggestion("alow", &["allow", "block"]).unwrap(),
            "did you mean `allow`?"
        );
        assert_eq!(
            suggestion("never", &["allow", "block"]).unwrap(),
            "one of `allow`, `block`"
        );
        assert_eq!(suggestion("never", &["block"]).unwrap(), "write `block`");
        assert_eq!(suggestion("never", &[]), None);
        assert_eq!(suggestion("never", &["aaaaaaaa"; 25]), None);
    }

    #[test]
    fn a_long_text_is_shortened_between_characters() {
        assert_eq!(shorten("short"), "short");
        assert_eq!(shorten(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
