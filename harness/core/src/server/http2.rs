//! HTTP/2: recorded from the decoded lists, since its bytes mean nothing to a reader.
//!
//! Header names are in lower case and lines of one name stand together, as HTTP/2 libraries have it.
//! What HTTP/2 cannot carry (raw bytes, an answer refused) ends the stream with a reset; a body that
//! is cut ends in a reset as well.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming as IncomingBody;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Listener;
use super::encode::{cut, may_have_body};
use super::http1::{BODY_TIMEOUT, IDLE_TIMEOUT, MOST_BODY_BYTES};
use super::http2_body::{Reset, ScriptedBody};
use super::parts::Parts;
use super::responder::{Incoming, Reception, Responder, Scripted};
use super::socket::upgrade_required;
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
        // Requests are passed on as bytes, and HTTP/2 has none to pass on: no page calls a server
        // under test here.
        Reception::Forwarded(forwarded) => {
            forwarded.underway.finish();
            Err(Reset)
        }
        Reception::Begun(place, answer) => {
            place.begun().await;
            respond(&answer, &method).map(|(response, _)| response)
        }
        Reception::Settled(place, answer) => {
            place.settled().await;
            respond(&answer, &method).map(|(response, _)| response)
        }
        Reception::Scripted(Scripted { underway, answer }) => {
            underway.receive_body(body.to_vec(), Vec::new());
            // hyper drops this when the client resets the stream, and the exchange with it.
            tokio::time::sleep(answer.delay).await;
            let status = answer.status;
            // There is no handshake over HTTP/2: none was announced in the settings.
            let answer = match answer.websocket {
                Some(_) if status == 101 => upgrade_required(answer),
                _ => answer,
            };
            match respond(&answer, &method) {
                Ok((mut response, message)) => {
                    underway.respond(Some((answer.status, message)));
                    response.body_mut().carry(underway);
                    Ok(response)
                }
                Err(Reset) => {
                    underway.finish();
                    Err(Reset)
                }
            }
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
    let parts = Parts::of(answer, method);
    let can_have_body = may_have_body(answer.status, method);
    let announces_length = may_have_body(answer.status, "GET")
        && answer.chunks.is_empty()
        && answer.connection != ConnectionPlan::Hold;
    if announces_length && !headers.contains_key(http::header::CONTENT_LENGTH) {
        headers.insert(http::header::CONTENT_LENGTH, answer.body.len().into());
    }
    let is_cut = answer.connection == ConnectionPlan::Cut;
    let body: &[u8] = match (can_have_body && parts.is_none(), is_cut) {
        (false, _) => &[],
        (true, false) => &answer.body,
        (true, true) => cut(&answer.body),
    };
    let message = Message {
        headers: header_list(&headers),
        body: body.to_vec(),
        is_unfinished: is_cut || parts.is_some(),
        ..Message::default()
    };
    let body = match parts {
        Some(parts) => ScriptedBody::in_parts(parts),
        None => ScriptedBody::at_once(body, is_cut),
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
