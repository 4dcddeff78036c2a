//! One HTTP/1.1 connection of a client, and what was said on it.
//!
//! Nothing runs in the background: a connection is driven by whoever has an exchange on it, and lies
//! still in between. So the stream can be had back when hyper refuses a response that a browser would
//! take, and be read to its end.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt as _;

use super::error::{PATIENCE, is_foreign};
use super::limits::{Deadlines, MOST_HEAD_BYTES, MOST_RESPONSE_BYTES, within};
use super::watch::Watch;
use super::{Exchanged, Outgoing, TransportError};
use crate::tape::dictation::{Dictated, Dictation};
use crate::tape::head::{Head, values};
use crate::tape::response::{Arriving, Extent};
use crate::tape::stream::Stream;
use crate::tape::tee::{Recording, Tee};
use crate::tape::{Message, Protocol};

type Io = TokioIo<Dictation<Tee<Stream>>>;

/// A connection; hyper reads, and writes what is dictated.
pub(super) struct Http1 {
    sender: http1::SendRequest<Empty<Bytes>>,
    connection: http1::Connection<Io, Empty<Bytes>>,
    is_finished: bool,
    recording: Recording,
    dictated: Dictated,
}

impl Http1 {
    pub(super) async fn handshake(stream: Stream) -> Result<Self, TransportError> {
        let tee = Tee::new(stream);
        let recording = tee.recording();
        let dictation = Dictation::new(tee);
        let dictated = dictation.dictated();
        // Not more header lines than hyper takes anyway, for which it has room without allocating: a
        // response with more is one of those that it refuses and that are read on.
        let (sender, connection) = http1::handshake(TokioIo::new(dictation))
            .await
            .map_err(|_| TransportError::Closed)?;
        Ok(Self {
            sender,
            connection,
            is_finished: false,
            recording,
            dictated,
        })
    }

    /// Whether another exchange can begin: the server has not closed, and has said nothing unasked.
    pub(super) async fn is_usable(&mut self) -> bool {
        let ready = drive(
            &mut self.connection,
            &mut self.is_finished,
            self.sender.ready(),
        )
        .await;
        matches!(ready, Some(Ok(())))
            && !self.is_finished
            && self.recording.with_read(<[u8]>::is_empty)
    }

    /// Makes one exchange; the connection comes back unless it is used up.
    pub(super) async fn exchange(
        mut self,
        outgoing: &Outgoing,
        deadlines: &Deadlines,
        watch: Option<&Watch>,
    ) -> (Exchanged, Option<Self>) {
        if outgoing.is_streamed() {
            let failure = Some(TransportError::StreamedBody);
            let request = request_message(outgoing, Vec::new());
            let protocol = Protocol::Http1;
            return (
                Exchanged {
                    protocol,
                    request,
                    response: None,
                    failure,
                },
                Some(self),
            );
        }
        self.recording.forget_written();
        self.dictated.push(outgoing.encode());
        let outcome = self.converse(&outgoing.method, deadlines, watch).await;
        let recording = self.recording.clone();
        let (failure, connection) = match outcome {
            Ok(()) => (None, Some(self)),
            Err(Fault::Unreadable) => (self.read_on(&outgoing.method, deadlines).await.err(), None),
            Err(Fault::Transport(error)) => (Some(error), None),
        };
        let method = &outgoing.method;
        let extent = recording.with_read(|bytes| Extent::of_response(bytes, method));
        let length = match extent {
            Extent::Whole(length) => length,
            Extent::HalfBody | Extent::HalfHead | Extent::UntilClose => usize::MAX,
        };
        let response = Message::read_response(recording.take_read(length), method);
        let came = (response.as_ref()).map_or(&[][..], |(_, message)| &message.bytes);
        let failure = match failure {
            None => fault_of(response.as_ref()),
            Some(TransportError::Closed) if extent == Extent::HalfHead => {
                Some(TransportError::of_half_head(came))
            }
            Some(TransportError::Closed) => {
                fault_of(response.as_ref()).or(Some(TransportError::Cut))
            }
            Some(TransportError::Deadline { .. }) if is_foreign(came) => {
                Some(TransportError::of_half_head(came))
            }
            failure => failure,
        };
        let exchanged = Exchanged {
            protocol: Protocol::Http1,
            request: request_message(outgoing, recording.take_written()),
            response,
            failure,
        };
        (exchanged, connection)
    }

    /// Sends what was dictated, and lets hyper read the response.
    async fn converse(
        &mut self,
        method: &str,
        deadlines: &Deadlines,
        watch: Option<&Watch>,
    ) -> Result<(), Fault> {
        let placeholder = Request::builder()
            .method(method)
            .uri("/")
            .body(Empty::new());
        let placeholder = placeholder.map_err(TransportError::Request)?;
        let response = self.sender.send_request(placeholder);
        let first_byte = deadlines.first_byte;
        let recording = self.recording.clone();
        drive(&mut self.connection, &mut self.is_finished, async {
            let head = within(first_byte, "response", response)
                .await?
                .map_err(Fault::of)?;
            if let Some(watch) = watch {
                // What hyper has read of it keeps neither order nor case.
                let bytes = recording.with_read(<[u8]>::to_vec);
                watch.tell_head(Message::read_response(bytes, method));
            }
            let mut body = Limited::new(head.into_body(), MOST_RESPONSE_BYTES);
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => {
                        if let (Some(watch), Ok(part)) = (watch, frame.into_data()) {
                            watch.tell_part(&part);
                        }
                    }
                    Err(error) => {
                        return Err(match error.downcast::<hyper::Error>() {
                            Ok(error) => Fault::of(*error),
                            Err(_) => TransportError::TooLong(MOST_RESPONSE_BYTES).into(),
                        });
                    }
                }
            }
            Ok(())
        })
        .await
        .unwrap_or_else(|| Err(TransportError::Closed.into()))
    }

    /// Reads the rest of a response whose head hyper has refused.
    async fn read_on(self, method: &str, deadlines: &Deadlines) -> Result<(), TransportError> {
        let mut stream = self.connection.into_parts().io.into_inner();
        let mut buffer = vec![0; 16 << 10];
        let mut arriving = Arriving::default();
        loop {
            let (extent, length, is_foreign) = (self.recording).with_read(|bytes| {
                let extent = arriving.extent(bytes, method);
                (extent, bytes.len(), is_foreign(bytes))
            });
            if let Extent::Whole(_) = extent {
                return Ok(());
            }
            if extent == Extent::HalfHead && length > MOST_HEAD_BYTES {
                return Err(TransportError::HeadTooLong(MOST_HEAD_BYTES));
            }
            if length > MOST_RESPONSE_BYTES {
                return Err(TransportError::TooLong(MOST_RESPONSE_BYTES));
            }
            let limit = if is_foreign {
                deadlines.first_byte.min(PATIENCE)
            } else {
                deadlines.first_byte
            };
            let read = stream.read(&mut buffer);
            match (within(limit, "end of the response", read).await?, extent) {
                (Ok(1..), _) => {}
                (_, Extent::UntilClose) => return Ok(()),
                _ => return Err(TransportError::Closed),
            }
        }
    }
}

/// Polls a connection while something waits for it; `None` if it ended before that came.
async fn drive<T>(
    connection: &mut http1::Connection<Io, Empty<Bytes>>,
    is_finished: &mut bool,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if !*is_finished {
            // Its errors reach whoever waits for the response. It must not shut the stream down,
            // which may still have something to read.
            *is_finished = connection.poll_without_shutdown(context).is_ready();
        }
        match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            // Nothing wakes this up any more.
            Poll::Pending if *is_finished => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

enum Fault {
    Transport(TransportError),
    /// hyper does not understand what a browser might.
    Unreadable,
}

impl Fault {
    fn of(error: hyper::Error) -> Self {
        if error.is_parse() {
            Self::Unreadable
        } else {
            Self::Transport(TransportError::Closed)
        }
    }
}

impl From<TransportError> for Fault {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

/// What browsers refuse although it can be read.
fn fault_of(response: Option<&(u16, Message)>) -> Option<TransportError> {
    let (status, message) = response?;
    if *status == 0 {
        return Some(TransportError::not_http(&message.body));
    }
    let mut lengths = values(&message.headers, "content-length");
    if let Some(first) = lengths.next()
        && lengths.any(|length| length != first)
    {
        return Some(TransportError::Malformed("its Content-Length lines differ"));
    }
    let has_null = |(_, value): &(String, Vec<u8>)| value.contains(&0);
    let has_null = message.headers.iter().any(has_null);
    has_null.then_some(TransportError::Malformed("a header has a NUL byte"))
}

fn request_message(outgoing: &Outgoing, bytes: Vec<u8>) -> Message {
    let headers = Head::parse(&bytes).map_or_else(|| outgoing.headers.clone(), |head| head.headers);
    let body = outgoing.body.clone().unwrap_or_default();
    Message {
        headers,
        body,
        bytes,
        ..Message::default()
    }
}
