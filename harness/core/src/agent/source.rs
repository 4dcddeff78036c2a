//! An EventSource, as its page sees it.

use std::ops::ControlFlow;
use std::time::Duration;

use corspec_fetch::event_source::{Parser, is_worth_another_attempt};
use corspec_fetch::{Origin, Outcome, VisibleResponse};

use super::ScriptEvent;
use crate::case::scenario::Step;

/// How long to wait before the connection is made again, where the stream does not say: "probably in
/// the region of a few seconds", so that one that names a shorter time is told from one that does not.
///
/// <https://html.spec.whatwg.org/#concept-event-stream-reconnection-time>
const RECONNECTION_TIME: Duration = Duration::from_secs(3);

/// An EventSource whose page closes it when it has what it waits for.
pub(crate) struct Source<'step> {
    parser: Parser,
    events: Vec<ScriptEvent>,
    /// How many messages the page waits for, where it says so.
    messages: Option<usize>,
    missing: usize,
    /// The names that the page listens to.
    names: Vec<&'step str>,
    response: Option<VisibleResponse>,
    last_event_id: Option<String>,
}

impl<'step> Source<'step> {
    pub(crate) fn new(step: &'step Step) -> Self {
        let expected = step.expect.events.iter().flat_map(|events| &events.value);
        let mut names: Vec<&str> = expected.map(|event| event.name.as_str()).collect();
        names.retain(|name| !["error", "open"].contains(name));
        names.push("message");
        let messages = step.request.messages;
        Self {
            parser: Parser::default(),
            events: Vec::new(),
            messages,
            missing: messages.unwrap_or(1),
            names,
            response: None,
            last_event_id: None,
        }
    }

    /// What is set in the headers of the request before it is fetched again.
    ///
    /// <https://html.spec.whatwg.org/#reestablish-the-connection>
    pub(crate) fn header(&self) -> Option<(&'static str, &str)> {
        let id = self.parser.last_event_id();
        (!id.is_empty()).then_some(("Last-Event-ID", id))
    }

    /// The connection is announced.
    pub(crate) fn open(&mut self, response: &VisibleResponse) -> ControlFlow<()> {
        self.tell("open", "");
        self.response = Some(response.clone());
        self.flow()
    }

    /// Reads on.
    pub(crate) fn read(&mut self, part: &[u8]) -> ControlFlow<()> {
        for event in self.parser.read(part) {
            if self.missing == 0 || !self.names.contains(&event.name.as_str()) {
                continue;
            }
            self.tell(&event.name, &event.data);
            self.last_event_id = Some(event.last_event_id);
            self.missing -= 1;
        }
        self.flow()
    }

    /// The response, once the page has what it waits for.
    pub(crate) fn satisfied(&self) -> Option<&VisibleResponse> {
        self.response.as_ref().filter(|_| self.missing == 0)
    }

    /// The connection ended like this. Says how long to wait for the next one; `None` where there is
    /// none, or where the page is content with knowing that there was no answer.
    ///
    /// <https://html.spec.whatwg.org/#sse-processing-model>
    pub(crate) fn end(&mut self, outcome: &Outcome) -> Option<Duration> {
        let is_final = match outcome {
            Outcome::Allow(_) => false,
            Outcome::Block(block) => !is_worth_another_attempt(block.reason),
        };
        self.tell("error", if is_final { "closed" } else { "connecting" });
        let is_content = self.response.is_none() && self.messages.is_none();
        if is_final || is_content {
            return None;
        }
        let time = self.parser.reconnection_time();
        self.parser.reconnect();
        Some(time.unwrap_or(RECONNECTION_TIME))
    }

    /// What the page has in the end: a response if there ever was one.
    pub(crate) fn outcome(&self, last: Outcome) -> Outcome {
        match &self.response {
            Some(response) => Outcome::Allow(response.clone()),
            None => last,
        }
    }

    pub(crate) fn into_events(self) -> Vec<ScriptEvent> {
        self.events
    }

    /// What script can find out.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        let last = self.events.last();
        let ready_state = match last.map(|it| (it.name.as_str(), it.detail.as_slice())) {
            Some(("error", b"closed")) => "2",
            Some(("error", _)) | None => "0",
            Some(_) => "1",
        };
        let mut facts = vec![("readyState", ready_state.to_owned())];
        if let Some(last_event_id) = &self.last_event_id {
            facts.push(("lastEventId", last_event_id.clone()));
            let url = self.response.as_ref().and_then(|it| it.url.as_ref());
            facts.extend(url.map(|url| ("origin", Origin::of_url(url).serialize())));
        }
        facts
    }

    fn tell(&mut self, name: &str, detail: &str) {
        self.events.push(ScriptEvent {
            name: name.to_owned(),
            detail: detail.into(),
        });
    }

    const fn flow(&self) -> ControlFlow<()> {
        if self.missing == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
