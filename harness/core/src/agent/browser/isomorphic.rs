//! Bytes as strings of as many characters, the form in which JSON carries them.

/// Each byte as the character of the same number.
///
/// <https://infra.spec.whatwg.org/#isomorphic-decode>
pub(crate) fn decode(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Each character as the byte of the same number. A character above U+00FF, which no byte string of a
/// page can hold, becomes its UTF-8 bytes so that nothing is lost.
///
/// <https://infra.spec.whatwg.org/#isomorphic-encode>
pub(crate) fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_way_there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&bytes).chars().count(), 256);
        assert_eq!(encode(&decode(&bytes)), bytes);
    }

    #[test]
    fn a_character_beyond_bytes_is_not_lost() {
        assert_eq!(encode("a\u{20ac}"), "a\u{20ac}".as_bytes());
    }
}
