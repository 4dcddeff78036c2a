//! The bodies of HTTP/2 answers: at once or in parts, whole, reset or never ending.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::parts::{End, LONGEST_HOLD, Part, Parts};
use super::underway::Underway;

/// Ends a stream without an answer, or in the middle of one.
#[derive(Debug, thiserror::Error)]
#[error("the script wants this stream reset")]
pub(super) struct Reset;

/// A body whose parts have their time, and that may end in a reset.
pub(super) struct ScriptedBody {
    parts: VecDeque<Part>,
    end: End,
    /// What comes next, comes after this.
    pause: Option<Pin<Box<Sleep>>>,
    /// The exchange, until the body is complete. hyper drops it with the body when the client resets
    /// the stream.
    underway: Option<Underway>,
    /// Whether the parts are yet to be entered into the exchange.
    is_entered_by_part: bool,
}

impl ScriptedBody {
    pub(super) fn at_once(body: &[u8], is_cut: bool) -> Self {
        let part = Part {
            wait: Duration::ZERO,
            content: body.to_vec(),
        };
        Self {
            parts: if body.is_empty() {
                VecDeque::new()
            } else {
                VecDeque::from([part])
            },
            end: if is_cut { End::Cut } else { End::Complete },
            pause: None,
            underway: None,
            is_entered_by_part: false,
        }
    }

    pub(super) fn in_parts(parts: Parts) -> Self {
        Self {
            parts: parts.parts.into(),
            end: parts.end,
            pause: None,
            underway: None,
            is_entered_by_part: true,
        }
    }

    /// Takes the exchange along, if it lasts any longer.
    pub(super) fn carry(&mut self, underway: Underway) {
        if self.is_entered_by_part {
            self.underway = Some(underway);
        } else {
            underway.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(underway) = self.underway.take() {
            underway.finish();
        }
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        let this = self.get_mut();
        loop {
            let has_paused = match &mut this.pause {
                Some(pause) => {
                    ready!(pause.as_mut().poll(context));
                    this.pause = None;
                    true
                }
                None => false,
            };
            let pause = match (this.parts.front(), this.end) {
                (Some(part), _) => part.wait,
                (None, End::Complete) => Duration::ZERO,
                (None, End::Cut) => TIME_TO_LEAVE,
                (None, End::Held) => LONGEST_HOLD,
            };
            if !has_paused && !pause.is_zero() {
                this.pause = Some(Box::pin(sleep(pause)));
                continue;
            }
            let Some(Part { content, .. }) = this.parts.pop_front() else {
                this.finish();
                return Poll::Ready(match this.end {
                    End::Complete => None,
                    End::Cut | End::Held => Some(Err(Reset)),
                });
            };
            let is_last = this.end == End::Complete && this.parts.is_empty();
            if let Some(underway) = &this.underway {
                underway.add_to_body(&content, &[], is_last);
            }
            if is_last {
                this.finish();
            }
            if !content.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(content.into()))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Complete && self.parts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.end != End::Complete || self.is_entered_by_part {
            return SizeHint::default();
        }
        let length = self
            .parts
            .iter()
            .map(|part| part.content.len())
            .sum::<usize>();
        SizeHint::with_exact(length as u64)
    }
}

/// A reset overtakes what was not flushed, and would take the response's head with it. So what was
/// sent gets a moment to leave.
const TIME_TO_LEAVE: Duration = Duration::from_millis(20);
