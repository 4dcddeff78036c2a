//! Programs that corspec starts: they cannot outlive it, and leave nothing behind.

#[cfg(test)]
pub(crate) mod left;
mod output;
mod port;
mod program;
mod scratch;
mod supervised;

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

pub(crate) use output::Output;
pub(crate) use port::Port;
pub(crate) use program::is_executable;
pub use program::is_program;
pub(crate) use scratch::refuse_memory;
pub(crate) use supervised::{Command, Supervised, Workspace};

/// Waits until something listens on a port.
pub(crate) async fn accepts(port: u16) {
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .is_err()
    {
        sleep(PAUSE).await;
    }
}

/// Between two looks whether somebody listens.
const PAUSE: Duration = Duration::from_millis(5);
