//! Serves the application on a port of this machine.

use std::net::Ipv4Addr;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 3000)).await?;
    axum::serve(listener, corspec_example_axum::app()).await
}
