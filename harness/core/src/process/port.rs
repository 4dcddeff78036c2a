//! Ports for programs that have to be told theirs.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};

/// A port of the loopback interface that no other program of corspec is told while this exists.
///
/// Nobody can hold a port and let a program listen on it. So each is held in another way: whoever reserves
/// it binds the UDP port of the same number, in this process and in any other. A program that lost its port
/// to another one would not be missed, for somebody answers.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    /// Ends with this process, however that ends.
    _held: UdpSocket,
}

impl Port {
    /// Reserves a port that nobody listens on just now.
    ///
    /// # Errors
    ///
    /// None is to be had.
    pub(crate) fn reserve() -> io::Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::try_reserve(fastrand::u16(FIRST..=LAST)) {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                reserved => return reserved,
            }
        }
    }

    fn try_reserve(number: u16) -> io::Result<Self> {
        let address = (Ipv4Addr::LOCALHOST, number);
        let held = UdpSocket::bind(address)?;
        TcpListener::bind(address)?;
        match TcpListener::bind((Ipv6Addr::LOCALHOST, number)) {
            // Some programs listen on both, and end where they cannot.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Ok(_) | Err(_) => {}
        }
        Ok(Self {
            number,
            _held: held,
        })
    }

    pub(crate) const fn number(&self) -> u16 {
        self.number
    }
}

/// Below what systems give to whoever asks for any port, from 32,768 on at the lowest.
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;

/// Of so many ports not one is free where something else is wrong.
const ATTEMPTS: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_in_ipv6_is_not_free() {
        let port = Port::reserve().unwrap();
        let number = port.number();
        drop(port);
        // Where there is no IPv6, nothing can be taken in it.
        if let Ok(_taken) = TcpListener::bind((Ipv6Addr::LOCALHOST, number)) {
            assert!(Port::try_reserve(number).is_err());
        }
    }

    #[test]
    fn a_port_is_free_and_reserved_once() {
        let port = Port::reserve().unwrap();
        let address = (Ipv4Addr::LOCALHOST, port.number());
        let listener = TcpListener::bind(address).unwrap();
        assert!(Port::try_reserve(port.number()).is_err());
        drop(listener);
        assert!(Port::try_reserve(port.number()).is_err(), "it is held");
        let number = port.number();
        drop(port);
        assert_eq!(Port::try_reserve(number).unwrap().number(), number);
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_not_reserved() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let number = listener.local_addr().unwrap().port();
        assert!(Port::try_reserve(number).is_err());
    }
}
