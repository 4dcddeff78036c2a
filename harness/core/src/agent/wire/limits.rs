//! How far a transport goes: how long it waits, how much it reads, which hosts it connects to.

use std::time::Duration;

use super::TransportError;

/// How long things may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deadlines {
    /// Until a connection is there, TLS included.
    pub connect: Duration,
    /// Until the response begins.
    pub first_byte: Duration,
    /// Until an exchange is over, connection included.
    pub exchange: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let limit = Duration::from_secs(5);
        Self {
            connect: limit,
            first_byte: limit,
            exchange: limit,
        }
    }
}

/// Which hosts may be connected to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    /// Loopback addresses, and names under `localhost`.
    #[default]
    Loopback,
    /// Everything; names are resolved by the system.
    World,
}

/// Waits for something, but not for ever.
pub(super) async fn within<T>(
    limit: Duration,
    awaited: &'static str,
    work: impl Future<Output = T>,
) -> Result<T, TransportError> {
    let elapsed = |_| TransportError::Deadline { awaited, limit };
    tokio::time::timeout(limit, work).await.map_err(elapsed)
}

pub(super) const MOST_RESPONSE_BYTES: usize = 16 << 20;

/// Several times what browsers take: 256 KiB in Chromium, 384 KiB in Firefox.
pub(super) const MOST_HEAD_BYTES: usize = 1 << 20;
