//! A service of tower, served on a port of this machine.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower_service::Service;

/// Serves whoever comes to a listener; its type is forgotten.
pub(super) struct Served(Box<dyn FnOnce(TcpListener) -> Serving + Send>);

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Served {
    pub(super) fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        Self(Box::new(move |listener| Box::pin(serve(listener, service))))
    }

    /// Serves, and never ends.
    pub(super) fn serve(self, listener: TcpListener) -> Serving {
        (self.0)(listener)
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Served").finish_non_exhaustive()
    }
}

async fn serve<S, B>(listener: TcpListener, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many files are open, which passes.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Header lines are written one by one otherwise; a socket that refuses is only slower.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(service.clone());
        // A handler that panics closes its connection, which is a finding like any other.
        tokio::spawn(async move {
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
                .await;
        });
    }
}

const PAUSE: Duration = Duration::from_millis(10);
