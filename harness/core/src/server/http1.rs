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
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};

use super::Listener;
use super::encode::{Encoded, encode};
use super::line::{Gone, Line};
use super::parts::{Coding, End, LONGEST_HOLD, Parts};
use super::responder::{Forwarded, Incoming, Reception, Responder, Scripted};
use super::socket::{Handshake, converse};
use super::underway::Underway;
use super::upstream::Tunnel;
use crate::case::scenario::{Answer, ConnectionPlan, SocketPlan};
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
    let dictated = dictation.dictated();
    let line = Line::new(dictation);
    let connection = Arc::new(Connection {
        listener,
        responder,
        recording,
        dictated,
        line: line.clone(),
    });
    let service = {
        let connection = Arc::clone(&connection);
        service_fn(move |request| {
            let connection = Arc::clone(&connection);
            async move { connection.answer(request).await }
        })
    };
    let served = http1::Builder::new()
        .auto_date_header(false)
        .half_close(true) // a client that has said everything still wants its answer
        .header_read_timeout(IDLE_TIMEOUT)
        .max_header_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADER_LINES)
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(line), service)
        .await;
    if served.is_err_and(|error| error.is_parse()) {
        connection.note_garbage();
    }
    // Any other error is a client that went away, which is its right.
}

struct Connection<S> {
    listener: Listener,
    responder: Arc<Responder>,
    recording: Recording,
    dictated: Dictated,
    line: Line<Tee<S>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
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
            None => Encoded::CLOSE,
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
        let headers = head.headers.clone();
        match self.responder.receive(self.incoming(method, head)) {
            Reception::Control(answer) => {
                let received = receive_body(body).await;
                self.take_request(head_length, framing);
                finish(received, &answer, method)
            }
            Reception::Begun(place, answer) => {
                let received = receive_body(body).await;
                self.take_request(head_length, framing);
                place.begun().await;
                finish(received, &answer, method)
            }
            Reception::Settled(place, answer) => {
                let received = receive_body(body).await;
                self.take_request(head_length, framing);
                place.settled().await;
                finish(received, &answer, method)
            }
            Reception::Forwarded(forwarded) => {
                let received = receive_body(body).await;
                let (body, bytes) = self.take_request(head_length, framing);
                match received {
                    Received::Whole => self.forward(forwarded, method, body, bytes).await,
                    Received::Cut | Received::TooLarge => Encoded::CLOSE,
                }
            }
            Reception::Scripted(Scripted { underway, answer }) => {
                let received = receive_body(body).await;
                let (body, bytes) = self.take_request(head_length, framing);
                underway.receive_body(body, bytes);
                if self.line.wait(answer.delay).await.is_err() {
                    return Encoded::CLOSE;
                }
                match (received, Handshake::of(answer, method, &headers)) {
                    // Gone away, or silent for so long that it may as well be.
                    (Received::Cut, _) => Encoded::CLOSE,
                    (Received::Whole, Handshake::Upgrade(answer, plan)) => {
                        self.upgrade(&answer, &plan, underway).await
                    }
                    (received, Handshake::Ordinary(answer)) => {
                        let parts = Parts::of(&answer, method);
                        match parts.filter(|_| received == Received::Whole) {
                            Some(parts) => self.write_parts(&answer, parts, underway).await,
                            None => {
                                let encoded = finish(received, &answer, method);
                                let bytes = encoded.bytes.clone();
                                underway.respond(Message::read_response(bytes, method));
                                underway.finish();
                                encoded
                            }
                        }
                    }
                    (received, Handshake::Upgrade(answer, _)) => finish(received, &answer, method),
                }
            }
        }
    }

    /// Writes the head, and each part when its time has come. What is left to dictate is nothing.
    async fn write_parts(&self, answer: &Answer, parts: Parts, underway: Underway) -> Encoded {
        let coding = Coding::of(answer);
        let response = Message::read_response(coding.head.clone(), "GET");
        underway.respond(response);
        match self.write_each(&coding, &parts, &underway).await {
            Ok(()) if parts.end == End::Held => {
                if self.line.wait(LONGEST_HOLD).await.is_ok() {
                    underway.finish();
                }
                Encoded::CLOSE
            }
            Ok(()) => {
                underway.finish();
                Encoded {
                    bytes: Vec::new(),
                    closes: coding.closes || parts.end == End::Cut,
                }
            }
            Err(Gone) => Encoded::CLOSE,
        }
    }

    async fn write_each(
        &self,
        coding: &Coding,
        Parts { parts, end }: &Parts,
        underway: &Underway,
    ) -> Result<(), Gone> {
        // What need not wait is written in one piece with what is before it, so that a client that leaves as
        // soon as it has the head leaves either way after what was written with it.
        let mut piece = coding.head.clone();
        for (index, part) in parts.iter().enumerate() {
            if !part.wait.is_zero() {
                self.line.write(&std::mem::take(&mut piece)).await?;
                self.line.wait(part.wait).await?;
            }
            // So is the end: whoever has all of the last part has it, too.
            let ends_body = *end == End::Complete && index + 1 == parts.len();
            let bytes = coding.encode(&part.content, ends_body);
            underway.add_to_body(&part.content, &bytes, ends_body);
            piece.extend(bytes);
        }
        self.line.write(&piece).await?;
        Ok(())
    }

    async fn upgrade(&self, answer: &Answer, plan: &SocketPlan, underway: Underway) -> Encoded {
        let head = encode(answer, "GET").bytes;
        underway.respond(Message::read_response(head.clone(), "GET"));
        if self.line.write(&head).await.is_ok() {
            self.recording.end();
            let is_cut = answer.connection == ConnectionPlan::Cut;
            converse(self.line.verbatim(), plan, is_cut, underway).await;
        }
        Encoded::CLOSE
    }

    /// Lets a server under test answer.
    async fn forward(
        &self,
        Forwarded {
            underway,
            upstream,
            resource,
        }: Forwarded,
        method: &str,
        body: Vec<u8>,
        bytes: Vec<u8>,
    ) -> Encoded {
        underway.receive_body(body, bytes.clone());
        let passed = upstream.pass(method, &resource, &bytes).await;
        if let Some(fault) = passed.fault {
            underway.fail(fault);
        }
        underway.respond(Message::read_response(passed.bytes.clone(), method));
        let Some(Tunnel { mut stream, ahead }) = passed.tunnel else {
            underway.finish();
            return Encoded {
                bytes: passed.bytes,
                closes: passed.closes,
            };
        };
        let begin = [passed.bytes, ahead].concat();
        if self.line.write(&begin).await.is_ok() {
            self.recording.end();
            let mut client = self.line.verbatim();
            // It ends with one of the two, or is of no more use to anybody.
            let talking = copy_bidirectional(&mut client, &mut stream);
            let _ = tokio::time::timeout(LONGEST_HOLD, talking).await;
        }
        underway.finish();
        Encoded::CLOSE
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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
        Received::Cut => Encoded::CLOSE,
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
