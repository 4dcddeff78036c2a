//! What was said: every byte in both directions, as ordered exchanges.
//!
//! A `tee::Tee` between hyper and the socket keeps what passes; [`Head`] and `body::Framing` read
//! it again, in its own order and case; [`snapshot()`] shows it. `dictation::Dictation` is the
//! opposite of a tape: it puts exact bytes on the wire.

pub(crate) mod body;
pub(crate) mod dictation;
mod escape;
mod exchange;
pub(crate) mod head;
pub(crate) mod http2;
mod kept;
mod personal;
pub(crate) mod response;
mod snapshot;
pub(crate) mod stream;
pub(crate) mod tee;

pub use escape::escape;
pub(crate) use escape::escape_sentence;
pub use exchange::{Conversation, Exchange, Message, Protocol, Transcript};
pub use head::{Head, Oddity};
pub use kept::{kept_name, read_kept, strays, write_kept};
pub use snapshot::snapshot;
