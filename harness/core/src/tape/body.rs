//! Where the body of a recorded message ends, and what is in it.
//!
//! <https://www.rfc-editor.org/rfc/rfc9112.html#name-message-body-length>

use super::head::Head;

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Framing {
    /// The last chunk ends it.
    Chunked,
    /// It has this many bytes.
    Length(u64),
    /// The end of the connection ends it.
    UntilClose,
}

impl Framing {
    /// The framing of a request's body.
    pub(crate) fn of_request(head: &Head) -> Self {
        match Self::announced(head) {
            Self::UntilClose => Self::Length(0),
            framing => framing,
        }
    }

    /// The framing of the body of a response with this status to a request with this method.
    pub(crate) fn of_response(head: &Head, status: u16, method: &str) -> Self {
        if method == "HEAD" || matches!(status, 100..=199 | 204 | 304) {
            return Self::Length(0);
        }
        Self::announced(head)
    }

    fn announced(head: &Head) -> Self {
        let is_chunked = head
            .values("transfer-encoding")
            .last()
            .is_some_and(|value| {
                value
                    .to_ascii_lowercase()
                    .trim_ascii()
                    .ends_with(b"chunked")
            });
        if is_chunked {
            return Self::Chunked;
        }
        head.values("content-length")
            .next()
            .and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok())
            .map_or(Self::UntilClose, Self::Length)
    }

    /// The body at the start of `bytes` without its coding, and the number of bytes it takes on the
    /// wire; `None` as long as its end is not there.
    pub(crate) fn read(self, bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        match self {
            Self::Chunked => match read_chunks(bytes) {
                Chunks {
                    body,
                    end: Some(end),
                } => Some((body, end)),
                Chunks { end: None, .. } => None,
            },
            Self::Length(length) => {
                let body = bytes.get(..usize::try_from(length).ok()?)?;
                Some((body.to_vec(), body.len()))
            }
            Self::UntilClose => None,
        }
    }

    /// The body in `bytes`, where nothing will follow them: as much of it as there is.
    pub(crate) fn read_to_end(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Chunked => read_chunks(bytes).body,
            Self::Length(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                bytes[..length.min(bytes.len())].to_vec()
            }
            Self::UntilClose => bytes.to_vec(),
        }
    }
}

struct Chunks {
    body: Vec<u8>,
    /// Where the trailer section ends, if all of it is there.
    end: Option<usize>,
}

/// Reads as many chunks as there are; bytes that are no chunk end the body.
///
/// <https://www.rfc-editor.org/rfc/rfc9112.html#name-chunked-transfer-coding>
fn read_chunks(bytes: &[u8]) -> Chunks {
    let mut body = Vec::new();
    let mut position = 0;
    loop {
        let Some((line, next)) = line_at(bytes, position) else {
            return Chunks { body, end: None };
        };
        let size = line
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default()
            .trim_ascii();
        let size = std::str::from_utf8(size)
            .ok()
            .and_then(|s| usize::from_str_radix(s, 16).ok());
        let Some(size) = size else {
            return Chunks { body, end: None };
        };
        position = next;
        if size == 0 {
            break;
        }
        let available = (bytes.len() - position).min(size);
        body.extend_from_slice(&bytes[position..position + available]);
        position += available;
        match line_at(bytes, position) {
            Some((_, next)) if available == size => position = next,
            _ => return Chunks { body, end: None },
        }
    }
    while let Some((line, next)) = line_at(bytes, position) {
        position = next;
        if line.is_empty() {
            return Chunks {
                body,
                end: Some(position),
            };
        }
    }
    Chunks { body, end: None }
}

fn line_at(bytes: &[u8], start: usize) -> Option<(&[u8], usize)> {
    let rest = &bytes[start..];
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = &rest[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), start + end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn head(lines: &str) -> Head {
        Head::parse(format!("HTTP/1.1 200 OK\r\n{lines}\r\n").as_bytes()).unwrap()
    }

    #[rstest]
    #[case::length("Content-Length: 3\r\n", 200, "GET", Framing::Length(3))]
    #[case::chunked("Transfer-Encoding: gzip, Chunked\r\n", 200, "GET", Framing::Chunked)]
    #[case::both(
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        200,
        "GET",
        Framing::Chunked
    )]
    #[case::neither("", 200, "GET", Framing::UntilClose)]
    #[case::garbage("Content-Length: three\r\n", 200, "GET", Framing::UntilClose)]
    #[case::head("Content-Length: 3\r\n", 200, "HEAD", Framing::Length(0))]
    #[case::no_content("Content-Length: 3\r\n", 204, "GET", Framing::Length(0))]
    fn a_response_is_framed_by_its_head(
        #[case] lines: &str,
        #[case] status: u16,
        #[case] method: &str,
        #[case] expected: Framing,
    ) {
        assert_eq!(Framing::of_response(&head(lines), status, method), expected);
    }

    #[test]
    fn a_request_without_a_length_has_no_body() {
        assert_eq!(Framing::of_request(&head("")), Framing::Length(0));
    }

    #[test]
    fn chunks_are_joined_and_their_end_is_found() {
        let bytes = b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\nnext";
        let (body, length) = Framing::Chunked.read(bytes).unwrap();
        assert_eq!(body, b"abcde");
        assert_eq!(&bytes[length..], b"next");
    }

    #[test]
    fn a_body_that_is_cut_is_read_as_far_as_it_goes() {
        assert_eq!(Framing::Chunked.read(b"5\r\nabc"), None);
        assert_eq!(Framing::Chunked.read_to_end(b"5\r\nabc"), b"abc");
        assert_eq!(Framing::Length(5).read(b"abc"), None);
        assert_eq!(Framing::Length(5).read_to_end(b"abc"), b"abc");
        assert_eq!(Framing::UntilClose.read_to_end(b"abc"), b"abc");
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let body = Framing::Chunked.read_to_end(&bytes);
            prop_assert!(body.len() <= bytes.len());
        }

        #[test]
        fn chunked_bodies_are_read_back(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..5)) {
            let mut bytes = Vec::new();
            for chunk in &chunks {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
            prop_assert_eq!(Framing::Chunked.read(&bytes), Some((chunks.concat(), bytes.len())));
        }
    }
}
