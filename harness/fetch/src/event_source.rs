//! Server-sent events.
//!
//! <https://html.spec.whatwg.org/#server-sent-events>

use std::time::Duration;

use crate::header_list::HeaderList;
use crate::mime::extract_essence;
use crate::outcome::Block;
use crate::reason::Reason;

/// Whether a response announces the connection; what does not fails it for good.
///
/// <https://html.spec.whatwg.org/#sse-processing-model>
///
/// # Errors
///
/// [`Reason::EventStreamStatus`] and [`Reason::EventStreamType`].
pub fn judge(status: u16, headers: &HeaderList) -> Result<(), Block> {
    if status != 200 {
        return Err(Block::new(Reason::EventStreamStatus, status.to_string()));
    }
    match extract_essence(headers) {
        Some(essence) if essence == "text/event-stream" => Ok(()),
        detail => Err(Block {
            reason: Reason::EventStreamType,
            detail,
        }),
    }
}

/// Whether a connection that ended for this reason is made again. What the server has said fails it
/// for good; so does what no other attempt would change. After a network error, the standard leaves it
/// to the user agent to see that another attempt is futile, as it is where CORS forbids it.
///
/// <https://html.spec.whatwg.org/#sse-processing-model>
#[must_use]
pub const fn is_worth_another_attempt(reason: Reason) -> bool {
    matches!(reason, Reason::NetworkError)
}

/// An event that is dispatched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// `message`, or what the stream says.
    pub name: String,
    /// The data.
    pub data: String,
    /// The last event ID at that time.
    pub last_event_id: String,
}

/// Reads an event stream, in whatever parts it arrives.
///
/// What it keeps from one connection to the next survives [`Parser::reconnect`].
///
/// <https://html.spec.whatwg.org/#event-stream-interpretation>
#[derive(Clone, Debug, Default)]
pub struct Parser {
    /// The bytes of a line that has no end yet.
    line: Vec<u8>,
    is_begun: bool,
    /// Whether the last line ended in CR, so that a LF belongs to it.
    after_return: bool,
    data: String,
    event_type: String,
    /// The buffer; it counts from the next blank line on.
    id: String,
    last_event_id: String,
    reconnection_time: Option<Duration>,
}

impl Parser {
    /// Reads on, and returns what is to be dispatched.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.take_line(&line));
                }
                byte => self.line.push(*byte),
            }
        }
        events
    }

    /// Forgets what the old connection left unfinished; a new one begins.
    ///
    /// <https://html.spec.whatwg.org/#reestablish-the-connection>
    pub fn reconnect(&mut self) {
        *self = Self {
            id: self.last_event_id.clone(),
            last_event_id: std::mem::take(&mut self.last_event_id),
            reconnection_time: self.reconnection_time,
            ..Self::default()
        };
    }

    /// What `Last-Event-ID` says of the next connection; empty for nothing.
    ///
    /// <https://html.spec.whatwg.org/#concept-event-stream-last-event-id>
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// How long to wait before the next connection, if the stream has said.
    ///
    /// <https://html.spec.whatwg.org/#concept-event-stream-reconnection-time>
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Event> {
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(line) if !self.is_begun => line,
            _ => line,
        };
        self.is_begun = true;
        let line = String::from_utf8_lossy(line);
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        self.process(field, value.strip_prefix(' ').unwrap_or(value));
        None
    }

    /// <https://html.spec.whatwg.org/#processField>
    fn process(&mut self, field: &str, value: &str) {
        match field {
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "event" => value.clone_into(&mut self.event_type),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // More digits than there are milliseconds in a lifetime are a lifetime.
                let milliseconds = value.parse().unwrap_or(u64::MAX);
                self.reconnection_time = Some(Duration::from_millis(milliseconds));
            }
            _ => {}
        }
    }

    /// <https://html.spec.whatwg.org/#dispatchMessage>
    fn dispatch(&mut self) -> Option<Event> {
        self.id.clone_into(&mut self.last_event_id);
        let event_type = std::mem::take(&mut self.event_type);
        let mut data = std::mem::take(&mut self.data);
        if data.is_empty() {
            return None;
        }
        data.pop();
        Some(Event {
            name: if event_type.is_empty() {
                "message".to_owned()
            } else {
                event_type
            },
            data,
            last_event_id: self.last_event_id.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    /// `name=data` of every event.
    fn read(stream: &[u8]) -> Vec<String> {
        let events = Parser::default().read(stream);
        let show = |event: Event| format!("{}={}", event.name, event.data);
        events.into_iter().map(show).collect()
    }

    #[rstest]
    #[case::line_feed("data: a\n\n", &["message=a"])]
    #[case::carriage_return("data: a\r\r", &["message=a"])]
    #[case::both("data: a\r\n\r\n", &["message=a"])]
    #[case::mark_at_the_start("\u{feff}data: a\n\n", &["message=a"])]
    #[case::two_marks("\u{feff}\u{feff}data: a\n\n", &[])]
    #[case::several_lines("data: a\ndata: b\n\n", &["message=a\nb"])]
    #[case::one_space_goes("data:  a\n\n", &["message= a"])]
    #[case::no_space("data:a\n\n", &["message=a"])]
    #[case::no_colon("data\n\n", &["message="])]
    #[case::two_without_colon("data\ndata\n\n", &["message=\n"])]
    #[case::comment(":data: a\n\n", &[])]
    #[case::name("event: x\ndata: a\n\n", &["x=a"])]
    #[case::name_does_not_last("event: x\n\ndata: a\n\n", &["message=a"])]
    #[case::unknown_field("Data: a\n\n", &[])]
    #[case::unfinished("data: a\n", &[])]
    #[case::space_before("data: a\n\n data: b\n\n", &["message=a"])]
    #[case::nothing("", &[])]
    fn events(#[case] stream: &str, #[case] expected: &[&str]) {
        assert_eq!(read(stream.as_bytes()), expected);
    }

    #[rstest]
    #[case("id: 1\n\n", "1")]
    #[case("id: 1\n", "")]
    #[case("id: 1\n\nid\n\n", "")]
    #[case("id: 1\n\nid: 2\0\n\n", "1")]
    #[case("id: 1\ndata: a\n\ndata: b\n\n", "1")]
    fn identifiers(#[case] stream: &str, #[case] expected: &str) {
        let mut parser = Parser::default();
        parser.read(stream.as_bytes());
        assert_eq!(parser.last_event_id(), expected);
    }

    #[rstest]
    #[case("retry: 10\n", Some(10))]
    #[case("retry: 1x\n", None)]
    #[case("retry:\n", None)]
    #[case("retry: -1\n", None)]
    #[case("retry: 10", None)]
    fn reconnection_times(#[case] stream: &str, #[case] expected: Option<u64>) {
        let mut parser = Parser::default();
        parser.read(stream.as_bytes());
        let expected = expected.map(Duration::from_millis);
        assert_eq!(parser.reconnection_time(), expected);
    }

    #[test]
    fn a_new_connection_knows_the_identifier_and_nothing_half_said() {
        let mut parser = Parser::default();
        parser.read(b"retry: 7\nid: 1\n\nid: 2\nevent: x\ndata: lost\n");
        parser.reconnect();
        assert_eq!(parser.last_event_id(), "1");
        assert_eq!(parser.reconnection_time(), Some(Duration::from_millis(7)));
        let events = parser.read("\u{feff}data: a\n\n".as_bytes());
        assert_eq!(events[0].data, "a");
        assert_eq!(events[0].name, "message");
        assert_eq!(events[0].last_event_id, "1");
    }

    #[rstest]
    #[case(200, "text/event-stream", None)]
    #[case(200, "Text/Event-Stream; charset=latin1", None)]
    #[case(200, "text/plain", Some(Reason::EventStreamType))]
    #[case(204, "text/event-stream", Some(Reason::EventStreamStatus))]
    #[case(500, "text/plain", Some(Reason::EventStreamStatus))]
    fn answers(#[case] status: u16, #[case] kind: &str, #[case] refused: Option<Reason>) {
        let mut headers = HeaderList::new();
        headers.append("Content-Type", kind);
        let judged = judge(status, &headers).err().map(|block| block.reason);
        assert_eq!(judged, refused);
    }

    proptest! {
        #[test]
        fn parts_make_no_difference(
            stream in "(data|id|event|retry|:|x)?[: ]{0,2}[a\u{e9}\n\r]{0,4}[\n\r]{0,3}(data: b\r?\n\r?\n)?",
            cut in 0_usize..40,
        ) {
            let bytes = stream.as_bytes();
            let cut = cut.min(bytes.len());
            let mut parser = Parser::default();
            let mut events = parser.read(&bytes[..cut]);
            events.extend(parser.read(&bytes[cut..]));
            prop_assert_eq!(events, Parser::default().read(bytes));
        }

        #[test]
        fn line_ends_are_all_the_same(lines in prop::collection::vec("(data|id|event): ?[a-c]?|", 0..12)) {
            let stream = |end: &str| {
                let text: String = lines.iter().map(|line| format!("{line}{end}")).collect();
                Parser::default().read(text.as_bytes())
            };
            prop_assert_eq!(stream("\n"), stream("\r"));
            prop_assert_eq!(stream("\n"), stream("\r\n"));
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            let mut parser = Parser::default();
            parser.read(&bytes);
        }
    }
}
