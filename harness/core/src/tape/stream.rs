//! Streams below a protocol, whatever they are made of.

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream: TCP, or TLS over it.
pub(crate) type Stream = Box<dyn Duplex>;

/// A stream in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}
