//! A response while it arrives.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::tape::Message;

/// What has arrived.
#[derive(Debug)]
pub(super) enum Arrival {
    /// The status and the head.
    Head(u16, Message),
    /// A part of the body, as it came over the connection.
    Part(Vec<u8>),
}

/// Is told what arrives. Whoever asked may have gone, and then nobody minds.
#[derive(Clone, Debug)]
pub(super) struct Watch(UnboundedSender<Arrival>);

impl Watch {
    pub(super) fn new() -> (Self, UnboundedReceiver<Arrival>) {
        let (sender, receiver) = unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells of a head; what is none is not worth telling.
    pub(super) fn tell_head(&self, head: Option<(u16, Message)>) {
        if let Some((status, message)) = head {
            let message = Message {
                body: Vec::new(),
                ..message
            };
            let _ = self.0.send(Arrival::Head(status, message));
        }
    }

    pub(super) fn tell_part(&self, part: &[u8]) {
        if !part.is_empty() {
            let _ = self.0.send(Arrival::Part(part.to_vec()));
        }
    }
}
