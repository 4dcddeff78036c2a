//! A lenient reader of message heads that keeps what it reads.
//!
//! hyper and httparse refuse odd messages or mend them silently; a transcript has to show them. So
//! nothing is refused here: lines keep their order, names their case, and every departure from the
//! grammar is noted beside them.
//!
//! <https://www.rfc-editor.org/rfc/rfc9112.html#name-message-format>

/// The start line and header lines of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// The request line or status line.
    pub start_line: Vec<u8>,
    /// Header lines in the order and case they were sent. A value has no white space around it and is
    /// otherwise as it was, a folded one with its line breaks inside.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Departures from the grammar, each mentioned once.
    pub oddities: Vec<Oddity>,
    /// The length of the head in bytes, with the empty line that ends it.
    pub length: usize,
}

/// A departure from the grammar of a message head.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Oddity {
    /// A line ends in LF without CR.
    BareLineFeed,
    /// A value has a control byte in it.
    ControlByte,
    /// A value continues on a line that starts with white space.
    FoldedLine,
    /// A line has no colon. It is all value, its name is empty.
    MissingColon,
    /// The head ends without an empty line.
    MissingEnd,
    /// A name has a byte that names cannot have, white space before the colon among them, or is empty.
    NameByte,
}

impl Head {
    /// Reads the head at the start of `bytes`; `None` as long as its end is not there.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut head = Self::read(bytes);
        (!head.oddities.contains(&Oddity::MissingEnd)).then(|| {
            head.oddities.sort_unstable();
            head.oddities.dedup();
            head
        })
    }

    /// Reads the head at the start of `bytes`, where nothing will follow them.
    #[must_use]
    pub fn parse_to_end(bytes: &[u8]) -> Self {
        let mut head = Self::read(bytes);
        head.oddities.sort_unstable();
        head.oddities.dedup();
        head
    }

    /// Method and target, if this is the head of a request.
    #[must_use]
    pub fn request_line(&self) -> Option<(&[u8], &[u8])> {
        let mut parts = self
            .start_line
            .split(|byte| *byte == b' ')
            .filter(|part| !part.is_empty());
        Some((parts.next()?, parts.next()?))
    }

    /// Status and reason phrase, if this is the head of a response.
    #[must_use]
    pub fn status_line(&self) -> Option<(u16, &[u8])> {
        let rest = self.start_line.strip_prefix(b"HTTP/")?;
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let rest = rest[space..].trim_ascii_start();
        let (status, reason) = rest.split_at_checked(3)?;
        let status = std::str::from_utf8(status).ok()?.parse().ok()?;
        match reason {
            [] => Some((status, reason)),
            [b' ', reason @ ..] => Some((status, reason)),
            _ => None,
        }
    }

    /// The values of the header lines of this name, in any case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        values(&self.headers, name)
    }

    fn read(bytes: &[u8]) -> Self {
        let mut head = Self {
            start_line: Vec::new(),
            headers: Vec::new(),
            oddities: Vec::new(),
            length: 0,
        };
        loop {
            let rest = &bytes[head.length..];
            let Some((line, length)) = next_line(rest, &mut head.oddities) else {
                head.oddities.push(Oddity::MissingEnd);
                head.take_line(rest);
                head.length = bytes.len();
                return head;
            };
            head.length += length;
            if line.is_empty() {
                if head.start_line.is_empty() {
                    continue; // empty lines before a message are tolerated by everyone
                }
                return head;
            }
            head.take_line(line);
        }
    }

    fn take_line(&mut self, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        if self.start_line.is_empty() {
            self.start_line = line.to_vec();
            return;
        }
        if line[0] == b' ' || line[0] == b'\t' {
            self.oddities.push(Oddity::FoldedLine);
            if let Some((_, value)) = self.headers.last_mut() {
                value.extend_from_slice(b"\r\n");
                value.extend_from_slice(line.trim_ascii_end());
                return;
            }
        }
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], trim_white_space(&line[colon + 1..])),
            None => {
                self.oddities.push(Oddity::MissingColon);
                (&[][..], line)
            }
        };
        if (name.is_empty() && line.starts_with(b":"))
            || !name.iter().all(|byte| is_token_byte(*byte))
        {
            self.oddities.push(Oddity::NameByte);
        }
        if value
            .iter()
            .any(|byte| byte.is_ascii_control() && *byte != b'\t')
        {
            self.oddities.push(Oddity::ControlByte);
        }
        self.headers.push((isomorphic_decode(name), value.to_vec()));
    }
}

/// The values of the lines of this name, in any case.
pub(crate) fn values<'a>(
    headers: &'a [(String, Vec<u8>)],
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    headers
        .iter()
        .filter(move |(line, _)| line.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_slice())
}

/// Each byte becomes the character of the same number.
///
/// <https://infra.spec.whatwg.org/#isomorphic-decode>
pub(crate) fn isomorphic_decode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The line at the start of `bytes` without its end, and its length with it.
fn next_line<'a>(bytes: &'a [u8], oddities: &mut Vec<Oddity>) -> Option<(&'a [u8], usize)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = if end > 0 && bytes[end - 1] == b'\r' {
        &bytes[..end - 1]
    } else {
        oddities.push(Oddity::BareLineFeed);
        &bytes[..end]
    };
    Some((line, end + 1))
}

fn trim_white_space(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn headers(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        Head::parse(bytes).unwrap().headers
    }

    fn line(name: &str, value: &[u8]) -> (String, Vec<u8>) {
        (name.to_owned(), value.to_vec())
    }

    #[test]
    fn order_case_and_duplicates_survive() {
        let bytes = b"HTTP/1.1 200 OK\r\nVary: a\r\nX-B:  1 \r\nvary: b\r\n\r\nbody";
        assert_eq!(
            headers(bytes),
            [line("Vary", b"a"), line("X-B", b"1"), line("vary", b"b")]
        );
        let head = Head::parse(bytes).unwrap();
        assert_eq!(&bytes[head.length..], b"body");
        assert_eq!(head.oddities, []);
        assert_eq!(head.values("VARY").collect::<Vec<_>>(), [b"a", b"b"]);
    }

    #[test]
    fn a_head_without_its_end_is_not_there_yet() {
        assert_eq!(Head::parse(b"GET / HTTP/1.1\r\nHost: a\r\n"), None);
        let head = Head::parse_to_end(b"GET / HTTP/1.1\r\nHost: a");
        assert_eq!(head.headers, [line("Host", b"a")]);
        assert_eq!(head.oddities, [Oddity::MissingEnd]);
    }

    #[rstest]
    #[case::bare_line_feed(b"X: 1\n", "X", b"1", Oddity::BareLineFeed)]
    #[case::control_byte(b"X: a\x00b\r\n", "X", b"a\x00b", Oddity::ControlByte)]
    #[case::folded(b"X: a\r\n\tb\r\n", "X", b"a\r\n\tb", Oddity::FoldedLine)]
    #[case::missing_colon(b"nonsense\r\n", "", b"nonsense", Oddity::MissingColon)]
    #[case::space_before_colon(b"X : 1\r\n", "X ", b"1", Oddity::NameByte)]
    #[case::byte_above_ascii(b"X\xe9: 1\r\n", "X\u{e9}", b"1", Oddity::NameByte)]
    #[case::empty_name(b": 1\r\n", "", b"1", Oddity::NameByte)]
    fn odd_lines_survive_with_a_note(
        #[case] odd: &[u8],
        #[case] name: &str,
        #[case] value: &[u8],
        #[case] oddity: Oddity,
    ) {
        let bytes = [b"HTTP/1.1 200 OK\r\n", odd, b"Y: 2\r\n\r\n"].concat();
        let head = Head::parse(&bytes).unwrap();
        assert_eq!(head.headers, [line(name, value), line("Y", b"2")]);
        assert_eq!(head.oddities, [oddity]);
    }

    #[rstest]
    #[case::usual(b"HTTP/1.1 200 OK", Some((200, &b"OK"[..])))]
    #[case::empty_reason(b"HTTP/1.1 200 ", Some((200, &b""[..])))]
    #[case::no_reason(b"HTTP/1.0 200", Some((200, &b""[..])))]
    #[case::four_digits(b"HTTP/1.1 2000 OK", None)]
    #[case::not_http(b"ICY 200 OK", None)]
    #[case::a_request(b"GET / HTTP/1.1", None)]
    fn status_lines_are_read(#[case] bytes: &[u8], #[case] expected: Option<(u16, &[u8])>) {
        assert_eq!(Head::parse_to_end(bytes).status_line(), expected);
    }

    proptest! {
        #[test]
        fn no_bytes_are_refused_and_none_are_read_twice(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let head = Head::parse_to_end(&bytes);
            prop_assert!(head.length <= bytes.len());
            if let Some(complete) = Head::parse(&bytes) {
                prop_assert_eq!(complete, head);
            }
        }

        #[test]
        fn well_formed_lines_are_read_back(lines in proptest::collection::vec(("[A-Za-z-]{1,8}", "[!-~]{0,8}"), 0..8)) {
            let mut bytes = b"GET / HTTP/1.1\r\n".to_vec();
            for (name, value) in &lines {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
            let head = Head::parse(&bytes).unwrap();
            prop_assert_eq!(head.length, bytes.len());
            prop_assert!(head.oddities.is_empty());
            let expected: Vec<_> = lines.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
            prop_assert_eq!(head.headers, expected);
        }
    }
}
