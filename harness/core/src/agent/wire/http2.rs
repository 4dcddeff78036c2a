//! Exchanges on an HTTP/2 connection, which any number of them share.

use http_body_util::combinators::MapFrame;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::{Bytes, Frame};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use url::Position;

use super::limits::{Deadlines, MOST_RESPONSE_BYTES, within};
use super::watch::Watch;
use super::{Exchanged, Outgoing, TransportError};
use crate::tape::http2::header_list;
use crate::tape::stream::Stream;
use crate::tape::{Message, Protocol};

/// A handle on a connection. The connection ends with the last of its handles.
#[derive(Clone)]
pub(super) struct Http2(http2::SendRequest<Body>);

/// A body that does not tell its length, from which hyper would make a `Content-Length` of its own:
/// whether there is one is for the model to say.
type Body = MapFrame<Full<Bytes>, fn(Frame<Bytes>) -> Frame<Bytes>>;

impl Http2 {
    pub(super) async fn handshake(stream: Stream) -> Result<Self, TransportError> {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .map_err(|_| TransportError::Closed)?;
        tokio::spawn(async {
            // Its errors reach whoever waits for a response.
            let _ = connection.await;
        });
        Ok(Self(sender))
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.0.is_closed()
    }

    pub(super) async fn exchange(
        mut self,
        outgoing: &Outgoing,
        deadlines: &Deadlines,
        watch: Option<&Watch>,
    ) -> Exchanged {
        let mut exchanged = Exchanged {
            protocol: Protocol::Http2,
            request: Message {
                headers: outgoing.headers.clone(),
                body: outgoing.body.clone().unwrap_or_default(),
                ..Message::default()
            },
            response: None,
            failure: None,
        };
        if let Err(error) = self
            .converse(outgoing, deadlines, watch, &mut exchanged)
            .await
        {
            exchanged.failure = Some(error);
        }
        exchanged
    }

    async fn converse(
        &mut self,
        outgoing: &Outgoing,
        deadlines: &Deadlines,
        watch: Option<&Watch>,
        exchanged: &mut Exchanged,
    ) -> Result<(), TransportError> {
        let request = request(outgoing).map_err(TransportError::Request)?;
        exchanged.request.headers = header_list(request.headers());
        let response = within(
            deadlines.first_byte,
            "response",
            self.0.send_request(request),
        )
        .await?
        .map_err(|_| TransportError::Closed)?;
        let status = response.status().as_u16();
        let headers = header_list(response.headers());
        if let Some(watch) = watch {
            let headers = headers.clone();
            let message = Message {
                headers,
                ..Message::default()
            };
            watch.tell_head(Some((status, message)));
        }
        let (_, message) = exchanged.response.insert((
            status,
            Message {
                headers,
                ..Message::default()
            },
        ));
        let mut body = Limited::new(response.into_body(), MOST_RESPONSE_BYTES);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => {
                    let part = frame.into_data().unwrap_or_default();
                    message.body.extend_from_slice(&part);
                    if let Some(watch) = watch {
                        watch.tell_part(&part);
                    }
                }
                Err(error) if error.is::<hyper::Error>() => return Err(TransportError::Cut),
                Err(_) => return Err(TransportError::TooLong(MOST_RESPONSE_BYTES)),
            }
        }
        Ok(())
    }
}

fn request(outgoing: &Outgoing) -> Result<Request<Body>, http::Error> {
    let url = &outgoing.url;
    let uri = format!(
        "{}://{}{}",
        url.scheme(),
        outgoing.host(),
        &url[Position::BeforePath..Position::AfterQuery]
    );
    let mut request = Request::builder().method(outgoing.method.as_str()).uri(uri);
    for (name, value) in &outgoing.headers {
        request = request.header(name, value.as_slice());
    }
    let body = Full::from(outgoing.body.clone().unwrap_or_default());
    request.body(body.map_frame(std::convert::identity))
}
