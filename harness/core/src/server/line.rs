//! A connection that hyper and the answer to a request share.
//!
//! hyper reads requests from it and writes what is dictated. But while it waits for an answer it does
//! not look whether the client is still there, and it cannot write bytes of another's making one by
//! one. So an answer that takes its time holds a [`Line`] of its own.
//!
//! Both are polled by one task, the connection's, so that no wake-up is lost between them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::tape::dictation::Dictation;

/// The client went away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Gone;

/// A handle on a connection; the bytes of a writer above it are those of hyper.
#[derive(Debug)]
pub(super) struct Line<S>(Arc<Mutex<Ends<S>>>);

#[derive(Debug)]
struct Ends<S> {
    stream: Dictation<S>,
    /// What was read while nobody but the answer looked: the start of the next request.
    ahead: Vec<u8>,
    /// Whether the client will say no more.
    has_ended: bool,
}

impl<S> Clone for Line<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Line<S> {
    pub(super) fn new(stream: Dictation<S>) -> Self {
        Self(Arc::new(Mutex::new(Ends {
            stream,
            ahead: Vec::new(),
            has_ended: false,
        })))
    }

    /// A handle whose bytes go out as they are, with nothing dictated in their place.
    pub(super) fn verbatim(&self) -> Verbatim<S> {
        Verbatim(self.clone())
    }

    fn ends(&self) -> MutexGuard<'_, Ends<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// Waits, unless the client goes away.
    ///
    /// One that only stops sending counts as gone: nothing on the wire tells the two apart before
    /// something is written. Without anything to wait for, such a client gets its answer.
    pub(super) async fn wait(&self, time: Duration) -> Result<(), Gone> {
        if time.is_zero() {
            return Ok(());
        }
        tokio::select! {
            biased;
            gone = self.departure() => Err(gone),
            () = tokio::time::sleep(time) => Ok(()),
        }
    }

    /// Returns when the client has gone away.
    async fn departure(&self) -> Gone {
        std::future::poll_fn(|context| self.ends().poll_departure(context)).await
    }

    /// Writes bytes as they are, and flushes them.
    pub(super) async fn write(&self, bytes: &[u8]) -> Result<(), Gone> {
        self.ends().stream.write_verbatim(bytes);
        std::future::poll_fn(|context| Pin::new(&mut self.ends().stream).poll_flush(context))
            .await
            .map_err(|_| Gone)
    }
}

impl<S: AsyncRead + Unpin> Ends<S> {
    fn poll_departure(&mut self, context: &mut Context<'_>) -> Poll<Gone> {
        while !self.has_ended && self.ahead.len() < MOST_AHEAD {
            let mut bytes = [0; 1024];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            self.has_ended = read.is_err() || buffer.filled().is_empty();
            self.ahead.extend_from_slice(buffer.filled());
        }
        if self.has_ended {
            Poll::Ready(Gone)
        } else {
            Poll::Pending
        }
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let length = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead[..length]);
            self.ahead.drain(..length);
            return Poll::Ready(Ok(()));
        }
        if self.has_ended {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.ends().poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.ends().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.ends().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.ends().stream).poll_shutdown(context)
    }
}

/// A [`Line`] whose bytes go out as they are.
#[derive(Debug)]
pub(super) struct Verbatim<S>(Line<S>);

impl<S: AsyncRead + Unpin> AsyncRead for Verbatim<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.ends().poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Verbatim<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut ends = self.0.ends();
        // One write at a time, so that a client that does not read is felt above.
        ready!(ends.stream.poll_drain(context))?;
        ends.stream.write_verbatim(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.ends().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.ends().stream).poll_shutdown(context)
    }
}

const MOST_AHEAD: usize = 64 << 10;
