//! An exchange while it is being answered.

use std::sync::Arc;

use super::session::Place;
use super::upstream::UpstreamFault;
use crate::tape::{Conversation, Message};

/// An exchange that stands in its session's transcript and is not complete yet.
///
/// It lives in whatever answers it. hyper drops that when the client goes away, so one that is
/// dropped before it is [finished](Self::finish) is entered as aborted.
#[derive(Debug)]
pub(crate) struct Underway {
    place: Arc<Place>,
    number: usize,
    is_finished: bool,
}

impl Underway {
    /// The exchange of this number.
    pub(crate) fn new(place: Arc<Place>, number: usize) -> Self {
        Self {
            place,
            number,
            is_finished: false,
        }
    }

    /// Enters the body of the request, and the request's bytes.
    pub(crate) fn receive_body(&self, body: Vec<u8>, bytes: Vec<u8>) {
        self.place.edit(self.number, |exchange| {
            exchange.request.body = body;
            exchange.request.bytes = bytes;
        });
    }

    /// Enters the response; called before its first byte is written, so that whoever has seen the
    /// response finds it in the transcript.
    pub(crate) fn respond(&self, response: Option<(u16, Message)>) {
        self.place
            .edit(self.number, |exchange| exchange.response = response);
    }

    /// Enters a part of the response's body, and the bytes that carry it; called before they are
    /// written. The body is unfinished until the last part is there.
    pub(crate) fn add_to_body(&self, part: &[u8], bytes: &[u8], is_last: bool) {
        self.place.edit(self.number, |exchange| {
            if let Some((_, message)) = &mut exchange.response {
                message.body.extend_from_slice(part);
                message.bytes.extend_from_slice(bytes);
                message.is_unfinished = !is_last;
            }
        });
    }

    /// Enters what kept a server under test from answering.
    pub(crate) fn fail(&self, fault: UpstreamFault) {
        self.place.note_fault(fault);
    }

    /// Enters something said through a WebSocket.
    pub(crate) fn converse(&self, say: impl FnOnce(&mut Conversation)) {
        self.place.edit(self.number, |exchange| {
            say(exchange.conversation.get_or_insert_default());
        });
    }

    /// Nothing more is to be said.
    pub(crate) fn finish(mut self) {
        self.is_finished = true;
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.place.end(self.number, !self.is_finished);
    }
}
