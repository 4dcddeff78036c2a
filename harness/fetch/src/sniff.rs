//! What kind of file bytes are, by their first few.
//!
//! <https://mimesniff.spec.whatwg.org/>

/// <https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern>
#[must_use]
pub fn is_image(bytes: &[u8]) -> bool {
    starts_with_any(
        bytes,
        &[
            b"\x89PNG\r\n\x1a\n",
            b"GIF87a",
            b"GIF89a",
            b"\xff\xd8\xff",
            b"BM",
            b"\0\0\x01\0",
            b"\0\0\x02\0",
        ],
    ) || matches(bytes, &riff(*b"WEBPVP"))
}

/// Whether the body is an image that can be decoded, as far as its first bytes tell. Status and
/// `nosniff` play no part.
///
/// <https://mimesniff.spec.whatwg.org/#sniffing-images-specifically>
#[must_use]
pub fn is_decodable_image(essence: Option<&str>, body: &[u8]) -> bool {
    let is_xml = |essence: &str| {
        matches!(essence, "application/xml" | "text/xml") || essence.ends_with("+xml")
    };
    match essence {
        // An XML type is believed, and SVG is the only image among them.
        Some("image/svg+xml") => body.windows(4).any(|window| window == b"<svg"),
        Some(essence) if is_xml(essence) => false,
        _ => is_image(body),
    }
}

/// <https://mimesniff.spec.whatwg.org/#matching-an-audio-or-video-type-pattern>
#[must_use]
pub fn is_audio_or_video(bytes: &[u8]) -> bool {
    starts_with_any(
        bytes,
        &[
            b"ID3",
            b"OggS\0",
            b"MThd\0\0\0\x06",
            b"\x1a\x45\xdf\xa3",
            b"\xff\xfb",
            b"fLaC",
        ],
    ) || matches(bytes, &riff(*b"WAVE\0\0")[..12])
        || matches(bytes, &riff(*b"AVI \0\0")[..12])
        || bytes.get(4..8) == Some(b"ftyp")
        || (bytes.starts_with(b"FORM") && bytes.get(8..12) == Some(b"AIFF"))
}

/// <https://mimesniff.spec.whatwg.org/#matching-a-font-type-pattern>
#[must_use]
pub fn is_font(bytes: &[u8]) -> bool {
    starts_with_any(
        bytes,
        &[b"\0\x01\0\0", b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2"],
    )
}

/// Whether a file of captions begins as one must.
///
/// <https://w3c.github.io/webvtt/#webvtt-file-parsing>
#[must_use]
pub fn is_web_vtt(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Some(rest) = bytes.strip_prefix(b"WEBVTT") else {
        return false;
    };
    matches!(rest.first(), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

fn starts_with_any(bytes: &[u8], signatures: &[&[u8]]) -> bool {
    signatures
        .iter()
        .any(|signature| bytes.starts_with(signature))
}

/// `RIFF`, a length, and what is inside.
fn riff(kind: [u8; 6]) -> [Option<u8>; 14] {
    let mut pattern = [None; 14];
    for (place, byte) in pattern.iter_mut().zip(*b"RIFF") {
        *place = Some(byte);
    }
    for (place, byte) in pattern[8..].iter_mut().zip(kind) {
        *place = Some(byte);
    }
    pattern
}

fn matches(bytes: &[u8], pattern: &[Option<u8>]) -> bool {
    bytes.len() >= pattern.len()
        && pattern
            .iter()
            .zip(bytes)
            .all(|(wanted, byte)| wanted.is_none_or(|wanted| wanted == *byte))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, b"\x89PNG\r\n\x1a\nrest", true)]
    #[case(Some("text/plain"), b"\x89PNG\r\n\x1a\n", true)]
    #[case(Some("image/png"), b"GIF89a", true)]
    #[case(Some("image/png"), b"RIFF\x01\x02\x03\x04WEBPVP8 ", true)]
    #[case(Some("image/png"), b"<svg xmlns='http://www.w3.org/2000/svg'/>", false)]
    #[case(
        Some("image/svg+xml"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        true
    )]
    #[case(Some("image/svg+xml"), b"\x89PNG\r\n\x1a\n", false)]
    #[case(Some("text/xml"), b"\x89PNG\r\n\x1a\n", false)]
    #[case(Some("image/png"), b"ok", false)]
    #[case(Some("image/png"), b"", false)]
    #[case(Some("image/png"), b"RIFF\x01\x02\x03\x04WAVEfmt ", false)]
    fn images(#[case] essence: Option<&str>, #[case] body: &[u8], #[case] decodable: bool) {
        assert_eq!(is_decodable_image(essence, body), decodable);
    }

    #[rstest]
    #[case(b"RIFF\x24\x00\x00\x00WAVE", true)]
    #[case(b"\x1a\x45\xdf\xa3rest", true)]
    #[case(b"\0\0\0\x18ftypmp42", true)]
    #[case(b"RIFF\x24\x00\x00\x00WEBP", false)]
    #[case(b"ok", false)]
    fn audio_and_video(#[case] body: &[u8], #[case] expected: bool) {
        assert_eq!(is_audio_or_video(body), expected);
    }

    #[rstest]
    #[case(b"\0\x01\0\0rest", true)]
    #[case(b"wOF2", true)]
    #[case(b"wOF", false)]
    fn fonts(#[case] body: &[u8], #[case] expected: bool) {
        assert_eq!(is_font(body), expected);
    }

    #[rstest]
    #[case("WEBVTT", true)]
    #[case("\u{feff}WEBVTT\n\n", true)]
    #[case("WEBVTT - title", true)]
    #[case("WEBVTTX", false)]
    #[case("webvtt", false)]
    #[case("", false)]
    fn captions(#[case] body: &str, #[case] expected: bool) {
        assert_eq!(is_web_vtt(body.as_bytes()), expected);
    }
}
