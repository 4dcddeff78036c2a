//! HTTP/2: recorded from the decoded lists, since its bytes mean nothing to a reader.
//!
//! Header names are in lower case and lines of one name stand together, as HTTP/2 libraries have it.
//! What HTTP/2 cannot carry (raw bytes, an answer refused) ends the stream with a reset; a body that
//! is cut ends in a reset as well.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming as IncomingBody, SizeHint};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Listener;
use super::encode::{cut, may_have_body};
use super::http1::{BODY_TIMEOUT, IDLE_TIMEOUT, MOST_BODY_BYTES};
use super::responder::{Incoming, Reception, Responder, Scripted};
use crate::case::scenario::{Answer, ConnectionPlan};
use crate::tape::http2::header_list;
use crate::tape::{Message, Protocol};

/// Serves a connection until one side closes it.
pub(super) async fn serve<S>(stream: S, listener: Listener, responder: Arc<Responder>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| answer(request, listener, Arc::clone(&responder)));
    let served = http2::Builder::new(TokioExecutor::new())
        .auto_date_header(false)
        .keep_alive_interval(IDLE_TIMEOUT)
        .max_header_list_size(MOST_HEADER_BYTES)
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // An error is a client that went away, which is its right.
    drop(served);
}

/// Ends a stream without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the script wants this stream reset")]
struct Reset;

async fn answer(
    request: Request<IncomingBody>,
    listener: Listener,
    responder: Arc<Responder>,
) -> Result<Response<ScriptedBody>, Reset> {
    let method = request.method().to_string();
    let reception = responder.receive(incoming(&request, listener));
    let body = Limited::new(request.into_body(), MOST_BODY_BYTES);
    let body = match tokio::time::timeout(BODY_TIMEOUT, body.collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) | Err(_) => return Err(Reset),
    };
    match reception {
        Reception::Control(answer) => respond(&answer, &method).map(|(response, _)| response),
        Reception::Scripted(Scripted {
            place,
            number,
            answer,
        }) => {
            place.receive_body(number, body.to_vec(), Vec::new());
            tokio::time::sleep(answer.delay).await;
            let (response, message) = respond(&answer, &method)?;
            place.respond(number, Some((answer.status, message)));
            Ok(response)
        }
    }
}

fn incoming(request: &Request<IncomingBody>, listener: Listener) -> Incoming {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = request
        .headers()
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(http::uri::Authority::as_str).or(host);
    Incoming {
        listener,
        protocol: Protocol::Http2,
        method: request.method().to_string(),
        target: target.to_owned(),
        authority: authority.unwrap_or_default().to_owned(),
        headers: header_list(request.headers()),
    }
}

/// The response, and what a transcript keeps of it.
fn respond(answer: &Answer, method: &str) -> Result<(Response<ScriptedBody>, Message), Reset> {
    if answer.raw.is_some() || answer.connection == ConnectionPlan::Refuse {
        return Err(Reset);
    }
    let mut headers = header_map(answer)?;
    let can_have_body = may_have_body(answer.status, method);
    let announces_length = can_have_body || may_have_body(answer.status, "GET");
    if announces_length && !headers.contains_key(http::header::CONTENT_LENGTH) {
        headers.insert(http::header::CONTENT_LENGTH, answer.body.len().into());
    }
    let is_cut = answer.connection == ConnectionPlan::Cut;
    let body: &[u8] = match (can_have_body, is_cut) {
        (false, _) => &[],
        (true, false) => &answer.body,
        (true, true) => cut(&answer.body),
    };
    let message = Message {
        headers: header_list(&headers),
        body: body.to_vec(),
        ..Message::default()
    };
    let body = ScriptedBody {
        rest: Some(Bytes::copy_from_slice(body)),
        cut: is_cut.then(Cut::soon),
    };
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(answer.status).map_err(|_| Reset)?;
    *response.headers_mut() = headers;
    Ok((response, message))
}

fn header_map(answer: &Answer) -> Result<HeaderMap, Reset> {
    let mut headers = HeaderMap::with_capacity(answer.headers.len() + 1);
    for (name, value) in &answer.headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).map_err(|_| Reset)?;
        if CONNECTION_HEADERS.contains(&name.as_str()) {
            continue;
        }
        headers.append(
            name,
            http::HeaderValue::from_bytes(value).map_err(|_| Reset)?,
        );
    }
    Ok(headers)
}

/// A body that may end in a reset.
struct ScriptedBody {
    rest: Option<Bytes>,
    cut: Option<Cut>,
}

/// A reset overtakes what was not flushed, and would take the response's head with it. So what was
/// sent gets a moment to leave.
struct Cut(Pin<Box<tokio::time::Sleep>>);

impl Cut {
    fn soon() -> Self {
        Self(Box::pin(tokio::time::sleep(Duration::ZERO)))
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        let this = self.get_mut();
        if let Some(rest) = this.rest.take() {
            if let Some(Cut(moment)) = &mut this.cut {
                moment
                    .as_mut()
                    .reset(tokio::time::Instant::now() + TIME_TO_LEAVE);
            }
            if !rest.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(rest))));
            }
        }
        if let Some(Cut(moment)) = &mut this.cut {
            ready!(moment.as_mut().poll(context));
            this.cut = None;
            return Poll::Ready(Some(Err(Reset)));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        if self.cut.is_some() {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.rest.as_ref().map_or(0, |rest| rest.len() as u64))
    }
}

const TIME_TO_LEAVE: Duration = Duration::from_millis(20);

/// What HTTP/2 forbids; the connection is none of the exchange's business there.
///
/// <https://www.rfc-editor.org/rfc/rfc9113.html#name-connection-specific-header->
const CONNECTION_HEADERS: [&str; 5] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

const MOST_HEADER_BYTES: u32 = 256 << 10;
