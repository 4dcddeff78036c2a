//! Who answers: the origins scenarios speak of, and the reference server behind them.

mod assets;
mod canonical;
mod certificate;
mod encode;
mod error;
mod http1;
mod http2;
mod http2_body;
mod jsonp;
mod line;
mod listeners;
mod names;
mod origins;
mod pages;
mod parts;
mod reference;
mod responder;
mod route;
mod session;
mod settled;
mod socket;
#[cfg(test)]
pub(crate) mod tests;
mod underway;

pub use assets::Asset;
pub use certificate::Certificates;
pub use error::StartError;
pub use names::{Names, Ports};
pub use origins::{Listener, NamedOrigin, UnknownOrigin};
pub use pages::Pages;
pub use reference::Reference;
pub use responder::Stray;
pub use session::Session;
