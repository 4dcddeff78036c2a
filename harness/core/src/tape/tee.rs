//! A stream that keeps a copy of every byte that goes through it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream between a protocol implementation and its socket: hyper above, TCP or TLS below.
///
/// What passes is kept in a [`Recording`], also what the implementation above refuses to
/// understand, which is why transcripts are made of these bytes and of nothing else.
#[derive(Debug)]
pub(crate) struct Tee<S> {
    stream: S,
    recording: Recording,
}

impl<S> Tee<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            recording: Recording::default(),
        }
    }

    /// A handle on what is recorded, valid as long as it is kept.
    pub(crate) fn recording(&self) -> Recording {
        self.recording.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tee<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        this.recording
            .add(|recorded| &mut recorded.read, &buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tee<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, bytes))?;
        this.recording
            .add(|recorded| &mut recorded.written, &bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// What went through a [`Tee`] and was not taken out yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording(Arc<Mutex<Recorded>>);

impl Recording {
    /// The bytes read so far, without taking them out.
    pub(crate) fn with_read<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        look(&self.lock().read)
    }

    /// Takes the first `length` bytes read out of the recording, or as many as there are.
    pub(crate) fn take_read(&self, length: usize) -> Vec<u8> {
        let mut recorded = self.lock();
        let length = length.min(recorded.read.len());
        recorded.read.drain(..length).collect()
    }

    /// Takes everything that was written out of the recording.
    pub(crate) fn take_written(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().written)
    }

    /// Forgets everything that was written, keeping the memory for what follows.
    pub(crate) fn forget_written(&self) {
        self.lock().written.clear();
    }

    /// Keeps nothing from now on: what follows is no HTTP, and may go on for ever.
    pub(crate) fn end(&self) {
        *self.lock() = Recorded {
            is_over: true,
            ..Recorded::default()
        };
    }

    fn add(&self, direction: impl FnOnce(&mut Recorded) -> &mut Vec<u8>, bytes: &[u8]) {
        let mut recorded = self.lock();
        if !recorded.is_over {
            direction(&mut recorded).extend_from_slice(bytes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Recorded {
    is_over: bool,
    read: Vec<u8>,
    written: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn both_directions_are_kept_apart() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut tee = Tee::new(near);
        let recording = tee.recording();
        tee.write_all(b"question").await.unwrap();
        far.write_all(b"answer").await.unwrap();
        let mut read = [0; 6];
        tee.read_exact(&mut read).await.unwrap();
        assert_eq!(recording.take_written(), b"question");
        assert_eq!(recording.with_read(<[u8]>::to_vec), b"answer");
    }

    #[tokio::test]
    async fn what_was_taken_out_is_gone_and_the_rest_stays() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut tee = Tee::new(near);
        far.write_all(b"onetwo").await.unwrap();
        let mut read = [0; 6];
        tee.read_exact(&mut read).await.unwrap();
        let recording = tee.recording();
        assert_eq!(recording.take_read(3), b"one");
        assert_eq!(recording.take_read(99), b"two");
        assert!(recording.take_read(99).is_empty());
    }

    #[tokio::test]
    async fn nothing_is_kept_of_what_follows_the_end() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut tee = Tee::new(near);
        tee.write_all(b"HTTP").await.unwrap();
        let recording = tee.recording();
        recording.end();
        far.write_all(b"frame").await.unwrap();
        tee.read_exact(&mut [0; 5]).await.unwrap();
        tee.write_all(b"frame").await.unwrap();
        assert!(recording.take_written().is_empty());
        assert!(recording.take_read(99).is_empty());
    }

    #[tokio::test]
    async fn only_what_the_stream_accepted_counts_as_written() {
        let (near, _far) = tokio::io::duplex(4);
        let mut tee = Tee::new(near);
        assert_eq!(tee.write(b"longer than the pipe").await.unwrap(), 4);
        assert_eq!(tee.recording().take_written(), b"long");
    }
}
