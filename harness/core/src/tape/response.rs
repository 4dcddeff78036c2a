//! A whole recorded response, read again from its bytes.

use super::body::Framing;
use super::exchange::Message;
use super::head::Head;

impl Message {
    /// Reads the response in `bytes`, to a request with this method, after which the connection was
    /// closed or reused. Interim responses before it are skipped.
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
            let is_interim = matches!(status, 100 | 102..=199);
            if is_interim && start + head.length < bytes.len() {
                start += head.length;
                continue;
            }
            let reason_phrase = reason_phrase.to_vec();
            let body = Framing::of_response(&head, status, method)
                .read_to_end(&bytes[start + head.length..]);
            return Some((
                status,
                Self {
                    reason_phrase,
                    headers: head.headers,
                    body,
                    bytes,
                },
            ));
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn no_byte_is_no_response() {
        assert_eq!(Message::read_response(Vec::new(), "GET"), None);
    }
}
