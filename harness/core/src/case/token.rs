//! The tokens of HTTP.

/// Whether a text is a token, as header names and methods are.
///
/// <https://httpwg.org/specs/rfc9110.html#tokens>
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a text is made of lower-case words joined by `-`, as ids are.
pub(super) fn is_kebab(text: &str) -> bool {
    text.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_what_header_names_are_made_of() {
        for text in ["x", "Access-Control-Allow-Origin", "a!#$%&'*+.^_`|~9"] {
            assert!(is_token(text), "{text}");
        }
        for text in ["", "a b", "a:", "é", "a\r\n", "(a)"] {
            assert!(!is_token(text), "{text}");
        }
    }

    #[test]
    fn ids_are_lower_case_words_joined_by_hyphens() {
        for text in ["a", "header-not-listed", "b13", "1-2"] {
            assert!(is_kebab(text), "{text}");
        }
        for text in ["", "-a", "a-", "a--b", "A", "a_b", "a b"] {
            assert!(!is_kebab(text), "{text}");
        }
    }
}
