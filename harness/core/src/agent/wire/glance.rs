//! The head of an answer, and no more of it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connection::{MOST_HEAD_BYTES, within};
use super::{Exchanged, Outgoing, Transport, TransportError};
use crate::tape::response::{Arriving, Extent};
use crate::tape::{Message, Protocol};

impl Transport {
    /// Makes one request over a connection of its own, in HTTP/1.1, and reads the answer until its head
    /// is there. It is never made twice, and whatever the body does costs nothing.
    pub async fn glance(&self, outgoing: &Outgoing) -> Exchanged {
        let limit = self.deadlines().exchange;
        let looked = within(limit, "head of the response", self.look(outgoing)).await;
        let (response, failure) = match looked.unwrap_or_else(Err) {
            Ok((0, _)) => (
                None,
                Some(TransportError::Malformed("it has no status line")),
            ),
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

    async fn look(&self, outgoing: &Outgoing) -> Result<(u16, Message), TransportError> {
        let mut stream = self.open(&outgoing.url).await?;
        // A server that answers without having read all may well close the connection.
        let _ = stream.write_all(&outgoing.encode()).await;
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 16 << 10];
        let mut arriving = Arriving::default();
        loop {
            match stream.read(&mut buffer).await {
                Ok(read @ 1..) => bytes.extend_from_slice(&buffer[..read]),
                _ if bytes.is_empty() => return Err(TransportError::Closed),
                _ => return Err(TransportError::Malformed("its head has no end")),
            }
            if bytes.len() > MOST_HEAD_BYTES {
                return Err(TransportError::HeadTooLong(MOST_HEAD_BYTES));
            }
            if arriving.extent(&bytes, &outgoing.method) != Extent::HalfHead {
                let response = Message::read_response(bytes, &outgoing.method);
                return response.ok_or(TransportError::Closed);
            }
        }
    }
}
