//! A connection of either protocol, and how one is opened.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::TransportError;
use super::http1::Http1;
use super::http2::Http2;
use super::limits::Reach;
use crate::tape::stream::Stream;

/// A connection whose protocol is agreed on.
pub(super) enum Connection {
    Http1(Box<Http1>),
    Http2(Http2),
}

/// Where a connection leads.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Endpoint {
    is_secure: bool,
    host: Host,
    port: u16,
}

impl Endpoint {
    /// The endpoint of an http or https URL.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let host = url.host()?.to_owned();
        let port = url.port_or_known_default()?;
        Some(Self {
            is_secure: url.scheme() == "https",
            host,
            port,
        })
    }

    /// Opens a connection, with the protocol that the server chooses.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if there is no address, no connection, or no agreement on TLS.
    pub(super) async fn connect(
        &self,
        tls: &Arc<ClientConfig>,
        reach: Reach,
    ) -> Result<Connection, TransportError> {
        let stream = self.open(reach).await?;
        if !self.is_secure {
            return Ok(Connection::Http1(Box::new(
                Http1::handshake(Box::new(stream)).await?,
            )));
        }
        let stream = self.secure(tls, stream).await?;
        let chose_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        if chose_http2 {
            return Ok(Connection::Http2(Http2::handshake(Box::new(stream)).await?));
        }
        Ok(Connection::Http1(Box::new(
            Http1::handshake(Box::new(stream)).await?,
        )))
    }

    /// Opens a stream on which HTTP/1.1 is spoken whatever else the server knows.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`].
    pub(super) async fn open_http1(
        &self,
        tls: &Arc<ClientConfig>,
        reach: Reach,
    ) -> Result<Stream, TransportError> {
        let stream = self.open(reach).await?;
        if !self.is_secure {
            return Ok(Box::new(stream));
        }
        let mut tls = ClientConfig::clone(tls);
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Box::new(self.secure(&Arc::new(tls), stream).await?))
    }

    async fn secure(
        &self,
        tls: &Arc<ClientConfig>,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, TransportError> {
        let fault = |source| TransportError::Tls {
            authority: self.authority(),
            source,
        };
        let name = self.server_name().map_err(fault)?;
        let stream = TlsConnector::from(Arc::clone(tls))
            .connect(name, stream)
            .await;
        stream.map_err(fault)
    }

    async fn open(&self, reach: Reach) -> Result<TcpStream, TransportError> {
        let mut last = None;
        for address in self.addresses(reach).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // Requests are written at once; a socket that refuses the option is only slower.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(match last {
            Some(source) => TransportError::Connect {
                authority: self.authority(),
                source,
            },
            None => TransportError::Unresolved(self.host.to_string()),
        })
    }

    /// Names under `localhost` are loopback by definition, which not every system's resolver knows.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc6761.html#section-6.3>
    async fn addresses(&self, reach: Reach) -> Result<Vec<SocketAddr>, TransportError> {
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let unresolved = || TransportError::Unresolved(self.host.to_string());
        let addresses: Vec<IpAddr> = match &self.host {
            Host::Domain(name) if is_local(name) => loopback.to_vec(),
            Host::Domain(_) if reach == Reach::Loopback => return Err(unresolved()),
            Host::Domain(name) => {
                let found = tokio::net::lookup_host((name.as_str(), self.port)).await;
                found
                    .map_err(|_| unresolved())?
                    .map(|address| address.ip())
                    .collect()
            }
            Host::Ipv4(address) => vec![(*address).into()],
            Host::Ipv6(address) => vec![(*address).into()],
        };
        if reach == Reach::Loopback && !addresses.iter().all(IpAddr::is_loopback) {
            return Err(unresolved());
        }
        Ok(addresses
            .into_iter()
            .map(|address| (address, self.port).into())
            .collect())
    }

    fn server_name(&self) -> io::Result<ServerName<'static>> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        Ok(match &self.host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(invalid)?,
            Host::Ipv4(address) => IpAddr::from(*address).into(),
            Host::Ipv6(address) => IpAddr::from(*address).into(),
        })
    }

    fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::name("http://api.localhost:81/", &["127.0.0.1:81", "[::1]:81"])]
    #[case::bare_name("https://localhost/", &["127.0.0.1:443", "[::1]:443"])]
    #[case::ipv4("http://127.0.0.2:81/", &["127.0.0.2:81"])]
    #[case::ipv6("http://[::1]:81/", &["[::1]:81"])]
    #[case::foreign_name("http://example.com/", &[])]
    #[case::name_that_looks_local("http://evillocalhost/", &[])]
    #[case::foreign_address("http://192.0.2.1/", &[])]
    #[tokio::test]
    async fn only_loopback_is_in_reach(#[case] url: &str, #[case] expected: &[&str]) {
        let endpoint = Endpoint::of(&url.parse().unwrap()).unwrap();
        let addresses = endpoint
            .addresses(Reach::Loopback)
            .await
            .unwrap_or_default();
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, expected);
    }

    #[tokio::test]
    async fn addresses_of_the_world_need_the_reach_for_it() {
        let endpoint = Endpoint::of(&"http://192.0.2.1/".parse().unwrap()).unwrap();
        assert_eq!(endpoint.addresses(Reach::World).await.unwrap().len(), 1);
    }
}
