//! Bytes as people can read them.

use std::fmt::Write as _;

/// Shows `bytes` on one line: text as it is, everything that has no shape as `\xNN`, and a backslash
/// as two.
///
/// ```
/// assert_eq!(corspec::tape::escape(b"a\x00b\r\n"), r"a\x00b\x0d\x0a");
/// ```
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    shown(bytes, r"\\")
}

/// A sentence in which bytes may have been escaped already: the same, but that `\` stays one.
pub(crate) fn escape_sentence(sentence: &str) -> String {
    shown(sentence.as_bytes(), r"\")
}

fn shown(bytes: &[u8], backslash: &str) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => shown.push_str(backslash),
                character if has_shape(character) => shown.push(character),
                character => {
                    let mut buffer = [0; 4];
                    escape_bytes(character.encode_utf8(&mut buffer).as_bytes(), &mut shown);
                }
            }
        }
        escape_bytes(chunk.invalid(), &mut shown);
    }
    shown
}

/// Whether `bytes` are text that can be shown line by line without any escape but for `\`.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        text.chars()
            .all(|it| has_shape(it) || matches!(it, '\n' | '\r' | '\t'))
    })
}

/// Control and format characters have none; those that reorder text would even make it lie.
fn has_shape(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn escape_bytes(bytes: &[u8], shown: &mut String) {
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(shown, r"\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::text(b"text/plain; q=1", "text/plain; q=1")]
    #[case::controls(b"a\tb\x7f\x01", r"a\x09b\x7f\x01")]
    #[case::utf_8("é".as_bytes(), "é")]
    #[case::lone_byte(b"caf\xe9", r"caf\xe9")]
    #[case::backslash(br"a\x00", r"a\\x00")]
    #[case::right_to_left("\u{202e}".as_bytes(), r"\xe2\x80\xae")]
    fn bytes_are_shown(#[case] bytes: &[u8], #[case] shown: &str) {
        assert_eq!(escape(bytes), shown);
    }

    #[test]
    fn what_was_escaped_is_not_escaped_again() {
        assert_eq!(escape_sentence("a\\x00b\x1b"), r"a\x00b\x1b");
    }

    proptest! {
        #[test]
        fn different_bytes_look_different_and_stay_on_one_line(a in ".{0,6}", b in proptest::collection::vec(any::<u8>(), 0..6)) {
            prop_assert!(!escape(&b).contains(['\n', '\r', '\0']));
            prop_assert_eq!(escape(a.as_bytes()) == escape(&b), a.as_bytes() == b);
        }
    }
}
