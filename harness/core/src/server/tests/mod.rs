//! The reference server over real sockets.

mod connections;
mod control;
mod protocols;
mod scripts;
mod sessions;
mod sockets;
mod streams;
pub(crate) mod support;
