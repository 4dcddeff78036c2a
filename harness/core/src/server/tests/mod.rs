//! The reference server over real sockets.

mod connections;
mod control;
mod protocols;
mod scripts;
mod sessions;
pub(crate) mod support;
