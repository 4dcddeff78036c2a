//! HTTP/1.1: hyper reads and keeps connections, the scripts say what is written.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::{Body as _, Bytes, Incoming as IncomingBody};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Listener;
use super::encode::{Encoded, encode};
use super::responder::{Incoming, Reception, Responder, Scripted};
use crate::case::scenario::Answer;
use crate::tape::body::Framing;
use crate::tape::dictation::{Dictated, Dictation};
use crate::tape::head::{Head, isomorphic_decode};
use crate::tape::tee::{Recording, Tee};
use crate::tape::{Message, Protocol};

/// Serves a connection until one side closes it.
pub(super) async fn serve<S>(stream: S, listener: Listener, responder: Arc<Responder>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let tee = Tee::new(stream);
    let recording = tee.recording();
    let dictation = Dictation::new(tee);
    let conversation = Arc::new(Conversation {
        listener,
        responder,
        recording,
        dictated: dictation.dictated(),
    });
    let service = {
        let conversation = Arc::clone(&conversation);
        service_fn(move |request| {
            let conversation = Arc::clone(&conversation);
            async move { conversation.answer(request).await }
        })
    };
    let served = http1::Builder::new()
        .auto_date_header(false)
        .half_close(true) // a client that has said everything still wants its answer
        .header_read_timeout(IDLE_TIMEOUT)
        .max_header_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADER_LINES)
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(dictation), service)
        .await;
    if served.is_err_and(|error| error.is_parse()) {
        conversation.note_garbage();
    }
    // Any other error is a client that went away, which is its right.
}

struct Conversation {
    listener: Listener,
    responder: Arc<Responder>,
    recording: Recording,
    dictated: Dictated,
}

impl Conversation {
    /// Answers with an empty message in whose place the dictated one is written.
    async fn answer(
        &self,
        request: Request<IncomingBody>,
    ) -> Result<Response<Empty<Bytes>>, Infallible> {
        self.recording.forget_written();
        let method = request.method().to_string();
        // hyper has read the head, so it is in the recording; without one there is nothing to answer.
        let encoded = match self.recording.with_read(Head::parse) {
            Some(head) => self.exchange(&method, head, request.into_body()).await,
            None => Encoded {
                bytes: Vec::new(),
                closes: true,
            },
        };
        let mut placeholder = Response::new(Empty::new());
        *placeholder.status_mut() = StatusCode::NO_CONTENT;
        if encoded.closes {
            let close = http::HeaderValue::from_static("close");
            placeholder
                .headers_mut()
                .insert(http::header::CONNECTION, close);
        }
        self.dictated.push(encoded.bytes);
        Ok(placeholder)
    }

    async fn exchange(&self, method: &str, head: Head, body: IncomingBody) -> Encoded {
        let framing = Framing::of_request(&head);
        let head_length = head.length;
        match self.responder.receive(self.incoming(method, head)) {
            Reception::Control(answer) => {
                let received = receive_body(body).await;
                self.take_request(head_length, framing);
                finish(received, &answer, method)
            }
            Reception::Scripted(Scripted {
                place,
                number,
                answer,
            }) => {
                let received = receive_body(body).await;
                let (body, bytes) = self.take_request(head_length, framing);
                place.receive_body(number, body, bytes);
                tokio::time::sleep(answer.delay).await;
                let encoded = finish(received, &answer, method);
                place.respond(
                    number,
                    Message::read_response(encoded.bytes.clone(), method),
                );
                encoded
            }
        }
    }

    fn incoming(&self, method: &str, head: Head) -> Incoming {
        let target = head
            .request_line()
            .map(|(_, target)| isomorphic_decode(target));
        let authority = head.values("host").next().map(isomorphic_decode);
        Incoming {
            listener: self.listener,
            protocol: Protocol::Http1,
            method: method.to_owned(),
            target: target.unwrap_or_default(),
            authority: authority.unwrap_or_default(),
            headers: head.headers,
        }
    }

    /// Takes one request out of the recording: its body, and all its bytes. What follows is the next.
    fn take_request(&self, head_length: usize, framing: Framing) -> (Vec<u8>, Vec<u8>) {
        let (body, length) = self.recording.with_read(|bytes| {
            let bytes = &bytes[head_length..];
            framing
                .read(bytes)
                .unwrap_or_else(|| (framing.read_to_end(bytes), bytes.len()))
        });
        (body, self.recording.take_read(head_length + length))
    }

    fn note_garbage(&self) {
        let bytes = self.recording.take_read(usize::MAX);
        let head = Head::parse_to_end(&bytes);
        let authority = head
            .values("host")
            .next()
            .map(isomorphic_decode)
            .unwrap_or_default();
        let line = isomorphic_decode(&head.start_line);
        self.responder.note_stray(self.listener, &authority, line);
    }
}

/// What became of a request's body.
enum Received {
    Cut,
    TooLarge,
    Whole,
}

/// Lets hyper read the body; its bytes are taken from the recording.
async fn receive_body(body: IncomingBody) -> Received {
    if body.size_hint().lower() > MOST_BODY_BYTES as u64 {
        return Received::TooLarge;
    }
    let limited = Limited::new(body, MOST_BODY_BYTES);
    match tokio::time::timeout(BODY_TIMEOUT, limited.collect()).await {
        Ok(Ok(_)) => Received::Whole,
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Received::TooLarge,
        Ok(Err(_)) | Err(_) => Received::Cut,
    }
}

fn finish(received: Received, answer: &Answer, method: &str) -> Encoded {
    match received {
        Received::Cut => Encoded {
            bytes: Vec::new(),
            closes: true,
        },
        Received::TooLarge => {
            let too_large = Answer {
                status: 413,
                ..Answer::default()
            };
            Encoded {
                closes: true,
                ..encode(&too_large, method)
            }
        }
        Received::Whole => encode(answer, method),
    }
}

pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(30);
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
pub(super) const MOST_BODY_BYTES: usize = 8 << 20;
const MOST_HEAD_BYTES: usize = 256 << 10;
const MOST_HEADER_LINES: usize = 1000;
