//! The wire agent: plays a browser byte for byte.
//!
//! [`Wire`] lets the model ([`corspec_fetch::Fetch`]) say what a browser sends next, sends exactly
//! that, and tells the model what came back, until script would see an outcome: for one call against
//! any URL ([`Wire::fetch`]), or for every step of a permutation ([`Wire::run`]). The `transport`
//! below it knows nothing of either: it carries one request to one URL, over connections it keeps,
//! and returns what was said.

mod connection;
mod error;
mod event_source;
mod events;
mod exact;
mod facts;
mod glance;
mod http1;
mod http2;
mod limits;
mod listen;
mod long_poll;
mod once;
mod outgoing;
mod player;
mod socket;
#[cfg(test)]
mod tests;
mod transport;
mod trust;
mod visit;
mod watch;
mod xdr;

pub use error::{TransportError, Trouble};
pub use limits::{Deadlines, Reach};
pub use outgoing::{Exchanged, Outgoing};
pub use player::Wire;
pub use transport::Transport;
pub use trust::{Trust, public_tls};
pub(crate) use visit::header_list;
pub use visit::{Leg, Visit};
