//! Who answers: the origins scenarios speak of, and the reference server behind them.

mod assets;
mod canonical;
mod certificate;
pub(crate) mod cookie_tour;
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
mod policy;
mod reference;
mod responder;
mod route;
mod session;
mod settled;
mod socket;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod underway;
mod upstream;

pub use crate::process::is_program;
pub use assets::Asset;
pub use certificate::Certificates;
pub use error::StartError;
pub use names::{Names, Ports};
pub use origins::{Listener, NamedOrigin, UnknownOrigin};
pub use pages::Pages;
pub use policy::{Mutant, PolicyServer, UnknownMutant};
pub use reference::Reference;
pub use responder::Stray;
pub use session::{Backend, Session};
pub use target::{
    FindError, NoAnswer, Output, Ready, Servers, Started, Target, TargetError, required_surface,
    upstream_of,
};
pub use upstream::{Upstream, UpstreamFault};
