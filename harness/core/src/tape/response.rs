//! A whole recorded response, read again from its bytes.

use super::body::Framing;
use super::exchange::Message;
use super::head::Head;

/// How much of a response there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Extent {
    /// Its head is there, its body is not all there.
    HalfBody,
    /// Its head is not all there.
    HalfHead,
    /// The end of the connection ends it.
    UntilClose,
    /// It takes this many bytes, interim responses before it among them.
    Whole(usize),
}

impl Extent {
    /// The extent of the response at the start of `bytes`, to a request with this method.
    pub(crate) fn of_response(bytes: &[u8], method: &str) -> Self {
        let mut start = 0;
        loop {
            let Some(head) = Head::parse(&bytes[start..]) else {
                return Self::HalfHead;
            };
            let Some((status, _)) = head.status_line() else {
                return Self::UntilClose;
            };
            start += head.length;
            if is_interim(status) {
                continue;
            }
            return Self::of_body(start, Framing::of_response(&head, status, method), bytes);
        }
    }

    /// The same, where it is known where its body begins.
    fn of_body(start: usize, framing: Framing, bytes: &[u8]) -> Self {
        match (framing, framing.read(&bytes[start..])) {
            (Framing::UntilClose, _) => Self::UntilClose,
            (_, Some((_, length))) => Self::Whole(start + length),
            (_, None) => Self::HalfBody,
        }
    }
}

/// A response whose bytes still come. Each head is read once, when it may be whole: read again with every
/// part that comes, a long one would take time by the square of its length.
#[derive(Debug, Default)]
pub(crate) struct Arriving {
    /// Where the present head begins, behind those of interim responses.
    start: usize,
    /// How far an end of it has been looked for.
    seen: usize,
    /// The lines of it so far.
    lines: usize,
    /// Where the body begins, and how its end is found, once there is a final head.
    body: Option<(usize, Framing)>,
}

impl Arriving {
    /// How much of the response, to a request with this method, is there: in the bytes of the last time
    /// and those that have come since.
    pub(crate) fn extent(&mut self, bytes: &[u8], method: &str) -> Extent {
        while self.body.is_none() {
            let is_possible = has_empty_line(bytes, self.start.max(self.seen.saturating_sub(3)));
            self.lines += count_lines(&bytes[self.seen..]);
            self.seen = bytes.len();
            let head = is_possible
                .then(|| Head::parse(&bytes[self.start..]))
                .flatten();
            let Some(head) = head else {
                return Extent::HalfHead;
            };
            let end = self.start + head.length;
            let status = head.status_line().map(|(status, _)| status);
            if status.is_some_and(is_interim) {
                (self.start, self.seen, self.lines) = (end, end, 0);
                continue;
            }
            // Without the empty one.
            self.lines = count_lines(&bytes[self.start..end]).saturating_sub(1);
            let framing = status.map(|status| Framing::of_response(&head, status, method));
            self.body = Some((end, framing.unwrap_or(Framing::UntilClose)));
        }
        match self.body {
            Some((start, framing)) => Extent::of_body(start, framing, bytes),
            None => Extent::HalfHead,
        }
    }

    /// How many lines the present head has so far.
    pub(crate) const fn lines(&self) -> usize {
        self.lines
    }
}

/// Whether a head may end in the bytes from `start` on.
fn has_empty_line(bytes: &[u8], start: usize) -> bool {
    bytes[start..].windows(3).any(|window| {
        window.starts_with(b"\n\n") || window.ends_with(b"\n\n") || window == b"\n\r\n"
    })
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

impl Message {
    /// Reads the response in `bytes`, to a request with this method, behind which nothing follows.
    /// Interim responses before it are skipped.
    ///
    /// Bytes that are no HTTP response have the status 0 and are all body; `None` is no byte at all.
    pub(crate) fn read_response(bytes: Vec<u8>, method: &str) -> Option<(u16, Self)> {
        if bytes.is_empty() {
            return None;
        }
        let mut start = 0;
        loop {
            let head = Head::parse_to_end(&bytes[start..]);
            let Some((status, reason_phrase)) = head.status_line() else {
                return Some((
                    0,
                    Self {
                        body: bytes[start..].to_vec(),
                        bytes,
                        ..Self::default()
                    },
                ));
            };
            if is_interim(status) && start + head.length < bytes.len() {
                start += head.length;
                continue;
            }
            let reason_phrase = reason_phrase.to_vec();
            let framing = Framing::of_response(&head, status, method);
            let rest = &bytes[start + head.length..];
            let body = framing.read_to_end(rest);
            let is_unfinished = framing != Framing::UntilClose && framing.read(rest).is_none();
            return Some((
                status,
                Self {
                    reason_phrase,
                    headers: head.headers,
                    body,
                    bytes,
                    is_unfinished,
                },
            ));
        }
    }
}

/// The head of the final response, whatever interim responses stand before it.
pub(crate) fn final_head(bytes: &[u8]) -> Option<Head> {
    let mut rest = bytes;
    loop {
        let head = Head::parse(rest)?;
        match head.status_line() {
            Some((status, _)) if is_interim(status) => rest = &rest[head.length..],
            _ => return Some(head),
        }
    }
}

/// Whether a final response follows; `101 Switching Protocols` is final.
fn is_interim(status: u16) -> bool {
    matches!(status, 100 | 102..=199)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(bytes: &[u8]) -> (u16, Message) {
        Message::read_response(bytes.to_vec(), "GET").unwrap()
    }

    #[test]
    fn the_final_response_counts() {
        let (status, message) =
            read(b"HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\nHTTP/1.1 200 Fine\r\nY: 2\r\n\r\nok");
        assert_eq!(status, 200);
        assert_eq!(message.reason_phrase, b"Fine");
        assert_eq!(message.headers, [("Y".to_owned(), b"2".to_vec())]);
        assert_eq!(message.body, b"ok");
    }

    #[test]
    fn a_lonely_interim_response_is_better_than_nothing() {
        assert_eq!(read(b"HTTP/1.1 103 Early Hints\r\n\r\n").0, 103);
    }

    #[test]
    fn bytes_that_are_not_http_are_kept_as_a_body() {
        let (status, message) = read(b"hello\r\n");
        assert_eq!((status, message.body.as_slice()), (0, &b"hello\r\n"[..]));
    }

    #[test]
    fn an_answer_cut_in_its_head_is_read_as_far_as_it_goes() {
        let (status, message) = read(b"HTTP/1.1 200 OK\r\nX: 1\r\nY");
        assert_eq!(status, 200);
        assert_eq!(message.headers[0], ("X".to_owned(), b"1".to_vec()));
    }

    #[rstest]
    #[case::length("Content-Length: 3\r\n\r\nab", true)]
    #[case::whole_length("Content-Length: 2\r\n\r\nab", false)]
    #[case::no_last_chunk("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", true)]
    #[case::last_chunk("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", false)]
    #[case::until_close("\r\nab", false)]
    fn a_body_without_its_end_is_unfinished(#[case] rest: &str, #[case] expected: bool) {
        let (_, message) = read(format!("HTTP/1.1 200 OK\r\n{rest}").as_bytes());
        assert_eq!(message.body, b"ab");
        assert_eq!(message.is_unfinished, expected);
    }

    #[rstest]
    #[case::common("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    #[case::bare_line_feeds("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")]
    #[case::chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    #[case::lines_in_the_body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na\n\nb\nc\n\n\n")]
    #[case::lines_in_front("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    #[case::interim("HTTP/1.1 103 Hi\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    fn in_parts_of_any_size_a_response_ends_where_it_does_as_a_whole(#[case] text: &str) {
        let bytes = text.as_bytes();
        for size in 1..=bytes.len() {
            let mut arriving = Arriving::default();
            let mut extents = Vec::new();
            for end in (size..bytes.len()).step_by(size).chain([bytes.len()]) {
                let extent = arriving.extent(&bytes[..end], "GET");
                assert_eq!(extent, Extent::of_response(&bytes[..end], "GET"), "{end}");
                extents.push(extent);
            }
            assert_eq!(extents.last(), Some(&Extent::Whole(bytes.len())));
        }
    }

    #[rstest]
    #[case::half("HTTP/1.1 200", 0)]
    #[case::two("HTTP/1.1 200 OK\r\nA: 1\r\nB", 2)]
    #[case::whole("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", 2)]
    #[case::not_those_of_the_body("HTTP/1.1 200 OK\r\n\r\na\n\nb\n", 1)]
    #[case::not_those_of_an_interim_response(
        "HTTP/1.1 103 Hi\r\nA: 1\r\n\r\nHTTP/1.1 200 OK\r\n",
        1
    )]
    #[case::those_behind_empty_ones("\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n", 5)]
    fn the_lines_of_the_present_head_are_counted(#[case] text: &str, #[case] lines: usize) {
        for size in 1..=text.len() {
            let mut arriving = Arriving::default();
            for end in (size..text.len()).step_by(size).chain([text.len()]) {
                arriving.extent(&text.as_bytes()[..end], "GET");
            }
            assert_eq!(arriving.lines(), lines, "in parts of {size}");
        }
    }

    #[test]
    fn any_number_of_interim_responses_may_come_first() {
        let interim = "HTTP/1.1 103 -\n\n".repeat(20_000);
        assert!(final_head(interim.as_bytes()).is_none());
        let head = final_head(format!("{interim}HTTP/1.1 204 -\n\n").as_bytes()).unwrap();
        assert_eq!(head.status_line().map(|(status, _)| status), Some(204));
    }

    #[test]
    fn no_byte_is_no_response() {
        assert_eq!(Message::read_response(Vec::new(), "GET"), None);
    }

    #[rstest]
    #[case::nothing("", Extent::HalfHead)]
    #[case::half_a_head("HTTP/1.1 200 OK\r\n", Extent::HalfHead)]
    #[case::half_a_body("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", Extent::HalfBody)]
    #[case::whole(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabnext",
        Extent::Whole(40)
    )]
    #[case::no_content("HTTP/1.1 204 A\r\n\r\nnext", Extent::Whole(18))]
    #[case::without_length("HTTP/1.1 200 OK\r\n\r\nab", Extent::UntilClose)]
    #[case::interim("HTTP/1.1 103 A\r\n\r\n", Extent::HalfHead)]
    #[case::final_after_interim("HTTP/1.1 103 A\r\n\r\nHTTP/1.1 204 A\r\n\r\n", Extent::Whole(36))]
    #[case::not_http("hello\r\n\r\n", Extent::UntilClose)]
    fn the_extent_of_a_response_follows_from_its_head(
        #[case] bytes: &str,
        #[case] expected: Extent,
    ) {
        assert_eq!(Extent::of_response(bytes.as_bytes(), "GET"), expected);
    }
}
