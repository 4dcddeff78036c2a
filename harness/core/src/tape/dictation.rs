//! Exact bytes through an HTTP implementation that has opinions about them.
//!
//! hyper decides **when** something may be written: it reads messages, keeps connections alive,
//! closes them. But it regroups header lines, changes their case and refuses half of what a
//! conformance suite has to say. So hyper is given an empty message to send, and [`Dictation`], below
//! it, writes the bytes that were dictated in the place of the head that hyper produced. One
//! mechanism serves every message, in both directions: well-formed ones keep their order and case
//! and the connection stays usable; malformed ones are simply written.
//!
//! A message that leaves the connection unusable is dictated together with `Connection: close` in
//! the empty message, so that hyper shuts the stream down behind it.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose writer's heads are replaced by dictated messages.
#[derive(Debug)]
pub(crate) struct Dictation<S> {
    stream: S,
    dictated: Dictated,
    /// What the writer wrote of a head that is not complete.
    head: Vec<u8>,
    /// What is still to be written to the stream.
    outgoing: BytesMut,
}

impl<S> Dictation<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            dictated: Dictated::default(),
            head: Vec::new(),
            outgoing: BytesMut::new(),
        }
    }

    /// Where the messages are dictated.
    pub(crate) fn dictated(&self) -> Dictated {
        self.dictated.clone()
    }

    /// Lets bytes follow whatever was written, as they are. Only between messages: nothing may be
    /// left in the writer above.
    pub(crate) fn write_verbatim(&mut self, bytes: &[u8]) {
        self.outgoing.extend_from_slice(bytes);
    }

    fn accept(&mut self, written: &[u8]) {
        self.head.extend_from_slice(written);
        while let Some(end) = end_of_head(&self.head) {
            let message = if is_interim(&self.head) {
                None
            } else {
                self.dictated.next()
            };
            match message {
                Some(message) => self.outgoing.extend_from_slice(&message),
                // Interim responses, and what hyper answers by itself (to garbage, for instance).
                None => self.outgoing.extend_from_slice(&self.head[..end]),
            }
            self.head.drain(..end);
        }
    }
}

impl<S: AsyncWrite + Unpin> Dictation<S> {
    /// Ready when everything accepted so far is with the stream.
    pub(crate) fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.outgoing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Dictation<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Dictation<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // One message at a time: the next is accepted when the one before is on its way.
        ready!(this.poll_drain(context))?;
        this.accept(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}

/// The messages that wait for their place, first to last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictated(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl Dictated {
    /// Lets `message` take the place of the next head that is written.
    pub(crate) fn push(&self, message: Vec<u8>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(message);
    }

    fn next(&self) -> Option<Vec<u8>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|start| start + 4)
}

fn is_interim(head: &[u8]) -> bool {
    head.starts_with(b"HTTP/1.1 1")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn written(messages: &[&[u8]], writes: &[&[u8]]) -> Vec<u8> {
        let (near, mut far) = tokio::io::duplex(8);
        let mut dictation = Dictation::new(near);
        for message in messages {
            dictation.dictated().push(message.to_vec());
        }
        let writer = async {
            for bytes in writes {
                dictation.write_all(bytes).await.unwrap();
            }
            dictation.shutdown().await.unwrap();
        };
        let mut read = Vec::new();
        let (_, result) = tokio::join!(writer, far.read_to_end(&mut read));
        result.unwrap();
        read
    }

    #[tokio::test]
    async fn each_head_gives_way_to_the_next_message() {
        let head: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(
            written(&[b"first ", b"second"], &[head, head]).await,
            b"first second"
        );
    }

    #[tokio::test]
    async fn a_head_may_arrive_in_pieces_or_with_the_next_one() {
        let pieces: [&[u8]; 3] = [
            b"HTTP/1.1 204 No",
            b" Content\r\n\r",
            b"\nHTTP/1.1 204 A\r\n\r\n",
        ];
        assert_eq!(written(&[b"one ", b"two"], &pieces).await, b"one two");
    }

    #[tokio::test]
    async fn interim_responses_pass_and_keep_their_place() {
        let writes: [&[u8]; 2] = [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 204 A\r\n\r\n"];
        assert_eq!(
            written(&[b"answer"], &writes).await,
            b"HTTP/1.1 100 Continue\r\n\r\nanswer"
        );
    }

    #[tokio::test]
    async fn an_empty_message_closes_without_a_byte() {
        assert_eq!(
            written(&[b""], &[b"HTTP/1.1 204 No Content\r\n\r\n"]).await,
            b""
        );
    }

    #[tokio::test]
    async fn verbatim_bytes_stand_where_they_were_written() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut dictation = Dictation::new(near);
        dictation.write_verbatim(b"HTTP/1.1 200 OK\r\n\r\n");
        dictation.dictated().push(b"next".to_vec());
        dictation
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
        dictation.shutdown().await.unwrap();
        let mut read = String::new();
        far.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "HTTP/1.1 200 OK\r\n\r\nnext");
    }

    #[tokio::test]
    async fn what_nobody_dictated_passes() {
        let head: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        assert_eq!(written(&[], &[head]).await, head);
    }
}
