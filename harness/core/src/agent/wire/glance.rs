//! The head of an answer, and no more of it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::error::{PATIENCE, is_foreign};
use super::limits::{MOST_HEAD_BYTES, within};
use super::{Exchanged, Outgoing, Transport, TransportError};
use crate::tape::response::{Arriving, Extent};
use crate::tape::{Message, Protocol};

impl Transport {
    /// Makes one request over a connection of its own, in HTTP/1.1, and reads the answer until its head
    /// is there. It is never made twice, and whatever the body does costs nothing.
    pub async fn glance(&self, outgoing: &Outgoing) -> Exchanged {
        let limit = self.deadlines().exchange;
        let mut seen = Seen::default();
        let looking = self.look(outgoing, &mut seen);
        let looked = within(limit, "head of the response", looking).await;
        let looked = looked.unwrap_or_else(|failure| {
            if is_foreign(&seen.bytes) {
                Err(TransportError::of_half_head(&seen.bytes))
            } else {
                Err(failure.awaiting_connection(!seen.is_connected))
            }
        });
        let (response, failure) = match looked {
            Ok((0, message)) => (None, Some(TransportError::not_http(&message.body))),
            Ok(response) => (Some(response), None),
            Err(failure) => (None, Some(failure)),
        };
        Exchanged {
            protocol: Protocol::Http1,
            request: Message {
                headers: outgoing.headers.clone(),
                body: outgoing.body.clone().unwrap_or_default(),
                ..Message::default()
            },
            response,
            failure,
        }
    }

    async fn look(
        &self,
        outgoing: &Outgoing,
        seen: &mut Seen,
    ) -> Result<(u16, Message), TransportError> {
        let mut stream = self.open(&outgoing.url).await?;
        seen.is_connected = true;
        // A server that answers without having read all may well close the connection.
        let _ = stream.write_all(&outgoing.encode()).await;
        let bytes = &mut seen.bytes;
        let mut buffer = vec![0; 16 << 10];
        let mut arriving = Arriving::default();
        loop {
            let read = stream.read(&mut buffer);
            let read = if is_foreign(bytes) {
                within(PATIENCE, "head of the response", read)
                    .await
                    .unwrap_or(Ok(0))
            } else {
                read.await
            };
            match read {
                Ok(read @ 1..) => bytes.extend_from_slice(&buffer[..read]),
                _ => return Err(TransportError::of_half_head(bytes)),
            }
            if bytes.len() > MOST_HEAD_BYTES {
                return Err(TransportError::HeadTooLong(MOST_HEAD_BYTES));
            }
            if arriving.extent(bytes, &outgoing.method) != Extent::HalfHead {
                let response = Message::read_response(std::mem::take(bytes), &outgoing.method);
                return response.ok_or(TransportError::Closed);
            }
        }
    }
}

/// How far a look has come.
#[derive(Default)]
struct Seen {
    is_connected: bool,
    bytes: Vec<u8>,
}
