//! Sockets: each listener on one port of both loopback addresses.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::names::Ports;
use super::{Listener, StartError};

/// One listener's sockets.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) listener: Listener,
    pub(crate) ipv4: TcpListener,
    /// Absent where the machine has no IPv6.
    pub(crate) ipv6: Option<TcpListener>,
}

/// Binds every listener to a free port.
///
/// # Errors
///
/// [`StartError::Bind`] if no port is free on both addresses, or sockets are refused altogether.
pub(crate) async fn bind() -> Result<(Vec<Sockets>, Ports), StartError> {
    let mut sockets = Vec::with_capacity(Listener::ALL.len());
    let mut ports = [0; Listener::COUNT];
    for listener in Listener::ALL {
        let (bound, port) = bind_one(listener)
            .await
            .map_err(|source| StartError::Bind { listener, source })?;
        sockets.push(bound);
        ports[listener as usize] = port;
    }
    Ok((sockets, Ports::new(ports)))
}

async fn bind_one(listener: Listener) -> io::Result<(Sockets, u16)> {
    let mut unsuitable = Vec::new(); // kept bound, so that the same port is not offered again
    for _ in 0..ATTEMPTS {
        let ipv4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = ipv4.local_addr()?.port();
        if !Ports::is_suitable(port) {
            unsuitable.push(ipv4);
            continue;
        }
        let ipv6 = match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(ipv6) => Some(ipv6),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                unsuitable.push(ipv4);
                continue;
            }
            // Any other error is how machines without IPv6 say so; their kinds differ by system.
            Err(_) => None,
        };
        return Ok((
            Sockets {
                listener,
                ipv4,
                ipv6,
            },
            port,
        ));
    }
    Err(io::Error::new(
        io::ErrorKind::AddrInUse,
        "no port was free on both loopback addresses",
    ))
}

const ATTEMPTS: usize = 64;
